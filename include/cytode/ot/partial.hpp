// SPDX-License-Identifier: MIT
/// Exact partial transport: a given mass is moved at least cost, the rest stays where it is.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/integer_weights.hpp>
#include <cytode/ot/plan.hpp>
#include <cytode/ot/transport.hpp>

namespace cytode::ot {

/// What partial_transport moves.
struct PartialOptions {
  /// Of the smaller of the two total masses, 0 to 1. At 1 and unequal sums all of the smaller side
  /// is moved; at 1 and equal sums the problem is the balanced one.
  double fraction = 1;
  TransportOptions transport = {};
};

namespace partial_detail {

/// Certificate under the dual max Σ a u⁻ + Σ b v⁻ + m w over u⁻, v⁻ ≤ 0, u⁻_i + v⁻_j + w ≤ c_ij.
template <std::floating_point S>
Certificate certify(const Plan& plan, const Matrix<S>& cost, const Vector<double>& a,
                    const Vector<double>& b, double mass, const Vector<double>& below_u,
                    const Vector<double>& below_v, double price) {
  Vector<double> row = -a, col = -b;
  double moved = 0;
  for (const PlanEntry& e : plan.entries) {
    row[e.row] += e.mass;
    col[e.col] += e.mass;
    moved += e.mass;
  }
  double slack = 0;
  for (Index j = 0; j < plan.cols; ++j) {
    const double least = (cost.col(j).template cast<double>() - below_u).minCoeff() - below_v[j];
    slack = std::min(slack, least - price);
  }
  Certificate c;
  c.marginal_error = std::max({row.maxCoeff(), col.maxCoeff(), std::abs(moved - mass), 0.0});
  c.duality_gap = plan.cost - (a.dot(below_u) + b.dot(below_v) + mass * (price + slack));
  return c;
}

}  // namespace partial_detail

/// Optimal plan of mass m between cells of weights a (n) and b (m'), for a cost of n × m'.
///
/// min Σ π_ij cost_ij over π ≥ 0 with row sums ≤ a, column sums ≤ b and total mass
/// m = fraction · min(Σa, Σb), in the units of the weights [Caffarelli & McCann 2010, Figalli
/// 2010]. A dummy cell on each side takes what stays [Chapel 2020]; the network simplex solves the
/// rest exactly. u_i + v_j ≤ cost_ij with equality where mass is moved, u is largest in rows that
/// keep some of theirs, v in such columns; the gap is to the dual bound, the marginal error the
/// largest excess over a weight or distance from m. Forbidden pairs (+∞) are allowed. Throws
/// std::invalid_argument as transport, but for unequal sums, and on a fraction outside [0, 1].
template <std::floating_point S>
[[nodiscard]] Plan partial_transport(const Matrix<S>& cost, const ConstVectorView<double>& a,
                                     const ConstVectorView<double>& b,
                                     const PartialOptions& options = {}) {
  constexpr auto me = "ot::partial_transport";
  check_not_empty(me, "cost", cost);
  const Index n = cost.rows(), m = cost.cols();
  const double a_sum = sum_of_weights(me, "a", a, n, "rows");
  const double b_sum = sum_of_weights(me, "b", b, m, "columns");
  check(options.fraction >= 0 && options.fraction <= 1, me, "fraction is ", options.fraction,
        ", wanted 0 to 1");
  const double mass = options.fraction * std::min(a_sum, b_sum);
  Plan plan{.rows = n, .cols = m};
  if (!(mass > 0)) {  // nothing moves: any duals do, and zero mass leaves no gap
    plan.u.setZero(n);
    plan.v.setZero(m);
    return plan;
  }
  // The last row takes what columns do not get, the last column what rows keep.
  Matrix<S> wide = Matrix<S>::Zero(n + 1, m + 1);
  wide.topLeftCorner(n, m) = cost;
  S largest = 0;
  for (const S c : cost.reshaped()) {
    check(c > -std::numeric_limits<S>::infinity(), me, "cost has an entry ", c,
          ", wanted a finite number, or inf to forbid the pair");
    if (std::isfinite(c)) largest = std::max(largest, std::abs(c));
  }
  // Mass between the two dummies would be mass moved for nothing: dearer than any detour.
  wide(n, m) = largest > 0 ? 4 * largest : S(1);
  // A cell cannot give more than all that is moved: digits are not spent on what stays anyway.
  using Masses = Vector<deferred_t<double, S>>;
  const Masses give = deferred<S>(a).cwiseMin(mass), take = deferred<S>(b).cwiseMin(mass);
  Masses wide_a(n + 1), wide_b(m + 1);
  wide_a << give, std::max(0.0, take.sum() - mass);
  wide_b << take, std::max(0.0, give.sum() - mass);
  const double total = wide_a.sum();
  const auto all = transport(wide, wide_a, wide_b, options.transport);
  plan.status = all.status;
  for (const PlanEntry& e : all.entries) {
    if (e.row == n || e.col == m) continue;
    plan.entries.push_back({e.row, e.col, e.mass * total});
    plan.cost += e.mass * total * static_cast<double>(cost(e.row, e.col));
  }
  // Duals relative to those of the dummies; a dummy without weight binds nothing.
  const double shift_u = std::min(all.v[m], -all.u.head(n).maxCoeff());
  const double shift_v = std::min(all.u[n], -all.v.head(m).maxCoeff());
  const Masses below_u = all.u.head(n).array() + shift_u;
  const Masses below_v = all.v.head(m).array() + shift_v;
  const double price = -(shift_u + shift_v);
  plan.u = below_u.array() + price;
  plan.v = below_v;
  plan.certificate =
      partial_detail::certify<S>(plan, cost, give, take, mass, below_u, below_v, price);
  return plan;
}

/// The same between n cells of mass 1/n and m' cells of mass 1/m'.
template <std::floating_point S>
[[nodiscard]] Plan partial_transport(const Matrix<S>& cost, const PartialOptions& options = {}) {
  check_not_empty("ot::partial_transport", "cost", cost);
  const auto even = [](Index k) {
    return Vector<deferred_t<double, S>>::Constant(k, 1.0 / double(k)).eval();
  };
  return partial_transport(cost, even(cost.rows()), even(cost.cols()), options);
}

}  // namespace cytode::ot
