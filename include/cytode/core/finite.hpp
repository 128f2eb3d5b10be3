// SPDX-License-Identifier: MIT
/// A test for NaN and infinity that looks at the bits, because norms may hide them.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include <cytode/core/types.hpp>

namespace cytode {

/// True if every one of the n numbers is finite.
///
/// Compares exponent bits, so it vectorises as an integer reduction and survives -ffast-math.
/// Eigen's lpNorm<Infinity> returns a finite value for most placements of one NaN, so a norm is
/// no substitute.
template <std::floating_point S>
[[nodiscard]] bool all_finite(const S* values, Index n) noexcept {
  using Bits = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
  static_assert(sizeof(Bits) == sizeof(S), "float and double only");
  constexpr Bits exponent = sizeof(S) == 4 ? Bits{0x7f800000u} : Bits(0x7ff0000000000000u);
  Bits bad = 0;
  for (Index i = 0; i < n; ++i) {
    bad |= Bits{(std::bit_cast<Bits>(values[i]) & exponent) == exponent};
  }
  return bad == 0;
}

/// True if every coefficient of a plain matrix or vector is finite.
template <class Derived>
[[nodiscard]] bool all_finite(const Eigen::PlainObjectBase<Derived>& m) noexcept {
  return all_finite(m.data(), m.size());
}

}  // namespace cytode
