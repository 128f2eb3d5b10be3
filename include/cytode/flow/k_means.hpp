// SPDX-License-Identifier: MIT
/// k-means: centres for a set of cells.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>

namespace cytode::flow {

/// Centres, and which one each cell belongs to.
template <std::floating_point S>
struct Clusters {
  Matrix<S> centres;           ///< features × k
  std::vector<Index> nearest;  ///< one a cell
  Vector<S> spread;            ///< mean squared distance of a centre's cells to it
  std::vector<Index> sizes;    ///< cells a centre
  long rounds = 0;             ///< passes over the cells
  bool converged = false;      ///< true if the last pass moved no cell
};

/// Squared distances of one cell to all centres; returns the nearest and its distance.
template <std::floating_point S>
[[nodiscard]] std::pair<Index, S> nearest_centre(
    const Matrix<S>& centres, const std::type_identity_t<ConstVectorView<S>>& x) {
  std::pair<Index, S> best{0, std::numeric_limits<S>::infinity()};
  for (Index k = 0; k < centres.cols(); ++k) {
    const S distance = (centres.col(k) - x).squaredNorm();
    if (distance < best.second) best = {k, distance};
  }
  return best;
}

/// Lloyd's algorithm from k-means++ seeds: centres that lower Σ_i min_k |x_i − c_k|² until no cell
/// changes its centre or `rounds` passes are done. [Lloyd 1982; Arthur 2007]
///
/// cells: features × N. Where there are fewer distinct cells than `count`, as many centres as there
/// are distinct cells; a centre that lost its cells moves to the cell farthest from its own. Cost a
/// pass: N · k · features. Throws std::invalid_argument on no cells, NaN or infinity, count < 1.
template <std::floating_point S>
[[nodiscard]] Clusters<S> k_means(const Matrix<S>& cells, Index count, const Stream& stream,
                                  long rounds = 100) {
  constexpr auto me = "flow::k_means";
  check_not_empty(me, "cells", cells);
  check(all_finite(cells), me, "cells hold NaN or infinity");
  check(count >= 1, me, "count is ", count, ", wanted 1 or more");
  const Index n = cells.cols();
  Clusters<S> out;
  Vector<S> distance(n);  // squared, to the nearest centre

  // Seeds: each next one drawn in proportion to its squared distance from those before.
  out.centres.resize(cells.rows(), std::min(count, n));
  out.centres.col(0) = cells.col(stream.below(0, n));
  distance = (cells.colwise() - out.centres.col(0)).colwise().squaredNorm().transpose();
  Index seeds = 1;
  for (; seeds < out.centres.cols(); ++seeds) {
    const double sum = distance.template cast<double>().sum();
    if (!(sum > 0)) break;  // every cell is a centre
    double rest = sum * stream.uniform(static_cast<std::uint64_t>(seeds));
    Index pick = -1;
    for (Index i = 0; i < n; ++i) {
      if (!(distance[i] > 0)) continue;
      pick = i;
      rest -= static_cast<double>(distance[i]);
      if (rest < 0) break;
    }
    out.centres.col(seeds) = cells.col(pick);
    distance = distance.cwiseMin(
        (cells.colwise() - out.centres.col(seeds)).colwise().squaredNorm().transpose());
  }
  out.centres.conservativeResize(Eigen::NoChange, seeds);

  out.nearest.assign(static_cast<std::size_t>(n), -1);
  while (!out.converged && out.rounds < rounds) {
    ++out.rounds;
    out.converged = true;
    out.sizes.assign(static_cast<std::size_t>(seeds), 0);
    for (Index i = 0; i < n; ++i) {
      const auto [k, d2] = nearest_centre<S>(out.centres, cells.col(i));
      Index& mine = out.nearest[static_cast<std::size_t>(i)];
      if (mine != k) out.converged = false;
      mine = k;
      distance[i] = d2;
      ++out.sizes[static_cast<std::size_t>(k)];
    }
    if (out.converged) break;
    Matrix<deferred_t<double, S>> sums = Matrix<deferred_t<double, S>>::Zero(cells.rows(), seeds);
    for (Index i = 0; i < n; ++i) {
      sums.col(out.nearest[static_cast<std::size_t>(i)]) += cells.col(i).template cast<double>();
    }
    for (Index k = 0; k < seeds; ++k) {
      if (const Index size = out.sizes[static_cast<std::size_t>(k)]; size > 0) {
        out.centres.col(k) = (sums.col(k) / static_cast<double>(size)).template cast<S>();
      } else {
        Index far = 0;
        distance.maxCoeff(&far);
        out.centres.col(k) = cells.col(far);
        distance[far] = 0;
      }
    }
  }
  out.spread = Vector<S>::Zero(seeds);
  for (Index i = 0; i < n; ++i) out.spread[out.nearest[static_cast<std::size_t>(i)]] += distance[i];
  for (Index k = 0; k < seeds; ++k) {
    out.spread[k] /= static_cast<S>(std::max<Index>(out.sizes[static_cast<std::size_t>(k)], 1));
  }
  return out;
}

}  // namespace cytode::flow
