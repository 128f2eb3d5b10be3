// SPDX-License-Identifier: MIT
/// Heun's method.
#pragma once

#include <array>

#include <cytode/ode/explicit_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr std::array<double, 1> heun_a = {1};
inline constexpr std::array<double, 2> heun_b = {0.5, 0.5};
inline constexpr std::array<double, 2> heun_error = {-0.5, 0.5};
inline constexpr ExplicitTableau heun{.name = "Heun",
                                      .order = 2,
                                      .stages = 2,
                                      .a = heun_a,
                                      .b = heun_b,
                                      .error_order = 1,
                                      .error = heun_error};
static_assert(consistent(heun));
}  // namespace tableaus

/// The mean of the slopes at both ends, strong-stability preserving. Order 2, two evaluations a
/// step.
using Heun = FixedStep<tableaus::heun>;
/// The same with Euler's step as the embedded method of order 1.
using AdaptiveHeun = Adaptive<tableaus::heun>;

}  // namespace cytode::ode
