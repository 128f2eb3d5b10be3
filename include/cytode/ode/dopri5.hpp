// SPDX-License-Identifier: MIT
/// Adaptive Dormand–Prince 5(4), the default solver.
#pragma once

#include <limits>

#include <boost/numeric/odeint/algebra/default_operations.hpp>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

#include <cytode/ode/error_checker.hpp>

namespace cytode::ode {

/// Dormand and Prince's pair of order 5(4) with step-size control [Dormand 1980].
///
/// Six evaluations a trial step (the seventh is the first of the next), plus two to find the first
/// step. The whole batch shares one clock.
struct Dopri5 {
  double relative_tolerance = 1e-5;
  double absolute_tolerance = 1e-5;
  Norm norm = Norm::rms;
  double first_step = 0;  ///< 0: found by Hairer's heuristic.
  double max_step = std::numeric_limits<double>::infinity();
  long max_steps = 10000;  ///< Trial steps, accepted or not, for the whole solve.

  static constexpr int order = 5;
  template <std::floating_point S>
  using Stepper =
      boost::numeric::odeint::runge_kutta_dopri5<State<S>, S, State<S>, S, Algebra,
                                                 boost::numeric::odeint::default_operations>;
  // Named in full: make_controlled(a, r) reads r as the largest step when a header is missing.
  template <std::floating_point S>
  using Controlled = boost::numeric::odeint::controlled_runge_kutta<Stepper<S>, ErrorChecker<S>>;
};

}  // namespace cytode::ode
