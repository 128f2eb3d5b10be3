// SPDX-License-Identifier: MIT
/// Times: one time for a whole batch, or one a cell, behind the same row view.
#pragma once

#include <concepts>

#include <cytode/core/types.hpp>

namespace cytode {

/// A row of times for a batch that does not own its numbers.
///
/// In a solve every cell shares a clock: stride 0, one number read again and again. In flow
/// matching every cell has its own: stride 1. Either way `row(n)` is a 1 × n Eigen row.
template <std::floating_point S>
class Times {
 public:
  using RowView = Eigen::Map<const Row<S>, Eigen::Unaligned, Eigen::InnerStride<>>;

  /// The same time for every cell; `shared` must outlive this view.
  explicit Times(const S& shared) noexcept : data_(&shared), stride_(0) {}
  /// One time a cell; the row must outlive this view.
  explicit Times(const ConstRowView<S>& row) noexcept
      : data_(row.data()), stride_(1), size_(row.cols()) {}

  /// True if all cells share one time.
  [[nodiscard]] bool shared() const noexcept { return stride_ == 0; }
  /// Time of a cell.
  [[nodiscard]] S operator[](Index cell) const noexcept { return data_[cell * stride_]; }
  /// True if this view can serve a batch of n cells.
  [[nodiscard]] bool fits(Index n) const noexcept { return shared() || size_ == n; }
  /// The times of n cells as a 1 × n row.
  [[nodiscard]] RowView row(Index n) const { return {data_, n, Eigen::InnerStride<>(stride_)}; }
  /// The times of cells [first, first + n).
  [[nodiscard]] Times slice(Index first, Index n) const noexcept {
    return shared() ? *this : Times(data_ + first, n);
  }

 private:
  Times(const S* data, Index size) noexcept : data_(data), stride_(1), size_(size) {}

  const S* data_;
  Index stride_;
  Index size_ = 0;
};

}  // namespace cytode
