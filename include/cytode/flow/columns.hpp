// SPDX-License-Identifier: MIT
/// Views of some columns of batches and rows, each kind of view one type whatever it is a view of.
#pragma once

#include <cytode/core/types.hpp>

namespace cytode::flow {

/// Columns first, first + 1, …, n of them.
template <std::floating_point S>
[[nodiscard]] ConstBatch<S> columns(const Eigen::Map<const Matrix<S>>& x, Index first, Index n) {
  return Eigen::Map<const Matrix<S>>(x.data() + first * x.rows(), x.rows(), n);
}
template <std::floating_point S>
[[nodiscard]] Batch<S> columns(const Batch<S>& x, Index first, Index n) {
  using Stride = Eigen::OuterStride<>;
  Batch<S> all = x;  // a constant view shows constant numbers
  return Eigen::Map<Matrix<S>, Eigen::Unaligned, Stride>(all.data() + first * all.outerStride(),
                                                         all.rows(), n, Stride(all.outerStride()));
}
template <std::floating_point S>
[[nodiscard]] ConstRowView<S> columns(const Row<S>& x, Index first, Index n) {
  return Eigen::Map<const Row<S>, Eigen::Unaligned, Eigen::InnerStride<1>>(x.data() + first, n);
}
template <std::floating_point S>
[[nodiscard]] RowView<S> columns(const RowView<S>& x, Index first, Index n) {
  RowView<S> all = x;
  return Eigen::Map<Row<S>, Eigen::Unaligned, Eigen::InnerStride<1>>(all.data() + first, n);
}

}  // namespace cytode::flow
