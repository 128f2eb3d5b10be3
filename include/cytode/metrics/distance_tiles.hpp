// SPDX-License-Identifier: MIT
/// Squared distances between all pairs of two sets of cells, a tile at a time.
#pragma once

#include <algorithm>
#include <concepts>

#include <cytode/core/product.hpp>
#include <cytode/core/types.hpp>
#include <cytode/metrics/population.hpp>
#include <cytode/ot/cost.hpp>

namespace cytode::metrics {

/// |a_i − b_j|² for a: features × n and b: features × m, in tiles of at most 128 × 128, so memory
/// is (n + m) · features and one tile, never n × m.
///
/// Few features: sums of squared differences. Many (ot::gemm_cost_features): matrix products of the
/// centred cells, and differences again for pairs so near that the product would leave fewer than
/// about 11 digits. Identical cells are exactly 0 apart.
template <std::floating_point Real = double>
class DistanceTiles {
 public:
  static constexpr Index side = 128;

  DistanceTiles(const Matrix<Real>& a, const Matrix<Real>& b) : a_(a), b_(b) {
    if (a.rows() < ot::gemm_cost_features) return;
    const Vector<Real> centre = a.rowwise().mean();
    a_centred_ = a.colwise() - centre;
    b_centred_ = b.colwise() - centre;
    a_norm_ = a_centred_.colwise().squaredNorm().transpose();
    b_norm_ = b_centred_.colwise().squaredNorm().transpose();
    b_centred_ *= -2.0;
  }

  /// Calls f(i, j, tile) for every tile: tile(r, c) = |a_(i + r) − b_(j + c)|², f's to overwrite.
  template <class F>
  void visit(F&& f) {
    for (Index j = 0; j < b_.cols(); j += side) {
      for (Index i = 0; i < a_.cols(); i += side) visit_tile(i, j, f);
    }
  }
  /// The same for tiles with i ≤ j only: all pairs of a set with itself, off-diagonal tiles once.
  template <class F>
  void visit_upper(F&& f) {
    for (Index j = 0; j < b_.cols(); j += side) {
      for (Index i = 0; i <= j; i += side) visit_tile(i, j, f);
    }
  }

 private:
  // Below this fraction of |a|² + |b|² a difference of norms and product loses too many digits.
  static constexpr double near = 1e-4;

  template <class F>
  void visit_tile(Index i, Index j, F& f) {
    const Index rows = std::min(side, a_.cols() - i), cols = std::min(side, b_.cols() - j);
    if (a_.rows() < ot::gemm_cost_features) {
      ot::squared_euclidean_direct<Real>(a_.middleCols(i, rows), b_.middleCols(j, cols), tile_,
                                         workspace_);
    } else {
      products(i, j, rows, cols);
    }
    f(i, j, tile_);
  }
  void products(Index i, Index j, Index rows, Index cols) {
    tile_.resize(rows, cols);
    const auto norm = a_norm_.segment(i, rows).array();
    set_product_plus<Real>(strided(tile_), strided(a_centred_.middleCols(i, rows).transpose()),
                           strided(b_centred_.middleCols(j, cols)), a_norm_.data() + i);
    for (Index c = 0; c < cols; ++c) {
      auto column = tile_.col(c).array();
      column += b_norm_[j + c];
      if (!(column <= near * (norm + b_norm_[j + c])).any()) continue;
      for (Index r = 0; r < rows; ++r) {
        if (column[r] <= near * (norm[r] + b_norm_[j + c])) {
          column[r] = (a_.col(i + r) - b_.col(j + c)).squaredNorm();
        }
      }
    }
  }

  const Matrix<Real>& a_;
  const Matrix<Real>& b_;
  Matrix<Real> a_centred_, b_centred_, tile_;
  Vector<Real> a_norm_, b_norm_;
  ot::CostWorkspace<Real> workspace_;
};

/// Σ_ij p_i q_j f(|x_i − y_j|²) with the shares p of x and q of y; f turns a tile of squared
/// distances into values in place.
template <class F>
[[nodiscard]] double pair_mean(const Population& x, const Population& y, F&& f) {
  double sum = 0;
  DistanceTiles(x.cells, y.cells).visit([&](Index i, Index j, auto& tile) {
    f(tile);
    sum += x.shares.segment(i, tile.rows()).dot((tile * y.shares.segment(j, tile.cols())).eval());
  });
  return sum;
}

/// Σ_ij p_i p_j f(|x_i − x_j|²) over all pairs of one set, each cell with itself included; half the
/// work of pair_mean(x, x, f).
template <class F>
[[nodiscard]] double self_mean(const Population& x, F&& f) {
  double sum = 0;
  DistanceTiles(x.cells, x.cells).visit_upper([&](Index i, Index j, auto& tile) {
    f(tile);
    const double part =
        x.shares.segment(i, tile.rows()).dot((tile * x.shares.segment(j, tile.cols())).eval());
    sum += i == j ? part : 2 * part;
  });
  return sum;
}

}  // namespace cytode::metrics
