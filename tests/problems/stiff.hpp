// SPDX-License-Identifier: MIT
/// Stiff problems with published ends [Mazzia 2008]: Robertson, HIRES, Van der Pol, Oregonator.
#pragma once

#include <cytode/fields/kinetics.hpp>

#include "problems/problem.hpp"

namespace cytode::problems {

/// Robertson's reaction, θ = (0.04, 1e4, 3e7), its rates.
[[nodiscard]] inline auto robertson_field() {
  return fields::kinetics<double>(3, Vector<double>{{0.04, 1e4, 3e7}},
                                  [](auto, auto x, auto p, auto dx) {
                                    const auto a = p[0] * x[0], b = p[1] * x[1] * x[2];
                                    const auto c = p[2] * x[1] * x[1];
                                    dx[0] = b - a;
                                    dx[1] = a - b - c;
                                    dx[2] = c;
                                  });
}

/// Robertson's reaction to t = 40.
[[nodiscard]] inline auto robertson() {
  return Problem{
      "robertson", robertson_field(),
      unit(3),     0,
      40,          column({0.715827068719405, 9.185534764557764e-06, 0.28416374574583037}),
      1e-5,        14};
}

/// Robertson's reaction to t = 1e11, near its equilibrium: a solution below zero explodes.
[[nodiscard]] inline auto robertson_long() {
  return Problem{"robertson_long",
                 robertson_field(),
                 unit(3),
                 0,
                 1e11,
                 column({2.083340149701294e-08, 8.333360770334784e-14, 0.9999999791665152}),
                 1e-13,
                 12};
}

/// High irradiance response of a plant: eight proteins.
[[nodiscard]] inline auto hires() {
  auto field = fields::kinetics<double>(8, {}, [](auto, auto x, auto, auto dx) {
    const auto r = 280.0 * x[5] * x[7];
    dx[0] = -1.71 * x[0] + 0.43 * x[1] + 8.32 * x[2] + 0.0007;
    dx[1] = 1.71 * x[0] - 8.75 * x[1];
    dx[2] = -10.03 * x[2] + 0.43 * x[3] + 0.035 * x[4];
    dx[3] = 8.32 * x[1] + 1.71 * x[2] - 1.12 * x[3];
    dx[4] = -1.745 * x[4] + 0.43 * x[5] + 0.43 * x[6];
    dx[5] = -r + 0.69 * x[3] + 1.71 * x[4] - 0.43 * x[5] + 0.69 * x[6];
    dx[6] = r - 1.81 * x[6];
    dx[7] = -r + 1.81 * x[6];
  });
  return Problem{"hires",
                 field,
                 column({1, 0, 0, 0, 0, 0, 0, 0.0057}),
                 0,
                 321.8122,
                 column({0.0007371312573325542, 0.00014424857263161596, 5.888729740967339e-05,
                         0.0011756513432831254, 0.002386356198830949, 0.0062389682527415995,
                         0.002849998395185501, 0.0028500016048144993}),
                 1e-5,
                 13};
}

/// Van der Pol's equation unscaled, θ = (μ) = (1000), to t = 2000: x'' = μ(1 − x²)x' − x.
[[nodiscard]] inline auto van_der_pol() {
  auto field =
      fields::kinetics<double>(2, Vector<double>{{1000}}, [](auto, auto x, auto p, auto dx) {
        dx[0] = x[1];
        dx[1] = p[0] * (1.0 - x[0] * x[0]) * x[1] - x[0];
      });
  return Problem{"van_der_pol",  field,
                 column({2, 0}), 0,
                 2000,           column({1.706167732170465, -0.0008928097010248166}),
                 1e-3,           12};
}

/// The Oregonator, θ = (s, q, w) = (77.27, 8.375e-6, 0.161): Belousov and Zhabotinskii's reaction.
[[nodiscard]] inline auto oregonator() {
  auto field = fields::kinetics<double>(3, Vector<double>{{77.27, 8.375e-6, 0.161}},
                                        [](auto, auto x, auto p, auto dx) {
                                          dx[0] = p[0] * (x[1] + x[0] * (1.0 - p[1] * x[0] - x[1]));
                                          dx[1] = (x[2] - (1.0 + x[0]) * x[1]) / p[0];
                                          dx[2] = p[2] * (x[0] - x[2]);
                                        });
  return Problem{"oregonator",
                 field,
                 column({1, 2, 3}),
                 0,
                 360,
                 column({1.0008148703185227, 1228.1785215498874, 132.05549428465045}),
                 1,
                 11};
}

}  // namespace cytode::problems
