// SPDX-License-Identifier: MIT
/// Odeint's own steppers in ode::solve.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>
#include <vector>

#include <boost/numeric/odeint/stepper/controlled_step_result.hpp>
#include <boost/numeric/odeint/stepper/stepper_categories.hpp>

#include <cytode/ode/method.hpp>
#include <cytode/ode/solve.hpp>
#include <cytode/ode/state.hpp>

namespace cytode::ode {

/// A system with the call Odeint makes, system(x, dxdt, τ). Its clock τ is relative to `origin`,
/// kept in double, so that a float solve does not lose small steps at late times. Hand it over by
/// std::ref: Odeint copies systems at every level.
template <std::floating_point S>
struct OdeintSystem {
  System<S>& system;
  double origin = 0;

  template <class Time>
  void operator()(const State<S>& x, State<S>& dxdt, Time tau) const {
    dxdt.value.resizeLike(x.value);
    system.evaluate(Times<S>(static_cast<S>(origin + static_cast<double>(tau))), x.value,
                    dxdt.value);
  }
};

/// The step of an Odeint stepper on State; all cells share one clock.
template <class Stepper>
class BorrowedStep {
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
  void reserve(Index, Index) {}
  void move_slot(Index, Index) {}

  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S> next_slope, Batch<S> error) {
    check(round.shared, "ode::solve", "Odeint's steppers have one clock for all cells");
    // A multistep method remembers slopes at equal distances: of these cells, at this size.
    if (x_.value.cols() != x.cols() || round.h[0] != last_size_) stepper_ = Stepper();
    last_size_ = round.h[0];
    x_.value = x;
    slope_.value = slope;
    next_.value.resizeLike(x_.value);
    next_slope_.value.resizeLike(x_.value);
    error_.value.setZero(x.rows(), x.cols());
    using Time = typename Stepper::time_type;
    const Time h = static_cast<Time>(round.h[0]);
    OdeintSystem<S> call{system, round.t[0]};
    if constexpr (closes) {
      stepper_.do_step(std::ref(call), x_, slope_, Time(0), next_, next_slope_, h, error_);
      next_slope = next_slope_.value;
    } else if constexpr (estimates) {
      stepper_.do_step(std::ref(call), x_, slope_, Time(0), next_, h, error_);
    } else {
      next_ = x_;
      stepper_.do_step(std::ref(call), next_, Time(0), h);
    }
    next = next_.value;
    error = error_.value;
    known_slope_ = slope_.value;
  }
  [[nodiscard]] const S* second_error() const { return nullptr; }

  /// The cubic through both ends and slopes.
  [[nodiscard]] int degree() const { return 3; }
  void prepare_dense(System&, const Round&, const ConstBatch<S>&, const ConstBatch<S>& next_slope) {
    next_slope_.value = next_slope;
  }
  void polynomial(const Round& round, Index slot, Batch<S> c) const {
    const S h = static_cast<S>(round.h[0]);
    const auto rise = next_.value.col(slot) - x_.value.col(slot);
    c.col(0) = h * known_slope_.col(slot);
    c.col(1) = 3 * rise - h * (2 * known_slope_.col(slot) + next_slope_.value.col(slot));
    c.col(2) = -2 * rise + h * (known_slope_.col(slot) + next_slope_.value.col(slot));
  }
  [[nodiscard]] double stiffness(const Round&, Index, const ConstBatch<S>&, const ConstBatch<S>&,
                                 const ConstBatch<S>&) const {
    return 0;
  }
  [[nodiscard]] bool field_failed(const Round&, Index, const ConstBatch<S>&) const {
    return !all_finite(known_slope_);
  }

 private:
  Stepper stepper_;
  State<S> x_, slope_, next_, next_slope_, error_;
  Matrix<S> known_slope_;
  double last_size_ = 0;
};

/// What a method says of an Odeint stepper.
template <class Stepper>
struct BorrowedTableau {
  int order = 0;  ///< Odeint's steppers know their own.
  template <std::floating_point>
  using Step = BorrowedStep<Stepper>;
};

/// Any plain, error or multistep stepper of Odeint with equal steps:
/// Borrowed<boost::numeric::odeint::adams_bashforth<4, ode::State<double>>>{.steps = 200}.
template <class Stepper>
struct Borrowed {
  Index steps = 100;  ///< Equal steps between two requested times.

  static constexpr BorrowedTableau<Stepper> tableau{};
  [[nodiscard]] Control control() const { return {.fixed_steps = steps}; }
};

/// An error stepper of Odeint under the step-size control of this library.
template <class Stepper>
struct BorrowedAdaptive {
  double relative_tolerance = 1e-5;
  double absolute_tolerance = 1e-5;
  Norm norm = Norm::rms;
  Controller controller = {};
  long max_steps = 10000;

  static constexpr BorrowedTableau<Stepper> tableau{};
  static_assert(BorrowedStep<Stepper>::estimates, "this stepper of Odeint estimates no error");
  [[nodiscard]] Control control() const {
    return {.relative_tolerance = relative_tolerance,
            .absolute_tolerance = absolute_tolerance,
            .norm = norm,
            .controller = controller,
            .max_steps = max_steps};
  }
};

/// A controlled stepper of Odeint (bulirsch_stoer, controlled_runge_kutta), which chooses its own
/// steps, from time to time: with what Odeint leaves out, a bound on steps, a test for NaN, and
/// landing on the times. The stepper is used as it comes; give each solve a fresh one.
/// Throws std::invalid_argument as solve does.
template <class F, class X, class Stepper>
requires Solvable<F, typename X::Scalar>
[[nodiscard]] Solution<typename X::Scalar> solve_controlled(const F& field, const X& x0,
                                                            const std::vector<double>& times,
                                                            Stepper stepper, double first_step,
                                                            long max_steps = 10000) {
  using S = typename X::Scalar;
  const Schedule schedule(times, Options<S>{});
  check_not_empty("ode::solve_controlled", "x0", x0);
  check_positive("ode::solve_controlled", "first_step", first_step);
  check_positive("ode::solve_controlled", "max_steps", max_steps);
  Workers alone(1);
  SystemOf<F, S, System<S>> system(field, alone);
  Solution<S> out;
  out.times = times;
  State<S> x{x0}, next{x0};
  out.states.push_back(x.value);
  out.time = schedule.start_time();
  double h = first_step;
  for (std::size_t k = 1; k < times.size() && out.status == Status::ok; ++k) {
    while (out.time != times[k] && out.status == Status::ok) {
      const double left = std::abs(times[k] - out.time);
      const bool lands = h >= left * (1 - 1e-10);
      const double size = lands ? left : h;
      if (out.counts.accepted + out.counts.rejected >= max_steps) out.status = Status::step_limit;
      if (!lands && out.time + schedule.direction() * size / 8 == out.time) {
        out.status = Status::step_underflow;
      }
      if (out.status != Status::ok) break;
      OdeintSystem<S> call{system(), out.time};
      typename Stepper::time_type tau = 0, dt = schedule.direction() * size;
      next = x;
      const bool passed =
          stepper.try_step(std::ref(call), next, tau, dt) == boost::numeric::odeint::success;
      const double proposed = std::abs(static_cast<double>(dt));
      if (!passed || !all_finite(next.value)) {
        ++out.counts.rejected;
        h = passed ? size / 5 : proposed;
        continue;
      }
      ++out.counts.accepted;
      std::swap(x, next);
      out.time = lands ? times[k] : out.time + schedule.direction() * size;
      h = lands ? std::max(h, proposed) : proposed;
    }
    if (out.status == Status::ok) out.states.push_back(x.value);
  }
  out.counts.evaluations = system().counts.evaluations;
  out.counts.cell_evaluations = system().counts.cell_evaluations;
  if (out.status != Status::ok) {
    out.state = x.value;
    out.diagnosis = {
        .status = out.status, .cell = 0, .time = out.time, .steps = out.counts.accepted};
  }
  return out;
}

}  // namespace cytode::ode
