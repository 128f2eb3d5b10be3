// SPDX-License-Identifier: MIT
/// e^z of numbers that are not positive, by table and cubic: most of what an activation costs.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include <cytode/nn/lanes.hpp>

namespace cytode::nn {

/// scale · e^z for packets of floats z ≤ 0, and what exponential linear units make of it. The scale
/// is Unit::scale, a constant.
///
/// z = m ln 2 / 8 + r with |r| ≤ ln 2 / 16. Adding 1.5 · 2²³ to 8 z / ln 2 rounds it to m and
/// leaves m in the lowest bits. e^z = 2^(m/8) (1 + q): scale · 2^(j/8), j the lowest three bits of
/// m, comes from a table, to whose exponent the others are added; q = r + r² (c₂ + c₃ r) ≈ e^r − 1,
/// minimax with an error of 2.6e-8, computed for this file. Where multiply-adds are fused the same
/// bits come out, whatever the packets.
template <class Unit>
class ExpBelow {
 public:
  /// scale · e^z, exactly the scale at 0, with a relative error of an ulp or two down to −87; NaN
  /// where NaN. Below, e^z is no normal number: the absolute error is 1e-38, the result 0 from −88.
  template <class P>
  [[nodiscard]] static P value(const P& z) {
    using namespace Eigen::internal;
    const Split<P> s = split(z);
    // ln 2 in two parts: without fused multiply-add, m times the first is exact.
    const P above = pmadd(s.m, pset1<P>(-0.693359375f / 8), s.x);
    const P r = pmadd(s.m, pset1<P>(2.12194440e-4f / 8), above);
    return pmadd(less_one(r), s.power, s.power);
  }

  /// scale · (e^z − 1), exactly 0 at 0, with an error of an ulp of the scale; NaN where NaN.
  template <class P>
  [[nodiscard]] static P less_scale(const P& z) {
    using namespace Eigen::internal;
    const Split<P> s = split(z);
    const P r = pmadd(s.m, pset1<P>(-0.693147181f / 8), s.x);
    return pmadd(less_one(r), s.power, psub(s.power, pset1<P>(scale)));
  }

 private:
  template <class P>
  struct Split {
    P m, power, x;
  };
  static constexpr auto scale = static_cast<float>(Unit::scale);
  // Twice, for packets of sixteen. What is added to the exponent is m with its lowest bits, which
  // reach into the fraction: the entries are as much below.
  static constexpr std::array<float, 16> table = [] {
    constexpr double eighths[] = {1,
                                  1.0905077326652577,
                                  1.1892071150027210,
                                  1.2968395546510096,
                                  std::numbers::sqrt2,
                                  1.5422108254079407,
                                  1.6817928305074290,
                                  1.8340080864093424};
    std::array<float, 16> out;
    for (std::uint32_t j = 0; j < 16; ++j) {
      const auto power = static_cast<float>(Unit::scale * eighths[j % 8]);
      out[j] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(power) - (j % 8 << 20));
    }
    return out;
  }();

  template <class P>
  static Split<P> split(const P& z) {
    using namespace Eigen::internal;
    using Bits = typename unpacket_traits<P>::integer_packet;
    const P round = pset1<P>(0x1.8p23f), x = pmax(z, pset1<P>(-88.0f));
    P shifted = pmadd(x, pset1<P>(8 * 0x1.715476p0f), round);
    EIGEN_OPTIMIZATION_BARRIER(shifted)  // even a compiler that reorders sums must round here
    const Bits bits = preinterpret<Bits>(shifted);
    const Bits entry = preinterpret<Bits>(entries<P>(bits));
    const Bits power = padd(entry, Bits(plogical_shift_left<20>(bits)));
    return {psub(shifted, round), preinterpret<P>(power), x};
  }
  // q(r) ≈ e^r − 1.
  template <class P>
  static P less_one(const P& r) {
    using namespace Eigen::internal;
    const P c = pmadd(pset1<P>(0.16666858f), r, pset1<P>(0.50006447f));
    return pmul(pmadd(c, r, pset1<P>(1.0f)), r);
  }
  // The table's entries at the lowest three bits of each number.
  template <class P, class Bits>
  static P entries(const Bits& at) {
    using namespace Eigen::internal;
    constexpr std::size_t lanes = unpacket_traits<P>::size;
#ifdef EIGEN_VECTORIZE_AVX512
    if constexpr (lanes == 16) return _mm512_permutexvar_ps(at, ploadu<P>(table.data()));
#endif
#ifdef EIGEN_VECTORIZE_AVX2
    if constexpr (lanes == 8) return _mm256_permutevar8x32_ps(ploadu<P>(table.data()), at);
#endif
    std::array<std::int32_t, lanes> index;
    std::array<float, lanes> out;
    pstoreu(index.data(), at);
    for (std::size_t i = 0; i < lanes; ++i) out[i] = table[static_cast<std::size_t>(index[i] & 7)];
    return ploadu<P>(out.data());
  }
};

/// The scale of a plain e^z.
struct Unscaled {
  static constexpr double scale = 1;
};

/// e^z for z ≤ 0; in float with a relative error of an ulp or two, e^0 = 1 exactly and 0 below −88;
/// NaN where NaN.
template <std::floating_point S>
[[nodiscard]] Lanes<S> exp_below(const Lanes<S>& z) {
  if constexpr (sizeof(S) == 4 && Eigen::internal::packet_traits<S>::size > 1) {
    return packet_by_packet<S>([](const auto& p) { return ExpBelow<Unscaled>::value(p); }, z);
  } else {
    return z.exp();
  }
}

/// max(slope · z, 0) + scale · (e^min(z, 0) − 1) with the constants slope and scale of a Unit: the
/// exponential linear units; slope > 0. In float the error is a few ulp of the scale.
template <class Unit, std::floating_point S>
[[nodiscard]] Lanes<S> exp_linear(const Lanes<S>& z) {
  if constexpr (sizeof(S) == 4 && Eigen::internal::packet_traits<S>::size > 1) {
    return packet_by_packet<S>(
        []<class P>(const P& p) {
          using namespace Eigen::internal;
          const P zero = pset1<P>(0.0f);
          return pmadd(pset1<P>(S(Unit::slope)), pmax(p, zero),
                       ExpBelow<Unit>::less_scale(pmin(p, zero)));
        },
        z);
  } else {
    constexpr S scale = S(Unit::scale);
    return S(Unit::slope) * z.max(S(0)) + (scale * z.min(S(0)).exp() - scale);
  }
}

}  // namespace cytode::nn
