// SPDX-License-Identifier: MIT
/// Ralston's method of second order.
#pragma once

#include <array>

#include <cytode/ode/explicit_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr std::array<double, 1> ralston_a = {2.0 / 3};
inline constexpr std::array<double, 2> ralston_b = {0.25, 0.75};
inline constexpr std::array<double, 2> ralston_error = {-0.75, 0.75};
inline constexpr ExplicitTableau ralston{.name = "Ralston",
                                         .order = 2,
                                         .stages = 2,
                                         .a = ralston_a,
                                         .b = ralston_b,
                                         .error_order = 1,
                                         .error = ralston_error};
static_assert(consistent(ralston));
}  // namespace tableaus

/// The method of order 2 with the least bound on its error [Ralston 1962], two evaluations a step.
using Ralston = FixedStep<tableaus::ralston>;
/// The same with Euler's step as the embedded method of order 1.
using AdaptiveRalston = Adaptive<tableaus::ralston>;

}  // namespace cytode::ode
