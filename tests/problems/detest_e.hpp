// SPDX-License-Identifier: MIT
/// Non-stiff DETEST, class E: equations of second order [Hull 1972], t from 0 to 20.
#pragma once

#include <cytode/fields/kinetics.hpp>

#include "problems/problem.hpp"

namespace cytode::problems {

/// Bessel's equation of order 1/2, shifted to t + 1.
[[nodiscard]] inline auto detest_e1() {
  auto field = fields::kinetics<double>(2, {}, [](const auto& t, auto x, auto, auto dx) {
    const auto s = t + 1.0;
    dx[0] = x[1];
    dx[1] = -(x[1] / s + (1.0 - 0.25 / (s * s)) * x[0]);
  });
  return Problem{"detest_e1", field, column({0.6713967071418030, 0.09540051444747446}),
                 0,           20,    column({0.14567236007282466, -0.09883500195574578})};
}

/// Van der Pol's equation at θ = (1): not stiff.
[[nodiscard]] inline auto detest_e2() {
  auto field = fields::kinetics<double>(2, Vector<double>{{1}}, [](auto, auto x, auto p, auto dx) {
    dx[0] = x[1];
    dx[1] = p[0] * (1.0 - x[0] * x[0]) * x[1] - x[0];
  });
  return Problem{"detest_e2", field, column({2, 0}),
                 0,           20,    column({2.0081497621749484, -0.04250887527320215})};
}

/// Duffing's equation under a force.
[[nodiscard]] inline auto detest_e3() {
  auto field = fields::kinetics<double>(2, {}, [](const auto& t, auto x, auto, auto dx) {
    dx[0] = x[1];
    dx[1] = x[0] * x[0] * x[0] / 6.0 - x[0] + 2.0 * sin(2.78535 * t);
  });
  return Problem{"detest_e3", field, column({0, 0}),
                 0,           20,    column({-0.10041788586472507, 0.2411400132095934})};
}

/// A fall with resistance.
[[nodiscard]] inline auto detest_e4() {
  auto field = fields::kinetics<double>(2, {}, [](auto, auto x, auto, auto dx) {
    dx[0] = x[1];
    dx[1] = 0.032 - 0.4 * x[1] * x[1];
  });
  return Problem{"detest_e4", field, column({30, 0}),
                 0,           20,    column({33.95091444646556, 0.2767822659672868})};
}

/// A curve of pursuit.
[[nodiscard]] inline auto detest_e5() {
  auto field = fields::kinetics<double>(2, {}, [](const auto& t, auto x, auto, auto dx) {
    dx[0] = x[1];
    dx[1] = sqrt(1.0 + x[1] * x[1]) / (25.0 - t);
  });
  return Problem{"detest_e5", field, column({0, 0}), 0, 20, column({14.117973905426254, 2.4})};
}

}  // namespace cytode::problems
