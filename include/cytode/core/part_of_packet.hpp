// SPDX-License-Identifier: MIT
/// Copies of the few numbers at the end of a column that do not fill a packet.
#pragma once

#include <cstddef>
#include <cstring>

#include <cytode/core/types.hpp>

namespace cytode {

/// Numbers in a packet of this type, which is deduced: named as a template argument, it would lose
/// its attributes, of which GCC warns.
template <class P>
[[nodiscard]] constexpr int packet_size(const P&) {
  return Eigen::internal::unpacket_traits<P>::size;
}

/// Copies fewer numbers than a packet has, in copies of fixed size: a call of memcpy for each
/// column would cost more than the column.
template <std::floating_point S>
void copy_part(const S* from, S* to, Index count) {
  constexpr std::size_t lanes = Eigen::internal::packet_traits<S>::size;
  const auto some = [&]<std::size_t n>(std::integral_constant<std::size_t, n>) {
    if constexpr (n < lanes) {
      if ((count & static_cast<Index>(n)) != 0) {
        std::memcpy(to, from, n * sizeof(S));
        from += n;
        to += n;
      }
    }
  };
  some(std::integral_constant<std::size_t, 8>());
  some(std::integral_constant<std::size_t, 4>());
  some(std::integral_constant<std::size_t, 2>());
  some(std::integral_constant<std::size_t, 1>());
}

/// Stores the first numbers of a packet, which may be all.
template <std::floating_point S, class P>
void store_part(const P& packet, S* to, Index count) {
#ifdef __AVX512VL__
  const auto first = static_cast<__mmask8>((1u << count) - 1);
  if constexpr (sizeof(P) == 32 && sizeof(S) == 4) {
    return _mm256_mask_storeu_ps(to, first, packet);
  } else if constexpr (sizeof(P) == 32 && sizeof(S) == 8) {
    return _mm256_mask_storeu_pd(to, first, packet);
  }
#endif
  constexpr Index lanes = Eigen::internal::unpacket_traits<P>::size;
  if (count == lanes) return Eigen::internal::pstoreu(to, packet);
  S numbers[lanes];
  Eigen::internal::pstoreu(numbers, packet);
  copy_part(static_cast<const S*>(numbers), to, count);
}

}  // namespace cytode
