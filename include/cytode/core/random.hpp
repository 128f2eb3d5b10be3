// SPDX-License-Identifier: MIT
/// Counter-based random numbers: every draw is a pure function of (seed, stream, step, index).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <type_traits>

#include <cytode/core/by_packets.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode {

/// Philox4x32-10, the bijection from (counter, key) to 128 random bits [Salmon 2011].
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox(
    std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {
        static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

/// A stream of random numbers without state: number i is the same whoever asks for it, in whatever
/// order, from whatever thread, so results do not depend on how a batch is cut.
///
/// Key = seed mixed with the forks; counter = (step, index). Two forks with different labels, and
/// two steps of one stream, never share a counter.
class Stream {
 public:
  /// The root stream of a seed.
  explicit constexpr Stream(std::uint64_t seed) noexcept : key_(mix(seed)) {}

  /// An independent stream for one purpose ("noise", "pairs"), told apart by a label.
  [[nodiscard]] constexpr Stream fork(std::uint64_t label) const noexcept {
    Stream s = *this;
    s.key_ = mix(key_ ^ mix(label + 0x9E3779B97F4A7C15ull));
    return s;
  }
  /// The same stream at a training or solver step: its indices start again from 0.
  [[nodiscard]] constexpr Stream at(std::uint64_t step) const noexcept {
    Stream s = *this;
    s.step_ = step;
    return s;
  }

  /// 128 random bits of block `i`.
  [[nodiscard]] constexpr std::array<std::uint32_t, 4> block(std::uint64_t i) const noexcept {
    return philox({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32),
                   static_cast<std::uint32_t>(step_), static_cast<std::uint32_t>(step_ >> 32)},
                  {static_cast<std::uint32_t>(key_), static_cast<std::uint32_t>(key_ >> 32)});
  }
  /// 64 random bits, number `i`.
  [[nodiscard]] constexpr std::uint64_t bits(std::uint64_t i) const noexcept {
    const auto b = block(i >> 1);
    const std::size_t half = 2 * static_cast<std::size_t>(i & 1);
    return (std::uint64_t{b[half + 1]} << 32) | b[half];
  }
  /// Uniform on the open interval (0, 1), number `i`; 52 random bits.
  [[nodiscard]] constexpr double uniform(std::uint64_t i) const noexcept {
    return uniform_of(bits(i));
  }
  /// Uniform integer in [0, n), number `i`; n ≥ 1. Bias below n · 2⁻⁶⁴.
  [[nodiscard]] Index below(std::uint64_t i, Index n) const {
    check(n >= 1, "Stream::below", "n is ", n, ", wanted 1 or more");
    return below_of(bits(i), n);
  }
  /// The bits of numbers `first`, `first` + `every`, … of 16 numbers, three times as fast as one by
  /// one; uniform_of and below_of make of them what uniform and below return.
  [[nodiscard]] std::array<std::uint64_t, 16> bits16(std::uint64_t first,
                                                     std::uint64_t every) const noexcept {
    std::uint64_t blocks[16];
    for (std::uint64_t k = 0; k < 16; ++k) blocks[k] = (first + k * every) >> 1;
    std::uint32_t words[4][16];
    block16(blocks, words);
    std::array<std::uint64_t, 16> out;
    for (std::size_t k = 0; k < 16; ++k) {
      const bool second = ((first + k * every) & 1) != 0;
      const std::uint64_t low = second ? words[2][k] : words[0][k];
      const std::uint64_t high = second ? words[3][k] : words[1][k];
      out[k] = (high << 32) | low;
    }
    return out;
  }
  /// 64 random bits as a uniform number on (0, 1).
  [[nodiscard]] static constexpr double uniform_of(std::uint64_t bits) noexcept {
    return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
  }
  /// 64 random bits as a uniform integer in [0, n), n ≥ 1.
  [[nodiscard]] static constexpr Index below_of(std::uint64_t bits, Index n) noexcept {
    return static_cast<Index>((wide{bits} * static_cast<std::uint64_t>(n)) >> 64);
  }
  /// Standard normal, number `i`. Slower than fill_normal, other numbers.
  [[nodiscard]] double normal(std::uint64_t i) const noexcept {
    const double r = std::sqrt(-2 * std::log(uniform(2 * i)));
    return r * std::cos(2 * std::numbers::pi * uniform(2 * i + 1));
  }

  /// Fills n numbers with standard normals `first`, `first` + 1, …
  ///
  /// Box–Muller on blocks of 16, four of them at once where a range holds as many; every number
  /// goes through the same operations, so the n numbers from index i on are the same to the last
  /// bit however a range is cut.
  template <std::floating_point S>
  void fill_normal(std::uint64_t first, S* out, Index n) const {
    while (n > 0) {
      if constexpr (sizeof(S) == 4) {  // sines and logarithms of double are Eigen's one by one
        if (first % 16 == 0 && n >= 64) {
          normal64(first / 16, out);
          out += 64;
          first += 64;
          n -= 64;
          continue;
        }
      }
      const auto block16 = first / 16;
      const auto skip = static_cast<Index>(first % 16);
      const Index take = std::min<Index>(16 - skip, n);
      const std::array<S, 16> numbers = normal16<S>(block16);
      std::copy_n(numbers.data() + skip, take, out);
      out += take;
      first += static_cast<std::uint64_t>(take);
      n -= take;
    }
  }

  friend constexpr bool operator==(const Stream&, const Stream&) noexcept = default;

 private:
  __extension__ using wide = unsigned __int128;

  static constexpr std::uint64_t mix(std::uint64_t z) noexcept {  // SplitMix64's finaliser
    z += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

  // The blocks of 16 numbers, word by word: philox in 16 lanes, which compilers vectorise.
  [[gnu::noinline]] void block16(const std::uint64_t (&i)[16],
                                 std::uint32_t (&words)[4][16]) const noexcept {
    std::uint32_t(&w0)[16] = words[0], (&w1)[16] = words[1], (&w2)[16] = words[2],
    (&w3)[16] = words[3];
    for (std::size_t k = 0; k < 16; ++k) {
      w0[k] = static_cast<std::uint32_t>(i[k]);
      w1[k] = static_cast<std::uint32_t>(i[k] >> 32);
      w2[k] = static_cast<std::uint32_t>(step_);
      w3[k] = static_cast<std::uint32_t>(step_ >> 32);
    }
    auto key0 = static_cast<std::uint32_t>(key_), key1 = static_cast<std::uint32_t>(key_ >> 32);
    for (int round = 0; round < 10; ++round) {
      for (std::size_t k = 0; k < 16; ++k) {
        const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * w0[k];
        const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * w2[k];
        w0[k] = static_cast<std::uint32_t>(p1 >> 32) ^ w1[k] ^ key0;
        w1[k] = static_cast<std::uint32_t>(p1);
        w2[k] = static_cast<std::uint32_t>(p0 >> 32) ^ w3[k] ^ key1;
        w3[k] = static_cast<std::uint32_t>(p0);
      }
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
  }

  // The numbers of normal16 at i, i + 1, i + 2 and i + 3.
  template <std::floating_point S>
  void normal64(std::uint64_t i, S* out) const {
    std::uint64_t blocks[16];
    for (std::uint64_t k = 0; k < 16; ++k) blocks[k] = 4 * i + k;
    std::uint32_t words[4][16];
    block16(blocks, words);
    S u[32], v[32];
    for (Index k = 0; k < 16; ++k) {
      u[2 * k] = (static_cast<S>(words[0][k]) + S(0.5)) * S(0x1p-32);
      u[2 * k + 1] = (static_cast<S>(words[1][k]) + S(0.5)) * S(0x1p-32);
      v[2 * k] = static_cast<S>(words[2][k]) * S(0x1p-32);
      v[2 * k + 1] = static_cast<S>(words[3][k]) * S(0x1p-32);
    }
    by_packets<S>(32, [&]<class P>(Index j) {
      using namespace Eigen::internal;
      pstoreu(u + j, pmul(pset1<P>(S(-2)), plog(ploadu<P>(u + j))));
    });
    roots<S, 32>(u);
    by_packets<S>(32, [&]<class P>(Index j) {
      using namespace Eigen::internal;
      const P radius = ploadu<P>(u + j);
      const P angle = pmul(ploadu<P>(v + j), pset1<P>(S(2 * std::numbers::pi)));
      pstoreu(u + j, pmul(radius, pcos(angle)));
      pstoreu(v + j, pmul(radius, psin(angle)));
    });
    for (Index j = 0; j < 4; ++j) {
      std::copy_n(u + 8 * j, 8, out + 16 * j);
      std::copy_n(v + 8 * j, 8, out + 16 * j + 8);
    }
  }
  // Square roots in packets of eight numbers at most: Eigen's differ between sizes of packets.
  template <std::floating_point S, Index n>
  static void roots(S* x) {
    using namespace Eigen::internal;
    using P = typename find_best_packet<S, 8>::type;
    for (Index j = 0; j < n; j += static_cast<Index>(sizeof(P) / sizeof(S))) {
      pstoreu(x + j, psqrt(ploadu<P>(x + j)));
    }
  }

  template <std::floating_point S>
  [[nodiscard]] std::array<S, 16> normal16(std::uint64_t i) const {
    using namespace Eigen::internal;
    using P = typename find_best_packet<S, 8>::type;
    S u[8], v[8];  // u in (0, 1], v in [0, 1)
    for (Index k = 0; k < 4; ++k) {
      const auto b = block(4 * i + static_cast<std::uint64_t>(k));
      u[2 * k] = (static_cast<S>(b[0]) + S(0.5)) * S(0x1p-32);
      u[2 * k + 1] = (static_cast<S>(b[1]) + S(0.5)) * S(0x1p-32);
      v[2 * k] = static_cast<S>(b[2]) * S(0x1p-32);
      v[2 * k + 1] = static_cast<S>(b[3]) * S(0x1p-32);
    }
    // f in packets of eight numbers at most, or one by one where Eigen has no packet function.
    const auto each = [&]<bool packets>(std::bool_constant<packets>, auto&& f) {
      if constexpr (packets) {
        for (Index j = 0; j < 8; j += static_cast<Index>(sizeof(P) / sizeof(S))) {
          f.template operator()<P>(j);
        }
      } else {
        for (Index j = 0; j < 8; ++j) f.template operator()<S>(j);
      }
    };
    each(std::bool_constant<packet_traits<S>::HasLog>(),
         [&]<class Q>(Index j) { pstoreu(u + j, pmul(pset1<Q>(S(-2)), plog(ploadu<Q>(u + j)))); });
    roots<S, 8>(u);
    std::array<S, 16> z;
    constexpr bool turns = packet_traits<S>::HasSin && packet_traits<S>::HasCos;
    each(std::bool_constant<turns>(), [&]<class Q>(Index j) {
      const Q radius = ploadu<Q>(u + j);
      const Q angle = pmul(pset1<Q>(S(2 * std::numbers::pi)), ploadu<Q>(v + j));
      pstoreu(z.data() + j, pmul(radius, pcos(angle)));
      pstoreu(z.data() + 8 + j, pmul(radius, psin(angle)));
    });
    return z;
  }

  std::uint64_t key_;
  std::uint64_t step_ = 0;
};

}  // namespace cytode
