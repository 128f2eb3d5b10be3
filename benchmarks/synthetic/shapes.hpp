// SPDX-License-Identifier: MIT
/// The two-dimensional shapes of the field's tables, as torchcfm and torchdyn have them.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>

namespace synthetic {

using cytode::Index;
using cytode::Matrix;
using cytode::Stream;

/// d standard normals a point, plus a constant.
inline Matrix<float> normal(Index d, Index n, const Stream& stream, double mean = 0) {
  Matrix<float> x(d, n);
  stream.fill_normal(0, x.data(), x.size());
  x.array() += static_cast<float>(mean);
  return x;
}

/// Eight normals of variance √0.1 evenly on the circle of radius 5.
inline Matrix<float> eight_gaussians(Index n, const Stream& stream) {
  Matrix<float> x = normal(2, n, stream.fork(0)) * static_cast<float>(std::pow(0.1, 0.25));
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<double>(stream.fork(1).below(static_cast<std::uint64_t>(i), 8));
    x(0, i) += static_cast<float>(5 * std::cos(k * std::numbers::pi / 4));
    x(1, i) += static_cast<float>(5 * std::sin(k * std::numbers::pi / 4));
  }
  return x;
}

/// point = one of two half circles: at an angle of the outer or the inner one, moved by `thick`
/// along the diagonal, three times as large.
inline void moon(bool outer, double angle, double thick, float* point) {
  const double a = outer ? std::cos(angle) : 1 - std::cos(angle);
  const double b = outer ? std::sin(angle) : 0.5 - std::sin(angle);
  point[0] = static_cast<float>(3 * (a + thick) - 1);
  point[1] = static_cast<float>(3 * (b + thick) - 1);
}

/// Two half circles of as many points, evenly spaced, moved by up to 0.2. Only the move is random,
/// as in torchdyn.
inline Matrix<float> moons(Index n, const Stream& stream) {
  Matrix<float> x(2, n);
  for (Index i = 0; i < n; ++i) {
    const bool outer = i % 2 == 0;
    const Index along = outer ? (n + 1) / 2 : n / 2;
    const double angle = std::numbers::pi * static_cast<double>(i / 2) /
                         static_cast<double>(std::max<Index>(along - 1, 1));
    moon(outer, angle, 0.2 * stream.fork(1).uniform(static_cast<std::uint64_t>(i)), &x(0, i));
  }
  return x;
}

/// The same law with half circle and angle drawn, too: what a generator gives from random points.
inline Matrix<float> random_moons(Index n, const Stream& stream) {
  Matrix<float> x(2, n);
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::uint64_t>(i);
    moon(stream.fork(2).below(k, 2) == 0, std::numbers::pi * stream.fork(3).uniform(k),
         0.2 * stream.fork(1).uniform(k), &x(0, i));
  }
  return x;
}

/// Two three-quarter circles in the form of an S, noise 0.05, one and a half times as large.
inline Matrix<float> s_curve(Index n, const Stream& stream) {
  Matrix<float> x = normal(2, n, stream.fork(0)) * 0.05f;
  for (Index i = 0; i < n; ++i) {
    const double u = stream.fork(1).uniform(static_cast<std::uint64_t>(i));
    const double t = 3 * std::numbers::pi * (u - 0.5);
    x(0, i) += static_cast<float>(std::sin(t));
    x(1, i) += static_cast<float>(std::copysign(1.0, t) * (std::cos(t) - 1));
  }
  return 1.5f * x;
}

}  // namespace synthetic
