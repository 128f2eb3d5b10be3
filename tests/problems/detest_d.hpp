// SPDX-License-Identifier: MIT
/// Non-stiff DETEST, class D: Kepler's orbits of rising eccentricity [Hull 1972], t from 0 to 20.
#pragma once

#include <cmath>
#include <string_view>
#include <utility>

#include <cytode/fields/kinetics.hpp>

#include "problems/problem.hpp"

namespace cytode::problems {

/// q'' = −q/|q|³ from the point nearest to the centre, at the given eccentricity.
[[nodiscard]] inline auto kepler(std::string_view name, double e, Matrix<double> reference) {
  auto field = fields::kinetics<double>(4, {}, [](auto, auto x, auto, auto dx) {
    const auto r2 = x[0] * x[0] + x[1] * x[1];
    const auto r3 = r2 * sqrt(r2);
    dx[0] = x[2];
    dx[1] = x[3];
    dx[2] = -x[0] / r3;
    dx[3] = -x[1] / r3;
  });
  return Problem{name, field, column({1 - e, 0, 0, std::sqrt((1 + e) / (1 - e))}),
                 0,    20,    std::move(reference),
                 1,    13};
}

[[nodiscard]] inline auto detest_d1() {
  return kepler(
      "detest_d1", 0.1,
      column({0.21988353520084955, 0.9427076846341782, -0.9787659841058151, 0.3287977990962143}));
}
[[nodiscard]] inline auto detest_d2() {
  return kepler(
      "detest_d2", 0.3,
      column({-0.17770273571403278, 0.9467784719905884, -1.0302941631929712, 0.12110748900540413}));
}
[[nodiscard]] inline auto detest_d3() {
  return kepler(
      "detest_d3", 0.5,
      column({-0.5780432953035456, 0.8633840009194184, -0.9595083730380676, -0.06504915126712882}));
}
[[nodiscard]] inline auto detest_d4() {
  return kepler(
      "detest_d4", 0.7,
      column({-0.9538990293416171, 0.690740902421948, -0.8212674270877596, -0.15395742591257025}));
}
[[nodiscard]] inline auto detest_d5() {
  return kepler(
      "detest_d5", 0.9,
      column({-1.2952662509875885, 0.4003938963792291, -0.6775390924707452, -0.1270838154278723}));
}

}  // namespace cytode::problems
