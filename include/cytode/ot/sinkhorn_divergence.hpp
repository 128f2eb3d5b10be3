// SPDX-License-Identifier: MIT
/// The debiased Sinkhorn divergence of two sets of cells, with gradients.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/product.hpp>
#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/cost.hpp>
#include <cytode/ot/sinkhorn.hpp>

namespace cytode::ot {

/// Parameters of SinkhornDivergence.
struct DivergenceOptions {
  double epsilon = 0.05;  ///< In squared data units. √ε is the length below which it is blurred.
  /// τ of both marginals, in squared data units; ∞: balanced, weights are brought to sum 1.
  double penalty = std::numeric_limits<double>::infinity();
  double tolerance = 1e-6;  ///< Marginal error of each of the three problems.
  Index passes = 10000;     ///< Limit of each.
  bool warm = false;        ///< Start from the potentials of the value before, if sizes fit.
};

/// S_ε(α, β) = OT_ε(α, β) − ½ OT_ε(α, α) − ½ OT_ε(β, β) + ε/2 (m_α − m_β)² with the squared
/// Euclidean cost, between n cells x of weights a and m cells y of weights b: at least 0, 0 only if
/// both are the same, W2² as ε → 0, |mean − mean|² as ε → ∞ (balanced) [Feydy 2019, Séjourné 2019].
///
/// Gradients come from the potentials by the envelope theorem, without differentiating the
/// iteration: their error is of the order of the tolerance. O(n² + n m + m²) memory and time a
/// pass; a warm value no larger than one before allocates nothing.
template <std::floating_point S>
class SinkhornDivergence {
 public:
  /// The value. Empty weights: all cells of that side alike, 1 in all. Throws std::invalid_argument
  /// on empty batches, features that differ, coordinates that are not finite, and what
  /// Sinkhorn::solve refuses. x and y must live until the gradients are taken.
  double value(const ConstBatch<S>& x, const ConstBatch<S>& y, std::span<const double> a = {},
               std::span<const double> b = {}, const DivergenceOptions& options = {}) {
    constexpr std::string_view me = "ot::SinkhornDivergence";
    squared_euclidean<S>(x, y, cross_cost_, cross_room_);
    squared_euclidean<S>(x, x, first_cost_, first_room_);
    squared_euclidean<S>(y, y, second_cost_, second_room_);
    // The product form of many features leaves rounding where a cell meets itself.
    first_cost_.diagonal().setZero();
    second_cost_.diagonal().setZero();
    options_ = options;
    take(me, "a", a, x.cols(), balanced(), a_);
    take(me, "b", b, y.cols(), balanced(), b_);
    SinkhornOptions solve{.epsilon = options.epsilon,
                          .row_penalty = options.penalty,
                          .column_penalty = options.penalty,
                          .tolerance = options.tolerance,
                          .passes = options.passes,
                          .warm = options.warm};
    const double cross = cross_.solve(cross_cost_, a_.weights, b_.weights, solve).objective;
    solve.symmetric = true;
    const double first = first_.solve(first_cost_, a_.weights, a_.weights, solve).objective;
    const double second = second_.solve(second_cost_, b_.weights, b_.weights, solve).objective;
    const double difference = a_.mass - b_.mass;
    return cross - (first + second) / 2 + options.epsilon / 2 * difference * difference;
  }

  /// ok, or not_converged if one of the three problems did not reach the tolerance.
  [[nodiscard]] Status status() const noexcept {
    for (const auto* s : {&cross_, &first_, &second_}) {
      if (s->result().status != Status::ok) return s->result().status;
    }
    return Status::ok;
  }

  /// ∂S/∂x of the last value (features × n), scaled by `factor` and added to `out`:
  /// 2 Σ_j π_ij (x_i − y_j) − 2 Σ_k π̂_ik (x_i − x_k), π̂ the plan of x with itself.
  void add_gradient_x(const ConstBatch<S>& x, const ConstBatch<S>& y, S factor, Batch<S> out) {
    constexpr std::string_view me = "ot::SinkhornDivergence::add_gradient_x";
    check_shape(me, "x", x, x.rows(), cross_.f().size());
    check_shape(me, "y", y, x.rows(), cross_.g().size());
    check_shape(me, "out", out, x.rows(), x.cols());
    add_pull(cross_, x, y, 2 * factor, cross_pull_, out);
    add_pull(first_, x, x, -2 * factor, first_pull_, out);
  }

  /// ∂S/∂a (n) and ∂S/∂b (m) of the last value, for weights as they were given. Balanced: the
  /// weights count as shares of their sum, so Σ a ∂S/∂a = 0.
  void gradient_weights(VectorView<double> da, VectorView<double> db) const {
    constexpr std::string_view me = "ot::SinkhornDivergence::gradient_weights";
    check_shape(me, "da", da, cross_.f().size(), 1);
    check_shape(me, "db", db, cross_.g().size(), 1);
    slope(cross_.f(), first_, a_, da);
    slope(cross_.g(), second_, b_, db);
  }

 private:
  /// Weights as the problems see them, their sum, and the sum as given.
  struct Side {
    std::vector<double> weights;
    double mass = 1, given = 1;
  };

  /// Room for the part of a gradient that one plan makes.
  struct Pull {
    Matrix<S> plan, centred, sum;
    Vector<S> centre;
  };

  [[nodiscard]] bool balanced() const noexcept { return std::isinf(options_.penalty); }

  static void take(std::string_view me, std::string_view name, std::span<const double> w, Index n,
                   bool share, Side& side) {
    check(w.empty() || static_cast<Index>(w.size()) == n, me, name, " has ", w.size(),
          " weights, wanted ", n);
    side.weights.assign(static_cast<std::size_t>(n), 1.0 / static_cast<double>(n));
    side.mass = side.given = 1;
    if (w.empty()) return;
    std::ranges::copy(w, side.weights.begin());
    side.mass = side.given = std::accumulate(w.begin(), w.end(), 0.0);
    check(side.given > 0 && std::isfinite(side.given), me, name, " sums to ", side.given,
          ", wanted a positive number");
    if (!share) return;
    for (double& q : side.weights) q /= side.given;
    side.mass = 1;
  }

  /// out_i += factor (x_i Σ_j π_ij − Σ_j π_ij y_j).
  void add_pull(const Sinkhorn<S>& plan, const ConstBatch<S>& x, const ConstBatch<S>& y, S factor,
                Pull& p, Batch<S> out) {
    p.centre = y.rowwise().mean();  // near the cells, so that the difference keeps its digits
    p.centred = y.colwise() - p.centre;
    plan.plan(p.plan);
    p.sum.resize(x.rows(), x.cols());
    set_product(p.sum, p.centred, p.plan.transpose());
    for (Index i = 0; i < x.cols(); ++i) {
      const S mass = static_cast<S>(plan.row_sums()[i]);
      out.col(i) += factor * (mass * (x.col(i) - p.centre) - p.sum.col(i));
    }
  }

  /// ψ(f) − ½ (ψ(f̂) + ψ(ĝ)), f̂ and ĝ the potentials of the side with itself and
  /// ψ(f) = −τ (exp(−f/τ) − 1) − ε exp(−f/τ): how the dual value grows with a weight. The masses of
  /// the three problems cancel.
  void slope(const Vector<double>& f, const Sinkhorn<S>& self, const Side& side,
             VectorView<double> out) const {
    const double tau = options_.penalty;
    const auto psi = [&](double p) {
      return balanced() ? p : -tau * std::expm1(-p / tau) - options_.epsilon * std::exp(-p / tau);
    };
    double mean = 0;
    for (Index i = 0; i < out.size(); ++i) {
      out[i] = psi(f[i]) - (psi(self.f()[i]) + psi(self.g()[i])) / 2;
      mean += side.weights[static_cast<std::size_t>(i)] * out[i];
    }
    if (balanced()) deferred<S>(out).array() = (deferred<S>(out).array() - mean) / side.given;
  }

  DivergenceOptions options_;
  Matrix<S> cross_cost_, first_cost_, second_cost_;
  Pull cross_pull_, first_pull_;
  CostWorkspace<S> cross_room_, first_room_, second_room_;
  Side a_, b_;
  Sinkhorn<S> cross_, first_, second_;
};

}  // namespace cytode::ot
