// SPDX-License-Identifier: MIT
/// The exponential Rosenbrock–Euler method.
#pragma once

#include <cytode/ode/exponential_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr ExponentialTableau exponential_euler{.name = "exponential Rosenbrock-Euler"};
}  // namespace tableaus

/// x' = x + h φ₁(hJ) f + h² φ₂(hJ) ∂f/∂t with J = ∂f/∂x, order 2, in equal steps [Hochbruck 2009].
///
/// Exact for fields A x + b + c t of any stiffness, and good for those whose stiff part is linear:
/// the steps follow the rest. One Jacobian and one exponential of (d + 2) × (d + 2) a cell and
/// step, some 25 d³ operations. No error estimate.
using ExponentialEuler = FixedStep<tableaus::exponential_euler>;

}  // namespace cytode::ode
