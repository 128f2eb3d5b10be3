// SPDX-License-Identifier: MIT
/// The inner loops of the exact solvers: one pass over a column of reduced costs.
#pragma once

#include <algorithm>
#include <limits>

#include <cytode/core/types.hpp>
#include <cytode/ot/lanes.hpp>

namespace cytode::ot {

/// Smallest and second smallest of c_i − u_i, and where the smallest is.
struct TwoSmallest {
  double first, second;
  Index row;
};

/// One pass over n costs c and duals u.
template <class S>
[[nodiscard]] TwoSmallest two_smallest(const S* c, const double* u, Index n) noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  lanes::Doubles one = lanes::Doubles{} + infinity, two = one, where{}, block{};
  Index i = 0;
  for (; i + lanes::doubles <= n; i += lanes::doubles) {
    lanes::Doubles t, ui;
    lanes::load_as_double(t, c + i);
    lanes::load(ui, u + i);
    t -= ui;
    const lanes::Doubles larger = t < one ? one : t;
    where = t < one ? block : where;
    one = t < one ? t : one;
    two = larger < two ? larger : two;
    block += double{lanes::doubles};
  }
  TwoSmallest best{one[0], two[0], static_cast<Index>(where[0])};
  const auto merge = [&best](double first, double second, Index row) {
    best.second = std::min({best.second, second, std::max(best.first, first)});
    if (first < best.first) best.first = first, best.row = row;
  };
  for (int l = 1; l < lanes::doubles; ++l) {
    merge(one[l], two[l], static_cast<Index>(where[l]) + l);
  }
  for (; i < n; ++i) merge(static_cast<double>(c[i]) - u[i], infinity, i);
  return best;
}

/// A smallest number and where it is.
struct Smallest {
  double value;
  Index row;
};

/// The smallest over two vectors of running minima, each lane with the block it was found in; the
/// second vector stands one vector further on in every block.
[[nodiscard]] inline Smallest smallest_lane(const lanes::Doubles (&low)[2],
                                            const lanes::Doubles (&where)[2]) noexcept {
  const lanes::Doubles shifted = where[1] + double{lanes::doubles};
  const lanes::Doubles block = low[1] < low[0] ? shifted : where[0];
  const lanes::Doubles value = low[1] < low[0] ? low[1] : low[0];
  int lane = 0;
  for (int l = 1; l < lanes::doubles; ++l) lane = value[l] < value[lane] ? l : lane;
  return {value[lane], static_cast<Index>(block[lane]) + lane};
}

/// Smallest of c_i − u_i and where it is, in one pass over n costs and duals.
template <class S>
[[nodiscard]] Smallest smallest(const S* c, const double* u, Index n) noexcept {
  lanes::Doubles low[2] = {lanes::Doubles{} + std::numeric_limits<double>::infinity(), {}};
  lanes::Doubles where[2] = {}, block{};
  low[1] = low[0];
  Index i = 0;
  for (; i + 2 * lanes::doubles <= n; i += 2 * lanes::doubles) {
    for (int half = 0; half < 2; ++half) {
      lanes::Doubles t, ui;
      lanes::load_as_double(t, c + i + half * lanes::doubles);
      lanes::load(ui, u + i + half * lanes::doubles);
      t -= ui;
      where[half] = t < low[half] ? block : where[half];
      low[half] = t < low[half] ? t : low[half];
    }
    block += double{2 * lanes::doubles};
  }
  Smallest best = smallest_lane(low, where);
  for (; i < n; ++i) {
    const double t = static_cast<double>(c[i]) - u[i];
    if (t < best.value) best = {t, i};
  }
  return best;
}

/// key_i ← min(key_i, c_i − u_i + offset) for n rows, and the smallest key, the path length of the
/// nearest row not yet settled: Dijkstra's step on a dense graph. A row whose dual is −∞ is
/// settled, its key stays as it is.
template <class S>
[[nodiscard]] Smallest shorten(const S* c, const double* u, double* key, Index n,
                               double offset) noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  lanes::Doubles low[2] = {lanes::Doubles{} + infinity, lanes::Doubles{} + infinity};
  lanes::Doubles where[2] = {}, block{};
  Index i = 0;
  for (; i + 2 * lanes::doubles <= n; i += 2 * lanes::doubles) {
    for (int half = 0; half < 2; ++half) {
      const Index k = i + half * lanes::doubles;
      lanes::Doubles t, ui, old;
      lanes::load_as_double(t, c + k);
      lanes::load(ui, u + k);
      lanes::load(old, key + k);
      t = (t - ui) + offset;
      t = t < old ? t : old;
      lanes::store(key + k, t);
      where[half] = t < low[half] ? block : where[half];
      low[half] = t < low[half] ? t : low[half];
    }
    block += double{2 * lanes::doubles};
  }
  Smallest nearest = smallest_lane(low, where);
  for (; i < n; ++i) {
    key[i] = std::min(key[i], (static_cast<double>(c[i]) - u[i]) + offset);
    if (key[i] < nearest.value) nearest = {key[i], i};
  }
  return nearest;
}

}  // namespace cytode::ot
