// SPDX-License-Identifier: MIT
/// The classical fourth-order Runge–Kutta method.
#pragma once

#include <array>

#include <cytode/ode/explicit_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr std::array<double, 6> runge_kutta4_a = {0.5,       //
                                                         0,   0.5,  //
                                                         0,   0,   1};
inline constexpr std::array<double, 4> runge_kutta4_b = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
inline constexpr ExplicitTableau runge_kutta4{
    .name = "Runge–Kutta 4", .order = 4, .stages = 4, .a = runge_kutta4_a, .b = runge_kutta4_b};
static_assert(consistent(runge_kutta4));
}  // namespace tableaus

/// Kutta's method. Order 4, four evaluations a step, without error estimate.
using RungeKutta4 = FixedStep<tableaus::runge_kutta4>;

}  // namespace cytode::ode
