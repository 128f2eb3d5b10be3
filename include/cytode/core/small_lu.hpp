// SPDX-License-Identifier: MIT
/// LU factorisations of many small matrices, one a cell, as implicit solvers need them.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/types.hpp>

namespace cytode {

/// P A = L U with partial pivoting for n matrices of d × d side by side in memory.
///
///     auto a = lu.shape(d, n);          // d × (d n): write the matrix of cell j into
///     a.middleCols(j * d, d) = ...;     // columns [j d, (j + 1) d)
///     lu.factor(j);                     // in place: O(d³ / 3)
///     lu.solve(j, x);                   // x ← A_j⁻¹ x, O(d²), for x of d numbers
///
/// Allocates only when d² n is larger than ever before. A cell's numbers depend on its matrix
/// alone, not on n, j or the other cells. A singular matrix is a value: factor(j) returns false,
/// and solve(j, x) then gives something not finite or meaningless but ends.
template <std::floating_point S>
class BatchedLu {
 public:
  using View = typename Buffer<S>::View;

  /// Room for n matrices of d × d; what they hold is undefined.
  View shape(Index d, Index n) {
    d_ = d;
    if (static_cast<std::size_t>(d * n) > pivots_.size()) {
      pivots_.resize(static_cast<std::size_t>(d * n));
    }
    return factors_.shape(d, d * n);
  }
  [[nodiscard]] Index dims() const noexcept { return d_; }
  /// The matrix of a cell: as written before factor, L and U after.
  [[nodiscard]] View matrix(Index cell) noexcept { return {data(cell), d_, d_}; }

  /// Factors the matrix of one cell; false if a pivot is zero or not finite.
  bool factor(Index cell) noexcept {
    S* const a = data(cell);
    Index* const pivot = pivots(cell);
    bool regular = true;
    for (Index k = 0; k < d_; ++k) {
      S* const column = a + k * d_;
      for (Index i = 0; i < k; ++i) {
        if (pivot[i] != i) std::swap(column[i], column[pivot[i]]);
      }
      eliminate(a, column, k);
      Index best = k;
      for (Index i = k + 1; i < d_; ++i) {
        if (std::abs(column[i]) > std::abs(column[best])) best = i;
      }
      pivot[k] = best;
      if (best != k) {
        for (Index j = 0; j <= k; ++j) std::swap(a[j * d_ + k], a[j * d_ + best]);
      }
      const S top = column[k];
      if (top == S{0} || !std::isfinite(top)) {
        regular = false;
        continue;
      }
      for (Index i = k + 1; i < d_; ++i) column[i] /= top;
    }
    return regular;
  }
  /// x ← A⁻¹ x with the factors of a cell; x: d numbers.
  void solve(Index cell, S* x) const noexcept {
    const S* const a = data(cell);
    const Index* const pivot = pivots(cell);
    for (Index k = 0; k < d_; ++k) {
      if (pivot[k] != k) std::swap(x[k], x[pivot[k]]);
    }
    eliminate(a, x, d_);
    for (Index k = d_ - 1; k >= 0; --k) {
      x[k] /= a[k * d_ + k];
      subtract(x, a + k * d_, x[k], k);
    }
  }
  /// x ← A⁻ᵀ x with the factors of a cell; x: d numbers.
  void solve_transposed(Index cell, S* x) const noexcept {
    const S* const a = data(cell);
    const Index* const pivot = pivots(cell);
    for (Index k = 0; k < d_; ++k) x[k] = (x[k] - dot(a + k * d_, x, k)) / a[k * d_ + k];
    for (Index k = d_ - 1; k >= 0; --k) {
      x[k] -= dot(a + k * d_ + k + 1, x + k + 1, d_ - k - 1);
    }
    for (Index k = d_ - 1; k >= 0; --k) {
      if (pivot[k] != k) std::swap(x[k], x[pivot[k]]);
    }
  }
  /// Gives cell `to` the factors of cell `from`.
  void copy(Index from, Index to) noexcept {
    if (from == to) return;
    std::copy_n(data(from), d_ * d_, data(to));
    std::copy_n(pivots(from), d_, pivots(to));
  }

 private:
  [[nodiscard]] S* data(Index cell) noexcept { return factors_.view().data() + cell * d_ * d_; }
  [[nodiscard]] const S* data(Index cell) const noexcept {
    return factors_.view().data() + cell * d_ * d_;
  }
  [[nodiscard]] Index* pivots(Index cell) noexcept { return pivots_.data() + cell * d_; }
  [[nodiscard]] const Index* pivots(Index cell) const noexcept {
    return pivots_.data() + cell * d_;
  }
  // x ← L⁻¹ x in the first n rows, and what that means for the rows below; four columns of L at a
  // time, so that x goes through memory less often.
  void eliminate(const S* l, S* x, Index n) const noexcept {
    Index k = 0;
    for (; k + 4 <= n; k += 4) {
      const S *l0 = l + k * d_, *l1 = l0 + d_, *l2 = l1 + d_, *l3 = l2 + d_;
      const S x0 = x[k];
      const S x1 = x[k + 1] -= x0 * l0[k + 1];
      const S x2 = x[k + 2] -= x0 * l0[k + 2] + x1 * l1[k + 2];
      const S x3 = x[k + 3] -= x0 * l0[k + 3] + x1 * l1[k + 3] + x2 * l2[k + 3];
      for (Index i = k + 4; i < d_; ++i) {
        x[i] -= (x0 * l0[i] + x1 * l1[i]) + (x2 * l2[i] + x3 * l3[i]);
      }
    }
    for (; k < n; ++k) subtract(x + k + 1, l + k * d_ + k + 1, x[k], d_ - k - 1);
  }
  // Plain loops: the same operations on an element wherever in memory a cell lies.
  static void subtract(S* y, const S* x, S factor, Index n) noexcept {
    for (Index i = 0; i < n; ++i) y[i] -= factor * x[i];
  }
  static S dot(const S* x, const S* y, Index n) noexcept {
    S sum{0};
    for (Index i = 0; i < n; ++i) sum += x[i] * y[i];
    return sum;
  }

  Index d_ = 0;
  Buffer<S> factors_;
  std::vector<Index> pivots_;  // d × n: the row swapped with row k at step k
};

}  // namespace cytode
