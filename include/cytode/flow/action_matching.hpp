// SPDX-License-Identifier: MIT
/// Action matching: learns the potential whose gradient carries given marginals, from samples.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/flow/pair_draws.hpp>
#include <cytode/ot/exact.hpp>

namespace cytode::flow {

/// How action matching is set up.
struct ActionOptions {
  Index batch = 256;     ///< Samples a step, shared evenly among the intervals.
  Index conditions = 0;  ///< Rows of the condition, beside the features an input of the potential.
  bool growth = false;   ///< The unbalanced action: mass grows at rate φ/δ².
  double delta = 1;      ///< δ, in data units; see fields::Gradient.
};

/// The variational loss of a potential φ(t, x) over marginals ρ_t [Neklyudov 2023, action
/// matching],
///
///   L(φ) = Σ_k E_{ρ_{t_k}} φ − E_{ρ_{t_{k+1}}} φ + ∫ E_{ρ_t} [∂_t φ + ½|∇φ|² + φ²/(2δ²)] dt,
///
/// the last term with growth only. Its minimiser is the potential of the field of least energy, v =
/// ∇φ (and g = φ/δ²), that makes ρ_t: L + the action of that field is ½ ∫ E |∇φ − v*|² dt. The
/// marginals between the time points are those of the path and the coupling: a straight path
/// between optimal pairs leaves φ no choice, one between independent pairs tells only what ρ_t is.
/// Expectations are over mass, sums over intervals are means. The loss may be negative.
///
/// φ has features + conditions inputs and one output; carry cells with fields::Gradient. Cost a
/// sample: forward, vjp, jvp and jvp_vjp, and forward and vjp at both ends.
template <TimedMap M, Path P = LinearPath, PairSource C = ot::Exact<>>
class ActionMatching {
 public:
  using Scalar = typename M::Scalar;

  /// `potential`, the cells of `marginals` and `workers` must outlive this. Throws
  /// std::invalid_argument as Matching, for a potential with other outputs than one, and for delta
  /// that is not positive.
  template <class Marginals>
  ActionMatching(M& potential, const Marginals& marginals, P path, C coupling,
                 ActionOptions options, Workers& workers)
      : map_(potential),
        workers_(workers),
        rate_(options.growth ? 1 / (options.delta * options.delta) : 0),
        draws_(me, marginals, std::move(path), std::move(coupling), {.batch = options.batch},
               {.dims = checked(potential, options), .conditions = options.conditions}) {
    chunks_.resize(static_cast<std::size_t>(chunk_count(options.batch)));
  }

  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return map_.parameters(); }

  /// The loss and its gradient for the draws of `stream`, which stands at the training step.
  double value_and_gradient(const Stream& stream, Vector<Scalar>& gradient) {
    draws_.draw(stream, workers_);
    workers_.run(static_cast<Index>(chunks_.size()), [&](Index c, int) { act(c, stream); });
    gradient.setZero(map_.parameters().size());
    double loss = 0;
    for (const Chunk& c : chunks_) {
      gradient += c.gradient;
      loss += c.loss;
    }
    return loss;
  }

 private:
  using S = Scalar;
  static constexpr auto me = "flow::ActionMatching";

  struct Chunk {
    typename M::Cache map;
    Buffer<S> time, time1, length, weight, weight1;
    Buffer<S> z, z1, u, noise, phi, a, b, slope, flow, at, unused, along;
    Vector<S> gradient, scratch;
    double loss = 0;
  };

  static Index checked(const M& potential, const ActionOptions& o) {
    check(potential.outputs() == 1, me, "the potential has ", potential.outputs(),
          " outputs, wanted 1");
    check(o.conditions >= 0 && potential.inputs() > o.conditions, me, "the potential has ",
          potential.inputs(), " inputs, ", o.conditions, " of them conditions");
    check_positive(me, "delta", o.delta);
    return potential.inputs() - o.conditions;
  }

  void act(Index index, const Stream& stream) {
    Chunk& c = chunks_[static_cast<std::size_t>(index)];
    const Index first = index * chunk_cells;
    const Index n = std::min(chunk_cells, draws_.batch() - first);
    c.gradient.setZero(map_.parameters().size());
    c.loss = between(c, index, first, n, stream) + at_ends(c, first, n);
  }

  // ∂_t φ + ½|∇φ|² + rate/2 φ² at samples of the path: its derivative by θ is that of φ̇ along the
  // fixed direction (1, ∇φ), plus rate φ times that of φ.
  double between(Chunk& c, Index index, Index first, Index n, const Stream& stream) {
    const Index d = draws_.heads().dims, inputs = map_.inputs();
    auto time = c.time.row(n), length = c.length.row(n), weight = c.weight.row(n);
    auto none = c.unused.row(0), at = c.at.row(n);
    auto z = c.z.shape(inputs, n), slope = c.slope.shape(inputs, n), flow = c.flow.shape(1, n);
    auto phi = c.phi.shape(1, n), a = c.a.shape(1, n), b = c.b.shape(1, n);
    draws_.fill(
        index, first,
        Samples<S>{time, z, length, c.u.shape(d, n), none, weight, none, c.noise.shape(d, n)},
        stream);
    const Times<S> t(time);
    map_.forward(t, z, phi, c.map);
    a.setOnes();
    slope.setZero();
    at.setZero();
    c.scratch.setZero(map_.parameters().size());
    map_.vjp(t, z, a, at, slope, c.scratch, c.map);
    slope.bottomRows(inputs - d).setZero();  // conditions do not flow
    // Means over pairs stand for ∫ ρ over each interval: a share Δ of time for every pair.
    const S share = static_cast<S>(1 / static_cast<double>(draws_.batch()));
    b = (weight.array() * length.array() * share).matrix();
    const auto energy = S(0.5) * slope.colwise().squaredNorm().array();
    const auto growth = static_cast<S>(0.5 * rate_) * phi.row(0).array().square();
    const double loss =
        static_cast<double>((b.row(0).array() * (at.array() + energy + growth)).sum());
    a = static_cast<S>(rate_) * b.cwiseProduct(phi);
    map_.jvp(t, z, Times<S>(S(1)), slope, flow, c.map);
    auto az = c.z1.shape(inputs, n), along = c.along.shape(inputs, n);
    az.setZero();
    along.setZero();
    map_.jvp_vjp(t, z, Times<S>(S(1)), slope, a, b, at, az, along, c.gradient, c.map);
    return loss;
  }

  // φ at t0 minus φ at t1, by mass.
  double at_ends(Chunk& c, Index first, Index n) {
    auto time0 = c.time.row(n), time1 = c.time1.row(n);
    auto mass0 = c.weight.row(n), mass1 = c.weight1.row(n);
    auto z0 = c.z.shape(map_.inputs(), n), z1 = c.z1.shape(map_.inputs(), n);
    draws_.ends(first, {z0, z1, time0, time1, mass0, mass1});
    const double share = 1 / static_cast<double>(draws_.batch());
    double loss = 0;
    const auto end = [&](const auto& z, const auto& time, const auto& mass, double sign) {
      auto phi = c.phi.shape(1, n), a = c.a.shape(1, n);
      map_.forward(Times<S>(time), z, phi, c.map);
      a = static_cast<S>(sign * share) * mass;
      loss += static_cast<double>(a.cwiseProduct(phi).sum());
      map_.vjp(Times<S>(time), z, a, c.gradient, c.map);
    };
    end(z0, time0, mass0, 1);
    end(z1, time1, mass1, -1);
    return loss;
  }

  M& map_;
  Workers& workers_;
  double rate_;
  PairDraws<S, P, C> draws_;
  std::vector<Chunk> chunks_;
};

}  // namespace cytode::flow
