// SPDX-License-Identifier: MIT
/// The unbalanced coupling of two populations: mass may be moved, lost or gained.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include <cytode/ot/coupling.hpp>
#include <cytode/ot/ground_cost.hpp>
#include <cytode/ot/sinkhorn.hpp>
#include <cytode/ot/sinkhorn_sampler.hpp>
#include <cytode/ot/wfr_cost.hpp>

namespace cytode::ot {

/// Joins a population of mass 1 with one of mass `mass_ratio` by pairs drawn from the plan of least
/// Σ c π + ε KL(π | a bᵀ) + τ₀ KL(π 1 | a) + τ₁ KL(πᵀ 1 | b) [Chizat 2018, Frogner 2015].
///
/// Where moving costs more than τ, mass dies and is born instead: small penalties follow the
/// growth, large ones tend to balanced transport of the mean mass. penalty0 = ∞ keeps the sources
/// (semi-relaxed: each source has its whole mass to send and targets take what comes), penalty1 = ∞
/// the targets, whose sources then grow as they must: VGFM [Wang 2025]. With WfrCost and penalties
/// of 1 it is WFR transport: wfr(δ).
/// mass0 and mass1 of a pair are its shares of both populations, so a pair's growth is
/// log(mass1/mass0).
template <GroundCost G = SquaredEuclidean>
struct Unbalanced {
  double epsilon = 0.05;
  double penalty0 = 1;   ///< τ₀, ∞ to keep every source.
  double penalty1 = 1;   ///< τ₁, ∞ to keep every target.
  bool relative = true;  ///< ε and penalties count in means of the cost over allowed pairs.
  double tolerance = 1e-4;
  Index passes = 10000;
  G cost{};

  /// Cost matrix, solver and sampler, reused from batch to batch.
  template <std::floating_point S>
  struct Workspace {
    Matrix<S> cost;
    typename G::template Workspace<S> cells;
    Sinkhorn<S> plan;
    SinkhornSampler<S> sampler;
    std::vector<double> a, b;  ///< Weights of sum 1 and mass_ratio.
  };

  /// Throws std::invalid_argument on what Sinkhorn::solve refuses, std::runtime_error if `passes`
  /// do not reach the tolerance.
  template <std::floating_point S>
  void join(const Sides<S>& sides, const PairList& pairs, const Stream& stream,
            Workspace<S>& w) const {
    constexpr auto me = "ot::Unbalanced";
    check_join<S>(me, sides, pairs);
    cost.template fill<S>(sides, w.cost, w.cells);
    share(sides.weights0, sides.x0.cols(), 1, w.a);
    share(sides.weights1, sides.x1.cols(), sides.mass_ratio, w.b);
    const auto result = w.plan.solve(w.cost, w.a, w.b,
                                     {.epsilon = epsilon,
                                      .relative = relative,
                                      .relative_penalties = relative,
                                      .row_penalty = penalty0,
                                      .column_penalty = penalty1,
                                      .tolerance = tolerance,
                                      .passes = passes});
    throw_unless_ok(result.status, me);
    w.sampler.load(w.plan, sides);
    w.sampler.draw(w.plan, sides, pairs, stream);
  }

 private:
  static void share(std::span<const double> w, Index n, double mass, std::vector<double>& out) {
    out.assign(static_cast<std::size_t>(n), 1.0);
    double sum = 0;
    for (std::size_t i = 0; i < out.size(); ++i) sum += out[i] = w.empty() ? 1 : w[i];
    for (double& x : out) x *= mass / sum;
  }
};
static_assert(Coupling<Unbalanced<>>);

/// Wasserstein–Fisher–Rao transport at length δ: WfrCost{δ}, penalties of 1, ε in units of that
/// cost [Peng 2026, WFR-FM].
[[nodiscard]] inline Unbalanced<WfrCost> wfr(double delta, double epsilon = 0.01) {
  return {.epsilon = epsilon, .relative = false, .cost = {.delta = delta}};
}

}  // namespace cytode::ot
