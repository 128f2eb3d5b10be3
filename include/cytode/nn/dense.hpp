// SPDX-License-Identifier: MIT
/// The affine layer y = W x + b with its four derivative operations.
#pragma once

#include <cmath>

#include <cytode/core/concepts.hpp>
#include <cytode/core/product.hpp>

namespace cytode::nn {

/// y = W x + b. W: outputs × inputs, x: inputs × n, b: outputs. θ holds W column-major, then b.
///
/// Initialised like torch.nn.Linear: every coefficient uniform on ±1/√inputs.
template <std::floating_point S>
class Dense {
 public:
  using Scalar = S;
  struct Cache {};

  Dense(Index inputs, Index outputs) : inputs_(inputs), outputs_(outputs) {
    check_positive("nn::Dense", "inputs", inputs);
    check_positive("nn::Dense", "outputs", outputs);
  }

  [[nodiscard]] Index inputs() const noexcept { return inputs_; }
  [[nodiscard]] Index outputs() const noexcept { return outputs_; }
  /// Length of θ.
  [[nodiscard]] Index parameter_count() const noexcept { return (inputs_ + 1) * outputs_; }
  /// Blocks "weight" and "bias".
  [[nodiscard]] ParameterLayout layout() const {
    ParameterLayout l;
    l.add_matrix("weight", outputs_, inputs_);
    l.add_vector("bias", outputs_);
    return l;
  }
  void initialise(const Stream& stream, VectorView<S> theta) const {
    const double bound = 1 / std::sqrt(static_cast<double>(inputs_));
    for (Index i = 0; i < theta.size(); ++i) {
      theta[i] = static_cast<S>(bound * (2 * stream.uniform(static_cast<std::uint64_t>(i)) - 1));
    }
  }

  void forward(const ConstVectorView<S>& theta, const ConstBatch<S>& x, Batch<S> y, Cache&) const {
    y.colwise() = bias(theta);  // the product accumulates, so the bias costs no pass of its own
    add_product(y, weight(theta), x);
  }
  void vjp(const ConstVectorView<S>&, const ConstBatch<S>& x, const ConstBatch<S>& a,
           VectorView<S> atheta, Cache&) const {
    add_product(weight(atheta), a, x.transpose());
    auto abias = bias(atheta);
    for (Index j = 0; j < a.cols(); ++j) abias += a.col(j);
  }
  void vjp(const ConstVectorView<S>& theta, const ConstBatch<S>& x, const ConstBatch<S>& a,
           Batch<S> ax, VectorView<S> atheta, Cache& cache) const {
    vjp(theta, x, a, atheta, cache);
    add_product(ax, weight(theta).transpose(), a);
  }
  void jvp(const ConstVectorView<S>& theta, const ConstBatch<S>&, const ConstBatch<S>& dx,
           Batch<S> dy, Cache&) const {
    dy.setZero();
    add_product(dy, weight(theta), dx);
  }
  void jvp_vjp(const ConstVectorView<S>& theta, const ConstBatch<S>& x, const ConstBatch<S>& dx,
               const ConstBatch<S>& a, const ConstBatch<S>& b, Batch<S> ax, Batch<S> adx,
               VectorView<S> atheta, Cache& cache) const {
    vjp(theta, x, a, ax, atheta, cache);
    add_product(weight(atheta), b, dx.transpose());  // ẏ = W ẋ has no bias
    add_product(adx, weight(theta).transpose(), b);
  }

 private:
  [[nodiscard]] Eigen::Map<const Matrix<S>> weight(const ConstVectorView<S>& theta) const {
    return {theta.data(), outputs_, inputs_};
  }
  [[nodiscard]] Eigen::Map<Matrix<S>> weight(VectorView<S>& theta) const {
    return {theta.data(), outputs_, inputs_};
  }
  [[nodiscard]] Eigen::Map<const Vector<S>> bias(const ConstVectorView<S>& theta) const {
    return {theta.data() + outputs_ * inputs_, outputs_};
  }
  [[nodiscard]] Eigen::Map<Vector<S>> bias(VectorView<S>& theta) const {
    return {theta.data() + outputs_ * inputs_, outputs_};
  }

  Index inputs_, outputs_;
};

}  // namespace cytode::nn
