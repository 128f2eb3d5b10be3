// SPDX-License-Identifier: MIT
/// Explicit Euler with a fixed number of steps.
#pragma once

#include <boost/numeric/odeint/algebra/default_operations.hpp>
#include <boost/numeric/odeint/stepper/euler.hpp>

#include <cytode/ode/state.hpp>

namespace cytode::ode {

/// x ← x + h f(t, x). Order 1, one evaluation a step; the field's usual protocol is 100 steps an
/// interval.
struct Euler {
  Index steps = 100;  ///< Equal steps between two requested times.

  static constexpr int order = 1;
  template <std::floating_point S>
  using Stepper = boost::numeric::odeint::euler<State<S>, S, State<S>, S, Algebra,
                                                boost::numeric::odeint::default_operations>;
};

}  // namespace cytode::ode
