// SPDX-License-Identifier: MIT
/// Matrix products that never allocate, whatever their size.
#pragma once

#include <algorithm>
#include <utility>

#include <cytode/core/types.hpp>

namespace cytode {

/// c += a · b with c: m × n, a: m × k, b: k × n; c must not overlap a or b.
///
/// Eigen packs panels of a and b, up to 128 KB of each on the stack and beyond that on the heap at
/// every call. Larger products are cut into pieces whose panels fit, so warm code stays free of
/// allocations at any width; a product of up to 128 × 256 floats a side is one piece.
template <class C, class A, class B>
void add_product(Eigen::MatrixBase<C>&& c, const Eigen::MatrixBase<A>& a,
                 const Eigen::MatrixBase<B>& b) {
  using S = typename C::Scalar;
  constexpr Index panel = Index{EIGEN_STACK_ALLOCATION_LIMIT} / Index{sizeof(S)};
  const Index m = c.rows(), n = c.cols(), depth = a.cols();
  constexpr Index deep = 128, side = panel / deep;
  // With so small a limit every product is on the heap, in pieces or not.
  constexpr bool too_small = side < 16;
  if (too_small || (m * depth <= panel && depth * n <= panel)) {
    c.derived().noalias() += a.derived() * b.derived();
    return;
  }
  for (Index j = 0; j < n; j += side) {
    const Index nj = std::min(side, n - j);
    for (Index k = 0; k < depth; k += deep) {
      const Index nk = std::min(deep, depth - k);
      for (Index i = 0; i < m; i += side) {
        const Index ni = std::min(side, m - i);
        c.derived().block(i, j, ni, nj).noalias() +=
            a.derived().block(i, k, ni, nk) * b.derived().block(k, j, nk, nj);
      }
    }
  }
}
template <class C, class A, class B>
void add_product(Eigen::MatrixBase<C>& c, const Eigen::MatrixBase<A>& a,
                 const Eigen::MatrixBase<B>& b) {
  add_product(std::move(c), a, b);
}

}  // namespace cytode
