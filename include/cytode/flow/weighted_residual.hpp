// SPDX-License-Identifier: MIT
/// The weighted squared error of one head of a map, with its cotangent.
#pragma once

#include <cytode/core/by_packets.hpp>
#include <cytode/core/types.hpp>

namespace cytode::flow {

/// Rows of a matrix as plain memory: number i of column j stands at data[i + j · right].
template <class S>
struct Rows {
  S* data;
  Index right;
};

/// Overwrites y, rows × n, with the cotangent of
///
///   L = part · Σ_j w_j |m_j y_j − sign · target_j|²
///
/// for the columns j, and returns L. m, w: one number a column.
template <std::floating_point S>
[[nodiscard]] double weighted_residual(const Rows<S>& y, Index rows, Index n, const S* m,
                                       const Rows<const S>& target, S sign, const S* w,
                                       double part) {
  using namespace Eigen::internal;
  double sum = 0;
  const auto twice = static_cast<S>(2 * part);
  for (Index j = 0; j < n; ++j) {
    S* const v = y.data + j * y.right;
    const S* const u = target.data + j * target.right;
    by_packets<S>(rows, [&]<class P>(Index i) {
      const P scaled = pmul(ploadu<P>(v + i), pset1<P>(m[j]));
      pstoreu(v + i, psub(scaled, pmul(pset1<P>(sign), ploadu<P>(u + i))));
    });
    sum += static_cast<double>(sum_of_squares(v, rows) * w[j]);
    const S factor = twice * w[j] * m[j];
    by_packets<S>(
        rows, [&]<class P>(Index i) { pstoreu(v + i, pmul(ploadu<P>(v + i), pset1<P>(factor))); });
  }
  return part * sum;
}

}  // namespace cytode::flow
