// SPDX-License-Identifier: MIT
/// A network with its parameters as a map of time and state, y = m(θ, [x; t]).
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/by_packets.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/nn/mlp.hpp>

namespace cytode::fields {

/// y(t, x) = m(θ, [x; t]): the time is the network's last input, as in torchcfm. x: inputs × n, y:
/// outputs × n.
///
/// The network m has inputs + 1 inputs; the map owns θ. All operations are const but
/// `parameters()`, so one map serves many threads, each with a Cache of its own.
template <Module Net>
class NeuralMap {
 public:
  using Scalar = typename Net::Scalar;
  struct Cache {
    typename Net::Cache net;
    Buffer<Scalar> input, tangent;  // [x; t] and [ẋ; ṫ]
    Buffer<Scalar> cotangent, cotangent_of_tangent;
  };

  /// Exchanges what forward left for the derivatives, and nothing else; see Mlp::swap_kept.
  static void swap_kept(Cache& one, Cache& other) requires requires {
    Net::swap_kept(one.net, other.net);
  }
  {
    Net::swap_kept(one.net, other.net);
    std::swap(one.input, other.input);
  }
  /// Numbers that swap_kept exchanges.
  static Index kept_numbers(const Cache& cache) requires requires { Net::kept_numbers(cache.net); }
  { return Net::kept_numbers(cache.net) + cache.input.view().size(); }

  /// Random initial parameters from a stream; throws std::invalid_argument if the network has no
  /// input beside the time.
  NeuralMap(Net network, const Stream& stream) : network_(std::move(network)) {
    check(network_.inputs() >= 2, "fields::NeuralMap", "the network has ", network_.inputs(),
          " inputs, wanted 2 or more: a state and the time");
    theta_.resize(network_.layout().size());
    network_.initialise(stream, theta_);
  }

  [[nodiscard]] Index inputs() const noexcept { return network_.inputs() - 1; }
  [[nodiscard]] Index outputs() const noexcept { return network_.outputs(); }
  [[nodiscard]] const Net& network() const noexcept { return network_; }
  [[nodiscard]] ParameterLayout layout() const { return network_.layout(); }
  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return theta_; }
  [[nodiscard]] const Vector<Scalar>& parameters() const noexcept { return theta_; }

  /// y = m(θ, [x; t]).
  void forward(Times<Scalar> t, const ConstBatch<Scalar>& x, Batch<Scalar> y, Cache& cache) const {
    eigen_assert(x.rows() == inputs() && t.fits(x.cols()));
    auto input = cache.input.shape(inputs() + 1, x.cols());
    for (Index j = 0; j < x.cols(); ++j) {
      S* const column = input.data() + j * input.rows();
      const S* const from = x.data() + j * x.outerStride();
      by_packets<S>(x.rows(), [&]<class P>(Index i) {  // a call of memcpy costs more than a column
        Eigen::internal::pstoreu(column + i, Eigen::internal::ploadu<P>(from + i));
      });
      column[x.rows()] = t[j];
    }
    network_.forward(theta_, input, y, cache.net);
  }
  /// atheta += (∂y/∂θ)ᵀ a, after forward at the same (t, x).
  void vjp(Times<Scalar>, const ConstBatch<Scalar>&, const ConstBatch<Scalar>& a,
           VectorView<Scalar> atheta, Cache& cache) const {
    network_.vjp(theta_, cache.input.view(), a, atheta, cache.net);
  }
  /// The same, at += (∂y/∂t)ᵀ a cell by cell, and ax += (∂y/∂x)ᵀ a.
  void vjp(Times<Scalar>, const ConstBatch<Scalar>&, const ConstBatch<Scalar>& a,
           RowView<Scalar> at, Batch<Scalar> ax, VectorView<Scalar> atheta, Cache& cache) const {
    auto ainput = cache.cotangent.shape(inputs() + 1, a.cols());
    ainput.setZero();
    network_.vjp(theta_, cache.input.view(), a, ainput, atheta, cache.net);
    add(ainput, ax, at);
  }
  /// out = (∂y/∂x) ẋ + (∂y/∂t) ṫ, after forward at the same (t, x).
  void jvp(Times<Scalar>, const ConstBatch<Scalar>&, Times<Scalar> tdot,
           const ConstBatch<Scalar>& xdot, Batch<Scalar> out, Cache& cache) const {
    auto tangent = cache.tangent.shape(inputs() + 1, xdot.cols());
    tangent.topRows(inputs()) = xdot;
    tangent.row(inputs()) = tdot.row(xdot.cols());
    network_.jvp(theta_, cache.input.view(), tangent, out, cache.net);
  }
  /// Adds the vjp of (θ, t, x, ẋ) ↦ (y, ẏ) at cotangents (a, b), after jvp at the same (ṫ, ẋ).
  void jvp_vjp(Times<Scalar>, const ConstBatch<Scalar>&, Times<Scalar>, const ConstBatch<Scalar>&,
               const ConstBatch<Scalar>& a, const ConstBatch<Scalar>& b, RowView<Scalar> at,
               Batch<Scalar> ax, Batch<Scalar> axdot, VectorView<Scalar> atheta,
               Cache& cache) const {
    auto ainput = cache.cotangent.shape(inputs() + 1, a.cols());
    auto atangent = cache.cotangent_of_tangent.shape(inputs() + 1, a.cols());
    ainput.setZero();
    atangent.setZero();
    network_.jvp_vjp(theta_, cache.input.view(), cache.tangent.view(), a, b, ainput, atangent,
                     atheta, cache.net);
    add(ainput, ax, at);
    axdot += atangent.topRows(inputs());
  }
  /// y of one cell in any type of numbers, with these parameters.
  template <class D>
  requires requires(const Net& net, std::span<const D> in, std::span<D> out) {
    net.evaluate(in, in, out);
  }
  void evaluate(const D& t, std::span<const D> x, std::span<const D> p, std::span<D> y) const {
    std::vector<D> input(x.begin(), x.end());
    input.push_back(t);
    network_.evaluate(p, std::span<const D>(input), y);
  }

 private:
  using S = Scalar;

  // The cotangent of [x; t] goes to those of x and t.
  static void add(const Eigen::Map<Matrix<S>>& ainput, Batch<S>& ax, RowView<S>& at) {
    for (Index j = 0; j < ax.cols(); ++j) {
      const S* const from = ainput.data() + j * ainput.rows();
      S* const to = ax.data() + j * ax.outerStride();
      by_packets<S>(ax.rows(), [&]<class P>(Index i) {
        using namespace Eigen::internal;
        pstoreu(to + i, padd(ploadu<P>(to + i), ploadu<P>(from + i)));
      });
      at[j] += from[ax.rows()];
    }
  }

  Net network_;
  Vector<Scalar> theta_;
};

/// A perceptron as a map of time and state: inputs + 1 → hidden → outputs.
template <std::floating_point S, nn::Activation A = nn::Selu>
[[nodiscard]] NeuralMap<nn::Mlp<S, A>> neural_map(Index inputs, Index outputs,
                                                  std::vector<Index> hidden, const Stream& stream,
                                                  A activation = {}) {
  return {nn::Mlp<S, A>({inputs + 1, std::move(hidden), outputs}, activation), stream};
}

}  // namespace cytode::fields
