// SPDX-License-Identifier: MIT
/// Bogacki and Shampine's pair of order 3(2).
#pragma once

#include <array>

#include <cytode/ode/explicit_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr std::array<double, 6> bosh3_a = {0.5,            //
                                                  0,       0.75,  //
                                                  2.0 / 9, 1.0 / 3, 4.0 / 9};
inline constexpr std::array<double, 4> bosh3_b = {2.0 / 9, 1.0 / 3, 4.0 / 9, 0};
inline constexpr std::array<double, 4> bosh3_error = {2.0 / 9 - 7.0 / 24, 1.0 / 3 - 0.25,
                                                      4.0 / 9 - 1.0 / 3, -0.125};
inline constexpr ExplicitTableau bosh3{.name = "Bogacki–Shampine 3(2)",
                                       .order = 3,
                                       .stages = 4,
                                       .a = bosh3_a,
                                       .b = bosh3_b,
                                       .error_order = 2,
                                       .error = bosh3_error};
static_assert(consistent(bosh3));
}  // namespace tableaus

/// Bogacki and Shampine's pair of order 3(2) [Bogacki 1989]: three evaluations a trial step, cubic
/// dense output. For loose tolerances, 1e-2 to 1e-4.
using Bosh3 = Adaptive<tableaus::bosh3>;

}  // namespace cytode::ode
