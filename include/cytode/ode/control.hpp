// SPDX-License-Identifier: MIT
/// Step-size control: tolerances, norms, clocks and the I, PI and PID controllers.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include <cytode/core/checks.hpp>

namespace cytode::ode {

/// How the errors of the features (and, on one clock, of the cells) become one number.
enum class Norm {
  rms,     ///< Root mean square.
  maximum  ///< The worst number: every feature of every cell keeps the tolerance.
};

/// Who shares a time and a step size.
enum class Clock {
  shared,   ///< The whole batch.
  per_cell  ///< Nobody: every cell has its own time, step, error and status.
};

/// The next size is h · clamp(safety · e₀^(−(I+P+D)/q) · e₁^((P+2D)/q) · e₂^(−D/q)) with the errors
/// e₀, e₁, e₂ of this and the two accepted steps before in units of the tolerance, q the order of
/// the error estimate [Söderlind 2003]. After a rejection a step never grows.
struct Controller {
  double integral = 1, proportional = 0, derivative = 0;
  double safety = 0.9;
  double min_factor = 0.2, max_factor = 10;

  /// The classical controller.
  static constexpr Controller i() { return {}; }
  /// Calmer after errors that jump; for problems near the limit of stability.
  static constexpr Controller pi() { return {.integral = 0.3, .proportional = 0.4}; }
  /// Calmer still, for rough fields.
  static constexpr Controller pid() {
    return {.integral = 0.3, .proportional = 0.3, .derivative = 0.01};
  }
};

/// Everything that a solve needs to know of its steps; the methods turn themselves into one.
struct Control {
  double relative_tolerance = 1e-5;
  double absolute_tolerance = 1e-5;
  std::vector<double> absolute_tolerances = {};  ///< One a feature; empty: the number above.
  Norm norm = Norm::rms;
  Controller controller = {};
  Clock clock = Clock::shared;
  double first_step = 0;  ///< 0: found by Hairer's heuristic.
  double min_step = 0;    ///< A smaller step is an underflow; 0: what the clock can resolve.
  double max_step = std::numeric_limits<double>::infinity();
  long max_steps = 10000;                 ///< Trials, accepted or not, of a clock.
  std::optional<Index> fixed_steps = {};  ///< Equal steps between two times, without error control.
  bool switch_when_stiff = false;         ///< Stiff clocks are handed over; see SwitchWhenStiff.
};

/// Throws std::invalid_argument unless every number makes sense for so many features.
template <class = void>
inline void check_control(const char* function, const Control& c, Index features) {
  if (c.fixed_steps) {
    check_positive(function, "steps", *c.fixed_steps);
    return;
  }
  check_positive(function, "relative_tolerance", c.relative_tolerance);
  check_positive(function, "absolute_tolerance", c.absolute_tolerance);
  if (!c.absolute_tolerances.empty()) {
    check(static_cast<Index>(c.absolute_tolerances.size()) == features, function,
          "absolute_tolerances has ", c.absolute_tolerances.size(), " numbers, wanted ", features);
    for (const double a : c.absolute_tolerances) check_positive(function, "absolute_tolerances", a);
  }
  check_positive(function, "max_steps", c.max_steps);
  check_not_negative(function, "first_step", c.first_step);
  check_not_negative(function, "min_step", c.min_step);
  check(c.max_step > 0, function, "max_step is ", c.max_step, ", wanted a positive number");
  check(c.max_step >= c.min_step, function, "max_step ", c.max_step, " is below min_step ",
        c.min_step);
  check_positive(function, "controller.safety", c.controller.safety);
  check(c.controller.min_factor > 0 && c.controller.min_factor < 1, function,
        "controller.min_factor is ", c.controller.min_factor, ", wanted a number between 0 and 1");
  check(c.controller.max_factor > 1, function, "controller.max_factor is ", c.controller.max_factor,
        ", wanted a number above 1");
}

}  // namespace cytode::ode
