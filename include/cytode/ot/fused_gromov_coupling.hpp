// SPDX-License-Identifier: MIT
/// The coupling that joins two batches by features and by distances within each.
#pragma once

#include <algorithm>
#include <span>

#include <cytode/core/types.hpp>
#include <cytode/ot/coupling.hpp>
#include <cytode/ot/fused_gromov.hpp>
#include <cytode/ot/ground_cost.hpp>
#include <cytode/ot/sampler.hpp>

namespace cytode::ot {

/// Joins two batches by the best fused Gromov–Wasserstein plan found, on the cost G between cells
/// and distances within each side. Balanced: ignores mass_ratio, both masses are 1.
///
/// alpha = 1 looks at distances within the sides only: Gromov–Wasserstein, for spaces that do not
/// correspond. Spaces of different dimension fit after padding the smaller with zero features,
/// which changes no distance. The two parts are taken in their own units; scale the features or
/// choose alpha so that both count. O(n³) a join and more than Exact by the iterations.
template <GroundCost G = SquaredEuclidean>
struct FusedGromov {
  double alpha = 0.5;  ///< Weight of the distances, 0 to 1.
  /// The start is the plan that matches distance profiles; batches need no certified optimum.
  GromovOptions options = {.iterations = 50, .tolerance = 1e-6, .from_product = false};
  G cost{};

  /// Costs and sampler, reused from batch to batch.
  template <std::floating_point S>
  struct Workspace {
    Matrix<S> cost, within0, within1;
    typename G::template Workspace<S> cells;
    CostWorkspace<S> distances;
    PlanSampler sampler;
  };

  /// Throws std::invalid_argument on shapes that do not fit, NaN or infinite coordinates, bad
  /// weights or options, and where forbidden pairs leave mass that cannot be transported.
  template <std::floating_point S>
  void join(const Sides<S>& sides, const PairList& pairs, const Stream& stream,
            Workspace<S>& w) const {
    check_join<S>("ot::FusedGromov", sides, pairs);
    w.cost.resize(0, 0);
    if (alpha < 1) cost.template fill<S>(sides, w.cost, w.cells);
    euclidean<S>(sides.x0, sides.x0, w.within0, w.distances);
    euclidean<S>(sides.x1, sides.x1, w.within1, w.distances);
    const Plan plan =
        fused_gromov(w.cost, w.within0, w.within1, alpha, weights(sides.weights0, sides.x0.cols()),
                     weights(sides.weights1, sides.x1.cols()), options);
    w.sampler.load(plan, sides.weights0, sides.weights1);
    w.sampler.draw_evenly(stream, pairs);
    std::ranges::fill(pairs.mass1, 1);  // 1 but for the rounding of the plan's masses
  }

 private:
  static Vector<double> weights(std::span<const double> w, Index n) {
    using Masses = Vector<deferred_t<double, G>>;
    if (w.empty()) return Masses::Ones(n);
    return Eigen::Map<const Masses>(w.data(), n);
  }
};
static_assert(Coupling<FusedGromov<>>);

}  // namespace cytode::ot
