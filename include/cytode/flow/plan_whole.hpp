// SPDX-License-Identifier: MIT
/// Plans between whole populations, made once by the rule that couplings use on batches.
#pragma once

#include <iterator>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/status.hpp>
#include <cytode/flow/group_plans.hpp>
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

/// The plan by which the coupling joins the cells of a part.
///
/// Entries below `cut` of the largest of their row are left out. Time and memory of one coupling of
/// n × m cells. Throws as the coupling does.
template <std::floating_point S, ot::Coupling C>
requires KeepsPlan<C, S> || SolvesExactly<C, S>
[[nodiscard]] ot::Plan plan_part(const C& coupling, const PlanPart<S>& part, double cut = 1e-7) {
  constexpr std::string_view me = "flow::plan_whole";
  check_not_negative(me, "cut", cut);
  const Interval<S>& interval = part.interval;
  const Population<S>&from = interval.from, &to = interval.to;
  const ot::Sides<S> sides{.x0 = *from.cells,
                           .x1 = *to.cells,
                           .weights0 = from.weights,
                           .weights1 = to.weights,
                           .mass_ratio = mass_ratio<S>(coupling, interval),
                           .cells0 = part.cells0,
                           .cells1 = part.cells1,
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

/// The plan by which the coupling joins two whole populations, or each of their groups; see
/// join_groups.
template <std::floating_point S, ot::Coupling C>
[[nodiscard]] JoinedPlan whole_plan(std::string_view me, const C& coupling,
                                    const Interval<S>& interval, std::span<const Index> groups0,
                                    std::span<const Index> groups1, double cut) {
  return join_groups<S>(me, interval, groups0, groups1, [&](const PlanPart<S>& part) {
    return PlanOfPart{plan_part<S>(coupling, part, cut), mass_ratio<S>(coupling, part.interval)};
  });
}

/// Pairs drawn from one plan an interval, made now, by ot::Exact, ot::Entropic or ot::Unbalanced.
///
/// Without the bias and scatter of minibatches: with growth, what a plan of the whole says of each
/// cell's descendants, not what batches of changing composition do. Choose it up to some 10⁴ cells
/// a time, minibatches above: 40 bytes an entry of the plan.
///
/// Marginals that have `groups`, a number of −1 (unknown) or more a cell, are joined within each
/// group: by a coupling that changes mass with the group's own ratio of masses. Throws as
/// flow::Matching on marginals, as the coupling, and if a group is not there at the later time.
template <ot::Coupling C, class Marginals>
[[nodiscard]] Planned plan_whole(const C& coupling, const Marginals& marginals, double cut = 1e-7) {
  using S = typename std::decay_t<decltype(std::begin(marginals)->cells)>::Scalar;
  constexpr std::string_view me = "flow::plan_whole";
  check(std::begin(marginals) != std::end(marginals), me, "there are no marginals");
  const auto list = populations<S>(me, marginals, std::begin(marginals)->cells.rows());
  std::vector<ot::PlanSampler> plans;
  auto marginal = std::begin(marginals);
  for (std::size_t k = 0; k + 1 < list.size(); ++k) {
    const auto groups0 = groups_of(me, *marginal), groups1 = groups_of(me, *++marginal);
    const JoinedPlan joined = whole_plan<S>(
        me, coupling, {list[k], list[k + 1], static_cast<Index>(k)}, groups0, groups1, cut);
    plans.emplace_back(joined.plan, list[k].weights, joined.weights1, joined.mass_ratio);
  }
  return Planned(std::move(plans));
}

}  // namespace cytode::flow
