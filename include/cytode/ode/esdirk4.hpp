// SPDX-License-Identifier: MIT
/// ESDIRK of order 4 by Kennedy and Carpenter.
#pragma once

#include <cytode/ode/esdirk_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr EsdirkTableau esdirk4{
    .name = "ESDIRK4(3)6L[2]SA",
    .stages = 6,
    .order = 4,
    .error_order = 3,
    .dense_order = 4,
    .gamma = 31.0 / 125,
    .a = {{{},                                                                  //
           {31.0 / 125},                                                        //
           {-360286518617.0 / 7014585480527, -360286518617.0 / 7014585480527},  //
           {-506388693497.0 / 5937754990171, -506388693497.0 / 5937754990171,
            7149918333491.0 / 13390931526268},  //
           {-7628305438933.0 / 11061539393788, -7628305438933.0 / 11061539393788,
            21592626537567.0 / 14352247503901, 11630056083252.0 / 17263101053231},  //
           {-12917657251.0 / 5222094901039, -12917657251.0 / 5222094901039,
            5602338284630.0 / 15643096342197, 9002339615474.0 / 18125249312447,
            -2420307481369.0 / 24731958684496}}},
    .c = {0, 62.0 / 125, 486119545908.0 / 3346201505189, 1043.0 / 1706, 1361.0 / 1300, 1},
    .e = {5106873525203549881053916.0 / 63280437666689274586070553.0,
          5106873525203549881053916.0 / 63280437666689274586070553.0,
          -25162027003603428150355757.0 / 187362381104177276978781327.0,
          -4098711186040344850920813.0 / 204021751328880889263048263.0,
          -2403006641348284599749077.0 / 92621941821407359153398928.0,
          20990421664717.0 / 1109114971657125.0},
    .w = {-2.0092717287244426, 1.8182680752424956, 2.722155090478257, -2.949033032050398,
          1.8701115857362443, -1.4522299906821565},
    .p = {{{},                                                                                  //
           {0.496},                                                                             //
           {0.124, 0.02127503653147243},                                                        //
           {0.11140864792954326, 0.3257694951528814, 0.1741934864603655},                       //
           {0.6340558585148999, -0.11125426272403362, -0.6066834193810883, 1.130804900513299},  //
           {0.07512885857942941, 0.30799024693215066, 0.1822274351921557, 0.3083102985704962,
            0.126343160725768}}}};
static_assert(consistent(esdirk4));
}  // namespace tableaus

/// Kennedy and Carpenter's ESDIRK method of order 4(3) in 6 stages, step and error estimate
/// L-stable, stages of order 2 [Kennedy 2016, ESDIRK4(3)6L[2]SA]. Its dense output of order 4 and
/// the first guesses of Newton's iteration are derived in tests/fixtures/ode/make_esdirk_dense.py.
///
/// A Jacobian serves several steps while Newton's iteration converges well, so this beats the
/// Rosenbrock methods where Jacobians cost most: many features, or a field with no cheap jvp.
using Esdirk4 = Adaptive<tableaus::esdirk4>;

}  // namespace cytode::ode
