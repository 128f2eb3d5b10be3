// SPDX-License-Identifier: MIT
/// Non-stiff DETEST, class C: moderate systems [Hull 1972], t from 0 to 20.
#pragma once

#include <cytode/fields/kinetics.hpp>

#include "problems/problem.hpp"

namespace cytode::problems {

/// A radioactive chain of 10 with equal rates.
[[nodiscard]] inline auto detest_c1() {
  auto field = fields::kinetics<double>(10, {}, [](auto, auto x, auto, auto dx) {
    for (std::size_t i = 0; i < 9; ++i) {
      dx[i] -= x[i];
      dx[i + 1] += x[i];
    }
  });
  return Problem{"detest_c1",
                 field,
                 unit(10),
                 0,
                 20,
                 column({2.061153622438558e-09, 4.122307244877116e-08, 4.122307244877116e-07,
                         2.7482048299180773e-06, 1.3741024149590386e-05, 5.496409659836154e-05,
                         0.0001832136553278718, 0.0005234675866510623, 0.0013086689666276558,
                         0.997912740950865})};
}

/// A radioactive chain of 10 with rates 1, 2, ..., 9.
[[nodiscard]] inline auto detest_c2() {
  auto field = fields::kinetics<double>(10, {}, [](auto, auto x, auto, auto dx) {
    for (std::size_t i = 0; i < 9; ++i) {
      dx[i] -= static_cast<double>(i + 1) * x[i];
      dx[i + 1] += static_cast<double>(i + 1) * x[i];
    }
  });
  return Problem{"detest_c2",
                 field,
                 unit(10),
                 0,
                 20,
                 column({2.061153622438558e-09, 2.0611536181902037e-09, 2.061153613941849e-09,
                         2.061153609693495e-09, 2.061153605445141e-09, 2.061153601196787e-09,
                         2.0611535969484323e-09, 2.061153592700078e-09, 2.061153588451724e-09,
                         0.9999999814496175})};
}

/// The heat equation in the method of lines: second differences with zeros at both ends.
inline constexpr auto second_differences = [](auto, auto x, auto, auto dx) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    dx[i] = -2.0 * x[i];
    if (i > 0) dx[i] += x[i - 1];
    if (i + 1 < x.size()) dx[i] += x[i + 1];
  }
};

/// The heat equation on 10 points.
[[nodiscard]] inline auto detest_c3() {
  auto field = fields::kinetics<double>(10, {}, second_differences);
  return Problem{"detest_c3",
                 field,
                 unit(10),
                 0,
                 20,
                 column({0.0029481192110226992, 0.005635380154845296, 0.007829072515927038,
                         0.009348257908595597, 0.010079436103019805, 0.009982674171429489,
                         0.009088693332765333, 0.007489115195185085, 0.005322964130952675,
                         0.0027624343790295146}),
                 1e-3};
}

/// The heat equation on 51 points.
[[nodiscard]] inline auto detest_c4() {
  auto field = fields::kinetics<double>(51, {}, second_differences);
  return Problem{"detest_c4",
                 field,
                 unit(51),
                 0,
                 20,
                 column({0.003124111453722103,   0.006015416842151323,   0.00847002183484361,
                         0.010336829317333924,   0.011532495728739203,   0.012045495257379123,
                         0.011929570680152192,   0.011288832071111289,   0.01025804501390988,
                         0.00898201758193417,    0.007597500902492728,   0.006219920556825367,
                         0.004935916341009462,   0.003801432544256305,   0.00284421367758792,
                         0.0020691233942225834,  0.0014646872828437804,  0.001009545263941004,
                         0.0006779354330226245,  0.00044378152691182426, 0.00028332645429390634,
                         0.00017650057987970974, 0.000107334259269755,   6.374497601779555e-05,
                         3.6986453097054486e-05, 2.097466832644101e-05,  1.1629567104123481e-05,
                         6.306710405778984e-06,  3.3462864308642114e-06, 1.737760074181166e-06,
                         8.83536690425763e-07,   4.39952041112023e-07,   2.1461818971516788e-07,
                         1.0259812116573905e-07, 4.8078640688165e-08,    2.2091751525026646e-08,
                         9.956251263332034e-09,  4.402193653863075e-09,  1.910149382259889e-09,
                         8.13589292167481e-10,   3.402477118567461e-10,  1.3974856174900842e-10,
                         5.638575302337239e-11,  2.235459707341519e-11,  8.710498031903506e-12,
                         3.3365542723879094e-12, 1.2566795659787626e-12, 4.654359042757128e-13,
                         1.6935591399749388e-13, 5.996593788386712e-14,  1.8913306910279898e-14}),
                 1e-3};
}

/// The five outer planets about the sun: positions of Jupiter, Saturn, Uranus, Neptune and Pluto,
/// then their velocities; the unit of time is 100 days.
[[nodiscard]] inline auto detest_c5() {
  auto field = fields::kinetics<double>(30, {}, [](auto, auto x, auto, auto dx) {
    constexpr double k2 = 2.95912208286, sun = 1.00000597682;
    constexpr double mass[] = {.000954786104043, .000285583733151, .0000437273164546,
                               .0000517759138449, .00000277777777778};
    for (std::size_t j = 0; j < 5; ++j) {
      const auto* q = &x[3 * j];
      const auto r2 = q[0] * q[0] + q[1] * q[1] + q[2] * q[2];
      const auto pull = k2 / (r2 * sqrt(r2));
      for (std::size_t i = 0; i < 3; ++i) {
        dx[3 * j + i] = x[15 + 3 * j + i];
        dx[15 + 3 * j + i] -= (sun + mass[j]) * pull * q[i];
      }
      for (std::size_t k = 0; k < 5; ++k) {  // what j does to k, directly and through the sun
        if (k == j) continue;
        const auto* o = &x[3 * k];
        const auto u = q[0] - o[0], v = q[1] - o[1], w = q[2] - o[2];
        const auto d2 = u * u + v * v + w * w;
        const auto direct = k2 / (d2 * sqrt(d2));
        dx[15 + 3 * k] += mass[j] * (direct * u - pull * q[0]);
        dx[16 + 3 * k] += mass[j] * (direct * v - pull * q[1]);
        dx[17 + 3 * k] += mass[j] * (direct * w - pull * q[2]);
      }
    }
  });
  return Problem{
      "detest_c5",
      field,
      column({3.42947415189,  3.35386959711,  1.35494901715,  6.64145542550,  5.97156957878,
              2.18231499728,  11.2630437207,  14.6952576794,  6.27960525067,  -30.1552268759,
              1.65699966404,  1.43785752721,  -21.1238353380, 28.4465098142,  15.3882659679,
              -.557160570446, .505696783289,  .230578543901,  -.415570776342, .365682722812,
              .169143213293,  -.325325669158, .189706021964,  .0877265322780, -.0240476254170,
              -.287659532608, -.117219543175, -.176860753121, -.216393453025, -.0148647893090}),
      0,
      20,
      column(
          {-4.792730224323633,   -2.4205507254490226,  -0.9212509306015123,  -4.217310404035214,
           7.356202947498969,    3.223785985421211,    4.0355594432622715,   17.19865528670555,
           7.478910794233703,    -29.987593263248442,  -4.107310937550929,   -0.9277008321754407,
           -24.42125302518483,   23.814590457465542,   14.920963069513588,   0.3499208963064,
           -0.5748487687912803,  -0.25516940208791444, -0.5237040978903326,  -0.24930004635796632,
           -0.0804534164204447,  -0.38752892373341097, 0.05648603288767891,  0.030236064721433413,
           0.04133856546712447,  -0.2862393029841379,  -0.11830324051362069, -0.15119864573592057,
           -0.24600688943187654, -0.03189687411323877})};
}

}  // namespace cytode::problems
