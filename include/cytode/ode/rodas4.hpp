// SPDX-License-Identifier: MIT
/// Rodas: the Rosenbrock method of order 4 by Hairer and Wanner.
#pragma once

#include <cytode/ode/method.hpp>
#include <cytode/ode/rosenbrock_step.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr RosenbrockTableau rodas4{
    .name = "Rodas 4(3)",
    .stages = 6,
    .order = 4,
    .error_order = 3,
    .dense_order = 3,
    .dense_rows = 2,
    .gamma = 0.25,
    .a = {{{},                                                                             //
           {1.544},                                                                        //
           {0.9466785280815826, 0.2557011698983284},                                       //
           {3.314825187068521, 2.896124015972201, 0.9986419139977817},                     //
           {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895},  //
           {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895, 1}}},
    .c = {{{},                                                                             //
           {-5.6688},                                                                      //
           {-2.430093356833875, -0.2063599157091915},                                      //
           {-0.1073529058151375, -9.594562251023355, -20.47028614809616},                  //
           {7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616},  //
           {8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136,
            -6.058818238834054}}},
    .alpha = {0, 0.386, 0.21, 0.63, 1, 1},
    .gammas = {0.25, -0.1043, 0.1035, -0.0362, 0, 0},
    .m = {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895, 1, 1},
    .e = {0, 0, 0, 0, 0, 1},
    .dense = {{{10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823,
                1.025137723295662, 0},  //
               {-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386,
                -6.594389125716872, 0}}}};
static_assert(consistent(rodas4));
}  // namespace tableaus

/// Hairer and Wanner's Rosenbrock method of order 4(3) in 6 stages, L-stable and stiffly accurate,
/// with dense output of order 3 [Hairer 1996, IV.10]. One Jacobian, one LU of d × d and 6
/// evaluations a step, no iteration: the first to try on a stiff field of up to some 50 features at
/// tolerances around 1e-3 to 1e-7.
using Rodas4 = Adaptive<tableaus::rodas4>;

}  // namespace cytode::ode
