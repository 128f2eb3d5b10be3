// SPDX-License-Identifier: MIT
/// Products of a few rows, at most as many as half a packet holds, and many columns.
#pragma once

#include <algorithm>
#include <utility>

#include <cytode/core/part_of_packet.hpp>
#include <cytode/core/strided.hpp>

namespace cytode {

/// The rows of such a product stand in one half packet, with as many columns side by side as there
/// are registers: half as many numbers are multiplied in vain as in whole packets.
template <std::floating_point S>
class FewRows {
  using Half = typename Eigen::internal::packet_traits<S>::half;

 public:
  /// The most rows: half a packet, on machines whose packets have halves.
  static constexpr Index most = packet_size(Half());

  /// c = start + a · b for c: m × n, a: m × k, b: k × n with m ≤ most, start_ij = start[i + j ·
  /// start_right], or 0 without a start. Columns of c are contiguous; c may be start and must not
  /// overlap a or b. Every element is a chain of fused multiply-adds, the first k first.
  static void run(const S* start, Index start_right, const Strided<const S>& a,
                  const Strided<const S>& b, const Strided<S>& c) {
    alignas(64) S panel[depth * most] = {};
    Index p = 0;
    do {
      const Index k = std::min(depth, a.cols - p);
      pack({a.data + p * a.right, a.rows, k, a.down, a.right}, panel);
      columns(start, start_right, panel, k, {b.data + p * b.down, k, b.cols, b.down, b.right}, c);
      start = c.data;
      start_right = c.right;
      p += k;
    } while (p < a.cols);
  }

 private:
  static constexpr Index depth = 8192 / (most * Index{sizeof(S)});
  static constexpr int width = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 16 : 8;

  // Columns of half packets; what stands beyond the rows is summed up, not kept.
  static void pack(const Strided<const S>& a, S* panel) {
    using namespace Eigen::internal;
    Index q = 0;
    if (a.down == 1 && a.right > 0) {
      const Index inside = a.cols - (most - a.rows + a.right - 1) / a.right;
      for (; q < inside; ++q) pstore(panel + q * most, ploadu<Half>(a.data + q * a.right));
    }
    for (; q < a.cols; ++q) {
      for (Index i = 0; i < a.rows; ++i) panel[q * most + i] = a.data[i * a.down + q * a.right];
    }
  }

  static void columns(const S* start, Index start_right, const S* panel, Index k,
                      const Strided<const S>& b, const Strided<S>& c) {
    alignas(64) S starts[width * most] = {};
    const auto copy_starts = [&](Index j, Index n) {
      for (Index q = 0; q < n; ++q) {
        copy_part(start + (j + q) * start_right, starts + q * most, c.rows);
      }
    };
    if (start != nullptr && start_right == 0) copy_starts(0, width);
    const auto next = [&]<int n>(Index j, std::integer_sequence<int, n>) {
      if (start_right != 0) copy_starts(j, n);
      tile(panel, k, b.data + j * b.right, b.down, b.right, starts, c.data + j * c.right, c.right,
           c.rows, Half(), std::make_integer_sequence<int, n>());
    };
    Index j = 0;
    for (; j + width <= c.cols; j += width) next(j, std::integer_sequence<int, width>());
    for (; j + 4 <= c.cols; j += 4) next(j, std::integer_sequence<int, 4>());
    for (; j < c.cols; ++j) next(j, std::integer_sequence<int, 1>());
  }

  // c = starts + panel · b for as many columns as there are n.
  template <class P, int... n>
  EIGEN_DONT_INLINE static void tile(const S* a, Index k, const S* b, Index b_down, Index b_right,
                                     const S* starts, S* c, Index c_right, Index rows, const P&,
                                     std::integer_sequence<int, n...>) {
    using namespace Eigen::internal;
    P sum[sizeof...(n)] = {ploadu<P>(starts + n * most)...};
    // Pointers from which every column is at most three steps away.
    const S* from[(sizeof...(n) + 3) / 4];
    for (const S*& f : from) f = b + 4 * (&f - from) * b_right;
    for (; k > 0; --k) {
      const P column = ploadu<P>(a);
      ((sum[n] = pmadd(column, pset1<P>(from[n / 4][n % 4 * b_right]), sum[n])), ...);
      a += most;
      for (const S*& f : from) f += b_down;
    }
    (store_part(sum[n], c + n * c_right, rows), ...);
  }
};

}  // namespace cytode
