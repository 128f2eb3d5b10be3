// SPDX-License-Identifier: MIT
/// Jacobians of the cells that run side by side, and the LU factors an implicit step makes of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/small_lu.hpp>
#include <cytode/ode/round.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::ode {

/// ∂f/∂x and ∂f/∂t of every slot, and the factors of I − h γ ∂f/∂x.
template <std::floating_point S>
class CellJacobians {
 public:
  using Column = Eigen::Map<const Vector<S>>;

  /// Memory for d features and n slots; forgets everything. `slopes`: keep ∂f/∂t too.
  void reserve(Index d, Index n, bool slopes) {
    jacobians_.resize(d, d * n);
    slopes_.resize(d, slopes ? n : 0);
    lu_.shape(d, n);
    known_.assign(static_cast<std::size_t>(n), 0);
    factored_.assign(static_cast<std::size_t>(n), 0);
    slots_.reserve(static_cast<std::size_t>(n));
    points_.shape(d, n);
    times_.resize(n);
    some_.shape(d, d * n);
    some_slopes_.shape(d, slopes ? n : 0);
  }
  /// The cell in slot `from` has moved to slot `to`.
  void move_slot(Index from, Index to) {
    if (from == to) return;
    const Index d = jacobians_.rows();
    jacobians_.middleCols(to * d, d) = jacobians_.middleCols(from * d, d);
    if (slopes_.size() > 0) slopes_.col(to) = slopes_.col(from);
    lu_.copy(from, to);
    known_[at(to)] = known_[at(from)];
    factored_[at(to)] = factored_[at(from)];
  }

  /// True if a Jacobian of this slot has been evaluated.
  [[nodiscard]] bool known(Index slot) const { return known_[at(slot)] != 0; }
  /// Evaluates the Jacobians of these slots at (t + c h, x), one batch for all of them.
  void evaluate(DifferentiableSystem<S>& system, const Round& round, double c,
                const ConstBatch<S>& x, const std::vector<Index>& slots) {
    if (slots.empty()) return;
    const Index d = x.rows(), m = static_cast<Index>(slots.size());
    const bool slopes = slopes_.size() > 0;
    auto points = points_.shape(d, m);
    auto some = some_.shape(d, d * m);
    auto some_slopes = some_slopes_.shape(slopes ? d : 0, slopes ? m : 0);
    for (Index k = 0; k < m; ++k) {
      points.col(k) = x.col(slots[at(k)]);
      times_[k] = static_cast<S>(round.time(slots[at(k)]) + c * round.size(slots[at(k)]));
    }
    const Times<S> t = round.shared ? Times<S>(times_[0]) : Times<S>(times_).slice(0, m);
    system.jacobian(t, points, some, some_slopes);
    for (Index k = 0; k < m; ++k) {
      const Index slot = slots[at(k)];
      jacobians_.middleCols(slot * d, d) = some.middleCols(k * d, d);
      if (slopes) slopes_.col(slot) = some_slopes.col(k);
      known_[at(slot)] = 1;
      factored_[at(slot)] = 0;
    }
  }
  /// Factors I − factor ∂f/∂x of a slot unless that is what it holds; false if it is singular.
  bool factor(Index slot, double factor, Counts& counts) {
    if (factored_[at(slot)] == factor) return true;
    auto w = lu_.matrix(slot);
    const Index d = w.rows();
    w = -static_cast<S>(factor) * jacobians_.middleCols(slot * d, d);
    w.diagonal().array() += S{1};
    ++counts.factorisations;
    const bool regular = lu_.factor(slot);
    factored_[at(slot)] = regular ? factor : 0;
    return regular;
  }
  /// True if a slot holds factors.
  [[nodiscard]] bool factored(Index slot) const { return factored_[at(slot)] != 0; }
  /// x ← (I − factor ∂f/∂x)⁻¹ x with the factors of a slot; x: d numbers.
  void solve(Index slot, S* x) const { lu_.solve(slot, x); }
  /// x ← (I − factor ∂f/∂x)⁻ᵀ x.
  void solve_transposed(Index slot, S* x) const { lu_.solve_transposed(slot, x); }

  /// ∂f/∂x of a slot, d × d.
  [[nodiscard]] auto jacobian(Index slot) const {
    const Index d = jacobians_.rows();
    return jacobians_.middleCols(slot * d, d);
  }
  /// ∂f/∂t of a slot, d numbers.
  [[nodiscard]] Column slope(Index slot) const {
    return {slopes_.data() + slot * slopes_.rows(), slopes_.rows()};
  }
  /// A bound of the largest |eigenvalue| of ∂f/∂x: the smallest of its 1-, ∞- and Frobenius norm.
  [[nodiscard]] double bound(Index slot) const {
    if (!known(slot)) return 0;
    const auto j = jacobian(slot).template cast<double>();
    return std::min({j.cwiseAbs().rowwise().sum().maxCoeff(),
                     j.cwiseAbs().colwise().sum().maxCoeff(), j.norm()});
  }

 private:
  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  Matrix<S> jacobians_;  // d × (d n)
  Matrix<S> slopes_;     // d × n, or nothing
  BatchedLu<S> lu_;
  std::vector<unsigned char> known_;
  std::vector<double> factored_;  // the factor h γ of the LU held; 0: none
  std::vector<Index> slots_;
  Buffer<S> points_, some_, some_slopes_;
  Row<S> times_;
};

}  // namespace cytode::ode
