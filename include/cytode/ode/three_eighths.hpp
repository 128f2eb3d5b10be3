// SPDX-License-Identifier: MIT
/// Kutta's 3/8 rule.
#pragma once

#include <array>

#include <cytode/ode/explicit_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr std::array<double, 6> three_eighths_a = {1.0 / 3,      //
                                                          -1.0 / 3, 1,  //
                                                          1,        -1, 1};
inline constexpr std::array<double, 4> three_eighths_b = {0.125, 0.375, 0.375, 0.125};
inline constexpr ExplicitTableau three_eighths{
    .name = "3/8 rule", .order = 4, .stages = 4, .a = three_eighths_a, .b = three_eighths_b};
static_assert(consistent(three_eighths));
}  // namespace tableaus

/// Kutta's 3/8 rule: order 4, four evaluations a step, a smaller error constant than the classical
/// method; what torchdiffeq calls rk4. Without error estimate.
using ThreeEighths = FixedStep<tableaus::three_eighths>;

}  // namespace cytode::ode
