// SPDX-License-Identifier: MIT
/// Matrices of one shape in one piece of memory.
#pragma once

#include <new>

#include <cytode/core/types.hpp>

namespace cytode::ode {

/// Memory for so many d × n matrices, each aligned as the vector units like it.
///
/// One piece, because a C library that is given back many middling pieces returns their pages to
/// the system and fetches them anew for the next solve, which costs a third of it.
template <std::floating_point S>
class MatrixBlock {
 public:
  /// Room for `count` matrices; grows, never shrinks. What was there is lost if it grows.
  void reserve(Index count, Index d, Index n) {
    constexpr Index line = 64 / sizeof(S);
    stride_ = (d * n + line - 1) / line * line;
    if (count * stride_ > storage_.size()) storage_.resize(count * stride_);
  }
  /// Where matrix k begins.
  [[nodiscard]] S* place(Index k) { return storage_.data() + k * stride_; }

  /// Makes a map the d × n matrix at `data`.
  static void settle(Eigen::Map<Matrix<S>>& map, S* data, Index d, Index n) {
    ::new (&map) Eigen::Map<Matrix<S>>(data, d, n);
  }
  /// Two maps of one shape change memory.
  static void exchange(Eigen::Map<Matrix<S>>& a, Eigen::Map<Matrix<S>>& b) {
    S* const data = a.data();
    settle(a, b.data(), a.rows(), a.cols());
    settle(b, data, b.rows(), b.cols());
  }

 private:
  Vector<S> storage_;
  Index stride_ = 0;
};

}  // namespace cytode::ode
