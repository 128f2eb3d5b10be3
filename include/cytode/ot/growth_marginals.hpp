// SPDX-License-Identifier: MIT
/// Marginals that know growth: from rates, from cell counts, or from gene signatures.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/plan.hpp>

namespace cytode::ot {

/// A generalised logistic L(s) = min + (max − min)/(1 + exp(−4 (s − center)/width)) that maps a
/// signature score to a rate [Schiebinger 2019].
struct LogisticRate {
  double min = 0.3, max = 1.7;        ///< Per unit of time.
  double center = 0.25, width = 0.5;  ///< In units of the score; width positive.

  [[nodiscard]] double operator()(double score) const {
    return min + (max - min) / (1 + std::exp(-4 * (score - center) / width));
  }
};

/// How birth and death follow from proliferation and apoptosis scores; rates a day in
/// Waddington-OT.
struct BirthDeath {
  LogisticRate birth = {.center = 0.25, .width = 0.5};
  LogisticRate death = {.center = 0.1, .width = 0.2};
};

/// Score of a gene set in every cell: the mean over its genes of z-scores cut off at ±limit
/// [Schiebinger 2019].
///
/// expression is genes × cells, z is over the cells given: pass all times together. Standard
/// deviations are those of the sample (n − 1); a gene that never varies has score 0. Throws
/// std::invalid_argument on an empty matrix or set, a gene out of range, NaN or infinite values, or
/// a limit not above 0.
template <std::floating_point S>
[[nodiscard]] Vector<double> gene_set_score(const Matrix<S>& expression,
                                            std::span<const Index> genes, double limit = 5) {
  constexpr auto me = "ot::gene_set_score";
  check_not_empty(me, "expression", expression);
  check(!genes.empty(), me, "the gene set is empty");
  check_positive(me, "limit", limit);
  using Column = Vector<deferred_t<double, S>>;
  Column score = Column::Zero(expression.cols());
  for (const Index gene : genes) {
    check(gene >= 0 && gene < expression.rows(), me, "the set has gene ", gene, ", expression has ",
          expression.rows(), " genes");
    const Column x = expression.row(gene).transpose().template cast<double>();
    const double mean = x.mean();
    check(std::isfinite(mean), me, "gene ", gene, " has NaN or infinite values");
    const double freedom = static_cast<double>(std::max<Index>(1, x.size() - 1));
    const double deviation = std::sqrt((x.array() - mean).square().sum() / freedom);
    // Rounding of a constant gene is no variation.
    if (!(deviation > 1e-12 * std::abs(mean))) continue;
    score.array() += ((x.array() - mean) / deviation).min(limit).max(-limit);
  }
  return score / static_cast<double>(genes.size());
}

/// Net growth rates, birth minus death, from proliferation and apoptosis scores. Throws
/// std::invalid_argument on sizes that differ, scores that are not finite, or a width not above 0.
template <class = void>
[[nodiscard]] inline Vector<double> growth_rates(const ConstVectorView<double>& proliferation,
                                                 const ConstVectorView<double>& apoptosis,
                                                 const BirthDeath& rates = {}) {
  constexpr auto me = "ot::growth_rates";
  check_shape(me, "apoptosis", apoptosis, proliferation.size(), 1);
  check_positive(me, "birth.width", rates.birth.width);
  check_positive(me, "death.width", rates.death.width);
  Vector<double> r(proliferation.size());
  for (Index i = 0; i < r.size(); ++i) {
    check(std::isfinite(proliferation[i]) && std::isfinite(apoptosis[i]), me, "scores of cell ", i,
          " are ", proliferation[i], " and ", apoptosis[i], ", wanted finite numbers");
    r[i] = rates.birth(proliferation[i]) - rates.death(apoptosis[i]);
  }
  return r;
}

/// Weights of the earlier cells after growth, and the mass they predict.
struct GrowthMarginal {
  Vector<double> weights;  ///< a_i ∝ w_i exp(r_i Δt), summing to 1.
  double mass_ratio;       ///< Σ w_i exp(r_i Δt)/Σ w_i: mass at the later over the earlier time.
};

/// First marginal of a growing population: cell i counts as the exp(r_i Δt) descendants it will
/// have, before the plan moves them [Schiebinger 2019].
///
/// rates per unit of time (of a growth factor g a unit of time: log g, see log_growth), dt in the
/// same unit, `weights` of the cells before, empty: all alike. Together with uniform weights of the
/// later cells it makes a balanced problem; with mass_ratio an unbalanced one. Throws
/// std::invalid_argument on empty or non-finite rates, weights that do not fit, dt below 0, or
/// growth that overflows.
template <class = void>
[[nodiscard]] inline GrowthMarginal growth_marginal(const ConstVectorView<double>& rates, double dt,
                                                    std::span<const double> weights = {}) {
  constexpr auto me = "ot::growth_marginal";
  check(rates.size() > 0, me, "rates are empty");
  check_not_negative(me, "dt", dt);
  const auto n = static_cast<std::size_t>(rates.size());
  check(weights.empty() || weights.size() == n, me, "weights has ", weights.size(),
        " entries, wanted ", n);
  GrowthMarginal g{.weights = Vector<double>(rates.size()), .mass_ratio = 0};
  double before = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double w = weights.empty() ? 1 : weights[i], r = rates[static_cast<Index>(i)];
    check(std::isfinite(r), me, "rate ", i, " is ", r, ", wanted a finite number");
    check(std::isfinite(w) && w >= 0, me, "weight ", i, " is ", w, ", wanted zero or more");
    before += w;
    g.weights[static_cast<Index>(i)] = w * std::exp(r * dt);
  }
  const double after = g.weights.sum();
  check(before > 0 && std::isfinite(after) && after > 0, me, "weights sum to ", before,
        " before and ", after, " after growth, wanted positive numbers");
  g.weights /= after;
  g.mass_ratio = after / before;
  return g;
}

/// Rates log g from a column of growth factors a unit of time, a_i ∝ g_i^Δt. Throws
/// std::invalid_argument on factors that are not positive.
template <class D = void>
[[nodiscard]] inline Vector<double> log_growth(const ConstVectorView<double>& factors) {
  for (const double g : factors) check_positive("ot::log_growth", "a growth factor", g);
  return deferred<D>(factors).array().log();
}

/// Rates moved by one constant so that the mass they predict is the one that was counted:
/// Σ w_i exp((r_i + s) Δt) = mass_ratio Σ w_i. Signatures say who grows more, counts how much.
template <class D = void>
[[nodiscard]] inline Vector<double> calibrated_rates(const ConstVectorView<double>& rates,
                                                     double dt, double mass_ratio,
                                                     std::span<const double> weights = {}) {
  check_positive("ot::calibrated_rates", "dt", dt);
  check_positive("ot::calibrated_rates", "mass_ratio", mass_ratio);
  const double predicted = growth_marginal(rates, dt, weights).mass_ratio;
  return deferred<D>(rates).array() + std::log(mass_ratio / predicted) / dt;
}

/// Total masses relative to the first time, from counts of cells. Throws std::invalid_argument
/// unless all are positive.
template <class D = void>
[[nodiscard]] inline Vector<double> relative_masses(const ConstVectorView<double>& counts) {
  check(counts.size() > 0, "ot::relative_masses", "counts are empty");
  for (const double c : counts) check_positive("ot::relative_masses", "a count", c);
  return deferred<D>(counts) / counts[0];
}

/// Growth rates a plan has learned: log(π_i·/a_i)/Δt, where an unbalanced plan's row sums differ
/// from the marginal it was given. Iterating marginal, plan, rates is Waddington-OT's growth
/// iteration [Schiebinger 2019]. −∞ for cells that leave nothing; cells of weight 0 get 0. Throws
/// std::invalid_argument on sizes that do not fit or dt not above 0.
template <class D = void>
[[nodiscard]] inline Vector<double> learned_rates(const Plan& plan,
                                                  const ConstVectorView<double>& a, double dt) {
  check_shape("ot::learned_rates", "a", a, plan.rows, 1);
  check_positive("ot::learned_rates", "dt", dt);
  Vector<double> row = Vector<deferred_t<double, D>>::Zero(plan.rows);
  for (const PlanEntry& e : plan.entries) row[e.row] += e.mass;
  Vector<double> rates(plan.rows);
  for (Index i = 0; i < plan.rows; ++i) rates[i] = a[i] > 0 ? std::log(row[i] / a[i]) / dt : 0;
  return rates;
}

}  // namespace cytode::ot
