// SPDX-License-Identifier: MIT
/// ESDIRK of order 3 by Kennedy and Carpenter.
#pragma once

#include <cytode/ode/esdirk_step.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

namespace tableaus {
inline constexpr double esdirk3_root2 = 1.4142135623730951;
inline constexpr EsdirkTableau esdirk3{
    .name = "ESDIRK3(2)5L[2]SA",
    .stages = 5,
    .order = 3,
    .error_order = 2,
    .dense_order = 3,
    .gamma = 9.0 / 40,
    .a = {{{},                                                            //
           {9.0 / 40},                                                    //
           {9 * (1 + esdirk3_root2) / 80, 9 * (1 + esdirk3_root2) / 80},  //
           {(22 + 15 * esdirk3_root2) / (80 * (1 + esdirk3_root2)),
            (22 + 15 * esdirk3_root2) / (80 * (1 + esdirk3_root2)),
            -7 / (40 * (1 + esdirk3_root2))},  //
           {(2398 + 1205 * esdirk3_root2) / (2835 * (4 + 3 * esdirk3_root2)),
            (2398 + 1205 * esdirk3_root2) / (2835 * (4 + 3 * esdirk3_root2)),
            -2374 * (1 + 2 * esdirk3_root2) / (2835 * (5 + 3 * esdirk3_root2)), 5827.0 / 7560}}},
    .c = {0, 9.0 / 20, 9 * (2 + esdirk3_root2) / 40, 3.0 / 5, 1},
    .e = {(2398 + 1205 * esdirk3_root2) / (2835 * (4 + 3 * esdirk3_root2)) -
              4555948517383.0 / 24713416420891,
          (2398 + 1205 * esdirk3_root2) / (2835 * (4 + 3 * esdirk3_root2)) -
              4555948517383.0 / 24713416420891,
          -2374 * (1 + 2 * esdirk3_root2) / (2835 * (5 + 3 * esdirk3_root2)) +
              7107561914881.0 / 25547637784726,
          5827.0 / 7560 - 30698249.0 / 44052120, 9.0 / 40 - 49563.0 / 233080},
    .p = {{{},                                                              //
           {0.45},                                                          //
           {0.1125, 0.6556980515339463},                                    //
           {0.2867295401695068, 0.19061636786439456, 0.12265409196609864},  //
           {0.2200231499825822, 0.18312128519129703, 0.3536431143272726, 0.24321245049884818}}}};
static_assert(consistent(esdirk3));
}  // namespace tableaus

/// Kennedy and Carpenter's ESDIRK method of order 3(2) in 5 stages, step and error estimate
/// L-stable, stages of order 2 [Kennedy 2016, ESDIRK3(2)5L[2]SA]. Dense output of order 3: the
/// cubic through both ends and slopes. The first guesses of Newton's iteration are derived in
/// tests/fixtures/ode/make_esdirk_dense.py. For coarse tolerances; see Esdirk4.
using Esdirk3 = Adaptive<tableaus::esdirk3>;

}  // namespace cytode::ode
