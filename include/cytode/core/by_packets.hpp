// SPDX-License-Identifier: MIT
/// Elementwise work on plain memory, packet by packet, for code that every model compiles.
#pragma once

#include <cmath>
#include <type_traits>

#include <cytode/core/types.hpp>

namespace cytode {

/// Calls f<P>(i) for i = 0, lanes, 2·lanes, … with P a packet of numbers, then f<S>(i) for each of
/// the last numbers that fill no packet; n ≥ 0 numbers, lanes as many as P holds on this machine. f
/// is written with the operations of Eigen's packets (ploadu, padd, pmul, …), which take single
/// numbers as well.
///
/// Computes what the same Eigen array expression does, to the last bit, but compiles in a fraction
/// of the time: every expression is a family of types of its own.
template <std::floating_point S, class F>
void by_packets(Index n, F&& f) {
  using P = typename Eigen::internal::packet_traits<S>::type;
  constexpr Index lanes = Eigen::internal::packet_traits<S>::size;
  const Index whole = n - n % lanes;
  for (Index i = 0; i < whole; i += lanes) f.template operator()<P>(i);
  if constexpr (lanes > 1) {
    for (Index i = whole; i < n; ++i) f.template operator()<S>(i);
  }
}

/// a b + c of packets or numbers, of both fused where packets are: a number has the same bits in a
/// packet and behind the last one, whatever the compiler makes of sums of products.
template <class P>
[[nodiscard]] P multiply_add(const P& a, const P& b, const P& c) {
#if defined(EIGEN_VECTORIZE_FMA) || defined(__ARM_FEATURE_FMA)
  if constexpr (std::is_floating_point_v<P>) return std::fma(a, b, c);
#endif
  return Eigen::internal::pmadd(a, b, c);
}

/// Σ x_i², in as many running sums as a packet has numbers.
template <std::floating_point S>
[[nodiscard]] S sum_of_squares(const S* x, Index n) {
  using namespace Eigen::internal;
  using P = typename packet_traits<S>::type;
  constexpr Index lanes = packet_traits<S>::size;
  S sum = 0;
  Index i = 0;
  if (n >= lanes) {
    P sums = pset1<P>(S(0));
    for (; i + lanes <= n; i += lanes) {
      const P p = ploadu<P>(x + i);
      sums = pmadd(p, p, sums);
    }
    sum = predux(sums);
  }
  for (; i < n; ++i) sum += x[i] * x[i];
  return sum;
}

}  // namespace cytode
