// SPDX-License-Identifier: MIT
/// Conditional flow matching over any number of time points: the objective that trains the
/// dynamics.
#pragma once

#include <type_traits>
#include <utility>

#include <cytode/core/workers.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/flow/pair_draws.hpp>
#include <cytode/flow/regression.hpp>

namespace cytode::flow {

/// How a flow-matching objective is set up.
struct MatchingOptions {
  Index batch = 256;                 ///< Pairs a step, shared evenly among the intervals.
  fields::Heads heads{};             ///< What the map learns; default: velocity alone.
  HeadWeights weights{};             ///< Of growth and score beside the velocity.
  bool condition_of_source = false;  ///< A pair's condition is that of x0, not of x1.
  double condition_dropout = 0;      ///< Share of samples whose condition is replaced by zeros, for
                                     ///< classifier-free guidance [Ho 2022].

  [[nodiscard]] DrawOptions draws() const {
    return {batch, condition_of_source, condition_dropout};
  }
};

/// One map of dynamics for all intervals between time points t_0 < t_1 < … [Tong 2024].
///
/// A step draws pairs for every interval k: cells x0 of t_k and x1 of t_{k+1}, joined by the
/// coupling or drawn from a plan, a fraction s, noise ε. With x_s, u_s, growth and mass from the
/// path it regresses velocity, growth and score of the map at time t_k + sΔ, Δ = t_{k+1} − t_k, in
/// units of displacement (see Regression). The velocity alone:
///
///   L(θ) = mean over pairs of m_s |Δ v_θ(t_k + sΔ, x_s) − u_s|² / d,
///
/// the usual loss where Δ = 1 and masses are 1. The fractions are stratified: the i-th of n pairs
/// has s ∈ [i/n, (i+1)/n).
///
/// Path × coupling × heads × conditions are free: OT-CFM is LinearPath with ot::Exact, SB-CFM and
/// [SF]²M BridgePath with ot::Entropic (and a score head), VGFM LinearPath with a semi-relaxed
/// coupling and a growth head, and so on.
///
/// Cost a step: one coupling an interval, then forward and vjp on all pairs in chunks of cells, in
/// parallel; the result does not depend on the number of threads. Nothing is allocated once warm.
template <Trainable M, Path P, PairSource C>
class Matching {
 public:
  using Scalar = typename M::Scalar;

  /// `map`, the cells of `marginals` and `workers` must outlive this; a temporary list is refused.
  /// A marginal may have conditions, weights and a mass (see flow::Marginal). Throws
  /// std::invalid_argument for heads that do not fit the map, fewer than two marginals, times that
  /// do not increase, other features or conditions than the heads', a marginal that is empty or
  /// holds NaN or infinity, a batch smaller than the number of intervals, or a dropout outside
  /// [0, 1).
  template <class Marginals>
  Matching(M& map, const Marginals&& marginals, P path, C coupling, MatchingOptions options,
           Workers& workers) = delete;
  template <class Marginals>
  Matching(M& map, const Marginals& marginals, P path, C coupling, MatchingOptions options,
           Workers& workers)
      : regression_("flow::Matching", map, options.heads, options.weights, workers),
        draws_("flow::Matching", marginals, std::move(path), std::move(coupling), options.draws(),
               regression_.heads()) {}
  /// A velocity field with a batch of so many pairs.
  template <class Marginals>
  Matching(M& field, const Marginals&& marginals, P path, C coupling, Index batch,
           Workers& workers) = delete;
  template <class Marginals>
  Matching(M& field, const Marginals& marginals, P path, C coupling, Index batch, Workers& workers)
      : Matching(field, marginals, std::move(path), std::move(coupling),
                 MatchingOptions{.batch = batch}, workers) {}

  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return regression_.map().parameters(); }
  /// The crew it works on; updates of the parameters run on it too.
  [[nodiscard]] Workers& workers() noexcept { return regression_.workers(); }

  /// The loss and its gradient for the draws of `stream`, which stands at the training step.
  double value_and_gradient(const Stream& stream, Vector<Scalar>& gradient) {
    draws_.draw(stream, regression_.workers());
    return regression_.value_and_gradient(
        draws_.batch(),
        [&](Index room, Index first, const Samples<Scalar>& samples) {
          draws_.fill(room, first, samples, stream);
        },
        gradient);
  }

 private:
  Regression<M> regression_;
  PairDraws<Scalar, P, C> draws_;
};

}  // namespace cytode::flow
