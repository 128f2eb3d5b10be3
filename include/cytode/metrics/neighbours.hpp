// SPDX-License-Identifier: MIT
/// Nearest cells by brute force in tiles: exact, in any number of features.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include <cytode/metrics/distance_tiles.hpp>

namespace cytode::metrics {

/// The k nearest cells of each query: k × queries, the nearest in the first row; of equally near
/// cells the one that comes first.
struct Neighbours {
  Eigen::Matrix<Index, Eigen::Dynamic, Eigen::Dynamic> cell;
  Matrix<double> distance;

  /// The label that most of the k nearest cells of each query have, the nearest deciding a draw.
  template <class = void>
  [[nodiscard]] std::vector<Index> labels(const std::vector<Index>& label_of_cell) const {
    std::vector<Index> result(static_cast<std::size_t>(cell.cols()));
    const auto label = [&](Index row, Index query) {
      const Index c = cell(row, query);
      check(c < static_cast<Index>(label_of_cell.size()), "metrics::Neighbours::labels", "cell ", c,
            " has no label");
      return label_of_cell[static_cast<std::size_t>(c)];
    };
    for (Index q = 0; q < cell.cols(); ++q) {
      Index most = 0;
      for (Index r = 0; r < cell.rows(); ++r) {
        Index votes = 0;
        for (Index s = 0; s < cell.rows(); ++s) votes += label(s, q) == label(r, q) ? 1 : 0;
        if (votes > most) {
          most = votes;
          result[static_cast<std::size_t>(q)] = label(r, q);
        }
      }
    }
    return result;
  }
};

/// Whether a query may find the cell of its own number.
enum class Self { included, excluded };

/// The k cells (features × n) nearest to each query (features × q) by Euclidean distance.
///
/// Cost n · q · features, memory linear. Self::excluded: query i does not see cell i, for a set
/// against itself. Throws std::invalid_argument on empty sets, features that differ, NaN or
/// infinite coordinates, and unless 1 ≤ k ≤ the number of cells to find.
template <class Q, class C>
[[nodiscard]] Neighbours nearest_cells(const Eigen::MatrixBase<Q>& queries,
                                       const Eigen::MatrixBase<C>& cells, Index k = 1,
                                       Self self = Self::included) {
  constexpr std::string_view me = "metrics::nearest_cells";
  const auto q = population(me, "queries", queries), c = population(me, "cells", cells);
  check_features(me, "queries", q.cells, c.cells.rows());
  const Index found = c.cells.cols() - (self == Self::excluded ? 1 : 0);
  check(k >= 1 && k <= found, me, "k is ", k, ", wanted 1 to ", found);
  deferred_t<Neighbours, Q> r;
  r.cell.setZero(k, q.cells.cols());
  r.distance.setConstant(k, q.cells.cols(), std::numeric_limits<double>::infinity());
  // Tiles come with their rows ascending, so that a strict comparison keeps the first of a draw.
  DistanceTiles(c.cells, q.cells).visit([&](Index i, Index j, const auto& tile) {
    for (Index col = 0; col < tile.cols(); ++col) {
      auto distance = r.distance.col(j + col);
      auto cell = r.cell.col(j + col);
      for (Index row = 0; row < tile.rows(); ++row) {
        const double d = tile(row, col);
        if (!(d < distance[k - 1]) || (self == Self::excluded && i + row == j + col)) continue;
        Index place = k - 1;
        for (; place > 0 && d < distance[place - 1]; --place) {
          distance[place] = distance[place - 1];
          cell[place] = cell[place - 1];
        }
        distance[place] = d;
        cell[place] = i + row;
      }
    }
  });
  r.distance = r.distance.cwiseSqrt();
  return r;
}

}  // namespace cytode::metrics
