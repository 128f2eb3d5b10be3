// SPDX-License-Identifier: MIT
/// The coupling that joins only a part of two batches and lets the rest die or be born.
#pragma once

#include <span>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/coupling.hpp>
#include <cytode/ot/ground_cost.hpp>
#include <cytode/ot/partial.hpp>
#include <cytode/ot/sampler.hpp>

namespace cytode::ot {

/// Joins cells by the exact plan that moves `fraction` of the smaller of the masses 1 and
/// mass_ratio; cells it leaves out are drawn without a partner.
///
/// For populations that share only a part: outliers and cell types of one side do not drag pairs
/// across the gap. At fraction 1 and mass_ratio 1 it is Exact.
template <GroundCost G = SquaredEuclidean>
struct Partial {
  double fraction = 0.9;  ///< Above 0, at most 1.
  G cost{};

  /// Cost matrix and sampler, reused from batch to batch.
  template <std::floating_point S>
  struct Workspace {
    Matrix<S> cost;
    typename G::template Workspace<S> cells;
    PlanSampler sampler;
  };

  /// Throws std::invalid_argument on shapes that do not fit, a fraction that moves nothing, NaN or
  /// infinite coordinates, bad weights, and where forbidden pairs leave mass that must be moved.
  template <std::floating_point S>
  void join(const Sides<S>& sides, const PairList& pairs, const Stream& stream,
            Workspace<S>& w) const {
    constexpr auto me = "ot::Partial";
    check_join<S>(me, sides, pairs);
    check(fraction > 0 && fraction <= 1, me, "fraction is ", fraction,
          ", wanted above 0, at most 1");
    cost.template fill<S>(sides, w.cost, w.cells);
    const Vector<double> a = masses(me, "weights0", sides.weights0, sides.x0.cols(), 1);
    const Vector<double> b =
        masses(me, "weights1", sides.weights1, sides.x1.cols(), sides.mass_ratio);
    const Plan plan = partial_transport(w.cost, a, b, {.fraction = fraction});
    throw_unless_ok(plan.status, me);
    w.sampler.load(plan, sides.weights0, sides.weights1, sides.mass_ratio);
    w.sampler.draw_evenly(stream, pairs);
  }

 private:
  static Vector<double> masses(std::string_view me, std::string_view what,
                               std::span<const double> w, Index n, double sum) {
    using Masses = Vector<deferred_t<double, G>>;
    if (w.empty()) return Masses::Constant(n, sum / static_cast<double>(n));
    const Eigen::Map<const Masses> given(w.data(), n);
    return given * (sum / sum_of_weights(me, what, given, n, "cells"));
  }
};
static_assert(Coupling<Partial<>>);

}  // namespace cytode::ot
