// SPDX-License-Identifier: MIT
/// The explicit midpoint rule.
#pragma once

#include <array>

#include <cytode/ode/explicit_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr std::array<double, 1> midpoint_a = {0.5};
inline constexpr std::array<double, 2> midpoint_b = {0, 1};
inline constexpr std::array<double, 2> midpoint_error = {-1, 1};
inline constexpr ExplicitTableau midpoint{.name = "midpoint",
                                          .order = 2,
                                          .stages = 2,
                                          .a = midpoint_a,
                                          .b = midpoint_b,
                                          .error_order = 1,
                                          .error = midpoint_error};
static_assert(consistent(midpoint));
}  // namespace tableaus

/// Runge's method: the slope halfway. Order 2, two evaluations a step.
using Midpoint = FixedStep<tableaus::midpoint>;
/// The same with Euler's step as the embedded method of order 1.
using AdaptiveMidpoint = Adaptive<tableaus::midpoint>;

}  // namespace cytode::ode
