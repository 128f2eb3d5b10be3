// SPDX-License-Identifier: MIT
/// A network with its parameters as a vector field v(t, x) = m(θ, [x; t]).
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/fields/neural_map.hpp>

namespace cytode::fields {

/// v(t, x) = m(θ, [x; t]): a NeuralMap whose result is a velocity. x, v: dims × n.
///
/// The network m has dims + 1 inputs and dims outputs; the field owns θ. The operations are those
/// of NeuralMap.
template <Module Net>
class Neural {
 public:
  using Scalar = typename Net::Scalar;
  using Cache = typename NeuralMap<Net>::Cache;

  /// Exchanges what forward left for the derivatives, and nothing else; see Mlp::swap_kept.
  static void swap_kept(Cache& one, Cache& other) requires requires {
    NeuralMap<Net>::swap_kept(one, other);
  }
  { NeuralMap<Net>::swap_kept(one, other); }
  /// Numbers that swap_kept exchanges.
  static Index kept_numbers(const Cache& cache) requires requires {
    NeuralMap<Net>::kept_numbers(cache);
  }
  { return NeuralMap<Net>::kept_numbers(cache); }

  /// Random initial parameters from a stream; throws std::invalid_argument on sizes that do not
  /// make a field.
  Neural(Net network, const Stream& stream) : map_(checked(std::move(network)), stream) {}

  [[nodiscard]] Index dims() const noexcept { return map_.outputs(); }
  [[nodiscard]] Index inputs() const noexcept { return map_.inputs(); }
  [[nodiscard]] Index outputs() const noexcept { return map_.outputs(); }
  [[nodiscard]] const Net& network() const noexcept { return map_.network(); }
  [[nodiscard]] ParameterLayout layout() const { return map_.layout(); }
  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return map_.parameters(); }
  [[nodiscard]] const Vector<Scalar>& parameters() const noexcept { return map_.parameters(); }

  /// dx = v(t, x).
  void forward(Times<Scalar> t, const ConstBatch<Scalar>& x, Batch<Scalar> dx, Cache& cache) const {
    map_.forward(t, x, dx, cache);
  }
  /// atheta += (∂v/∂θ)ᵀ a, after forward at the same (t, x).
  void vjp(Times<Scalar> t, const ConstBatch<Scalar>& x, const ConstBatch<Scalar>& a,
           VectorView<Scalar> atheta, Cache& cache) const {
    map_.vjp(t, x, a, atheta, cache);
  }
  /// The same, at += (∂v/∂t)ᵀ a cell by cell, and ax += (∂v/∂x)ᵀ a.
  void vjp(Times<Scalar> t, const ConstBatch<Scalar>& x, const ConstBatch<Scalar>& a,
           RowView<Scalar> at, Batch<Scalar> ax, VectorView<Scalar> atheta, Cache& cache) const {
    map_.vjp(t, x, a, at, ax, atheta, cache);
  }
  /// out = (∂v/∂x) ẋ + (∂v/∂t) ṫ, after forward at the same (t, x).
  void jvp(Times<Scalar> t, const ConstBatch<Scalar>& x, Times<Scalar> tdot,
           const ConstBatch<Scalar>& xdot, Batch<Scalar> out, Cache& cache) const {
    map_.jvp(t, x, tdot, xdot, out, cache);
  }
  /// Adds the vjp of (θ, t, x, ẋ) ↦ (v, v̇) at cotangents (a, b), after jvp at the same (ṫ, ẋ).
  void jvp_vjp(Times<Scalar> t, const ConstBatch<Scalar>& x, Times<Scalar> tdot,
               const ConstBatch<Scalar>& xdot, const ConstBatch<Scalar>& a,
               const ConstBatch<Scalar>& b, RowView<Scalar> at, Batch<Scalar> ax,
               Batch<Scalar> axdot, VectorView<Scalar> atheta, Cache& cache) const {
    map_.jvp_vjp(t, x, tdot, xdot, a, b, at, ax, axdot, atheta, cache);
  }
  /// v(t, x) of one cell in any type of numbers, with these parameters.
  template <class D>
  void evaluate(const D& t, std::span<const D> x, std::span<const D> p,
                std::span<D> dx) const requires requires(const NeuralMap<Net>& map) {
    map.evaluate(t, x, p, dx);
  }
  { map_.evaluate(t, x, p, dx); }

 private:
  static Net checked(Net network) {
    check(network.inputs() == network.outputs() + 1, "fields::Neural", "the network has ",
          network.inputs(), " inputs and ", network.outputs(),
          " outputs, wanted one input more than outputs (the time)");
    return network;
  }

  NeuralMap<Net> map_;
};

/// A perceptron as a field of so many dimensions: dims + 1 → hidden → dims.
template <std::floating_point S, nn::Activation A = nn::Selu>
[[nodiscard]] Neural<nn::Mlp<S, A>> neural(Index dims, std::vector<Index> hidden,
                                           const Stream& stream, A activation = {}) {
  return {nn::Mlp<S, A>({dims + 1, std::move(hidden), dims}, activation), stream};
}

}  // namespace cytode::fields
