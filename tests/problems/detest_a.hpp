// SPDX-License-Identifier: MIT
/// Non-stiff DETEST, class A: single equations [Hull 1972], t from 0 to 20.
#pragma once

#include <cytode/fields/kinetics.hpp>

#include "problems/problem.hpp"

namespace cytode::problems {

/// x' = −x: decay.
[[nodiscard]] inline auto detest_a1() {
  auto field = fields::kinetics<double>(1, {}, [](auto, auto x, auto, auto dx) { dx[0] = -x[0]; });
  return Problem{"detest_a1", field, unit(1), 0, 20, column({2.061153622438558e-09})};
}

/// x' = −x³/2.
[[nodiscard]] inline auto detest_a2() {
  auto field = fields::kinetics<double>(
      1, {}, [](auto, auto x, auto, auto dx) { dx[0] = -0.5 * x[0] * x[0] * x[0]; });
  return Problem{"detest_a2", field, unit(1), 0, 20, column({0.2182178902359924})};
}

/// x' = x cos t.
[[nodiscard]] inline auto detest_a3() {
  auto field = fields::kinetics<double>(
      1, {}, [](const auto& t, auto x, auto, auto dx) { dx[0] = x[0] * cos(t); });
  return Problem{"detest_a3", field, unit(1), 0, 20, column({2.4916502718504145})};
}

/// x' = x/4 (1 − x/20): logistic growth; θ = (rate, capacity).
[[nodiscard]] inline auto detest_a4() {
  auto field = fields::kinetics<double>(
      1, Vector<double>{{0.25, 20}},
      [](auto, auto x, auto p, auto dx) { dx[0] = p[0] * x[0] * (1.0 - x[0] / p[1]); });
  return Problem{"detest_a4", field, unit(1), 0, 20, column({17.73016648131484})};
}

/// x' = (x − t)/(x + t): a spiral.
[[nodiscard]] inline auto detest_a5() {
  auto field = fields::kinetics<double>(
      1, {}, [](const auto& t, auto x, auto, auto dx) { dx[0] = (x[0] - t) / (x[0] + t); });
  return Problem{"detest_a5", field, column({4}), 0, 20, column({-0.7887826688964015})};
}

}  // namespace cytode::problems
