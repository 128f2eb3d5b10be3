// SPDX-License-Identifier: MIT
/// The Brusselator as a reaction and Lorenz's equations to a short time.
#pragma once

#include <cytode/fields/kinetics.hpp>

#include "problems/problem.hpp"

namespace cytode::problems {

/// The Brusselator, θ = (A, B) = (1, 3): u' = A + u²v − (B + 1)u, v' = Bu − u²v [Hairer 1993].
[[nodiscard]] inline auto brusselator() {
  auto field =
      fields::kinetics<double>(2, Vector<double>{{1, 3}}, [](auto, auto x, auto p, auto dx) {
        const auto r = x[0] * x[0] * x[1];
        dx[0] = p[0] + r - (p[1] + 1.0) * x[0];
        dx[1] = p[1] * x[0] - r;
      });
  return Problem{"brusselator",
                 field,
                 column({1.5, 3}),
                 0,
                 20,
                 column({0.49863707126834783, 4.596780349452011})};
}

/// Lorenz's equations, θ = (σ, ρ, β) = (10, 28, 8/3), to t = 5, before chaos shows.
[[nodiscard]] inline auto lorenz() {
  auto field = fields::kinetics<double>(3, Vector<double>{{10, 28, 8.0 / 3.0}},
                                        [](auto, auto x, auto p, auto dx) {
                                          dx[0] = p[0] * (x[1] - x[0]);
                                          dx[1] = x[0] * (p[1] - x[2]) - x[1];
                                          dx[2] = x[0] * x[1] - p[2] * x[2];
                                        });
  return Problem{
      "lorenz", field, column({1, 1, 1}),
      0,        5,     column({-6.512113699419599, -6.974042788417075, 23.92412957210337}),
      1,        12};
}

}  // namespace cytode::problems
