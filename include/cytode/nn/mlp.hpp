// SPDX-License-Identifier: MIT
/// Multilayer perceptron: dense layers with an activation between them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/nn/activate.hpp>
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
/// jvp as forward; jvp_vjp twice vjp. The cache of forward holds two matrices of width × n a hidden
/// layer, or one where the activation is KnownByValue. A column of the results of forward, jvp and
/// the state cotangents does not depend, to the last bit, on the other columns.
template <std::floating_point S, Activation A = Selu>
class Mlp {
 public:
  using Scalar = S;
  struct Cache {
    struct Layer {
      Buffer<S> z, h;    // before and after the activation; h alone where it tells
                         // the slope
      Buffer<S> dz, dh;  // their tangents (jvp)
      Buffer<S> a,
          b;  // cotangents of h, then z, and of their tangents (jvp_vjp)
    };
    std::vector<Layer> layers;
  };
  /// Exchanges what forward left for the derivatives, and nothing else: a caller that has more than
  /// one evaluation under way keeps these in caches of their own, and one cache for the rest.
  static void swap_kept(Cache& one, Cache& other) {
    one.layers.resize(std::max(one.layers.size(), other.layers.size()));
    other.layers.resize(one.layers.size());
    for (std::size_t i = 0; i < one.layers.size(); ++i) {
      std::swap(one.layers[i].z, other.layers[i].z);
      std::swap(one.layers[i].h, other.layers[i].h);
    }
  }
  /// Numbers that swap_kept exchanges.
  static Index kept_numbers(const Cache& cache) {
    Index n = 0;
    for (const auto& layer : cache.layers) n += layer.z.view().size() + layer.h.view().size();
    return n;
  }

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
    if (cache.layers.size() != last) cache.layers = std::vector<Layer>(last);
    for (std::size_t i = 0; i < last; ++i) {
      auto& layer = cache.layers[i];
      auto h = layer.h.shape(dense_[i].outputs(), x.cols());
      auto z = by_value ? h : layer.z.shape(dense_[i].outputs(), x.cols());
      dense_[i].forward(part(theta, i), input(x, i, cache), z, none);
      transform(
          z.size(), h.data(), [](const Lanes<S>& v) -> Lanes<S> { return A::value(v); }, z.data());
    }
    dense_[last].forward(part(theta, last), input(x, last, cache), y, none);
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
          [](const Lanes<S>& v, const Lanes<S>& w) -> Lanes<S> { return w * slope(v); },
          kept(layer), dz.data());
    }
    dense_[last].jvp(part(theta, last), x, tangent(dx, last, cache), dy, none);
  }

  void jvp_vjp(const ConstVectorView<S>& theta, const ConstBatch<S>& x, const ConstBatch<S>& dx,
               const ConstBatch<S>& a, const ConstBatch<S>& b, Batch<S> ax, Batch<S> adx,
               VectorView<S> atheta, Cache& cache) const {
    NoCache none;
    for (std::size_t i = dense_.size() - 1; i > 0; --i) {
      auto& layer = cache.layers[i - 1];
      const ConstBatch<S> ay = above(a, i, cache), ady = tangent_above(b, i, cache);
      auto ah = layer.a.shape(dense_[i].inputs(), x.cols());
      auto adh = layer.b.shape(dense_[i].inputs(), x.cols());
      dense_[i].vjp(part(theta, i), layer.h.view(), ay, part(atheta, i), none);
      dense_[i].add_weight(layer.dh.view(), ady, part(atheta, i));
      dense_[i].pull_back(part(theta, i), ay, ah);
      dense_[i].pull_back(part(theta, i), ady, adh);
      transform(
          ah.size(), ah.data(),
          [](const Lanes<S>& v, const Lanes<S>& dz, const Lanes<S>& p,
             const Lanes<S>& q) -> Lanes<S> { return p * slope(v) + q * dz * curvature(v); },
          kept(layer), layer.dz.view().data(), ah.data(), adh.data());
      times_slope(layer, adh);
    }
    dense_[0].jvp_vjp(part(theta, 0), x, dx, above(a, 0, cache), tangent_above(b, 0, cache), ax,
                      adx, part(atheta, 0), none);
  }
  /// y of one column in any type of numbers, with these parameters: layer by layer, number by
  /// number, for dual numbers and not for speed. x: inputs, y: outputs numbers.
  template <class D>
  void evaluate(std::span<const D> theta, std::span<const D> x, std::span<D> y) const {
    std::vector<D> from(x.begin(), x.end()), to;
    for (std::size_t l = 0; l < dense_.size(); ++l) {
      const auto n = static_cast<std::size_t>(dense_[l].inputs());
      const auto m = static_cast<std::size_t>(dense_[l].outputs());
      const auto part = theta.subspan(static_cast<std::size_t>(offset_[l]));
      to.assign(m, D());
      for (std::size_t i = 0; i < m; ++i) {
        to[i] = part[n * m + i];
        for (std::size_t j = 0; j < n; ++j) to[i] += part[m * j + i] * from[j];
        if (l + 1 < dense_.size()) to[i] = activate<A>(to[i]);
      }
      std::swap(from, to);
    }
    std::copy(from.begin(), from.end(), y.begin());
  }

 private:
  using NoCache = typename Dense<S>::Cache;
  using Layer = typename Cache::Layer;
  static constexpr bool by_value = KnownByValue<A>;

  // What the activation's derivatives are computed from: its value or its argument.
  static const S* kept(Layer& layer) {
    return by_value ? layer.h.view().data() : layer.z.view().data();
  }
  static Lanes<S> slope(const Lanes<S>& kept) {
    if constexpr (by_value) {
      return A::slope_from_value(kept);
    } else {
      return A::slope(kept);
    }
  }
  static Lanes<S> curvature(const Lanes<S>& kept) {
    if constexpr (by_value) {
      return A::curvature_from_value(kept);
    } else {
      return A::curvature(kept);
    }
  }
  // The cotangent of h becomes that of z, in place.
  static void times_slope(Layer& layer, Eigen::Map<Matrix<S>>& a) {
    transform(
        a.size(), a.data(),
        [](const Lanes<S>& v, const Lanes<S>& w) -> Lanes<S> { return w * slope(v); }, kept(layer),
        a.data());
  }

  // The cotangent at the first layer's output; the upper layers' parameter cotangents on the way.
  ConstBatch<S> to_first(const ConstVectorView<S>& theta, const ConstBatch<S>& a,
                         VectorView<S>& atheta, Cache& cache) const {
    NoCache none;
    for (std::size_t i = dense_.size() - 1; i > 0; --i) {
      auto& layer = cache.layers[i - 1];
      const ConstBatch<S> ay = above(a, i, cache);
      auto ah = layer.a.shape(dense_[i].inputs(), a.cols());
      dense_[i].vjp(part(theta, i), layer.h.view(), ay, part(atheta, i), none);
      dense_[i].pull_back(part(theta, i), ay, ah);
      times_slope(layer, ah);
    }
    return above(a, 0, cache);
  }

  // Input and its tangent of dense layer i, cotangents of its output and of that output's tangent.
  static ConstBatch<S> input(const ConstBatch<S>& x, std::size_t i, const Cache& cache) {
    return i == 0 ? x : ConstBatch<S>(cache.layers[i - 1].h.view());
  }
  static ConstBatch<S> tangent(const ConstBatch<S>& dx, std::size_t i, const Cache& cache) {
    return i == 0 ? dx : ConstBatch<S>(cache.layers[i - 1].dh.view());
  }
  ConstBatch<S> above(const ConstBatch<S>& a, std::size_t i, const Cache& cache) const {
    return i + 1 == dense_.size() ? a : ConstBatch<S>(cache.layers[i].a.view());
  }
  ConstBatch<S> tangent_above(const ConstBatch<S>& b, std::size_t i, const Cache& cache) const {
    return i + 1 == dense_.size() ? b : ConstBatch<S>(cache.layers[i].b.view());
  }
  // Maps of a view's own stride, of which Eigen has the types already.
  [[nodiscard]] ConstVectorView<S> part(const ConstVectorView<S>& theta, std::size_t i) const {
    return Eigen::Map<const Vector<S>, Eigen::Unaligned, Eigen::InnerStride<1>>(
        theta.data() + offset_[i], dense_[i].parameter_count());
  }
  [[nodiscard]] VectorView<S> part(VectorView<S>& theta, std::size_t i) const {
    return Eigen::Map<Vector<S>, Eigen::Unaligned, Eigen::InnerStride<1>>(
        theta.data() + offset_[i], dense_[i].parameter_count());
  }

  std::vector<Dense<S>> dense_;
  std::vector<Index> offset_;
};

}  // namespace cytode::nn
