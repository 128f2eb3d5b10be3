// SPDX-License-Identifier: MIT
/// Activations of one number of any type, dual numbers too.
#pragma once

#include <type_traits>

#include <cytode/core/dual_number.hpp>
#include <cytode/nn/activations.hpp>

namespace cytode::nn {

/// f(z) of one number, or its derivative of order 1 or 2: plain, or dual, by the chain rule. Two
/// levels of dual numbers reach f″.
template <Activation A, int order = 0, class T>
[[nodiscard]] T activate(const T& z) {
  static_assert(order <= 2, "activations have two derivatives");
  if constexpr (std::is_arithmetic_v<T>) {
    const Lanes<T> lanes = Lanes<T>::Constant(z);
    if constexpr (order == 0) return A::value(lanes)[0];
    if constexpr (order == 1) return A::slope(lanes)[0];
    if constexpr (order == 2) return A::curvature(lanes)[0];
  } else {
    return T::chain(activate<A, order>(z.value), activate<A, order + 1>(z.value), z);
  }
}

}  // namespace cytode::nn
