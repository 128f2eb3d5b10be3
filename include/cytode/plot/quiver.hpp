// SPDX-License-Identifier: MIT
/// quiver: many velocities averaged into arrows on a regular grid.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/plot/arrows.hpp>
#include <cytode/plot/limits.hpp>

namespace cytode::plot {

/// How fine the grid is and when a place of it stays empty.
struct QuiverOptions {
  int cells = 16;        ///< Places along the longer side.
  double fewest = 1.5;   ///< Sum of weights that a place needs to get an arrow.
  double reach = 0.6;    ///< Standard deviation of the weights, in places.
  bool square = true;    ///< Places as high as wide in data units; false: `cells` on both sides.
  double span = 0.95;    ///< Length in places of the longest arrows, see quiver().
  double longest = 1.3;  ///< No arrow is longer than span · longest places; at least 1.
};

/// Arrows at the middle of grid places: mean velocities of the samples near by, all on one scale.
///
/// Σ wᵢ vᵢ / Σ wᵢ with wᵢ = exp(−dᵢ²/(2 reach²)), dᵢ the distance in places, up to three times the
/// reach. Cost: places × samples. Where Σ wᵢ < fewest there is no arrow. An arrow at the 95th
/// percentile of the samples is `span` places long, so that one odd place at the rim does not
/// shrink all others; what would be longer than span · longest is cut to that.
///
/// Positions and velocities are (2 or more) × samples; the first two rows count. Samples that are
/// not finite are left out. Throws std::invalid_argument if the shapes differ rows < 2, or an
/// option is out of range.
template <class Positions, class Velocities>
[[nodiscard]] Arrows quiver(const Eigen::MatrixBase<Positions>& positions,
                            const Eigen::MatrixBase<Velocities>& velocities,
                            QuiverOptions options = {}) {
  check_shape("quiver", "velocities", velocities, positions.rows(), positions.cols());
  check(positions.rows() >= 2, "quiver", "positions has ", positions.rows(),
        " rows, wanted 2 or more");
  check_positive("quiver", "reach", options.reach);
  check_positive("quiver", "span", options.span);
  check(options.longest >= 1, "quiver", "longest is ", options.longest, ", wanted 1 or more");
  check(options.cells >= 1, "quiver", "cells is ", options.cells, ", wanted 1 or more");
  using Double = deferred_t<double, Positions>;
  const Matrix<Double> at = positions.topRows(2).template cast<double>();
  const Matrix<Double> to = velocities.topRows(2).template cast<double>();
  const auto finite = [&](Index i) { return at.col(i).allFinite() && to.col(i).allFinite(); };
  Extent ex, ey;
  for (Index i = 0; i < at.cols(); ++i) {
    if (!finite(i)) continue;
    ex.include(at(0, i));
    ey.include(at(1, i));
  }
  if (ex.empty()) return {};
  const double longer = std::max(ex.high - ex.low, ey.high - ey.low);
  const auto side = [&](const Extent& e) {
    const double length = options.square ? longer : e.high - e.low;
    return length > 0 ? length / options.cells : 1.0;
  };
  const double wide = side(ex), high = side(ey);

  std::vector<double> x, y, u, v;
  std::vector<std::pair<double, double>> lengths;  // in places, and the weight there
  double total = 0;
  const auto rows = static_cast<int>(std::max(1.0, std::ceil((ey.high - ey.low) / high - 1e-9)));
  const auto columns = static_cast<int>(std::max(1.0, std::ceil((ex.high - ex.low) / wide - 1e-9)));
  for (int k = 0; k < rows * columns; ++k) {
    const double px = ex.low + (k % columns + 0.5) * wide, py = ey.low + (k / columns + 0.5) * high;
    double weight = 0, pu = 0, pv = 0;
    for (Index i = 0; i < at.cols(); ++i) {
      const double dx = (at(0, i) - px) / wide, dy = (at(1, i) - py) / high;
      const double d = (dx * dx + dy * dy) / (options.reach * options.reach);
      if (!(d < 9) || !finite(i)) continue;
      const double w = std::exp(-0.5 * d);
      weight += w;
      pu += w * to(0, i);
      pv += w * to(1, i);
    }
    if (weight < options.fewest || !(weight > 0)) continue;
    x.push_back(px);
    y.push_back(py);
    u.push_back(pu / weight);
    v.push_back(pv / weight);
    lengths.emplace_back(std::hypot(u.back() / wide, v.back() / high), weight);
    total += weight;
  }
  auto ranked = lengths;
  std::sort(ranked.begin(), ranked.end());
  double usual = 0, seen = 0;
  for (const auto& [length, weight] : ranked) {
    if (seen < 0.95 * total || usual == 0) usual = length;
    seen += weight;
  }
  for (std::size_t k = 0; k < lengths.size(); ++k) {
    if (!(lengths[k].first > options.longest * usual)) continue;
    u[k] *= options.longest * usual / lengths[k].first;
    v[k] *= options.longest * usual / lengths[k].first;
  }
  return {.x = x, .y = y, .u = u, .v = v, .scale = usual > 0 ? options.span / usual : 1.0};
}

}  // namespace cytode::plot
