// SPDX-License-Identifier: MIT
/// Standard normals for many cells at once: every number is a function of its cell and its place.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <numbers>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/transposed_column.hpp>
#include <cytode/core/types.hpp>

namespace cytode::sde {

/// Where in a cell's noise a column of numbers lies.
struct NoisePlace {
  std::uint32_t kind = 0;  ///< Below 256.
  std::uint32_t knot = 0;
  std::uint64_t node = 0;
};

/// The normals of cells [first, first + n), one key a cell from `stream.fork(cell)`.
///
/// Philox4x32-10 [Salmon 2011] and Box–Muller on sixteen cells at a time, so that noise costs less
/// than the network it drives; a number depends on stream, cell, place and feature alone, never on
/// its neighbours in the batch. Radius and angle have 31 random bits each: |z| stays below 6.7.
template <std::floating_point S>
class CellNormals {
  static constexpr Index lanes = 16;
  using Lanes = Eigen::Array<S, lanes, 1>;
  using Words = std::array<std::uint32_t, lanes>;

 public:
  /// Serves these cells from now on; allocates only for more cells than ever before.
  void assign(const Stream& stream, std::uint64_t first, Index n) {
    if (n == cells_ && first == first_ && stream == stream_) return;
    const auto padded = static_cast<std::size_t>((n + lanes - 1) / lanes * lanes);
    if (low_.size() < padded) {
      low_.resize(padded);
      high_.resize(padded);
    }
    for (std::size_t j = 0; j < padded; ++j) {
      const std::uint64_t key = stream.fork(first + j).bits(0);
      low_[j] = static_cast<std::uint32_t>(key);
      high_[j] = static_cast<std::uint32_t>(key >> 32);
    }
    stream_ = stream;
    first_ = first;
    cells_ = n;
  }
  [[nodiscard]] Index cells() const noexcept { return cells_; }

  /// out(i, j) = scale · number i of cell j at this place; out: features × cells.
  void fill(const NoisePlace& place, S scale, Batch<S> out) const {
    eigen_assert(out.cols() == cells_);
    using Tile = TransposedColumn<S>;
    const Index rows = out.rows();
    Eigen::Array<S, lanes, 8> z;  // eight features of sixteen cells
    for (Index first = 0; first < cells_; first += lanes) {
      const Index used = std::min(lanes, cells_ - first);
      for (Index i = 0; i < rows; i += 8) {
        const auto block = static_cast<std::uint32_t>(i / 4);
        normals(place, block, first, scale, z.data());
        if (i + 4 < rows) normals(place, block + 1, first, scale, z.data() + 4 * lanes);
        if (used == lanes && i + 8 <= rows) {
          for (Index l = 0; l < lanes; l += Tile::side) {
            for (Index k = 0; k < 8; k += Tile::side) {
              Tile::copy(z.data() + l + k * lanes, lanes, &out(i + k, first + l),
                         out.outerStride());
            }
          }
        } else {
          const Index count = std::min<Index>(8, rows - i);
          for (Index l = 0; l < used; ++l) {
            for (Index k = 0; k < count; ++k) out(i + k, first + l) = z(l, k);
          }
        }
      }
    }
  }

 private:
  /// Numbers 4 block … 4 block + 3 of sixteen cells, a number after the other.
  void normals(const NoisePlace& place, std::uint32_t block, Index first, S scale, S* z) const {
    const std::array<std::uint32_t, 4> counter{block | (place.kind << 24), place.knot,
                                               static_cast<std::uint32_t>(place.node),
                                               static_cast<std::uint32_t>(place.node >> 32)};
    std::array<Words, 4> bits;
    philox_lanes(counter, low_.data() + first, high_.data() + first, bits);
    pair(bits[0], bits[1], scale, z, z + lanes);
    pair(bits[2], bits[3], scale, z + 2 * lanes, z + 3 * lanes);
  }

  /// Two normals a lane: radius √(−2 log u) and an angle in (−π/2, π/2) with a sign.
  static void pair(const Words& u, const Words& v, S scale, S* sine, S* cosine) {
    using Whole = Eigen::Array<deferred_t<std::int32_t, S>, lanes, 1>;
    Whole radius, angle, sign;
    for (Index l = 0; l < lanes; ++l) {
      const auto k = static_cast<std::size_t>(l);
      radius[l] = static_cast<std::int32_t>(u[k] >> 1);
      angle[l] = static_cast<std::int32_t>(v[k] << 1);
      sign[l] = 1 - 2 * static_cast<std::int32_t>(v[k] >> 31);
    }
    const Lanes square = S(-2) * log((radius.template cast<S>() + S(0.5)) * S(0x1p-31));
    const Lanes r = scale * square.sqrt();
    const Lanes a = angle.template cast<S>() * S(std::numbers::pi / 2 * 0x1p-31);
    const Lanes q = a.square();
    Eigen::Map<Lanes>{sine} = r * a * series<1>(q);
    Eigen::Map<Lanes>{cosine} = r * sign.template cast<S>() * series<0>(q);
  }
  /// Σ_k (−q)^k / (2k + first)!: cos √q, or sin √q / √q, for q up to (π/2)², to the last bits.
  template <int first>
  static Lanes series(const Lanes& q) {
    constexpr int terms = sizeof(S) == 4 ? 7 : 11;
    double c = 1;  // (2k + first)! (−1)^k
    std::array<S, terms> coefficient{};
    for (int k = 0; k < terms; ++k) {
      if (k > 0) c /= -static_cast<double>((2 * k + first) * (2 * k + first - 1));
      coefficient[static_cast<std::size_t>(k)] = static_cast<S>(c);
    }
    Lanes sum = q * coefficient[terms - 1] + coefficient[terms - 2];
    for (std::size_t k = terms - 2; k-- > 0;) sum = sum * q + coefficient[k];
    return sum;
  }
  /// log x for positive normal numbers, relative error of a few ulp: x = m 2ᵉ with m in [√½, √2)
  /// and log m = 2 artanh((m − 1)/(m + 1)).
  static Lanes log(const Lanes& x) {
    using Bits = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;
    constexpr int mantissa = sizeof(S) == 4 ? 23 : 52;
    constexpr Bits half_root = std::bit_cast<Bits>(static_cast<S>(std::numbers::sqrt2 / 2));
    Lanes m, e;
    for (Index l = 0; l < lanes; ++l) {
      const Bits bits = std::bit_cast<Bits>(x[l]);
      const Bits exponent = (bits - half_root) >> mantissa;
      m[l] = std::bit_cast<S>(static_cast<Bits>(bits - (exponent << mantissa)));
      e[l] = static_cast<S>(static_cast<std::int32_t>(exponent));
    }
    constexpr int terms = sizeof(S) == 4 ? 5 : 11;
    const Lanes s = (m - S(1)) / (m + S(1)), w = s.square();
    Lanes sum = w * (S(2) / S(2 * terms - 1)) + S(2) / S(2 * terms - 3);
    for (int k = terms - 2; k-- > 0;) sum = sum * w + S(2) / S(2 * k + 1);
    return e * S(std::numbers::ln2) + s * sum;
  }

  /// philox(counter, (low[l], high[l])) for sixteen lanes.
  static void philox_lanes(const std::array<std::uint32_t, 4>& counter, const std::uint32_t* low,
                           const std::uint32_t* high, std::array<Words, 4>& out) {
#ifdef EIGEN_VECTORIZE_AVX512
    // Eight lanes a register, the word in the low half of 64 bits: what is above it never matters.
    const auto all = [](std::uint32_t word) { return _mm512_set1_epi64(word); };
    const auto wide = [](const std::uint32_t* from) {
      return _mm512_cvtepu32_epi64(
          _mm256_loadu_si256(static_cast<const __m256i*>(static_cast<const void*>(from))));
    };
    for (std::size_t l = 0; l < lanes; l += 8) {
      auto a = all(counter[0]), b = all(counter[1]), c = all(counter[2]), d = all(counter[3]);
      auto k0 = wide(low + l), k1 = wide(high + l);
      for (int round = 0; round < 10; ++round) {
        const auto p0 = _mm512_mul_epu32(all(0xD2511F53u), a);
        const auto p1 = _mm512_mul_epu32(all(0xCD9E8D57u), c);
        a = _mm512_xor_si512(_mm512_xor_si512(_mm512_srli_epi64(p1, 32), b), k0);
        c = _mm512_xor_si512(_mm512_xor_si512(_mm512_srli_epi64(p0, 32), d), k1);
        b = p1;
        d = p0;
        k0 = _mm512_add_epi64(k0, all(0x9E3779B9u));
        k1 = _mm512_add_epi64(k1, all(0xBB67AE85u));
      }
      const auto store = [l](const auto& from, Words& to) {
        _mm256_storeu_si256(static_cast<__m256i*>(static_cast<void*>(to.data() + l)),
                            _mm512_cvtepi64_epi32(from));
      };
      store(a, out[0]);
      store(b, out[1]);
      store(c, out[2]);
      store(d, out[3]);
    }
#else
    for (std::size_t l = 0; l < lanes; ++l) {
      const auto word = philox(counter, {low[l], high[l]});
      for (std::size_t w = 0; w < 4; ++w) out[w][l] = word[w];
    }
#endif
  }

  Stream stream_{0};
  std::uint64_t first_ = 0;
  Index cells_ = 0;
  std::vector<std::uint32_t> low_, high_;
};

}  // namespace cytode::sde
