// SPDX-License-Identifier: MIT
/// Gradient clipping by global norm.
#pragma once

#include <cmath>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>

namespace cytode::train {

/// Euclidean norm of a vector, summed in double; NaN or infinite exactly if a coefficient is.
template <std::floating_point S>
[[nodiscard]] double global_norm(const Vector<S>& v) {
  const double norm = std::sqrt(v.template cast<double>().squaredNorm());
  const bool in_range = all_finite(&norm, 1) && norm > 1e-150;
  if (in_range || v.size() == 0 || !all_finite(v)) return norm;
  const double largest = static_cast<double>(v.cwiseAbs().maxCoeff());  // squares left the range
  if (largest == 0) return 0;
  return largest * std::sqrt((v.template cast<double>() / largest).squaredNorm());
}

/// Scales the gradient to norm `limit` if it is longer, and returns the norm it had.
///
/// A gradient with NaN or infinity is left alone; the returned norm is then not finite. Throws
/// std::invalid_argument unless limit > 0.
template <std::floating_point S>
double clip(Vector<S>& gradient, double limit) {
  check(limit > 0, "train::clip", "limit is ", limit, ", wanted a positive number");
  const double norm = global_norm(gradient);
  if (all_finite(&norm, 1) && norm > limit) gradient *= static_cast<S>(limit / norm);
  return norm;
}

}  // namespace cytode::train
