// SPDX-License-Identifier: MIT
/// Explicit Euler.
#pragma once

#include <array>

#include <cytode/ode/explicit_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr std::array<double, 1> euler_b = {1};
inline constexpr ExplicitTableau euler{.name = "Euler", .order = 1, .stages = 1, .b = euler_b};
static_assert(consistent(euler));
}  // namespace tableaus

/// x ← x + h f(t, x). Order 1, one evaluation a step; the field's usual protocol is 100 steps an
/// interval. Without error estimate.
using Euler = FixedStep<tableaus::euler>;

}  // namespace cytode::ode
