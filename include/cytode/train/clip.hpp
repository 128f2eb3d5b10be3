// SPDX-License-Identifier: MIT
/// Gradient clipping by global norm.
#pragma once

#include <cmath>

#include <cytode/core/by_packets.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>

namespace cytode::train {

/// Sum of (scale · v)² in double, in 16 running sums so that the additions do not wait in line.
template <std::floating_point S>
[[nodiscard]] double squared_norm(const Vector<S>& v, double scale = 1) {
  constexpr Index lanes = 16;
  double sums[lanes] = {};
  const Index whole = v.size() - v.size() % lanes;
  const S* const x = v.data();
  for (Index i = 0; i < whole; i += lanes) {
    for (Index k = 0; k < lanes; ++k) {
      const double y = static_cast<double>(x[i + k]) * scale;
      sums[k] += y * y;
    }
  }
  for (Index i = whole; i < v.size(); ++i) {
    const double y = static_cast<double>(x[i]) * scale;
    sums[i - whole] += y * y;
  }
  for (Index half = lanes / 2; half > 0; half /= 2) {
    for (Index k = 0; k < half; ++k) sums[k] += sums[k + half];
  }
  return sums[0];
}

/// Euclidean norm of a vector, summed in double; NaN or infinite exactly if a coefficient is.
template <std::floating_point S>
[[nodiscard]] double global_norm(const Vector<S>& v) {
  const double norm = std::sqrt(squared_norm(v));
  const bool in_range = all_finite(&norm, 1) && norm > 1e-150;
  if (in_range || v.size() == 0 || !all_finite(v)) return norm;
  const double scale = norm > 1 ? 0x1p-600 : 0x1p600;  // the squares left the range of double
  return std::sqrt(squared_norm(v, scale)) / scale;
}

/// Scales the gradient to norm `limit` if it is longer, and returns the norm it had.
///
/// A gradient with NaN or infinity is left alone; the returned norm is then not finite. Throws
/// std::invalid_argument unless limit > 0.
template <std::floating_point S>
double clip(Vector<S>& gradient, double limit) {
  check(limit > 0, "train::clip", "limit is ", limit, ", wanted a positive number");
  const double norm = global_norm(gradient);
  if (all_finite(&norm, 1) && norm > limit) {
    by_packets<S>(gradient.size(),
                  [g = gradient.data(), factor = static_cast<S>(limit / norm)]<class P>(Index i) {
                    using namespace Eigen::internal;
                    pstoreu(g + i, pmul(ploadu<P>(g + i), pset1<P>(factor)));
                  });
  }
  return norm;
}

}  // namespace cytode::train
