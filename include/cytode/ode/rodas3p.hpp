// SPDX-License-Identifier: MIT
/// Rodas3P: the Rosenbrock method of order 3 by Steinebach.
#pragma once

#include <cytode/ode/method.hpp>
#include <cytode/ode/rosenbrock_step.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr RosenbrockTableau rodas3p{.name = "Rodas3P",
                                           .stages = 5,
                                           .order = 3,
                                           .error_order = 2,
                                           .dense_order = 3,
                                           .dense_rows = 2,
                                           .gamma = 1.0 / 3,
                                           .a = {{{},                         //
                                                  {4.0 / 3},                  //
                                                  {},                         //
                                                  {2.90625, 3.375, 0.40625},  //
                                                  {2.90625, 3.375, 0.40625}}},
                                           .c = {{{},                            //
                                                  {-4},                          //
                                                  {8.25, 6.75},                  //
                                                  {1.21875, -5.0625, -1.96875},  //
                                                  {4.03125, -15.1875, -4.03125, 6}}},
                                           .alpha = {0, 4.0 / 9, 0, 1, 1},
                                           .gammas = {1.0 / 3, -1.0 / 9, 1, 0, 0},
                                           .m = {2.90625, 3.375, 0.40625, 0, 1},
                                           .e = {0, 0, 0, -1, 1},
                                           .dense = {{{1.78125, 6.75, 0.15625, -6, -1},  //
                                                      {4.21875, -15.1875, -3.09375, 9}}}};
static_assert(consistent(rodas3p));
}  // namespace tableaus

/// Steinebach's Rosenbrock method of order 3(2) in 5 stages, L-stable and stiffly accurate, with
/// dense output of order 3 [Steinebach 2024]. One Jacobian, one LU of d × d and 5 evaluations a
/// step. For coarse tolerances, 1e-2 to 1e-4.
using Rodas3P = Adaptive<tableaus::rodas3p>;

}  // namespace cytode::ode
