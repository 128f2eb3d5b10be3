// SPDX-License-Identifier: MIT
/// What every step of an Odeint stepper keeps: both ends, and the cubic between them.
#pragma once

#include <cytode/core/finite.hpp>
#include <cytode/ode/odeint_system.hpp>
#include <cytode/ode/round.hpp>
#include <cytode/ode/state.hpp>

namespace cytode::ode {

/// The parts of the Step concept of Integration that need no stepper. A trial sets x_, slope_ and
/// next_; all features × cells.
template <std::floating_point S>
class BorrowedEnds {
 public:
  void reserve(Index, Index) {}
  void move_slot(Index, Index) {}
  [[nodiscard]] const S* second_error() const { return nullptr; }
  /// The cubic through both ends and slopes.
  [[nodiscard]] int degree() const { return 3; }
  template <class System>
  void prepare_dense(System&, const Round&, const ConstBatch<S>&, const ConstBatch<S>& next_slope) {
    next_slope_.value = next_slope;
  }
  void polynomial(const Round& round, Index slot, Batch<S> c) const {
    const S h = static_cast<S>(round.size(slot));
    const auto rise = next_.value.col(slot) - x_.value.col(slot);
    c.col(0) = h * slope_.col(slot);
    c.col(1) = 3 * rise - h * (2 * slope_.col(slot) + next_slope_.value.col(slot));
    c.col(2) = -2 * rise + h * (slope_.col(slot) + next_slope_.value.col(slot));
  }
  [[nodiscard]] double stiffness(const Round&, Index, const ConstBatch<S>&, const ConstBatch<S>&,
                                 const ConstBatch<S>&) const {
    return 0;
  }
  [[nodiscard]] bool field_failed(const Round&, Index slot, const ConstBatch<S>&) const {
    return watch_.failed[static_cast<std::size_t>(slot)] != 0 ||
           !all_finite(slope_.col(slot).data(), slope_.rows());
  }

 protected:
  State<S> x_, next_, next_slope_;
  Matrix<S> slope_;
  FieldWatch<S> watch_;
};

}  // namespace cytode::ode
