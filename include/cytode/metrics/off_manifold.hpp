// SPDX-License-Identifier: MIT
/// How far from real cells a path runs.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/metrics/neighbours.hpp>

namespace cytode::metrics {

/// Distance to the k-th nearest of a set of real cells, measured in units of the same distance
/// among the real cells themselves, each left out in turn.
///
/// Around 1: as near to the data as the data are to each other; straight paths across empty space
/// come out above. A companion of protocols A and B: W1 looks at the times that were seen, this at
/// the way between. k = 1 is sharpest, a larger k forgives single stray cells. Building costs n² ·
/// features, measuring n · features a point; memory linear.
class OffManifold {
 public:
  /// The real cells, features × n. Throws std::invalid_argument on an empty set, NaN or infinite
  /// coordinates, and unless 1 ≤ k ≤ n − 1.
  template <class C>
  explicit OffManifold(const Eigen::MatrixBase<C>& cells, Index k = 1)
      : cells_(population("metrics::OffManifold", "cells", cells).cells), k_(k) {
    check(k >= 1 && k < cells_.cols(), "metrics::OffManifold", "k is ", k, ", wanted 1 to ",
          cells_.cols() - 1);
    reference_ =
        nearest_cells(deferred<C>(cells_), cells_, k, Self::excluded).distance.row(k - 1).mean();
  }

  /// Mean distance of a real cell to its k-th nearest other: 0 if all have k twins.
  [[nodiscard]] double reference() const noexcept { return reference_; }

  /// Mean distance of points (features × q) to the k-th nearest real cell, by weights if given.
  /// Throws std::invalid_argument on bad points or weights.
  template <class P>
  [[nodiscard]] double distance(const Eigen::MatrixBase<P>& points,
                                const std::optional<Vector<double>>& weights = std::nullopt) const {
    const auto p = population("metrics::OffManifold::distance", "points", points, weights);
    return nearest_cells(p.cells, cells_, k_).distance.row(k_ - 1).dot(p.shares.transpose());
  }
  /// distance / reference; infinite or NaN if the reference is 0.
  template <class P>
  [[nodiscard]] double ratio(const Eigen::MatrixBase<P>& points,
                             const std::optional<Vector<double>>& weights = std::nullopt) const {
    return distance(points, weights) / reference_;
  }
  /// ratio at each time of a path, states as a solve returns them.
  template <std::floating_point S>
  [[nodiscard]] std::vector<double> along(
      const std::vector<Matrix<S>>& states,
      const std::optional<Vector<double>>& weights = std::nullopt) const {
    std::vector<double> ratios;
    ratios.reserve(states.size());
    for (const Matrix<S>& x : states) ratios.push_back(ratio(x, weights));
    return ratios;
  }

 private:
  Matrix<double> cells_;
  Index k_;
  double reference_ = 0;
};

}  // namespace cytode::metrics
