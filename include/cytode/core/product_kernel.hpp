// SPDX-License-Identifier: MIT
/// The kernel of matrix products: register tiles with one order of summation for every element.
#pragma once

#include <algorithm>
#include <utility>

#include <cytode/core/few_rows.hpp>
#include <cytode/core/part_of_packet.hpp>
#include <cytode/core/rank_one.hpp>
#include <cytode/core/strided.hpp>
#include <cytode/core/transposed_column.hpp>

namespace cytode {

/// The product of a register tile and the walk over a matrix in such tiles.
///
/// c_ij = fma(a_ik, b_kj, … fma(a_i1, b_1j, start_ij)): the first k first, whatever the shapes, the
/// tile or the alignment. A column of c depends on that column of b alone, to the last bit. (A
/// processor without fused multiply-add rounds twice a step, everywhere.)
///
/// A panel of a, some packets high, is read where it stands or copied to 32 KB of stack, where it
/// stays in the first cache; b is read number by number. Rows beyond the last full packet are
/// computed in a packet padded with zeros.
template <std::floating_point S>
class ProductKernel {
 public:
  /// c = start + a · b with start_ij = start[i + j · start_right], or 0 without a start; a or its
  /// transpose and c have down == 1. c may be start and must not overlap a or b.
  static void run(const S* start, Index start_right, const Strided<const S>& a,
                  const Strided<const S>& b, const Strided<S>& c) {
    alignas(64) S packed[panel_size];
    const Index k = a.cols;
    eigen_assert(a.rows == c.rows && b.rows == k && b.cols == c.cols);
    eigen_assert((a.down == 1 || a.right == 1 || a.rows * k == 0) && (c.down == 1 || c.rows < 2));
    if (a.down != 1 && c.cols == 1) {
      return TransposedColumn<S>::run(start, a.data, a.down, a.rows, k, b.data, b.down, c.data);
    }
    if (k == 1 && a.down == 1 && start == c.data && start_right == c.right) {
      return RankOne<S>::add(a.data, b.data, b.right, c);
    }
    const Index rest = last_rows(a, b, c), all = c.rows - rest;
    if (rest > 0) {
      const bool halves = FewRows<S>::most < lanes && 2 * rest >= FewRows<S>::most;
      const auto product = b.right == 1 || !halves ? swapped : FewRows<S>::run;
      product(start != nullptr ? start + all : nullptr, start_right,
              {a.data + all * a.down, rest, k, a.down, a.right}, b,
              {c.data + all, rest, c.cols, 1, c.right});
    }
    for (Index i = 0; i < all; i += max_rows) {
      const Index rows = std::min(max_rows, all - i);
      const Index packets = (rows + lanes - 1) / lanes, height = packets * lanes;
      // Packing pays where the panel is read often, unless its columns are long: of four cache
      // lines they come from the second cache as fast as they are used, and copying them costs 2 %.
      const bool as_it_stands =
          a.down == 1 && (c.cols <= few_columns ||
                          (rows == height && (a.right == height || max_rows * sizeof(S) >= 256)));
      // Columns of a whose padded panel lies within a.
      const Index end = i + height - c.rows;
      const Index inside =
          end <= 0 ? k : std::max<Index>(k - (end - 1) / std::max<Index>(a.right, 1) - 1, 0);
      const S* from = start != nullptr ? start + i : zeros;
      Index from_right = start_right, p = 0;
      do {
        Index depth = std::min(panel_depth, k - p);
        Panel panel{a.data + i * a.down + p * a.right, a.right, packets, rows};
        if (as_it_stands && p < inside) {
          depth = std::min(depth, inside - p);
        } else {
          pack(panel.data, a.down, a.right, rows, depth, height, packed);
          panel = {packed, height, packets, rows};
        }
        columns(panel, depth, b.data + p * b.down, b, from, from_right, c.data + i, c);
        from = c.data + i;
        from_right = c.right;
        p += depth;
      } while (p < k);
    }
  }

 private:
  using Packet = typename Eigen::internal::packet_traits<S>::type;
  static constexpr Index lanes = Eigen::internal::unpacket_traits<Packet>::size;
  static constexpr int max_packets = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 4 : 2;
  static constexpr Index max_rows = max_packets * lanes;
  static constexpr Index panel_size = 32768 / sizeof(S), panel_depth = panel_size / max_rows;
  static constexpr Index few_columns = 12;
  static constexpr Index long_depth = 32;  // a tile takes long enough for a fetch to pay
  static constexpr Index few_rows = std::max<Index>(lanes / 2, 1),
                         many_columns = std::max<Index>(max_rows / 2, 8);
  static constexpr int max_columns = 8;

  static constexpr S zeros[max_rows] = {};

  struct Panel {
    const S* data;
    Index right, packets, rows;
  };
  // One tile: R packets by N columns; the last packet of a column of start and c has its own place.
  struct Tile {
    const S* a;
    Index a_right, depth;
    const S* b;
    Index b_down, b_right;
    const S *start, *start_last;
    Index start_right, start_last_right;
    S *c, *c_last;
    Index c_right, c_last_right;
  };

  template <int R, int N>
  static void tile(const Tile& t) {
    tile<R>(t, std::make_integer_sequence<int, R * N>(), std::make_integer_sequence<int, R>());
  }
  template <int R, int... rn, int... r>
  static void tile(const Tile& t, std::integer_sequence<int, rn...>,
                   std::integer_sequence<int, r...>) {
    using namespace Eigen::internal;
    Packet sum[sizeof...(rn)];
    if (t.start_right == 0) {  // the same numbers for all columns: copies cost nothing, loads do
      const Packet first[R] = {ploadu<Packet>(r == R - 1 ? t.start_last : t.start + r * lanes)...};
      ((sum[rn] = first[rn % R]), ...);
    } else {
      ((sum[rn] = ploadu<Packet>(rn % R == R - 1
                                     ? t.start_last + (rn / R) * t.start_last_right
                                     : t.start + (rn / R) * t.start_right + (rn % R) * lanes)),
       ...);
    }
    const S* a = t.a;
    const S* b = t.b;
    const Index a_right = t.a_right, b_down = t.b_down, b_right = t.b_right;
    // Read once: for all the compiler knows, c is t.
    S *const c = t.c, *const c_last = t.c_last;
    const Index c_right = t.c_right, c_last_right = t.c_last_right;
    for (Index p = t.depth; p > 0; --p) {
      const Packet column[R] = {ploadu<Packet>(a + r * lanes)...};
      Packet number;
      ((rn % R == 0 ? void(number = pset1<Packet>(b[(rn / R) * b_right])) : void(),
        sum[rn] = pmadd(column[rn % R], number, sum[rn])),
       ...);
      a += a_right;
      b += b_down;
    }
    (pstoreu(rn % R == R - 1 ? c_last + (rn / R) * c_last_right
                             : c + (rn / R) * c_right + (rn % R) * lanes,
             sum[rn]),
     ...);
  }

  // All columns of a row panel.
  static void columns(const Panel& panel, Index depth, const S* b, const Strided<const S>& all_b,
                      const S* start, Index start_right, S* c, const Strided<S>& all_c) {
    const Index whole = (panel.packets - 1) * lanes, rest = panel.rows - whole;
    alignas(64) S start_last[max_columns * lanes], c_last[max_columns * lanes];
    Tile t{panel.data,    panel.right, depth,       b, all_b.down, all_b.right, start,
           start + whole, start_right, start_right, c, c + whole,  all_c.right, all_c.right};
    if (rest < lanes) {
      const Index used = std::min<Index>(max_columns, all_c.cols);
      for (Index q = 0; q < used; ++q) {  // what no copy fills is summed up, not kept
        const Packet zero = Eigen::internal::pset1<Packet>(S(0));
        Eigen::internal::pstore(start_last + q * lanes, zero);
      }
      t.start_last = start_last;
      t.start_last_right = start_right == 0 ? 0 : lanes;
      t.c_last = c_last;
      t.c_last_right = lanes;
      if (start_right == 0) copy_part<S>(start + whole, start_last, rest);
    }
    for (Index j = 0; j < all_c.cols;) {
      const Index n = width(panel.packets, all_c.cols - j);
      if (depth >= long_depth && start_right != 0) {
        fetch(t.start + n * start_right, panel, n, start_right);
      }
      if (rest < lanes) {
        for (Index q = 0; start_right != 0 && q < n; ++q) {
          copy_part<S>(t.start + q * start_right + whole, start_last + q * lanes, rest);
        }
        tile_of(panel.packets, n)(t);
        for (Index q = 0; q < n; ++q) {
          copy_part<S>(c_last + q * lanes, t.c + q * t.c_right + whole, rest);
        }
      } else {
        tile_of(panel.packets, n)(t);
        t.start_last += n * start_right;
        t.c_last += n * t.c_right;
      }
      t.b += n * t.b_right;
      t.start += n * start_right;
      t.c += n * t.c_right;
      j += n;
    }
  }
  // Asks for the numbers at which the sums of the next tile start, while this one is computed: sums
  // of a whole gradient lie in far caches.
  static void fetch(const S* start, const Panel& panel, Index columns, Index right) {
    constexpr Index line = 64 / sizeof(S);
    for (Index q = 0; q < columns; ++q) {
      for (Index i = 0; i < panel.rows; i += line) Eigen::internal::prefetch(start + q * right + i);
    }
  }
  // The columns of the next tile: what the registers hold, then 4, 2, 1.
  static Index width(Index packets, Index left) {
    const Index most = packets == max_packets ? 6 : 8;
    return left >= most ? most : left >= 4 ? 4 : left >= 2 ? 2 : 1;
  }
  // The tile of so many packets and columns. A pointer, so that the compiler keeps each a function
  // of its own, whose registers hold the sums.
  static auto tile_of(Index packets, Index n) {
    using Function = void (*)(const Tile&);
    const auto pick = [n]<int R>(std::integral_constant<int, R>) -> Function {
      constexpr int most = R == max_packets ? 6 : 8;
      static constexpr Function of[] = {tile<R, 1>, tile<R, 2>, tile<R, 4>, tile<R, most>};
      return of[n == most ? 3 : n / 2];
    };
    if constexpr (max_packets == 4) {
      if (packets == 4) return pick(std::integral_constant<int, 4>());
      if (packets == 3) return pick(std::integral_constant<int, 3>());
    }
    return packets == 2 ? pick(std::integral_constant<int, 2>())
                        : pick(std::integral_constant<int, 1>());
  }

  // Copies rows × depth numbers of a into columns of `height` numbers, padded with zeros.
  static void pack(const S* a, Index down, Index right, Index rows, Index depth, Index height,
                   S* out) {
    using namespace Eigen::internal;
    const Index whole = rows - rows % lanes;
    Index i = 0;
    if (down == 1) {
      for (Index p = 0; p < depth; ++p) {
        const S* from = a + p * right;
        S* to = out + p * height;
        for (i = 0; i < whole; i += lanes) pstore(to + i, ploadu<Packet>(from + i));
        if (whole < rows) {
          pstore(to + whole, pset1<Packet>(S(0)));
          copy_part<S>(from + whole, to + whole, rows - whole);
        }
      }
      return;
    }
    const Packet zero = pset1<Packet>(S(0));
    constexpr Index side = TransposedColumn<S>::side;
    const Index square_rows = rows - rows % side, square = depth - depth % side;
    if (rows < height) {
      for (Index p = 0; p < depth; ++p) pstore(out + p * height + height - lanes, zero);
    }
    for (; i < square_rows; i += side) {
      for (Index p = 0; p < square; p += side) {
        TransposedColumn<S>::copy(a + i * down + p * right, down, out + p * height + i, height);
      }
    }
    for (Index q = 0; q < rows; ++q) {
      for (Index p = q < square_rows ? square : 0; p < depth; ++p) {
        out[p * height + q] = a[q * down + p * right];
      }
    }
  }
  // How many of the last rows are better computed apart: those beyond the last full packet, where
  // that saves a packet and bᵀ is read as it stands or its copy costs less.
  static Index last_rows(const Strided<const S>& a, const Strided<const S>& b,
                         const Strided<S>& c) {
    const bool alone = c.rows <= few_rows;
    const Index rest = alone ? c.rows : c.rows % lanes;
    const bool pays = b.right == 1 || (b.down == 1 && (alone || lanes >= 16));
    return pays && rest <= few_rows && c.cols >= many_columns && a.cols > 1 ? rest : 0;
  }
  // A few rows and many columns: cᵀ = startᵀ + bᵀ aᵀ, whose packets are full.
  static void swapped(const S* start, Index start_right, const Strided<const S>& a,
                      const Strided<const S>& b, const Strided<S>& c) {
    alignas(64) S turned[max_rows * few_rows];
    for (Index j = 0; j < c.cols; j += max_rows) {
      const Index cols = std::min(max_rows, c.cols - j);
      for (Index i = 0; i < c.rows; ++i) {
        for (Index q = 0; q < cols; ++q) {
          turned[q + i * max_rows] = start != nullptr ? start[i + (j + q) * start_right] : S(0);
        }
      }
      run(turned, max_rows, {b.data + j * b.right, cols, b.rows, b.right, b.down}, a.transposed(),
          {turned, cols, c.rows, 1, max_rows});
      for (Index q = 0; q < cols; ++q) {
        for (Index i = 0; i < c.rows; ++i) c.data[i + (j + q) * c.right] = turned[q + i * max_rows];
      }
    }
  }
};

}  // namespace cytode
