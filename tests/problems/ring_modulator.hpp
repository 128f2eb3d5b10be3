// SPDX-License-Identifier: MIT
/// The ring modulator, a stiff and oscillating circuit [Mazzia 2008].
#pragma once

#include <numbers>

#include <cytode/fields/kinetics.hpp>

#include "problems/problem.hpp"

namespace cytode::problems {

/// Seven voltages and eight currents; the capacitances of the diodes are 2e-12 F, not 0, which
/// makes it an ordinary differential equation. θ = (γ, δ) = (40.67286402e-9, 17.7493332) of the
/// diodes.
///
/// Expensive: voltages ring at 1e7 Hz and more, tens of thousands of steps.
[[nodiscard]] inline auto ring_modulator() {
  auto field = fields::kinetics<double>(
      15, Vector<double>{{40.67286402e-9, 17.7493332}}, [](const auto& t, auto x, auto p, auto dx) {
        constexpr double c = 1.6e-8, cs = 2e-12, cp = 1e-8, r = 25e3, rp = 50;
        constexpr double lh = 4.45, ls1 = 2e-3, ls2 = 5e-4, ls3 = 5e-4;
        constexpr double rg1 = 36.3, rg2 = 17.3, rg3 = 17.3, ri = 50, rc = 600;
        const auto in1 = 0.5 * sin(2e3 * std::numbers::pi * t);
        const auto in2 = 2.0 * sin(2e4 * std::numbers::pi * t);
        const auto diode = [&](const auto& u) { return p[0] * (exp(p[1] * u) - 1.0); };
        const auto q1 = diode(x[2] - x[4] - x[6] - in2), q2 = diode(-x[3] + x[5] - x[6] - in2);
        const auto q3 = diode(x[3] + x[4] + x[6] + in2), q4 = diode(-x[2] - x[5] + x[6] + in2);
        dx[0] = (x[7] - 0.5 * x[9] + 0.5 * x[10] + x[13] - x[0] / r) / c;
        dx[1] = (x[8] - 0.5 * x[11] + 0.5 * x[12] + x[14] - x[1] / r) / c;
        dx[2] = (x[9] - q1 + q4) / cs;
        dx[3] = (-x[10] + q2 - q3) / cs;
        dx[4] = (x[11] + q1 - q3) / cs;
        dx[5] = (-x[12] - q2 + q4) / cs;
        dx[6] = (-x[6] / rp + q1 + q2 - q3 - q4) / cp;
        dx[7] = -x[0] / lh;
        dx[8] = -x[1] / lh;
        dx[9] = (0.5 * x[0] - x[2] - rg2 * x[9]) / ls2;
        dx[10] = (-0.5 * x[0] + x[3] - rg3 * x[10]) / ls3;
        dx[11] = (0.5 * x[1] - x[4] - rg2 * x[11]) / ls2;
        dx[12] = (-0.5 * x[1] + x[5] - rg3 * x[12]) / ls3;
        dx[13] = (-x[0] + in1 - (ri + rg1) * x[13]) / ls1;
        dx[14] = (-x[1] - (rc + rg1) * x[14]) / ls1;
      });
  return Problem{"ring_modulator",
                 field,
                 Matrix<double>(Matrix<double>::Zero(15, 1)),
                 0,
                 1e-3,
                 column({-0.02339057358486745, -0.007367485485540825, 0.2582956709291169,
                         -0.406446572128345, -0.4039455665149794, 0.2607966765422943,
                         0.1106761861269975, 2.939904342435596e-07, -2.840029933642329e-08,
                         0.0007267198267264553, 0.000792948719696084, -0.0007255283495698965,
                         -0.0007941401968526521, 7.088495416976114e-05, 2.39005907523657e-05}),
                 1e-5,
                 10};
}

}  // namespace cytode::problems
