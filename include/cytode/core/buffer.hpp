// SPDX-License-Identifier: MIT
/// A matrix that only ever grows its memory, so that warm code allocates nothing.
#pragma once

#include <cytode/core/types.hpp>

namespace cytode {

/// Scratch matrix for a cache: `shape(r, c)` returns an r × c view and allocates only when the
/// batch is larger than every batch before. Contents are undefined after a change of shape.
template <std::floating_point S>
class Buffer {
 public:
  using View = Eigen::Map<Matrix<S>>;
  using ConstView = Eigen::Map<const Matrix<S>>;
  using RowMap = Eigen::Map<Row<S>, Eigen::Unaligned, Eigen::InnerStride<1>>;  // as RowView has it

  /// Gives the buffer this shape and returns it.
  View shape(Index rows, Index cols) {
    if (rows * cols > storage_.size()) storage_.resize(rows * cols);
    rows_ = rows;
    cols_ = cols;
    return view();
  }
  /// Gives the buffer the shape 1 × n and returns it as a row.
  RowMap row(Index n) { return {shape(1, n).data(), n}; }
  [[nodiscard]] View view() noexcept { return {storage_.data(), rows_, cols_}; }
  [[nodiscard]] ConstView view() const noexcept { return {storage_.data(), rows_, cols_}; }
  [[nodiscard]] Index rows() const noexcept { return rows_; }
  [[nodiscard]] Index cols() const noexcept { return cols_; }

 private:
  Vector<S> storage_;
  Index rows_ = 0;
  Index cols_ = 0;
};

}  // namespace cytode
