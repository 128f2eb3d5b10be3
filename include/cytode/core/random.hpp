// SPDX-License-Identifier: MIT
/// Counter-based random numbers: every draw is a pure function of (seed, stream, step, index).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

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
    return (static_cast<double>(bits(i) >> 12) + 0.5) * 0x1p-52;
  }
  /// Uniform integer in [0, n), number `i`; n ≥ 1. Bias below n · 2⁻⁶⁴.
  [[nodiscard]] Index below(std::uint64_t i, Index n) const {
    check(n >= 1, "Stream::below", "n is ", n, ", wanted 1 or more");
    return static_cast<Index>((wide{bits(i)} * static_cast<std::uint64_t>(n)) >> 64);
  }
  /// Standard normal, number `i`. Slower than fill_normal, other numbers.
  [[nodiscard]] double normal(std::uint64_t i) const noexcept {
    const double r = std::sqrt(-2 * std::log(uniform(2 * i)));
    return r * std::cos(2 * std::numbers::pi * uniform(2 * i + 1));
  }

  /// Fills n numbers with standard normals `first`, `first` + 1, …
  ///
  /// Box–Muller on blocks of 16, every number through the same vector path, so the n numbers from
  /// index i on are the same to the last bit however a range is cut.
  template <std::floating_point S>
  void fill_normal(std::uint64_t first, S* out, Index n) const {
    while (n > 0) {
      const auto block16 = first / 16;
      const auto skip = static_cast<Index>(first % 16);
      const Index take = std::min<Index>(16 - skip, n);
      Eigen::Map<Eigen::Array<S, Eigen::Dynamic, 1>>(out, take) =
          normal16<S>(block16).segment(skip, take);
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

  template <std::floating_point S>
  [[nodiscard]] Eigen::Array<S, 16, 1> normal16(std::uint64_t i) const {
    Eigen::Array<S, 8, 1> u, v;  // u in (0, 1], v in [0, 1)
    for (Index k = 0; k < 4; ++k) {
      const auto b = block(4 * i + static_cast<std::uint64_t>(k));
      u[2 * k] = (static_cast<S>(b[0]) + S(0.5)) * S(0x1p-32);
      u[2 * k + 1] = (static_cast<S>(b[1]) + S(0.5)) * S(0x1p-32);
      v[2 * k] = static_cast<S>(b[2]) * S(0x1p-32);
      v[2 * k + 1] = static_cast<S>(b[3]) * S(0x1p-32);
    }
    const Eigen::Array<S, 8, 1> radius = (S(-2) * u.log()).sqrt();
    const Eigen::Array<S, 8, 1> angle = S(2 * std::numbers::pi) * v;
    Eigen::Array<S, 16, 1> z;
    z.template head<8>() = radius * angle.cos();
    z.template tail<8>() = radius * angle.sin();
    return z;
  }

  std::uint64_t key_;
  std::uint64_t step_ = 0;
};

}  // namespace cytode
