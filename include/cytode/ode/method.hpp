// SPDX-License-Identifier: MIT
/// Methods: a tableau with the options of its control, as small values.
#pragma once

#include <concepts>
#include <limits>
#include <type_traits>
#include <vector>

#include <cytode/ode/control.hpp>

namespace cytode::ode {

/// A method with step-size control: Dopri5{.relative_tolerance = 1e-6}.
///
/// A step passes if ‖error_i / (a_i + r max(|x_i|, |x'_i|))‖ ≤ 1 with tolerances a and r.
template <const auto& T>
struct Adaptive {
  double relative_tolerance = 1e-5;
  double absolute_tolerance = 1e-5;
  std::vector<double> absolute_tolerances = {};  ///< One a feature; empty: the number above.
  Norm norm = Norm::rms;
  Controller controller = {};
  Clock clock = Clock::shared;
  double first_step = 0;  ///< 0: found by Hairer's heuristic [Hairer 1993, II.4].
  double min_step = 0;    ///< A smaller step is an underflow; 0: what the clock can resolve.
  double max_step = std::numeric_limits<double>::infinity();
  long max_steps = 10000;  ///< Trials, accepted or not, of a clock.

  static constexpr const auto& tableau = T;
  static constexpr int order = T.order;
  [[nodiscard]] Control control() const {
    return {relative_tolerance,
            absolute_tolerance,
            absolute_tolerances,
            norm,
            controller,
            clock,
            first_step,
            min_step,
            max_step,
            max_steps};
  }
};

/// The same tableau with equal steps between two requested times, without error control.
template <const auto& T>
struct FixedStep {
  Index steps = T.order == 1 ? 100 : T.order < 4 ? 30 : 10;

  static constexpr const auto& tableau = T;
  static constexpr int order = T.order;
  [[nodiscard]] Control control() const { return {.fixed_steps = steps}; }
};

/// What solve accepts as a method.
template <class M>
concept Method = requires(const M& m) {
  M::tableau.order;
  { m.control() } -> std::same_as<Control>;
};

/// The class that makes the steps of a method on scalars S.
template <class M, std::floating_point S>
using StepOf = typename std::remove_cvref_t<decltype(M::tableau)>::template Step<S>;

/// A step of a method for solving with this control: a step that iterates need not be more exact
/// than its tolerance asks. (A gradient of the computed solution needs the step as it comes.)
template <class M, std::floating_point S>
[[nodiscard]] StepOf<M, S> make_step(const Control& control) {
  using Step = StepOf<M, S>;
  if constexpr (std::constructible_from<Step, decltype(M::tableau), const Control&>) {
    return Step(M::tableau, control);
  } else {
    return Step(M::tableau);
  }
}

}  // namespace cytode::ode
