// SPDX-License-Identifier: MIT
/// The classical fourth-order Runge–Kutta method with a fixed number of steps.
#pragma once

#include <boost/numeric/odeint/algebra/default_operations.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta4_classic.hpp>

#include <cytode/ode/state.hpp>

namespace cytode::ode {

/// Kutta's method. Order 4, four evaluations a step.
struct RungeKutta4 {
  Index steps = 10;  ///< Equal steps between two requested times.

  static constexpr int order = 4;
  template <std::floating_point S>
  using Stepper =
      boost::numeric::odeint::runge_kutta4_classic<State<S>, S, State<S>, S, Algebra,
                                                   boost::numeric::odeint::default_operations>;
};

}  // namespace cytode::ode
