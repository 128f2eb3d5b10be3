// SPDX-License-Identifier: MIT
/// Ground costs between the cells of two batches: Euclidean distance and its square.
#pragma once

#include <algorithm>
#include <type_traits>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ot {

/// Room for the cost functions, owned by the caller: a warm call of the same sizes allocates
/// nothing.
template <std::floating_point S>
struct CostWorkspace {
  Matrix<S> a, b;            ///< Cells of x0 (transposed or centred) and of x1 (centred).
  Vector<S> centre;          ///< Mean of x0.
  Vector<S> a_norm, b_norm;  ///< Squared lengths of the centred cells.
};

/// Below this many features squared distances are summed from differences, at and above it they
/// come from a matrix product; the product is faster from there on.
inline constexpr Index gemm_cost_features = 24;

/// cost_ij = Σ_k (x0_ki − x1_kj)², summed directly: identical cells give exactly 0 and near
/// duplicates lose no digits. Cost n·m·features, vectorised over i.
template <std::floating_point S>
void squared_euclidean_direct(const std::type_identity_t<ConstBatch<S>>& x0,
                              const std::type_identity_t<ConstBatch<S>>& x1, Matrix<S>& cost,
                              CostWorkspace<S>& w) {
  constexpr Index strip = 1024;  // one strip of a column of `cost` stays in the L1 cache
  const Index n = x0.cols(), m = x1.cols();
  w.a = x0.transpose();
  cost.resize(n, m);
  for (Index first = 0; first < n; first += strip) {
    const Index rows = std::min(strip, n - first);
    for (Index j = 0; j < m; ++j) {
      auto c = cost.col(j).segment(first, rows).array();
      Index k = 0;
      if (x0.rows() % 2 == 1) {
        c = (w.a.col(0).segment(first, rows).array() - x1(0, j)).square();
        k = 1;
      } else {
        c = (w.a.col(0).segment(first, rows).array() - x1(0, j)).square() +
            (w.a.col(1).segment(first, rows).array() - x1(1, j)).square();
        k = 2;
      }
      for (; k < x0.rows(); k += 2) {
        c += (w.a.col(k).segment(first, rows).array() - x1(k, j)).square() +
             (w.a.col(k + 1).segment(first, rows).array() - x1(k + 1, j)).square();
      }
    }
  }
}

/// Squared Euclidean cost of two batches (features × n, features × m) as an n × m matrix.
///
/// cost_ij = |x0_i − x1_j|². Few features: direct sums. Many: |a|² + |b|² − 2aᵀb by matrix products
/// after subtracting the mean of x0 from both, clamped at 0; its absolute error is of the order of
/// the machine epsilon times |a|² + |b|². Throws std::invalid_argument on empty batches or
/// features that differ.
template <std::floating_point S>
void squared_euclidean(const std::type_identity_t<ConstBatch<S>>& x0,
                       const std::type_identity_t<ConstBatch<S>>& x1, Matrix<S>& cost,
                       CostWorkspace<S>& w) {
  check_not_empty("ot::squared_euclidean", "x0", x0);
  check_not_empty("ot::squared_euclidean", "x1", x1);
  check_features("ot::squared_euclidean", "x1", x1, x0.rows());
  if (x0.rows() < gemm_cost_features) return squared_euclidean_direct<S>(x0, x1, cost, w);
  const Index n = x0.cols(), m = x1.cols();
  w.centre = x0.rowwise().mean();
  w.a = x0.colwise() - w.centre;
  w.b = x1.colwise() - w.centre;
  w.a_norm = w.a.colwise().squaredNorm().transpose();
  w.b_norm = w.b.colwise().squaredNorm().transpose();
  w.a *= S(-2);
  cost.resize(n, m);
  // Tiles small enough that Eigen packs them on the stack rather than on the heap.
  const Index tile = std::clamp<Index>(Index(1 << 14) / x0.rows(), 16, 256);
  for (Index j = 0; j < m; j += tile) {
    const Index cols = std::min(tile, m - j);
    for (Index i = 0; i < n; i += tile) {
      const Index rows = std::min(tile, n - i);
      auto c = cost.block(i, j, rows, cols);
      c.noalias() = w.a.middleCols(i, rows).transpose() * w.b.middleCols(j, cols);
      for (Index k = 0; k < cols; ++k) {
        c.col(k).array() =
            (c.col(k).array() + (w.a_norm.segment(i, rows).array() + w.b_norm[j + k])).max(S(0));
      }
    }
  }
}

/// Euclidean distances of two batches (features × n, features × m) as an n × m matrix.
///
/// cost_ij = |x0_i − x1_j|, always from differences, so that identical cells are exactly 0 apart
/// and near duplicates keep their digits: this is what metrics use. Throws as squared_euclidean.
template <std::floating_point S>
void euclidean(const std::type_identity_t<ConstBatch<S>>& x0,
               const std::type_identity_t<ConstBatch<S>>& x1, Matrix<S>& cost,
               CostWorkspace<S>& w) {
  check_not_empty("ot::euclidean", "x0", x0);
  check_not_empty("ot::euclidean", "x1", x1);
  check_features("ot::euclidean", "x1", x1, x0.rows());
  squared_euclidean_direct<S>(x0, x1, cost, w);
  cost.array() = cost.array().sqrt();
}

}  // namespace cytode::ot
