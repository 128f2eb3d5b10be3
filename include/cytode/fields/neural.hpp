// SPDX-License-Identifier: MIT
/// A network with its parameters as a vector field v(t, x) = m(θ, [x; t]).
#pragma once

#include <utility>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/nn/mlp.hpp>

namespace cytode::fields {

/// v(t, x) = m(θ, [x; t]): the time is the network's last input, as in torchcfm. x: dims × n.
///
/// The network m has dims + 1 inputs and dims outputs; the field owns θ. All operations are const
/// but `parameters()`, so one field serves many threads, each with a Cache of its own.
template <Module Net>
class Neural {
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

  /// Random initial parameters from a stream; throws std::invalid_argument on sizes that do not
  /// make a field.
  Neural(Net network, const Stream& stream) : network_(std::move(network)) {
    check(network_.inputs() == network_.outputs() + 1, "fields::Neural", "the network has ",
          network_.inputs(), " inputs and ", network_.outputs(),
          " outputs, wanted one input more than outputs (the time)");
    theta_.resize(network_.layout().size());
    network_.initialise(stream, theta_);
  }

  [[nodiscard]] Index dims() const noexcept { return network_.outputs(); }
  [[nodiscard]] const Net& network() const noexcept { return network_; }
  [[nodiscard]] ParameterLayout layout() const { return network_.layout(); }
  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return theta_; }
  [[nodiscard]] const Vector<Scalar>& parameters() const noexcept { return theta_; }

  /// dx = v(t, x).
  void forward(Times<Scalar> t, const ConstBatch<Scalar>& x, Batch<Scalar> dx, Cache& cache) const {
    eigen_assert(x.rows() == dims() && t.fits(x.cols()));
    auto input = cache.input.shape(dims() + 1, x.cols());
    input.topRows(dims()) = x;
    input.row(dims()) = t.row(x.cols());
    network_.forward(theta_, input, dx, cache.net);
  }
  /// atheta += (∂v/∂θ)ᵀ a, after forward at the same (t, x).
  void vjp(Times<Scalar>, const ConstBatch<Scalar>&, const ConstBatch<Scalar>& a,
           VectorView<Scalar> atheta, Cache& cache) const {
    network_.vjp(theta_, cache.input.view(), a, atheta, cache.net);
  }
  /// The same, at += (∂v/∂t)ᵀ a cell by cell, and ax += (∂v/∂x)ᵀ a.
  void vjp(Times<Scalar>, const ConstBatch<Scalar>&, const ConstBatch<Scalar>& a,
           RowView<Scalar> at, Batch<Scalar> ax, VectorView<Scalar> atheta, Cache& cache) const {
    auto ainput = cache.cotangent.shape(dims() + 1, a.cols());
    ainput.setZero();
    network_.vjp(theta_, cache.input.view(), a, ainput, atheta, cache.net);
    ax += ainput.topRows(dims());
    at += ainput.row(dims());
  }
  /// out = (∂v/∂x) ẋ + (∂v/∂t) ṫ, after forward at the same (t, x).
  void jvp(Times<Scalar>, const ConstBatch<Scalar>&, Times<Scalar> tdot,
           const ConstBatch<Scalar>& xdot, Batch<Scalar> out, Cache& cache) const {
    auto tangent = cache.tangent.shape(dims() + 1, xdot.cols());
    tangent.topRows(dims()) = xdot;
    tangent.row(dims()) = tdot.row(xdot.cols());
    network_.jvp(theta_, cache.input.view(), tangent, out, cache.net);
  }
  /// Adds the vjp of (θ, t, x, ẋ) ↦ (v, v̇) at cotangents (a, b), after jvp at the same (ṫ, ẋ).
  void jvp_vjp(Times<Scalar>, const ConstBatch<Scalar>&, Times<Scalar>, const ConstBatch<Scalar>&,
               const ConstBatch<Scalar>& a, const ConstBatch<Scalar>& b, RowView<Scalar> at,
               Batch<Scalar> ax, Batch<Scalar> axdot, VectorView<Scalar> atheta,
               Cache& cache) const {
    auto ainput = cache.cotangent.shape(dims() + 1, a.cols());
    auto atangent = cache.cotangent_of_tangent.shape(dims() + 1, a.cols());
    ainput.setZero();
    atangent.setZero();
    network_.jvp_vjp(theta_, cache.input.view(), cache.tangent.view(), a, b, ainput, atangent,
                     atheta, cache.net);
    ax += ainput.topRows(dims());
    axdot += atangent.topRows(dims());
    at += ainput.row(dims());
  }

 private:
  Net network_;
  Vector<Scalar> theta_;
};

/// A perceptron as a field of so many dimensions: dims + 1 → hidden → dims.
template <std::floating_point S, nn::Activation A = nn::Selu>
[[nodiscard]] Neural<nn::Mlp<S, A>> neural(Index dims, std::vector<Index> hidden,
                                           const Stream& stream, A activation = {}) {
  return {nn::Mlp<S, A>({dims + 1, std::move(hidden), dims}, activation), stream};
}

}  // namespace cytode::fields
