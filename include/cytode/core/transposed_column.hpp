// SPDX-License-Identifier: MIT
/// One column times the transpose of a matrix, which is read once and not copied.
#pragma once

#include <algorithm>
#include <concepts>
#include <utility>

#include <cytode/core/part_of_packet.hpp>

namespace cytode {

/// Squares of half a packet's side transposed in registers, and the product made of them.
template <std::floating_point S>
class TransposedColumn {
  using Half = typename Eigen::internal::packet_traits<S>::half;

 public:
  static constexpr int side = packet_size(Half());

  /// c = start + wᵀ b, or wᵀ b without a start; w: depth × rows with w(k, i) = w[k + i · right],
  /// b(k) = b[k · b_down]. Every element is a chain of fused multiply-adds, the first k first.
  static void run(const S* start, const S* w, Index right, Index rows, Index depth, const S* b,
                  Index b_down, S* c) {
    const Index whole = rows - rows % side;
    const Index end = (rows - 1) * right + depth;  // the numbers that w spans
    alignas(64) S edge[side * side], numbers[side], last[side] = {};
    if (start == nullptr) {
      std::fill(c, c + whole, S(0));
    } else {
      if (start != c) std::copy(start, start + whole, c);
      std::copy(start + whole, start + rows, last);
    }
    for (Index p = 0; p < depth; p += side) {
      const Index count = std::min<Index>(side, depth - p);
      const S* factor = b + p;
      if (b_down != 1) {
        for (Index q = 0; q < count; ++q) numbers[q] = b[(p + q) * b_down];
        factor = numbers;
      }
      Index i = 0;
      if (count == side) {
        squares(w + p, right, whole, factor, c, Half(), each);
        i = whole;
      }
      for (; i < rows; i += side) {
        const S* from = w + p + i * right;
        Index step = right;
        if (i == whole || (i + side - 1) * right + p + side > end) {
          std::fill(edge, edge + side * side, S(0));
          for (Index q = 0; q < side && i + q < rows; ++q) {
            std::copy(from + q * right, from + q * right + count, edge + q * side);
          }
          from = edge;
          step = side;
        }
        part_of_square(from, step, count, factor, i == whole ? last : c + i, Half(), each);
      }
    }
    std::copy(last, last + (rows - whole), c + whole);
  }

  /// to[q + k · to_right] = from[k + q · from_right] for q, k < side.
  static void copy(const S* from, Index from_right, S* to, Index to_right) {
    copy(from, from_right, to, to_right, Half(), each);
  }

 private:
  static constexpr auto each = std::make_integer_sequence<int, side>();

  template <class P, int... q>
  EIGEN_DONT_INLINE static void squares(const S* w, Index right, Index rows, const S* b, S* c,
                                        const P&, std::integer_sequence<int, q...>) {
    using namespace Eigen::internal;
    for (Index i = 0; i < rows; i += side) {
      PacketBlock<P, side> block;
      load(w + i * right, right, block);
      P sum = ploadu<P>(c + i);
      ((sum = pmadd(block.packet[q], pset1<P>(b[q]), sum)), ...);
      pstoreu(c + i, sum);
    }
  }
  template <class P, int... q>
  EIGEN_DONT_INLINE static void part_of_square(const S* w, Index right, Index count, const S* b,
                                               S* c, const P&, std::integer_sequence<int, q...>) {
    using namespace Eigen::internal;
    PacketBlock<P, side> block;
    load(w, right, block);
    P sum = ploadu<P>(c);
    (void)((q < count && (sum = pmadd(block.packet[q], pset1<P>(b[q]), sum), true)) && ...);
    pstoreu(c, sum);
  }
  template <class P, int... q>
  static void copy(const S* from, Index from_right, S* to, Index to_right, const P&,
                   std::integer_sequence<int, q...>) {
    PacketBlock<P, side> block;
    load(from, from_right, block);
    (Eigen::internal::pstoreu(to + q * to_right, block.packet[q]), ...);
  }

  template <class P, int n>
  using PacketBlock = Eigen::internal::PacketBlock<P, n>;

  // block.packet[k] = row k of the square.
  template <class P>
  static void load(const S* w, Index right, PacketBlock<P, side>& block) {
#ifdef EIGEN_VECTORIZE_AVX
    // Halves put together by loads: two thirds of the shuffles, of which one port has to do most.
    if constexpr (sizeof(S) * side == 32) {
      // Three pointers from which every column is 0, 1, 2 or 4 steps away.
      const S *w2 = w + 2 * right, *w3 = w + 3 * right;
      EIGEN_OPTIMIZATION_BARRIER(w2)
      EIGEN_OPTIMIZATION_BARRIER(w3)
      if constexpr (side == 8) {
        for (int k = 0; k < 8; k += 4) {
          const auto a = halves(w + k, w + 4 * right + k);
          const auto b = halves(w + right + k, w3 + 2 * right + k);
          const auto c = halves(w + 2 * right + k, w2 + 4 * right + k);
          const auto d = halves(w3 + k, w3 + 4 * right + k);
          const auto ab = _mm256_shuffle_ps(a, b, 0x44), cd = _mm256_shuffle_ps(c, d, 0x44);
          block.packet[k] = _mm256_shuffle_ps(ab, cd, 0x88);
          block.packet[k + 1] = _mm256_shuffle_ps(ab, cd, 0xdd);
          const auto ef = _mm256_shuffle_ps(a, b, 0xee), gh = _mm256_shuffle_ps(c, d, 0xee);
          block.packet[k + 2] = _mm256_shuffle_ps(ef, gh, 0x88);
          block.packet[k + 3] = _mm256_shuffle_ps(ef, gh, 0xdd);
        }
      } else {
        for (int k = 0; k < 4; k += 2) {
          const auto a = halves(w + k, w2 + k), b = halves(w + right + k, w3 + k);
          block.packet[k] = _mm256_unpacklo_pd(a, b);
          block.packet[k + 1] = _mm256_unpackhi_pd(a, b);
        }
      }
      return;
    }
#endif
    for (int q = 0; q < side; ++q) block.packet[q] = Eigen::internal::ploadu<P>(w + q * right);
    Eigen::internal::ptranspose(block);
  }
#ifdef EIGEN_VECTORIZE_AVX
  static auto halves(const float* low, const float* high) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
  }
  static auto halves(const double* low, const double* high) {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(low)), _mm_loadu_pd(high), 1);
  }
#endif
};

}  // namespace cytode
