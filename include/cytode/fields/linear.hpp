// SPDX-License-Identifier: MIT
/// The linear field v(t, x) = A x + b.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/core/product.hpp>

namespace cytode::fields {

/// v(t, x) = A x + b with A: dims × dims and b: dims × 1, both parameters θ = [A (by columns), b].
/// x: dims × n.
///
/// Its flow is known, x(t) = e^{tA} x(0) + ∫ e^{sA} b ds, so it serves exponential integrators and
/// tests of all others. Without an offset b is 0 and no parameter.
template <std::floating_point S>
class Linear {
 public:
  using Scalar = S;
  struct Cache {};

  /// v = A x; throws std::invalid_argument unless A is square and not empty.
  explicit Linear(const Matrix<S>& matrix) : Linear(matrix, Vector<S>(), false) {}
  /// v = A x + b; throws std::invalid_argument unless A is square and b fits.
  Linear(const Matrix<S>& matrix, const Vector<S>& offset) : Linear(matrix, offset, true) {}

  [[nodiscard]] Index dims() const noexcept { return dims_; }
  [[nodiscard]] Vector<S>& parameters() noexcept { return theta_; }
  [[nodiscard]] const Vector<S>& parameters() const noexcept { return theta_; }
  /// Blocks "matrix" and, if there is one, "offset".
  [[nodiscard]] ParameterLayout layout() const {
    ParameterLayout all;
    all.add_matrix("matrix", dims_, dims_);
    if (has_offset_) all.add_vector("offset", dims_);
    return all;
  }
  [[nodiscard]] bool has_offset() const noexcept { return has_offset_; }
  /// A, a view of the parameters.
  [[nodiscard]] Eigen::Map<const Matrix<S>> matrix() const { return {theta_.data(), dims_, dims_}; }
  /// b, a view of the parameters; of size 0 without an offset.
  [[nodiscard]] Eigen::Map<const Vector<S>> offset() const {
    return {theta_.data() + dims_ * dims_, has_offset_ ? dims_ : 0};
  }

  /// dx = A x + b.
  void forward(Times<S>, const ConstBatch<S>& x, Batch<S> dx, Cache&) const {
    check_batch("fields::Linear::forward", x, "dx", dx);
    if (has_offset_) {
      dx.colwise() = offset();
    } else {
      dx.setZero();
    }
    add_product(dx, matrix(), x);
  }
  /// atheta += [a xᵀ, Σ a].
  void vjp(Times<S>, const ConstBatch<S>& x, const ConstBatch<S>& a, VectorView<S> atheta,
           Cache&) const {
    check_batch("fields::Linear::vjp", x, "a", a);
    add_outer(a, x, atheta);
    add_offset(a, atheta);
  }
  /// The same and ax += Aᵀ a; nothing depends on t.
  void vjp(Times<S> t, const ConstBatch<S>& x, const ConstBatch<S>& a, RowView<S>, Batch<S> ax,
           VectorView<S> atheta, Cache& cache) const {
    check_batch("fields::Linear::vjp", x, "ax", ax);
    vjp(t, x, a, atheta, cache);
    add_product(ax, matrix().transpose(), a);
  }
  /// out = A ẋ.
  void jvp(Times<S>, const ConstBatch<S>& x, Times<S>, const ConstBatch<S>& xdot, Batch<S> out,
           Cache&) const {
    check_batch("fields::Linear::jvp", x, "xdot", xdot);
    check_batch("fields::Linear::jvp", x, "out", out);
    out.setZero();
    add_product(out, matrix(), xdot);
  }
  /// Adds the vjp of (θ, x, ẋ) ↦ (A x + b, A ẋ) at cotangents (a, b).
  void jvp_vjp(Times<S>, const ConstBatch<S>& x, Times<S>, const ConstBatch<S>& xdot,
               const ConstBatch<S>& a, const ConstBatch<S>& b, RowView<S>, Batch<S> ax,
               Batch<S> axdot, VectorView<S> atheta, Cache&) const {
    constexpr auto where = "fields::Linear::jvp_vjp";
    check_batch(where, x, "xdot", xdot);
    check_batch(where, x, "a", a);
    check_batch(where, x, "b", b);
    check_batch(where, x, "ax", ax);
    check_batch(where, x, "axdot", axdot);
    add_outer(a, x, atheta);
    add_outer(b, xdot, atheta);
    add_offset(a, atheta);
    add_product(ax, matrix().transpose(), a);
    add_product(axdot, matrix().transpose(), b);
  }
  /// v of one cell in any type of numbers, with these parameters [A, b].
  template <class D>
  void evaluate(const D&, std::span<const D> x, std::span<const D> p, std::span<D> dx) const {
    const auto d = static_cast<std::size_t>(dims_);
    for (std::size_t i = 0; i < d; ++i) {
      dx[i] = has_offset_ ? p[d * d + i] : D();
      for (std::size_t j = 0; j < d; ++j) dx[i] += p[d * j + i] * x[j];
    }
  }

 private:
  Linear(const Matrix<S>& matrix, const Vector<S>& offset, bool has_offset)
      : dims_(matrix.rows()), has_offset_(has_offset) {
    check_not_empty("fields::Linear", "matrix", matrix);
    check_shape("fields::Linear", "matrix", matrix, dims_, dims_);
    if (has_offset) check_shape("fields::Linear", "offset", offset, dims_, 1);
    theta_.resize(dims_ * dims_ + offset.size());
    theta_.head(dims_ * dims_) = matrix.reshaped();
    theta_.tail(offset.size()) = offset;
  }
  void add_outer(const ConstBatch<S>& a, const ConstBatch<S>& x, VectorView<S> atheta) const {
    check_shape("fields::Linear", "atheta", atheta, theta_.size(), 1);
    add_product(Eigen::Map<Matrix<S>>(atheta.data(), dims_, dims_), a, x.transpose());
  }
  void add_offset(const ConstBatch<S>& a, VectorView<S> atheta) const {
    if (!has_offset_) return;
    for (Index j = 0; j < a.cols(); ++j) atheta.tail(dims_) += a.col(j);
  }
  template <class Other>
  void check_batch(std::string_view where, const ConstBatch<S>& x, std::string_view name,
                   const Other& other) const {
    check_features(where, "x", x, dims_);
    check_shape(where, name, other, dims_, x.cols());
    check(theta_.size() == layout_size(), where, "parameters() has ", theta_.size(),
          " entries, wanted ", layout_size());
  }
  [[nodiscard]] Index layout_size() const noexcept {
    return dims_ * (dims_ + (has_offset_ ? 1 : 0));
  }

  Index dims_;
  bool has_offset_;
  Vector<S> theta_;
};

}  // namespace cytode::fields
