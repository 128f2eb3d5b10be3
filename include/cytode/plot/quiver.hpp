// SPDX-License-Identifier: MIT
/// quiver: many velocities averaged into arrows on a regular grid.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/plot/arrows.hpp>
#include <cytode/plot/limits.hpp>

namespace cytode::plot {

/// How fine the grid is and when a place of it stays empty.
struct QuiverOptions {
  int cells = 16;      ///< Places along the longer side.
  Index fewest = 3;    ///< Samples a place needs to get an arrow.
  bool square = true;  ///< Places as high as wide in data units; false: `cells` on both sides.
  double span = 0.95;  ///< Length of the longest arrow, in places.
};

/// Arrows at the middle of grid places: the mean velocity of the samples in each place, all on one
/// scale, the longest as long as about one place.
///
/// Positions and velocities are (2 or more) × samples; the first two rows count. Samples that are
/// not finite are left out. Throws std::invalid_argument if the shapes differ or rows < 2.
template <class Positions, class Velocities>
[[nodiscard]] Arrows quiver(const Eigen::MatrixBase<Positions>& positions,
                            const Eigen::MatrixBase<Velocities>& velocities,
                            QuiverOptions options = {}) {
  check_shape("quiver", "velocities", velocities, positions.rows(), positions.cols());
  check(positions.rows() >= 2, "quiver", "positions has ", positions.rows(),
        " rows, wanted 2 or more");
  check(options.cells >= 1, "quiver", "cells is ", options.cells, ", wanted 1 or more");
  const Matrix<double> at = positions.topRows(2).template cast<double>();
  const Matrix<double> to = velocities.topRows(2).template cast<double>();
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

  struct Place {
    double u = 0, v = 0;
    Index samples = 0;
  };
  const auto places = static_cast<std::size_t>(options.cells);
  std::vector<Place> grid(places * places);
  const auto place_of = [&](double value, double low, double size) {
    return std::min(static_cast<std::size_t>((value - low) / size), places - 1);
  };
  for (Index i = 0; i < at.cols(); ++i) {
    if (!finite(i)) continue;
    Place& p = grid[place_of(at(1, i), ey.low, high) * places + place_of(at(0, i), ex.low, wide)];
    p.u += to(0, i);
    p.v += to(1, i);
    ++p.samples;
  }

  std::vector<double> x, y, u, v;
  double longest = 0;  // in places
  for (std::size_t k = 0; k < grid.size(); ++k) {
    const Place& p = grid[k];
    if (p.samples < std::max<Index>(1, options.fewest)) continue;
    const auto n = static_cast<double>(p.samples);
    x.push_back(ex.low + (static_cast<double>(k % places) + 0.5) * wide);
    y.push_back(ey.low + (static_cast<double>(k / places) + 0.5) * high);
    u.push_back(p.u / n);
    v.push_back(p.v / n);
    longest = std::max(longest, std::hypot(u.back() / wide, v.back() / high));
  }
  const double scale = longest > 0 ? options.span / longest : 1.0;
  return {.x = x, .y = y, .u = u, .v = v, .scale = scale};
}

}  // namespace cytode::plot
