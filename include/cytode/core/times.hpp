// SPDX-License-Identifier: MIT
/// Times: one time for a whole batch, or one a cell, behind the same row view.
#pragma once

#include <concepts>

#include <cytode/core/types.hpp>

namespace cytode {

/// The times of a batch, passed by value: one number for all cells, held here, or a view of a row
/// with one number a cell.
///
/// In a solve every cell shares a clock: stride 0, one number read again and again. In flow
/// matching every cell has its own. Either way `row(n)` is a 1 × n Eigen row.
template <std::floating_point S>
class Times {
 public:
  using RowView = Eigen::Map<const Row<S>, Eigen::Unaligned, Eigen::InnerStride<>>;
  /// Binds rows, row segments and rows of a matrix without a copy.
  using RowArgument = Eigen::Ref<const Row<S>, Eigen::Unaligned, Eigen::InnerStride<>>;

  /// The same time for every cell.
  explicit Times(S shared) noexcept : shared_(shared) {}
  /// One time a cell; the row (no expression of rows, whose value would be gone) must outlive this.
  explicit Times(const RowArgument& row) noexcept
      : data_(row.data()), stride_(row.innerStride()), size_(row.cols()) {}

  /// True if all cells share one time.
  [[nodiscard]] bool shared() const noexcept { return size_ < 0; }
  /// Time of a cell.
  [[nodiscard]] S operator[](Index cell) const noexcept { return start()[cell * stride_]; }
  /// True if this view can serve a batch of n cells.
  [[nodiscard]] bool fits(Index n) const noexcept { return shared() || size_ == n; }
  /// The times of n cells as a 1 × n row, valid as long as this object.
  [[nodiscard]] RowView row(Index n) const { return {start(), n, Eigen::InnerStride<>(stride_)}; }
  /// The times of cells [first, first + n).
  [[nodiscard]] Times slice(Index first, Index n) const noexcept {
    Times part = *this;
    if (!shared()) {
      part.data_ += first * stride_;
      part.size_ = n;
    }
    return part;
  }

 private:
  [[nodiscard]] const S* start() const noexcept { return shared() ? &shared_ : data_; }

  S shared_ = 0;
  const S* data_ = nullptr;
  Index stride_ = 0;
  Index size_ = -1;  // below 0: shared
};

}  // namespace cytode
