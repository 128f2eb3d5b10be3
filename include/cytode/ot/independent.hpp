// SPDX-License-Identifier: MIT
/// The independent coupling: cells are joined without looking at them.
#pragma once

#include <algorithm>
#include <numeric>

#include <cytode/ot/coupling.hpp>
#include <cytode/ot/weight_sampler.hpp>

namespace cytode::ot {

/// The product of the two populations [Tong 2024, I-CFM].
///
/// Batches of the same size, all cells alike: column i goes with column i, for the batches of a
/// flow-matching step are drawn independently of one another already, and shuffling them again
/// would change nothing but the order. Otherwise rows are drawn in proportion to weights0, columns
/// to weights1. Ignores mass_ratio.
struct Independent {
  static constexpr bool joins_in_order = true;  ///< See ot::Coupling.

  /// Cumulative weights of the two sides.
  template <std::floating_point S>
  struct Workspace {
    WeightSampler rows, cols;
  };

  /// Throws std::invalid_argument on shapes that do not fit and weights that cannot be drawn from.
  template <std::floating_point S>
  void join(const Sides<S>& sides, const PairList& pairs, const Stream& stream,
            Workspace<S>& w) const {
    check_join<S>("ot::Independent", sides, pairs);
    std::ranges::fill(pairs.mass0, 1);
    std::ranges::fill(pairs.mass1, 1);
    const Index n = pairs.size();
    if (sides.weights0.empty() && sides.weights1.empty() && sides.x0.cols() == n &&
        sides.x1.cols() == n) {
      std::iota(pairs.row.begin(), pairs.row.end(), Index{0});
      std::iota(pairs.col.begin(), pairs.col.end(), Index{0});
      return;
    }
    w.rows.load(sides.weights0, sides.x0.cols());
    w.cols.load(sides.weights1, sides.x1.cols());
    w.rows.draw_evenly(stream.fork(0), pairs.row);
    for (Index k = 0; k < n; ++k) {
      const auto at = static_cast<std::size_t>(k);
      pairs.col[at] = w.cols.draw(stream.fork(1).uniform(static_cast<std::uint64_t>(k)));
    }
  }
};
static_assert(Coupling<Independent>);

}  // namespace cytode::ot
