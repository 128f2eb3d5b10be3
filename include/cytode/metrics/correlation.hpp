// SPDX-License-Identifier: MIT
/// Correlation of two columns of numbers, as of learned and true growth rates.
#pragma once

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>

namespace cytode::metrics {

/// Ranks 1 … n; equal numbers share the mean of their ranks. Cost n log n.
template <class = void>
[[nodiscard]] inline Vector<double> mid_ranks(const ConstVectorView<double>& x) {
  std::vector<Index> order(static_cast<std::size_t>(x.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::sort(order, {}, [&](Index i) { return x[i]; });
  Vector<double> ranks(x.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && x[order[last + 1]] == x[order[first]]) ++last;
    const double mean = (static_cast<double>(first) + static_cast<double>(last)) / 2 + 1;
    for (; first <= last; ++first) ranks[order[first]] = mean;
  }
  return ranks;
}

/// Pearson's r = cov(x, y) / (sd x · sd y), one number a cell in x and y; NaN if either is
/// constant.
///
/// The growth correlation of WFR-FM and TIGON on synthetic data (protocol E): learned against true
/// growth rate over all cells of all times. Throws std::invalid_argument on sizes that differ,
/// fewer than two cells and NaN or infinite numbers.
template <class D = void>
[[nodiscard]] inline double pearson(const ConstVectorView<double>& xs,
                                    const ConstVectorView<double>& ys) {
  const auto &x = deferred<D>(xs), &y = deferred<D>(ys);
  constexpr std::string_view me = "metrics::pearson";
  check(x.size() == y.size(), me, "x has ", x.size(), " numbers, y has ", y.size());
  check(x.size() >= 2, me, "there are ", x.size(), " cells, wanted 2 or more");
  check(all_finite(x.data(), x.size()) && all_finite(y.data(), y.size()), me,
        "x or y has NaN or infinite numbers");
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  if ((x.array() == x[0]).all() || (y.array() == y[0]).all()) return undefined;
  Vector<deferred_t<double, D>> a = x.array() - x.mean(), b = y.array() - y.mean();
  a /= a.stableNorm();
  b /= b.stableNorm();
  return std::clamp(a.dot(b), -1.0, 1.0);
}

/// Spearman's ρ: Pearson's r of the mid-ranks, so only the order counts. Throws as pearson.
template <class = void>
[[nodiscard]] inline double spearman(const ConstVectorView<double>& x,
                                     const ConstVectorView<double>& y) {
  check(all_finite(x.data(), x.size()) && all_finite(y.data(), y.size()), "metrics::spearman",
        "x or y has NaN or infinite numbers");
  return pearson(mid_ranks(x), mid_ranks(y));
}

}  // namespace cytode::metrics
