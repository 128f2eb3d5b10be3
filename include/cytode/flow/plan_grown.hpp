// SPDX-License-Identifier: MIT
/// Plans between whole populations whose cells are known to grow.
#pragma once

#include <iterator>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/flow/plan_whole.hpp>
#include <cytode/flow/planned.hpp>
#include <cytode/flow/population.hpp>
#include <cytode/ot/coupling.hpp>
#include <cytode/ot/growth_marginals.hpp>
#include <cytode/ot/sampler.hpp>

namespace cytode::flow {

/// Pairs drawn from one plan an interval that starts from the cells as they will have multiplied,
/// as Waddington-OT plans [Schiebinger 2019]:
///
///   a_i = w_i exp(r_i Δ)/Σ w exp(r Δ),   M = Σ w exp(r Δ)/Σ w,   Δ = t_{k+1} − t_k,
///
/// w the weights of the earlier cells, r their known growth rates; the coupling joins a with the
/// weights b of the later cells, both brought to mass 1. Pairs start from w with mass 1 and arrive
/// with M (π_i·/w_i) (b_j/π_·j), see ot::PlanSampler. By a balanced coupling that is exp(r_i Δ),
/// the rates as given; one that relaxes its rows corrects them where the later cells say otherwise,
/// the more the smaller its penalty.
///
///   marginals  as of plan_whole, each with `rates`, a vector of one number a cell, per unit of
///              `time` (ot::growth_rates, ot::calibrated_rates); those of the last time are not
///              looked at, and neither is `mass`: how much there is follows from the rates
///
/// With `groups` a, M and the plan are those of each group alone, and the rates decide which share
/// of the later population a group has.
///
/// Memory and time of plan_whole. Throws as it does, and as ot::growth_marginal on rates that are
/// not finite or not one a cell.
template <ot::Coupling C, class Marginals>
[[nodiscard]] Planned plan_grown(const C& coupling, const Marginals& marginals, double cut = 1e-7) {
  using S = typename std::decay_t<decltype(std::begin(marginals)->cells)>::Scalar;
  constexpr std::string_view me = "flow::plan_grown";
  check(std::begin(marginals) != std::end(marginals), me, "there are no marginals");
  const auto list = populations<S>(me, marginals, std::begin(marginals)->cells.rows());
  std::vector<ot::PlanSampler> plans;
  auto marginal = std::begin(marginals);
  for (std::size_t k = 0; k + 1 < list.size(); ++k) {
    const auto& rates = marginal->rates;
    check_shape(me, "rates of a marginal", rates, list[k].cells->cols(), 1);
    const auto grown_plan = [&](const PlanPart<S>& part) -> PlanOfPart {
      const auto [before, after, number] = part.interval;
      Vector<double> own(before.cells->cols());
      for (Index i = 0; i < own.size(); ++i) {
        own[i] = rates[part.cells0.empty() ? i : part.cells0[static_cast<std::size_t>(i)]];
      }
      const ot::GrowthMarginal grown =
          ot::growth_marginal(own, after.time - before.time, before.weights);
      Population<S> from = before, to = after;
      from.weights = {grown.weights.data(), static_cast<std::size_t>(grown.weights.size())};
      from.mass = to.mass = 1;
      const PlanPart<S> planned{{from, to, number}, part.cells0, part.cells1};
      return {plan_part<S>(coupling, planned, cut), grown.mass_ratio};
    };
    const auto groups0 = groups_of(me, *marginal), groups1 = groups_of(me, *++marginal);
    const JoinedPlan joined = join_groups<S>(me, {list[k], list[k + 1], static_cast<Index>(k)},
                                             groups0, groups1, grown_plan);
    plans.emplace_back(joined.plan, list[k].weights, joined.weights1, joined.mass_ratio);
  }
  return Planned(std::move(plans));
}

}  // namespace cytode::flow
