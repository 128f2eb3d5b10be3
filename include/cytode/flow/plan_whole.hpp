// SPDX-License-Identifier: MIT
/// Plans between whole populations, made once by the rule that couplings use on batches.
#pragma once

#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/status.hpp>
#include <cytode/flow/planned.hpp>
#include <cytode/flow/population.hpp>
#include <cytode/ot/coupling.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/plan.hpp>
#include <cytode/ot/sampler.hpp>
#include <cytode/ot/transport.hpp>

namespace cytode::flow {

/// A coupling whose workspace keeps the entropic plan of its last call: ot::Entropic,
/// ot::Unbalanced.
template <class C, class S>
concept KeepsPlan = requires(const typename C::template Workspace<S>& w, Matrix<S>& pi) {
  w.plan.plan(pi);
};

/// A coupling that solves for the least cost: ot::Exact.
template <class C, class S>
concept SolvesExactly = requires(const C& c, const ot::Sides<S>& sides,
                                 typename C::template Workspace<S>& w) {
  c.cost.template fill<S>(sides, w.cost, w.cells);
  w.assignment;
};

/// r of a coupling that makes and removes mass: mass of the second population over the first;
/// else 1.
template <std::floating_point S, ot::Coupling C>
[[nodiscard]] double mass_ratio(const C& /*coupling*/, const Interval<S>& interval) {
  constexpr bool changes_mass = requires(const C& c) {
    c.penalty0;
  };
  return changes_mass ? interval.to.mass / interval.from.mass : 1;
}

/// The plan by which the coupling joins two whole populations.
///
/// Entries below `cut` of the largest of their row are left out. Time and memory of one coupling of
/// n × m cells. Throws as the coupling does.
template <std::floating_point S, ot::Coupling C>
requires KeepsPlan<C, S> || SolvesExactly<C, S>
[[nodiscard]] ot::Plan whole_plan(const C& coupling, const Interval<S>& interval,
                                  double cut = 1e-7) {
  constexpr std::string_view me = "flow::plan_whole";
  check_not_negative(me, "cut", cut);
  const Population<S>&from = interval.from, &to = interval.to;
  const ot::Sides<S> sides{.x0 = *from.cells,
                           .x1 = *to.cells,
                           .weights0 = from.weights,
                           .weights1 = to.weights,
                           .mass_ratio = mass_ratio<S>(coupling, interval),
                           .duration = to.time - from.time,
                           .interval = interval.number};
  typename C::template Workspace<S> w;
  ot::Plan plan{.rows = sides.x0.cols(), .cols = sides.x1.cols()};
  if constexpr (KeepsPlan<C, S>) {
    Index row = 0, col = 0;
    double mass0 = 0, mass1 = 0;
    coupling.template join<S>(sides, {{&row, 1}, {&col, 1}, {&mass0, 1}, {&mass1, 1}}, Stream(0),
                              w);
    Matrix<S> pi;
    w.plan.plan(pi);
    for (Index i = 0; i < pi.rows(); ++i) {
      const double least = cut * static_cast<double>(pi.row(i).maxCoeff());
      for (Index j = 0; j < pi.cols(); ++j) {
        const auto mass = static_cast<double>(pi(i, j));
        if (mass > least) plan.entries.push_back({i, j, mass});
      }
    }
  } else {
    coupling.cost.template fill<S>(sides, w.cost, w.cells);
    using Shares = Vector<deferred_t<double, S>>;
    const auto shares = [](const Population<S>& p) -> Shares {
      const Index n = p.cells->cols();
      if (p.weights.empty()) return Shares::Constant(n, 1 / static_cast<double>(n));
      const Eigen::Map<const Shares> weights(p.weights.data(), n);
      return weights / weights.sum();
    };
    const bool alike = from.weights.empty() && to.weights.empty();
    plan = alike ? ot::transport(w.cost) : ot::transport(w.cost, shares(from), shares(to));
    throw_unless_ok(plan.status, me);
  }
  return plan;
}

/// The coupling of two whole populations as a plan to draw from, 40 bytes an entry; see whole_plan.
template <std::floating_point S, ot::Coupling C>
requires KeepsPlan<C, S> || SolvesExactly<C, S>
[[nodiscard]] ot::PlanSampler plan_interval(const C& coupling, const Interval<S>& interval,
                                            double cut = 1e-7) {
  return ot::PlanSampler(whole_plan<S>(coupling, interval, cut), interval.from.weights,
                         interval.to.weights, mass_ratio<S>(coupling, interval));
}

/// Pairs drawn from one plan an interval, made now, by ot::Exact, ot::Entropic or ot::Unbalanced.
///
/// Without the bias and scatter of minibatches: with growth, what a plan of the whole says of each
/// cell's descendants, not what batches of changing composition do. Choose it up to some 10⁴ cells
/// a time, minibatches above. Throws as flow::Matching on marginals and as the coupling.
template <ot::Coupling C, class Marginals>
[[nodiscard]] Planned plan_whole(const C& coupling, const Marginals& marginals, double cut = 1e-7) {
  using S = typename std::decay_t<decltype(std::begin(marginals)->cells)>::Scalar;
  constexpr std::string_view me = "flow::plan_whole";
  check(std::begin(marginals) != std::end(marginals), me, "there are no marginals");
  const auto list = populations<S>(me, marginals, std::begin(marginals)->cells.rows());
  std::vector<ot::PlanSampler> plans;
  for (std::size_t k = 0; k + 1 < list.size(); ++k) {
    plans.push_back(plan_interval<S>(coupling, {list[k], list[k + 1], static_cast<Index>(k)}, cut));
  }
  return Planned(std::move(plans));
}

}  // namespace cytode::flow
