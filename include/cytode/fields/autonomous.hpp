// SPDX-License-Identifier: MIT
/// A network with its parameters as a vector field v(x) = m(θ, x) that does not see the time.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/nn/mlp.hpp>

namespace cytode::fields {

/// v(x) = m(θ, x), the same at all times: x: dims × n, m: dims → dims.
///
/// For systems whose law does not change while they are watched: what is learned on one stretch of
/// time then holds on another. fields::Neural takes the time as one more input. The field owns θ;
/// all operations are const but `parameters()`, so one field serves many threads, each with a
/// Cache of its own.
template <Module Net>
class Autonomous {
 public:
  using Scalar = typename Net::Scalar;
  using Cache = typename Net::Cache;

  /// Random initial parameters from a stream; throws std::invalid_argument unless the network has
  /// as many outputs as inputs.
  Autonomous(Net network, const Stream& stream) : network_(std::move(network)) {
    check(network_.inputs() == network_.outputs(), "fields::Autonomous", "the network has ",
          network_.inputs(), " inputs and ", network_.outputs(),
          " outputs, wanted the same number");
    theta_.resize(network_.layout().size());
    network_.initialise(stream, theta_);
  }

  [[nodiscard]] Index dims() const noexcept { return network_.outputs(); }
  [[nodiscard]] const Net& network() const noexcept { return network_; }
  [[nodiscard]] ParameterLayout layout() const { return network_.layout(); }
  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return theta_; }
  [[nodiscard]] const Vector<Scalar>& parameters() const noexcept { return theta_; }

  /// dx = v(x).
  void forward(Times<Scalar>, const ConstBatch<Scalar>& x, Batch<Scalar> dx, Cache& cache) const {
    network_.forward(theta_, x, dx, cache);
  }
  /// atheta += (∂v/∂θ)ᵀ a, after forward at the same x.
  void vjp(Times<Scalar>, const ConstBatch<Scalar>& x, const ConstBatch<Scalar>& a,
           VectorView<Scalar> atheta, Cache& cache) const {
    network_.vjp(theta_, x, a, atheta, cache);
  }
  /// The same, and ax += (∂v/∂x)ᵀ a; at stays as it is.
  void vjp(Times<Scalar>, const ConstBatch<Scalar>& x, const ConstBatch<Scalar>& a, RowView<Scalar>,
           Batch<Scalar> ax, VectorView<Scalar> atheta, Cache& cache) const {
    network_.vjp(theta_, x, a, ax, atheta, cache);
  }
  /// out = (∂v/∂x) ẋ, after forward at the same x.
  void jvp(Times<Scalar>, const ConstBatch<Scalar>& x, Times<Scalar>,
           const ConstBatch<Scalar>& xdot, Batch<Scalar> out, Cache& cache) const {
    network_.jvp(theta_, x, xdot, out, cache);
  }
  /// Adds the vjp of (θ, x, ẋ) ↦ (v, v̇) at cotangents (a, b), after jvp at the same ẋ.
  void jvp_vjp(Times<Scalar>, const ConstBatch<Scalar>& x, Times<Scalar>,
               const ConstBatch<Scalar>& xdot, const ConstBatch<Scalar>& a,
               const ConstBatch<Scalar>& b, RowView<Scalar>, Batch<Scalar> ax, Batch<Scalar> axdot,
               VectorView<Scalar> atheta, Cache& cache) const {
    network_.jvp_vjp(theta_, x, xdot, a, b, ax, axdot, atheta, cache);
  }
  /// v(x) of one cell in any type of numbers, with these parameters.
  template <class D>
  void evaluate(const D&, std::span<const D> x, std::span<const D> p,
                std::span<D> dx) const requires requires(const Net& net) {
    net.evaluate(p, x, dx);
  }
  { network_.evaluate(p, x, dx); }

 private:
  Net network_;
  Vector<Scalar> theta_;
};

/// A perceptron as a field of so many dimensions: dims → hidden → dims.
template <std::floating_point S, nn::Activation A = nn::Selu>
[[nodiscard]] Autonomous<nn::Mlp<S, A>> autonomous(Index dims, std::vector<Index> hidden,
                                                   const Stream& stream, A activation = {}) {
  return {nn::Mlp<S, A>({dims, std::move(hidden), dims}, activation), stream};
}

}  // namespace cytode::fields
