// SPDX-License-Identifier: MIT
/// Curved paths between the ends of a pair, learned to be short in a metric of the cells.
#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/core/parameters.hpp>
#include <cytode/flow/mass.hpp>
#include <cytode/flow/path.hpp>
#include <cytode/nn/mlp.hpp>

namespace cytode::flow {

/// x_s = (1 − s) x0 + s x1 + 4 s(1 − s) φ_η(x0, x1, t) + σ ε,  t = t0 + s (t1 − t0),
/// u_s = x1 − x0 + 4 (1 − 2s) φ_η + 4 s(1 − s) ∂φ_η/∂s; growth at a constant rate.
/// [Kapusniak 2024, metric flow matching]
///
/// φ is a network of 2 d + 1 inputs [x0; x1; t] and d outputs, one for all intervals, whose
/// derivative in s is exact (jvp). It starts at φ = 0, the straight line; GeodesicEnergy trains it,
/// and a copy of the trained path goes to Matching. Its ends are the pair, whatever φ is.
template <Module Net = nn::Mlp<float, nn::Silu>>
class GeodesicPath {
 public:
  using Scalar = typename Net::Scalar;

  /// What forward and the derivatives remember of one batch of pairs.
  template <std::floating_point S>
  struct Workspace {
    typename Net::Cache net;
    Buffer<S> input, tangent, phi, rate;      // [x0; x1; t], its tangent in s; φ and ∂φ/∂s
    Buffer<S> aphi, arate, ainput, atangent;  // cotangents of these
  };

  /// σ: standard deviation of the tube around the curve, in data units. Throws
  /// std::invalid_argument unless the network has one input more than twice its outputs and σ ≥ 0.
  GeodesicPath(Net network, const Stream& stream, double sigma = 0.1)
      : network_(std::move(network)), sigma_(sigma) {
    check(network_.inputs() == 2 * network_.outputs() + 1, "flow::GeodesicPath", "the network has ",
          network_.inputs(), " inputs and ", network_.outputs(),
          " outputs, wanted inputs [x0; x1; t] for outputs like x0");
    check_not_negative("flow::GeodesicPath", "sigma", sigma);
    theta_.resize(network_.layout().size());
    network_.initialise(stream, theta_);
    for (const ParameterBlock& b : last_layer()) theta_.segment(b.offset, b.size()).setZero();
  }

  [[nodiscard]] Index dims() const noexcept { return network_.outputs(); }
  [[nodiscard]] double sigma() const noexcept { return sigma_; }
  [[nodiscard]] ParameterLayout layout() const { return network_.layout(); }
  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return theta_; }
  [[nodiscard]] const Vector<Scalar>& parameters() const noexcept { return theta_; }

  /// A Path for its own scalar type; a forward and a jvp of the network.
  template <std::floating_point S>
  void sample(const Pairs<S>& pairs, const Targets<S>& targets, Workspace<S>& w) const {
    auto x = targets.x;
    curve<S>(pairs, x, targets.u, w);
    x += static_cast<S>(sigma_) * pairs.noise;
    if (targets.spread.size() > 0) {
      auto spread = targets.spread;
      spread.setConstant(static_cast<S>(sigma_));
    }
    constant_growth<S>(pairs, targets);
  }

  /// The curve without its noise: x_s and u_s at σ = 0.
  template <std::floating_point S>
  void curve(const Pairs<S>& pairs, Batch<S> x, Batch<S> u, Workspace<S>& w) const {
    static_assert(std::same_as<S, Scalar>, "a learned path has the scalar type of its network");
    const Index d = dims(), n = pairs.s.size();
    check_features("flow::GeodesicPath", "x0", pairs.x0, d);
    auto input = w.input.shape(2 * d + 1, n), tangent = w.tangent.shape(2 * d + 1, n);
    input.topRows(d) = pairs.x0;
    input.middleRows(d, d) = pairs.x1;
    input.row(2 * d).array() =
        static_cast<S>(pairs.t0) + pairs.s.array() * static_cast<S>(pairs.length());
    tangent.setZero();
    tangent.row(2 * d).setConstant(static_cast<S>(pairs.length()));
    auto phi = w.phi.shape(d, n), rate = w.rate.shape(d, n);
    network_.forward(theta_, input, phi, w.net);
    network_.jvp(theta_, input, tangent, rate, w.net);
    u = pairs.x1 - pairs.x0;
    for (Index i = 0; i < n; ++i) {
      const S s = pairs.s[i];
      x.col(i) = pairs.x0.col(i) + s * u.col(i) + bump(s) * phi.col(i);
      u.col(i) += slope(s) * phi.col(i) + bump(s) * rate.col(i);
    }
  }
  /// gradient += (∂x/∂η)ᵀ ax + (∂u/∂η)ᵀ au, after `curve` of the same pairs.
  template <std::floating_point S>
  void pull_back(const Pairs<S>& pairs, const ConstBatch<S>& ax, const ConstBatch<S>& au,
                 VectorView<S> gradient, Workspace<S>& w) const {
    const Index d = dims(), n = pairs.s.size();
    auto aphi = w.aphi.shape(d, n), arate = w.arate.shape(d, n);
    for (Index i = 0; i < n; ++i) {
      const S s = pairs.s[i];
      aphi.col(i) = bump(s) * ax.col(i) + slope(s) * au.col(i);
      arate.col(i) = bump(s) * au.col(i);
    }
    auto ainput = w.ainput.shape(2 * d + 1, n), atangent = w.atangent.shape(2 * d + 1, n);
    ainput.setZero();
    atangent.setZero();
    network_.jvp_vjp(theta_, w.input.view(), w.tangent.view(), aphi, arate, ainput, atangent,
                     gradient, w.net);
  }

 private:
  static Scalar bump(Scalar s) noexcept { return 4 * s * (1 - s); }
  static Scalar slope(Scalar s) noexcept { return 4 * (1 - 2 * s); }

  // The blocks of the layer that writes φ: as many rows as there are features, at the end.
  [[nodiscard]] std::vector<ParameterBlock> last_layer() const {
    const ParameterLayout all = network_.layout();
    const std::string& last = all.blocks().back().name;
    const std::string layer = last.substr(0, last.rfind('.'));
    std::vector<ParameterBlock> blocks;
    for (const ParameterBlock& b : all.blocks()) {
      if (b.name.substr(0, b.name.rfind('.')) == layer) blocks.push_back(b);
    }
    return blocks;
  }

  Net network_;
  Vector<Scalar> theta_;
  double sigma_;
};

/// The usual path: a perceptron of d features with SiLU between layers of these widths.
template <std::floating_point S>
[[nodiscard]] GeodesicPath<nn::Mlp<S, nn::Silu>> geodesic_path(Index dims,
                                                               std::vector<Index> hidden,
                                                               const Stream& stream,
                                                               double sigma = 0.1) {
  return {nn::Mlp<S, nn::Silu>({2 * dims + 1, std::move(hidden), dims}), stream, sigma};
}

}  // namespace cytode::flow
