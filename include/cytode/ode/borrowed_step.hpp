// SPDX-License-Identifier: MIT
/// The step of an explicit stepper of Odeint.
#pragma once

#include <functional>
#include <type_traits>

#include <boost/numeric/odeint/stepper/stepper_categories.hpp>

#include <cytode/core/checks.hpp>
#include <cytode/ode/borrowed_ends.hpp>

namespace cytode::ode {

/// The step of an Odeint stepper on State; all cells share one clock.
template <class Stepper>
class BorrowedStep : public BorrowedEnds<typename Stepper::state_type::value_type> {
 public:
  using S = typename Stepper::state_type::value_type;
  using System = ode::System<S>;
  using Category = typename Stepper::stepper_category;
  static constexpr bool closes =
      std::is_same_v<Category, boost::numeric::odeint::explicit_error_stepper_fsal_tag>;
  static constexpr bool estimates =
      closes || std::is_same_v<Category, boost::numeric::odeint::explicit_error_stepper_tag>;

  template <class Tableau>
  explicit BorrowedStep(const Tableau&) {}

  [[nodiscard]] int error_order() const {
    if constexpr (estimates) return static_cast<int>(stepper_.error_order());
    return 0;
  }
  [[nodiscard]] bool first_same_as_last() const { return closes; }

  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S> next_slope, Batch<S> error) {
    check(round.shared, "ode::solve", "Odeint's explicit steppers have one clock for all cells");
    // A multistep method remembers slopes at equal distances: of these cells, at this size.
    if (x_.value.cols() != x.cols() || round.h[0] != last_size_) stepper_ = Stepper();
    last_size_ = round.h[0];
    x_.value = x;
    slope_at_start_.value = slope;
    next_.value.resizeLike(x_.value);
    next_slope_.value.resizeLike(x_.value);
    error_.value.setZero(x.rows(), x.cols());
    using Time = typename Stepper::time_type;
    const Time h = static_cast<Time>(round.h[0]);
    watch_.begin(x.cols());
    OdeintSystem<S> call{system, round.t[0], &watch_};
    if constexpr (closes) {
      stepper_.do_step(std::ref(call), x_, slope_at_start_, Time(0), next_, next_slope_, h, error_);
      next_slope = next_slope_.value;
    } else if constexpr (estimates) {
      stepper_.do_step(std::ref(call), x_, slope_at_start_, Time(0), next_, h, error_);
    } else {
      next_ = x_;
      stepper_.do_step(std::ref(call), next_, Time(0), h);
    }
    next = next_.value;
    error = error_.value;
    slope_ = slope_at_start_.value;
  }

 private:
  using Ends = BorrowedEnds<S>;
  using Ends::next_;
  using Ends::next_slope_;
  using Ends::slope_;
  using Ends::watch_;
  using Ends::x_;

  Stepper stepper_;
  State<S> slope_at_start_, error_;
  double last_size_ = 0;
};

}  // namespace cytode::ode
