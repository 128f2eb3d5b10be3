// SPDX-License-Identifier: MIT
/// Energy distance between two sets of cells: zero only for equal distributions, nothing to choose.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include <cytode/metrics/distance_tiles.hpp>

namespace cytode::metrics {

/// D²(x, y) = 2 E|x − y| − E|x − x′| − E|y − y′|, in units of the coordinates [Székely 2013].
///
/// x: features × n, y: features × m; means over all pairs, each cell with itself included, weighted
/// by the shares of the cells. Never negative, and 0 only for equal distributions; on the line it
/// is 2 ∫ (F − G)² and the square of scipy's energy_distance. Unlike the MMD it has no bandwidth,
/// unlike W1 its sampling error does not grow with the dimension. Belongs to no published protocol
/// here; it stands beside the MMD of protocol D, and simulation-trained models use it as a loss.
/// Cost (n + m)² · features / 2, memory linear in the cells. Throws std::invalid_argument on empty
/// sets, features that differ, NaN or infinite coordinates and bad weights.
template <class X, class Y>
[[nodiscard]] double energy_distance(const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y,
                                     const std::optional<Weights>& weights = std::nullopt) {
  const auto p = populations("metrics::energy_distance", x, y, weights);
  const auto distance = [](auto& tile) { tile.array() = tile.array().sqrt(); };
  const double between = pair_mean(p.x, p.y, distance);
  return std::max(2 * between - self_mean(p.x, distance) - self_mean(p.y, distance), 0.0);
}

}  // namespace cytode::metrics
