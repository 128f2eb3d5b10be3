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
    set_product_plus<S>(strided(y), weight(theta.data()), strided(x), bias(theta.data()));
  }
  void vjp(const ConstVectorView<S>&, const ConstBatch<S>& x, const ConstBatch<S>& a,
           VectorView<S> atheta, Cache&) const {
    add_weight(x, a, atheta);
    add_bias(a, atheta);
  }
  void vjp(const ConstVectorView<S>& theta, const ConstBatch<S>& x, const ConstBatch<S>& a,
           Batch<S> ax, VectorView<S> atheta, Cache& cache) const {
    vjp(theta, x, a, atheta, cache);
    add_product<S>(strided(ax), weight(theta.data()).transposed(), strided(a));
  }
  void jvp(const ConstVectorView<S>& theta, const ConstBatch<S>&, const ConstBatch<S>& dx,
           Batch<S> dy, Cache&) const {
    set_product<S>(strided(dy), weight(theta.data()), strided(dx));
  }
  void jvp_vjp(const ConstVectorView<S>& theta, const ConstBatch<S>& x, const ConstBatch<S>& dx,
               const ConstBatch<S>& a, const ConstBatch<S>& b, Batch<S> ax, Batch<S> adx,
               VectorView<S> atheta, Cache& cache) const {
    vjp(theta, x, a, ax, atheta, cache);
    add_weight(dx, b, atheta);  // ẏ = W ẋ has no bias
    add_product<S>(strided(adx), weight(theta.data()).transposed(), strided(b));
  }

  /// ax = Wᵀ a: the cotangent of x alone, set where vjp adds.
  void pull_back(const ConstVectorView<S>& theta, const ConstBatch<S>& a, Batch<S> ax) const {
    set_product<S>(strided(ax), weight(theta.data()).transposed(), strided(a));
  }
  /// Adds a xᵀ to the weight's cotangent, cell by cell in order.
  void add_weight(const ConstBatch<S>& x, const ConstBatch<S>& a, VectorView<S> atheta) const {
    add_product<S>({atheta.data(), outputs_, inputs_, 1, outputs_}, strided(a),
                   strided(x).transposed());
  }

 private:
  template <class T>
  [[nodiscard]] Strided<T> weight(T* theta) const {
    return {theta, outputs_, inputs_, 1, outputs_};
  }
  template <class T>
  [[nodiscard]] T* bias(T* theta) const {
    return theta + outputs_ * inputs_;
  }
  // The sum of a over cells, in order: a times a column of ones.
  void add_bias(const ConstBatch<S>& a, VectorView<S>& atheta) const {
    const S one = 1;
    add_product<S>({bias(atheta.data()), outputs_, 1, 1, outputs_}, strided(a),
                   {&one, a.cols(), 1, 0, 0});
  }

  Index inputs_, outputs_;
};

}  // namespace cytode::nn
