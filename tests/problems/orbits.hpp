// SPDX-License-Identifier: MIT
/// Close encounters: Arenstorf's orbit [Hairer 1993] and the Pleiades [Mazzia 2008].
#pragma once

#include <cytode/fields/kinetics.hpp>

#include "problems/problem.hpp"

namespace cytode::problems {

/// A satellite about earth and moon (mass of the moon 0.012277471) on a closed orbit, one period of
/// it.
///
/// The rounding of its start to double moves the end by 2e-11 from the start, which the reference
/// takes into account; rounding on the way is amplified as much, so no more than 10 digits.
[[nodiscard]] inline auto arenstorf() {
  auto field =
      fields::kinetics<double>(4, Vector<double>{{0.012277471}}, [](auto, auto x, auto p, auto dx) {
        const auto moon = p[0], earth = 1.0 - moon, u = x[0] + moon, v = x[0] - earth;
        const auto a2 = u * u + x[1] * x[1], b2 = v * v + x[1] * x[1];
        const auto a = earth / (a2 * sqrt(a2)), b = moon / (b2 * sqrt(b2));
        dx[0] = x[2];
        dx[1] = x[3];
        dx[2] = x[0] + 2.0 * x[3] - a * u - b * v;
        dx[3] = x[1] - 2.0 * x[2] - (a + b) * x[1];
      });
  return Problem{"arenstorf",
                 field,
                 column({0.994, 0, 0, -2.00158510637908252240537862224}),
                 0,
                 17.0652165601579625588917206249,
                 column({0.993999999999974, -8.855134620121297e-14, -1.4388667357318445e-11,
                         -2.001585106383129}),
                 1,
                 10};
}

/// Seven stars of mass 1 to 7 in a plane: positions x, y, velocities x, y.
[[nodiscard]] inline auto pleiades() {
  auto field = fields::kinetics<double>(28, {}, [](auto, auto x, auto, auto dx) {
    for (std::size_t i = 0; i < 7; ++i) {
      dx[i] = x[14 + i];
      dx[7 + i] = x[21 + i];
      for (std::size_t j = 0; j < i; ++j) {
        const auto u = x[j] - x[i], v = x[7 + j] - x[7 + i];
        const auto d2 = u * u + v * v;
        const auto pull = 1.0 / (d2 * sqrt(d2));
        const double mi = static_cast<double>(i + 1), mj = static_cast<double>(j + 1);
        dx[14 + i] += mj * pull * u;
        dx[21 + i] += mj * pull * v;
        dx[14 + j] -= mi * pull * u;
        dx[21 + j] -= mi * pull * v;
      }
    }
  });
  return Problem{
      "pleiades",
      field,
      column({3, 3, -1, -3, 2, -2,   2,    3, -3, 2, 0,     0, -4, 4,
              0, 0, 0,  0,  0, 1.75, -1.5, 0, 0,  0, -1.25, 1, 0,  0}),
      0,
      3,
      column({0.37061391439705127,  3.237284092057233,   -3.2225590324183235, 0.6597091455775308,
              0.342558170715658,    1.5621721014006311,  -0.7003092922212495, -3.943437585517392,
              -3.27138097397255,    5.225081843456544,   -2.5906124349774693, 1.1982136933922747,
              -0.24296823449358235, 1.0914492404289797,  3.4170038063143147,  1.3545845016255011,
              -2.5900655978107756,  2.025053734714241,   -1.155815100160449,  -0.8072988170223022,
              0.5952396354208719,   -3.7412449612340084, 0.3773459685750629,  0.9386858869551079,
              0.36679222272005696,  -0.3474046353808494, 2.344915448180937,   -1.947020434263292}),
      1,
      12};
}

}  // namespace cytode::problems
