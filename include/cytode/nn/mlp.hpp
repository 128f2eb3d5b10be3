// SPDX-License-Identifier: MIT
/// Multilayer perceptron: dense layers with an activation between them.
#pragma once

#include <string>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/nn/dense.hpp>
#include <cytode/nn/elementwise.hpp>

namespace cytode::nn {

/// Sizes of a perceptron.
struct MlpShape {
  Index inputs = 1;
  std::vector<Index> hidden = {64, 64, 64};
  Index outputs = 1;
};

/// y = W_L f(… f(W_1 x + b_1) …) + b_L; x: inputs × n, y: outputs × n.
///
/// Blocks carry the names torch.nn.Sequential(Linear, Activation, Linear, …) gives them:
/// "0.weight", "0.bias", "2.weight", … Cost of forward: 2n multiply-adds a weight; vjp twice that;
/// jvp as forward; jvp_vjp twice vjp. The cache holds two matrices of width × n a hidden layer.
template <std::floating_point S, Activation A = Selu>
class Mlp {
 public:
  using Scalar = S;
  struct Cache {
    struct Layer {
      Buffer<S> z, h;      // before and after the activation
      Buffer<S> dz, dh;    // their tangents (jvp)
      Buffer<S> ah, az;    // cotangents
      Buffer<S> adh, adz;  // cotangents of the tangents (jvp_vjp)
    };
    std::vector<Layer> layers;
  };

  /// Throws std::invalid_argument unless every size is positive.
  explicit Mlp(const MlpShape& shape, A = {}) {
    Index width = shape.inputs;
    for (const Index h : shape.hidden) {
      dense_.emplace_back(width, h);
      width = h;
    }
    dense_.emplace_back(width, shape.outputs);
    Index offset = 0;
    for (const Dense<S>& d : dense_) {
      offset_.push_back(offset);
      offset += d.parameter_count();
    }
  }

  [[nodiscard]] Index inputs() const noexcept { return dense_.front().inputs(); }
  [[nodiscard]] Index outputs() const noexcept { return dense_.back().outputs(); }
  [[nodiscard]] ParameterLayout layout() const {
    ParameterLayout l;
    for (std::size_t i = 0; i < dense_.size(); ++i) {
      l.append(std::to_string(2 * i) + ".", dense_[i].layout());
    }
    return l;
  }
  void initialise(const Stream& stream, VectorView<S> theta) const {
    for (std::size_t i = 0; i < dense_.size(); ++i) {
      dense_[i].initialise(stream.fork(i), part(theta, i));
    }
  }

  void forward(const ConstVectorView<S>& theta, const ConstBatch<S>& x, Batch<S> y,
               Cache& cache) const {
    NoCache none;
    const std::size_t last = dense_.size() - 1;
    cache.layers.resize(last);
    for (std::size_t i = 0; i <= last; ++i) {
      const ConstBatch<S> in = i == 0 ? x : ConstBatch<S>(cache.layers[i - 1].h.view());
      if (i == last) {
        dense_[i].forward(part(theta, i), in, y, none);
        break;
      }
      auto z = cache.layers[i].z.shape(dense_[i].outputs(), x.cols());
      auto h = cache.layers[i].h.shape(dense_[i].outputs(), x.cols());
      dense_[i].forward(part(theta, i), in, z, none);
      transform(
          z.size(), h.data(), [](const Lanes<S>& v) { return A::value(v); }, z.data());
    }
  }

  void vjp(const ConstVectorView<S>& theta, const ConstBatch<S>& x, const ConstBatch<S>& a,
           VectorView<S> atheta, Cache& cache) const {
    NoCache none;
    dense_[0].vjp(part(theta, 0), x, to_first(theta, a, atheta, cache), part(atheta, 0), none);
  }
  void vjp(const ConstVectorView<S>& theta, const ConstBatch<S>& x, const ConstBatch<S>& a,
           Batch<S> ax, VectorView<S> atheta, Cache& cache) const {
    NoCache none;
    dense_[0].vjp(part(theta, 0), x, to_first(theta, a, atheta, cache), ax, part(atheta, 0), none);
  }

  void jvp(const ConstVectorView<S>& theta, const ConstBatch<S>& x, const ConstBatch<S>& dx,
           Batch<S> dy, Cache& cache) const {
    NoCache none;
    const std::size_t last = dense_.size() - 1;
    for (std::size_t i = 0; i < last; ++i) {
      auto& layer = cache.layers[i];
      auto dz = layer.dz.shape(dense_[i].outputs(), x.cols());
      auto dh = layer.dh.shape(dense_[i].outputs(), x.cols());
      dense_[i].jvp(part(theta, i), x, tangent(dx, i, cache), dz, none);
      transform(
          dz.size(), dh.data(),
          [](const Lanes<S>& v, const Lanes<S>& w) -> Lanes<S> { return w * A::slope(v); },
          layer.z.view().data(), dz.data());
    }
    dense_[last].jvp(part(theta, last), x, tangent(dx, last, cache), dy, none);
  }

  void jvp_vjp(const ConstVectorView<S>& theta, const ConstBatch<S>& x, const ConstBatch<S>& dx,
               const ConstBatch<S>& a, const ConstBatch<S>& b, Batch<S> ax, Batch<S> adx,
               VectorView<S> atheta, Cache& cache) const {
    NoCache none;
    std::size_t i = dense_.size() - 1;
    for (; i > 0; --i) {
      auto& layer = cache.layers[i - 1];
      const Index width = dense_[i].inputs();
      auto ah = layer.ah.shape(width, x.cols());
      auto adh = layer.adh.shape(width, x.cols());
      auto az = layer.az.shape(width, x.cols());
      auto adz = layer.adz.shape(width, x.cols());
      ah.setZero();
      adh.setZero();
      const bool top = i + 1 == dense_.size();
      const ConstBatch<S> ay = top ? a : ConstBatch<S>(cache.layers[i].az.view());
      const ConstBatch<S> ady = top ? b : ConstBatch<S>(cache.layers[i].adz.view());
      dense_[i].jvp_vjp(part(theta, i), layer.h.view(), layer.dh.view(), ay, ady, ah, adh,
                        part(atheta, i), none);
      transform(
          az.size(), az.data(),
          [](const Lanes<S>& z, const Lanes<S>& dz, const Lanes<S>& p,
             const Lanes<S>& q) -> Lanes<S> { return p * A::slope(z) + q * dz * A::curvature(z); },
          layer.z.view().data(), layer.dz.view().data(), ah.data(), adh.data());
      transform(
          adz.size(), adz.data(),
          [](const Lanes<S>& z, const Lanes<S>& q) -> Lanes<S> { return q * A::slope(z); },
          layer.z.view().data(), adh.data());
    }
    const bool top = dense_.size() == 1;
    const ConstBatch<S> ay = top ? a : ConstBatch<S>(cache.layers[0].az.view());
    const ConstBatch<S> ady = top ? b : ConstBatch<S>(cache.layers[0].adz.view());
    dense_[0].jvp_vjp(part(theta, 0), x, dx, ay, ady, ax, adx, part(atheta, 0), none);
  }

 private:
  using NoCache = typename Dense<S>::Cache;

  // The cotangent at the first layer's output; the upper layers' parameter cotangents on the way.
  ConstBatch<S> to_first(const ConstVectorView<S>& theta, const ConstBatch<S>& a,
                         VectorView<S>& atheta, Cache& cache) const {
    NoCache none;
    for (std::size_t i = dense_.size() - 1; i > 0; --i) {
      auto& layer = cache.layers[i - 1];
      auto ah = layer.ah.shape(dense_[i].inputs(), a.cols());
      auto az = layer.az.shape(dense_[i].inputs(), a.cols());
      const ConstBatch<S> ay =
          i + 1 == dense_.size() ? a : ConstBatch<S>(cache.layers[i].az.view());
      ah.setZero();
      dense_[i].vjp(part(theta, i), layer.h.view(), ay, ah, part(atheta, i), none);
      transform(
          az.size(), az.data(),
          [](const Lanes<S>& z, const Lanes<S>& w) -> Lanes<S> { return w * A::slope(z); },
          layer.z.view().data(), ah.data());
    }
    return dense_.size() == 1 ? a : ConstBatch<S>(cache.layers[0].az.view());
  }
  static ConstBatch<S> tangent(const ConstBatch<S>& dx, std::size_t i, const Cache& cache) {
    return i == 0 ? dx : ConstBatch<S>(cache.layers[i - 1].dh.view());
  }
  [[nodiscard]] ConstVectorView<S> part(const ConstVectorView<S>& theta, std::size_t i) const {
    return theta.segment(offset_[i], dense_[i].parameter_count());
  }
  [[nodiscard]] VectorView<S> part(VectorView<S>& theta, std::size_t i) const {
    return theta.segment(offset_[i], dense_[i].parameter_count());
  }

  std::vector<Dense<S>> dense_;
  std::vector<Index> offset_;
};

}  // namespace cytode::nn
