// SPDX-License-Identifier: MIT
/// Entropic transport, balanced or with relaxed marginals, in memory that is kept.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/anderson.hpp>
#include <cytode/ot/gibbs_kernel.hpp>
#include <cytode/ot/sinkhorn_problem.hpp>

namespace cytode::ot {

/// How a solve ended.
struct SinkhornResult {
  Status status = Status::ok;  ///< not_converged if `passes` did not suffice.
  double marginal_error = 0;   ///< Σ_i |row sum − what it should be| over the mass of the plan.
  double mass = 0;             ///< Σ π.
  double objective = 0;        ///< The dual value, a lower bound of the regularised optimum.
  double epsilon = 0;          ///< ε in the units of the cost.
  Index passes = 0;            ///< Passes over the kernel, all ε together.
};

/// Entropic optimal transport between n cells of weights a and m cells of weights b:
///
///   min_π Σ c π + ε KL(π | a bᵀ) + τ_a KL(π 1 | a) + τ_b KL(πᵀ 1 | b),   KL(p | q) = Σ p log p/q −
///   p + q,
///
/// solved by potentials f (n) and g (m) with π_ij = a_i b_j exp((f_i + g_j − c_ij)/ε). τ = ∞, the
/// default, keeps that marginal exactly: both for balanced transport, one for semi-relaxed.
///
/// Each pass computes g from f and the row sums from both [Sinkhorn 1967, Cuturi 2013, Chizat 2018]
/// on a kernel into which the potentials are absorbed in the log domain whenever they have moved
/// far [Schmitzer 2019], so ε may be tiny. Potentials of relaxed problems are shifted to their best
/// constant [Séjourné 2022], and the row potentials are mixed over the last passes (Anderson); a
/// mixed point that lowers the dual value, which is concave, is refused. Small ε are reached by
/// halving. O(n m) time a pass and O(n m) memory; a warm call of the same sizes allocates
/// nothing. For S = float kernel and sums of a column are single precision, potentials are not.
template <std::floating_point S>
class Sinkhorn {
  using Double = deferred_t<double, S>;

 public:
  /// Empty weights: all cells of that side alike, 1 in all. Infinite costs forbid pairs. A cell
  /// that has no partner is left out where its marginal is relaxed. Throws std::invalid_argument on
  /// an empty cost, NaN or −∞ in it, bad options or weights, a cell with weight but no partner
  /// whose marginal is strict, and sums of strict a and b that differ by more than 1e-9 of their
  /// size.
  SinkhornResult solve(const ConstBatch<S>& cost, std::span<const double> a,
                       std::span<const double> b, const SinkhornOptions& options) {
    problem_.template load<S>(cost, a, b, options, lanes::floats, Kernel::tile);
    options_ = options;
    shape(cost.rows(), cost.cols());
    start();
    const double target = problem_.epsilon();
    result_ = {.epsilon = target};
    row_sums_.setZero();
    column_sums_.setZero();
    column_factor_.setZero();
    y_.setZero();
    if (problem_.alive()) {
      const bool direct = options.warm || options.symmetric;
      double epsilon = direct ? target : std::max(target, first_level * problem_.scale());
      while (epsilon > target * 1.0001) {
        iterate(cost, epsilon, level_tolerance, level_passes);
        epsilon = std::max(epsilon / level_factor, target);
      }
      iterate(cost, target, options.tolerance, options.passes);
    }
    finish(cost);
    return result_;
  }

  /// Row potentials (n) and column potentials (m) of the last solve. A cell without partner has +∞.
  /// g is the best answer to f, so column sums are met to rounding and the error is in the rows.
  [[nodiscard]] const Vector<Double>& f() const noexcept { return f_; }
  [[nodiscard]] const Vector<Double>& g() const noexcept { return g_; }
  [[nodiscard]] const SinkhornResult& result() const noexcept { return result_; }

  /// Mean of |cost| over allowed pairs of the last solve.
  [[nodiscard]] double scale() const noexcept { return problem_.scale(); }

  /// Starts the next solve with `warm` set from these row potentials.
  void set_potential(const ConstVectorView<Double>& f) { f_ = f; }

  /// The plan of the last solve into an n × m matrix.
  void plan(Matrix<S>& out) const { kernel_.scaled(row_factor_, column_factor_, out); }
  /// Row and column sums of the last solve's plan.
  [[nodiscard]] auto row_sums() const { return row_sums_.head(problem_.rows()); }
  [[nodiscard]] auto column_sums() const { return column_sums_.head(problem_.cols()); }
  /// π_ij of the last solve.
  [[nodiscard]] double mass(Index i, Index j) const noexcept {
    return static_cast<double>(kernel_.at(i, j)) * static_cast<double>(row_factor_[i]) *
           column_factor_[j];
  }

 private:
  using Kernel = GibbsKernel<S>;
  using Tile = typename Kernel::Tile;
  // Schedule: mixtures of Gaussians in 2, 5 and 50 dimensions, ε from 1e-4 to 1 of the mean cost.
  static constexpr double first_level = 0.1, level_factor = 2, level_tolerance = 0.02;
  static constexpr Index level_passes = 60;

  /// Sizes everything for n × m.
  void shape(Index n, Index m) {
    kernel_.shape(n, m);
    for (auto* v : {&x_, &absorbed_, &plain_, &residual_, &next_, &row_sums_, &row_log2_}) {
      v->resize(kernel_.rows());
    }
    row_factor_.resize(kernel_.rows());
    for (auto* v : {&y_, &column_factor_, &column_sums_}) v->resize(kernel_.cols());
    for (Index i = 0; i < kernel_.rows(); ++i) {
      row_log2_[i] = problem_.row.weight[i] > 0 ? problem_.row.log2[i] : 0;
    }
  }

  void start() {
    if (!options_.warm || f_.size() != problem_.rows()) {
      return problem_.first_potentials(problem_.epsilon(), x_);
    }
    x_.setZero();
    for (Index i = 0; i < f_.size(); ++i) x_[i] = std::isfinite(f_[i]) ? f_[i] : 0;
  }

  /// Passes at one ε until the marginal error is at most `tolerance` or `limit` passes are made.
  void iterate(const ConstBatch<S>& cost, double epsilon, double tolerance, Index limit) {
    result_.epsilon = epsilon;
    anderson_.reset(x_.size(), options_.memory);
    absorb(cost);
    bool mixed = false;
    double best = 0;
    for (Index pass = 1;; ++pass) {
      evaluate(cost);
      ++result_.passes;
      if (mixed && !(result_.objective >= best - slack())) {
        x_ = plain_;
        anderson_.forget();
        mixed = false;
        continue;
      }
      best = result_.objective;
      if (result_.marginal_error <= tolerance) break;
      if (pass >= limit || !std::isfinite(best)) break;
      plain_ = x_ + residual_;
      anderson_.next(problem_.row.weight, x_, residual_, next_);
      mixed = options_.memory > 0;
      x_.swap(next_);
    }
    const bool met = result_.marginal_error <= tolerance;
    result_.status = met ? Status::ok : Status::not_converged;
  }

  /// What rounding may take from the dual value.
  [[nodiscard]] double slack() const {
    const double sums = sizeof(S) == 4 ? 1e-6 : 1e-14;
    return sums * result_.epsilon * result_.mass + 1e-14 * parts_;
  }

  /// Puts the row potentials into the kernel.
  void absorb(const ConstBatch<S>& cost) {
    absorbed_ = x_;
    kernel_.build(cost, problem_.row.log2.data(), x_.data(), inverse(),
                  problem_.column.weight.data());
  }
  /// log₂e/ε
  [[nodiscard]] double inverse() const noexcept { return std::numbers::log2e / result_.epsilon; }

  /// From row potentials x: column potentials y, row sums, dual value, marginal error, and the
  /// residual of the row potentials, all from one pass.
  void evaluate(const ConstBatch<S>& cost) {
    const double epsilon = result_.epsilon, unit = epsilon * std::numbers::ln2;
    if (!((x_ - absorbed_).cwiseAbs().maxCoeff() * inverse() <= Kernel::range)) absorb(cost);
    for (Index i = 0; i < x_.size(); i += lanes::doubles) {
      lanes::Doubles x, at;
      lanes::load(x, x_.data() + i);
      lanes::load(at, absorbed_.data() + i);
      x = (x - at) * inverse();
      lanes::exp2(x);
      for (Index p = 0; p < lanes::doubles; ++p) row_factor_[i + p] = static_cast<S>(x[p]);
    }
    const auto &row = deferred<S>(problem_.row), &column = deferred<S>(problem_.column);
    const double damping = column.damping(epsilon);
    row_sums_.setZero();
    kernel_.pass(row_factor_.data(), row_sums_.data(), [&](Index j, const Tile& sums) {
      const Tile w = column.weight.template segment<Kernel::tile>(j).array();
      const Tile s = (w > 0).select(sums, 1);
      const Tile shift = kernel_.shift(j), level = s.log() * std::numbers::log2e + shift;
      y_.template segment<Kernel::tile>(j) = level * (-damping * unit);
      const Tile v = damping == 1 ? Tile(w / s)
                                  : Tile(w * ((shift - damping * level) * std::numbers::ln2).exp());
      column_factor_.template segment<Kernel::tile>(j) = v;
      column_sums_.template segment<Kernel::tile>(j) = v * sums;
      return v;
    });
    row_sums_.array() *= row_factor_.template cast<double>().array();
    result_.mass = row_sums_.sum();
    const double row_value = row.value(x_), column_value = column.value(y_);
    parts_ = std::abs(row_value) + std::abs(column_value);
    result_.objective = row_value + column_value - epsilon * result_.mass;
    update(epsilon, unit);
  }

  /// Marginal error and residual of the row potentials.
  void update(double epsilon, double unit) {
    const auto& row = deferred<S>(problem_.row);
    if (row.strict()) {
      result_.marginal_error = (row_sums_ - row.weight).cwiseAbs().sum();
    } else {
      result_.marginal_error =
          (row_sums_.array() - row.weight.array() * (x_.array() * (-1 / row.penalty)).exp())
              .abs()
              .sum();
    }
    result_.marginal_error /= result_.mass;
    // A row far from every column has no entries left in the kernel. All that is known is that its
    // sum is below what may have been dropped: it rises by that much, and again in the next pass.
    // More would carry it past the others, which then had none left.
    const double damping = row.damping(epsilon);
    const auto weighs = row.weight.array() > 0;
    next_ = damping * (x_.array() +
                       unit * (row_log2_.array() -
                               std::numbers::log2e *
                                   weighs.select(row_sums_.array().max(Kernel::dropped), 1).log()));
    next_ = weighs.select(next_, x_);
    next_.array() += problem_.best_shift(next_, y_);
    if (options_.symmetric) {
      // f = T(f) has a damped iteration of its own, which contracts where the plan is all but
      // diagonal and two updates in turn undo one another [Feydy 2019].
      next_.head(row.size) = (x_.head(row.size) + y_.head(row.size)) / 2;
    }
    residual_ = weighs.select(next_ - x_, 0.0);
  }

  /// Potentials of all cells, also of those without weight, and the value's constants.
  void finish(const ConstBatch<S>& cost) {
    f_ = x_.head(problem_.rows());
    g_ = y_.head(problem_.cols());
    const double epsilon = result_.epsilon;
    const auto &row = deferred<S>(problem_.row), &column = deferred<S>(problem_.column);
    for (Index i = 0; i < row.size; ++i) {
      if (row.weight[i] > 0) continue;
      f_[i] = row.damping(epsilon) * soft_minimum(cost.row(i), y_, column);
    }
    for (Index j = 0; j < column.size; ++j) {
      if (column.weight[j] > 0) continue;
      g_[j] = column.damping(epsilon) * soft_minimum(cost.col(j), x_, row);
    }
    result_.objective += epsilon * row.given * column.given;
    if (!row.strict()) result_.objective += row.penalty * (row.given - row.weight.sum());
    if (!column.strict()) {
      result_.objective += column.penalty * (column.given - column.weight.sum());
    }
  }

  /// −ε log Σ_k w_k exp((p_k − c_k)/ε); +∞ if every pair is forbidden.
  template <class Costs>
  [[nodiscard]] double soft_minimum(const Costs& c, const Vector<Double>& p,
                                    const SinkhornSide& side) const {
    const double epsilon = result_.epsilon;
    double top = -std::numeric_limits<double>::infinity(), sum = 0;
    for (const bool adding : {false, true}) {
      for (Index k = 0; k < side.size; ++k) {
        const auto cost = static_cast<double>(c[k]);
        if (!(side.weight[k] > 0) || std::isinf(cost)) continue;
        const double t = (p[k] - cost) / epsilon + std::log(side.weight[k]);
        if (adding) {
          sum += std::exp(t - top);
        } else {
          top = std::max(top, t);
        }
      }
    }
    return std::isfinite(top) ? -epsilon * (top + std::log(sum)) : -top;
  }

  SinkhornProblem problem_;
  SinkhornOptions options_;
  SinkhornResult result_;
  Kernel kernel_;
  Anderson<> anderson_;
  Vector<Double> x_, absorbed_, plain_, residual_, next_, row_sums_, row_log2_;  // rows, padded
  Vector<Double> y_, column_factor_, column_sums_;                               // columns, padded
  Vector<Double> f_, g_;
  Vector<S> row_factor_;
  double parts_ = 0;
};

}  // namespace cytode::ot
