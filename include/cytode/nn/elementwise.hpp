// SPDX-License-Identifier: MIT
/// An activation as a module: y = f(x), number by number, with the four derivative operations.
#pragma once

#include <cytode/core/concepts.hpp>
#include <cytode/nn/activations.hpp>

namespace cytode::nn {

/// y = f(x) for inputs × n; no parameters, nothing to cache beyond the tangent of x.
template <std::floating_point S, Activation A>
class Elementwise {
 public:
  using Scalar = S;
  struct Cache {};

  explicit Elementwise(Index size, A = {}) : size_(size) {
    check_positive("nn::Elementwise", "size", size);
  }

  [[nodiscard]] Index inputs() const noexcept { return size_; }
  [[nodiscard]] Index outputs() const noexcept { return size_; }
  [[nodiscard]] ParameterLayout layout() const { return {}; }
  void initialise(const Stream&, VectorView<S>) const {}

  void forward(const ConstVectorView<S>&, const ConstBatch<S>& x, Batch<S> y, Cache&) const {
    columns(
        y, [](const Lanes<S>& z) { return A::value(z); }, x);
  }
  void vjp(const ConstVectorView<S>&, const ConstBatch<S>&, const ConstBatch<S>&, VectorView<S>,
           Cache&) const {}
  void vjp(const ConstVectorView<S>&, const ConstBatch<S>& x, const ConstBatch<S>& a, Batch<S> ax,
           VectorView<S>, Cache&) const {
    columns(
        ax,
        [](const Lanes<S>& g, const Lanes<S>& z, const Lanes<S>& w) -> Lanes<S> {
          return g + w * A::slope(z);
        },
        ax, x, a);
  }
  void jvp(const ConstVectorView<S>&, const ConstBatch<S>& x, const ConstBatch<S>& dx, Batch<S> dy,
           Cache&) const {
    columns(
        dy, [](const Lanes<S>& z, const Lanes<S>& w) -> Lanes<S> { return w * A::slope(z); }, x,
        dx);
  }
  void jvp_vjp(const ConstVectorView<S>&, const ConstBatch<S>& x, const ConstBatch<S>& dx,
               const ConstBatch<S>& a, const ConstBatch<S>& b, Batch<S> ax, Batch<S> adx,
               VectorView<S>, Cache&) const {
    columns(
        ax,
        [](const Lanes<S>& g, const Lanes<S>& z, const Lanes<S>& w, const Lanes<S>& p,
           const Lanes<S>& q) -> Lanes<S> { return g + p * A::slope(z) + q * w * A::curvature(z); },
        ax, x, dx, a, b);
    columns(
        adx,
        [](const Lanes<S>& g, const Lanes<S>& z, const Lanes<S>& q) -> Lanes<S> {
          return g + q * A::slope(z);
        },
        adx, x, b);
  }

 private:
  // One run over the whole batch where every operand is contiguous, else column by column.
  template <class F, class... In>
  static void columns(Batch<S>& out, F f, const In&... in) {
    const auto contiguous = [](const auto& m) { return m.outerStride() == m.rows(); };
    if (contiguous(out) && (contiguous(in) && ...)) {
      transform(out.size(), out.data(), f, in.data()...);
    } else {
      for (Index j = 0; j < out.cols(); ++j) {
        transform(out.rows(), out.col(j).data(), f, in.col(j).data()...);
      }
    }
  }

  Index size_;
};

}  // namespace cytode::nn
