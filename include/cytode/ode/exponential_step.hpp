// SPDX-License-Identifier: MIT
/// The step of the exponential Rosenbrock–Euler method on many cells side by side.
#pragma once

#include <cmath>
#include <string_view>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/expm.hpp>
#include <cytode/ode/cell_jacobians.hpp>
#include <cytode/ode/round.hpp>

namespace cytode::ode {

template <std::floating_point S>
class ExponentialStep;

/// x' = x + h φ₁(hJ) f + h² φ₂(hJ) ∂f/∂t: nothing to choose, no error estimate.
struct ExponentialTableau {
  std::string_view name;
  int order = 2;
  int error_order = 0;
  template <std::floating_point S>
  using Step = ExponentialStep<S>;

  [[nodiscard]] constexpr bool adaptive() const { return false; }
};

/// One step a cell from the exponential of a (d + 2) × (d + 2) matrix, in double: the numbers
/// φ₁(hJ) h f + φ₂(hJ) h² ∂f/∂t are the last column of exp [hJ, h²∂f/∂t, hf; 0, 0, 1; 0, 0, 0].
///
/// Part of the Step concept of Integration; the exponentials allocate.
template <std::floating_point S>
class ExponentialStep {
 public:
  using System = DifferentiableSystem<S>;

  explicit ExponentialStep(const ExponentialTableau& tableau) : tableau_(&tableau) {}

  [[nodiscard]] const ExponentialTableau& tableau() const { return *tableau_; }
  [[nodiscard]] int error_order() const { return 0; }
  [[nodiscard]] bool first_same_as_last() const { return false; }
  void reserve(Index d, Index n) {
    jacobians_.reserve(d, n, true);
    for (Buffer<S>* b : {&first_, &last_, &moved_}) b->shape(d, n);
    slots_.reserve(static_cast<std::size_t>(n));
  }
  void move_slot(Index from, Index to) { jacobians_.move_slot(from, to); }

  /// next = x + h φ₁(hJ) slope + h² φ₂(hJ) ∂f/∂t; all features × round.cells.
  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S>, Batch<S>) {
    const Index d = x.rows(), n = x.cols();
    slots_.clear();
    for (Index j = 0; j < n; ++j) slots_.push_back(j);
    jacobians_.evaluate(system, round, 0, x, slots_);
    first_.shape(d, n) = slope;
    auto moved = moved_.shape(d, n);
    for (Index j = 0; j < n; ++j) {
      const double h = round.size(j);
      augmented_.setZero(d + 2, d + 2);
      augmented_.topLeftCorner(d, d) = h * jacobians_.jacobian(j).template cast<double>();
      augmented_.col(d).head(d) = h * h * jacobians_.slope(j).template cast<double>();
      augmented_.col(d + 1).head(d) = h * slope.col(j).template cast<double>();
      augmented_(d, d + 1) = 1;
      moved.col(j) = expm(augmented_).col(d + 1).head(d).template cast<S>();
    }
    next = x + moved;
  }
  [[nodiscard]] const S* second_error() { return nullptr; }

  /// Degree in θ of the continuous extension: the cubic through both ends and slopes.
  [[nodiscard]] int degree() const { return 3; }
  void prepare_dense(System&, const Round& round, const ConstBatch<S>& x,
                     const ConstBatch<S>& next_slope) {
    last_.shape(x.rows(), round.cells) = next_slope;
  }
  void polynomial(const Round& round, Index slot, Batch<S> coefficients) const {
    const S h = static_cast<S>(round.size(slot));
    const auto moved = moved_.view().col(slot);
    const auto first = h * first_.view().col(slot), last = h * last_.view().col(slot);
    coefficients.col(0) = first;
    coefficients.col(1) = S{3} * moved - S{2} * first - last;
    coefficients.col(2) = S{-2} * moved + first + last;
  }
  /// h times a bound of the largest rate of change |∂f/∂x| of a cell.
  [[nodiscard]] double stiffness(const Round& round, Index slot, const ConstBatch<S>&,
                                 const ConstBatch<S>&, const ConstBatch<S>&) const {
    return std::abs(round.size(slot)) * jacobians_.bound(slot);
  }
  /// True if the Jacobian or ∂f/∂t at the start of the step is not finite.
  [[nodiscard]] bool field_failed(const Round&, Index slot, const ConstBatch<S>&) const {
    return !jacobians_.jacobian(slot).allFinite() || !jacobians_.slope(slot).allFinite();
  }

 private:
  const ExponentialTableau* tableau_;
  CellJacobians<S> jacobians_;
  Buffer<S> first_, last_, moved_;  // slopes at both ends, x' − x
  Matrix<deferred_t<double, S>> augmented_;
  std::vector<Index> slots_;
};

}  // namespace cytode::ode
