// SPDX-License-Identifier: MIT
/// Non-stiff DETEST, class B: small systems [Hull 1972], t from 0 to 20.
#pragma once

#include <cytode/fields/kinetics.hpp>

#include "problems/problem.hpp"

namespace cytode::problems {

/// Two conflicting populations; θ = (2, 1), their rates.
[[nodiscard]] inline auto detest_b1() {
  auto field =
      fields::kinetics<double>(2, Vector<double>{{2, 1}}, [](auto, auto x, auto p, auto dx) {
        dx[0] = p[0] * (x[0] - x[0] * x[1]);
        dx[1] = -p[1] * (x[1] - x[0] * x[1]);
      });
  return Problem{"detest_b1", field, column({1, 3}),
                 0,           20,    column({0.6761876008576606, 0.18608160996400297})};
}

/// A linear chemical reaction.
[[nodiscard]] inline auto detest_b2() {
  auto field = fields::kinetics<double>(3, {}, [](auto, auto x, auto, auto dx) {
    dx[0] = -x[0] + x[1];
    dx[1] = x[0] - 2.0 * x[1] + x[2];
    dx[2] = x[1] - x[2];
  });
  return Problem{"detest_b2", field, column({2, 0, 1}),
                 0,           20,    column({1.0000000010305767, 1.0, 0.9999999989694232})};
}

/// A nonlinear chemical reaction.
[[nodiscard]] inline auto detest_b3() {
  auto field = fields::kinetics<double>(3, {}, [](auto, auto x, auto, auto dx) {
    dx[0] = -x[0];
    dx[1] = x[0] - x[1] * x[1];
    dx[2] = x[1] * x[1];
  });
  return Problem{
      "detest_b3", field, unit(3),
      0,           20,    column({2.061153622438558e-09, 0.05257228022048512, 0.9474277177183612})};
}

/// An orbit on a torus.
[[nodiscard]] inline auto detest_b4() {
  auto field = fields::kinetics<double>(3, {}, [](auto, auto x, auto, auto dx) {
    const auto r = sqrt(x[0] * x[0] + x[1] * x[1]);
    dx[0] = -x[1] - x[0] * x[2] / r;
    dx[1] = x[0] - x[1] * x[2] / r;
    dx[2] = x[0] / r;
  });
  return Problem{
      "detest_b4", field, column({3, 0, 0}),
      0,           20,    column({0.982695092800653, 2.1984470816949298, 0.9129452507276277})};
}

/// Euler's rigid body: the elliptic functions sn, cn, dn at k² = 0.51, θ = (k²).
[[nodiscard]] inline auto detest_b5() {
  auto field =
      fields::kinetics<double>(3, Vector<double>{{0.51}}, [](auto, auto x, auto p, auto dx) {
        dx[0] = x[1] * x[2];
        dx[1] = -x[0] * x[2];
        dx[2] = -p[0] * x[0] * x[1];
      });
  return Problem{
      "detest_b5", field, column({0, 1, 1}),
      0,           20,    column({-0.9396570798729204, -0.342117775400075, 0.7414126596199954})};
}

}  // namespace cytode::problems
