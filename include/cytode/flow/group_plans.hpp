// SPDX-License-Identifier: MIT
/// Plans between whole populations whose cells are joined within groups.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/flow/pairing.hpp>
#include <cytode/flow/population.hpp>
#include <cytode/ot/plan.hpp>

namespace cytode::flow {

/// The cells of an interval that a plan joins: all of them, or one group. Their numbers in the
/// whole populations are empty where they are all.
template <std::floating_point S>
struct PlanPart {
  Interval<S> interval;
  std::span<const Index> cells0{}, cells1{};
};

/// A plan, and by how much it says the mass of its first cells grows.
struct PlanOfPart {
  ot::Plan plan;
  double mass_ratio = 1;
};

/// A plan of two whole populations, with what ot::PlanSampler must know beside it.
struct JoinedPlan {
  ot::Plan plan;
  std::vector<double> weights1{};  ///< Of the later cells as the groups reach them; empty: theirs.
  double mass_ratio = 1;
};

/// The groups of a marginal that has a member `groups`, numbers of −1 (unknown) or more, one a
/// cell; none if it has no such member. Throws std::invalid_argument on other numbers.
template <class M>
[[nodiscard]] std::span<const Index> groups_of(std::string_view me, const M& marginal) {
  if constexpr (requires { std::span<const Index>(marginal.groups); }) {
    const std::span<const Index> groups(marginal.groups);
    check(groups.empty() || std::ssize(groups) == marginal.cells.cols(), me,
          "the marginal at time ", marginal.time, " has ", groups.size(), " groups and ",
          marginal.cells.cols(), " cells");
    for (const Index g : groups) {
      check(g >= -1, me, "a group at time ", marginal.time, " is ", g, ", wanted -1 or more");
    }
    return groups;
  } else {
    return {};
  }
}

/// The cells of every group, that of number g at g + 1.
template <class = void>
[[nodiscard]] std::vector<std::vector<Index>> group_members(std::span<const Index> groups) {
  std::vector<std::vector<Index>> members;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto at = static_cast<std::size_t>(groups[i] + 1);
    if (members.size() <= at) members.resize(at + 1);
    members[at].push_back(static_cast<Index>(i));
  }
  return members;
}

/// What to call the group of members[member].
template <class = void>
[[nodiscard]] std::string name_of_group(std::size_t member) {
  return member == 0 ? "the group of cells without one" : "group " + std::to_string(member - 1);
}

/// Some cells of a population, as a population with a share of its mass.
template <std::floating_point S>
struct SomeCells {
  Matrix<S> cells;
  std::vector<double> weights;
  double share = 0;  ///< Of the whole population.

  SomeCells(const Population<S>& all, const std::vector<Index>& chosen)
      : cells(all.cells->rows(), std::ssize(chosen)) {
    double sum = 0, total = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      cells.col(static_cast<Index>(i)) = all.cells->col(chosen[i]);
      if (all.weights.empty()) continue;
      weights.push_back(all.weights[static_cast<std::size_t>(chosen[i])]);
      sum += weights.back();
    }
    for (const double w : all.weights) total += w;
    share = all.weights.empty()
                ? static_cast<double>(chosen.size()) / static_cast<double>(all.cells->cols())
                : sum / total;
  }
  /// Views of this; its mass is this share of the whole's.
  [[nodiscard]] Population<S> of(const Population<S>& all) const {
    return {.time = all.time, .cells = &cells, .weights = weights, .mass = share * all.mass};
  }
};

/// One plan of all cells where both sides have no groups; else one a group, put together:
/// `plan_of(PlanPart<S>)` returns a PlanOfPart.
///
/// Group g starts with its share s_g of the first population and grows by its plan's own ratio ρ_g,
/// whatever shares the later population has: its later cells count s_g ρ_g in all, among themselves
/// by their weights, and the whole grows by Σ s_g ρ_g. Later cells of a group that was not there
/// are left out. Throws std::invalid_argument if a group is not there at the later time.
template <std::floating_point S, class PlanOf>
[[nodiscard]] JoinedPlan join_groups(std::string_view me, const Interval<S>& interval,
                                     std::span<const Index> groups0, std::span<const Index> groups1,
                                     PlanOf&& plan_of) {
  if (groups0.empty() && groups1.empty()) {
    PlanOfPart whole = plan_of(PlanPart<S>{interval});
    const std::span<const double> weights = interval.to.weights;
    return {std::move(whole.plan), {weights.begin(), weights.end()}, whole.mass_ratio};
  }
  const Index rows = interval.from.cells->cols(), cols = interval.to.cells->cols();
  check(std::ssize(groups0) == rows && std::ssize(groups1) == cols, me,
        "groups are given for one of times ", interval.from.time, " and ", interval.to.time,
        ", wanted both");
  const auto members0 = group_members(groups0), members1 = group_members(groups1);
  JoinedPlan joined{.plan = {.rows = rows, .cols = cols},
                    .weights1 = std::vector<double>(groups1.size(), 0.0),
                    .mass_ratio = 0};
  for (std::size_t g = 0; g < members0.size(); ++g) {
    if (members0[g].empty()) continue;
    const SomeCells<S> from(interval.from, members0[g]);
    if (!(from.share > 0)) continue;
    check(g < members1.size() && !members1[g].empty(), me, name_of_group(g), " has cells at time ",
          interval.from.time, " and none at time ", interval.to.time);
    const SomeCells<S> to(interval.to, members1[g]);
    check(to.share > 0, me, name_of_group(g), " has weight at time ", interval.from.time,
          " and none at time ", interval.to.time);
    const Population<S> before = from.of(interval.from), after = to.of(interval.to);
    const PlanOfPart part =
        plan_of(PlanPart<S>{Interval<S>{before, after, interval.number}, members0[g], members1[g]});
    for (const ot::PlanEntry& e : part.plan.entries) {
      joined.plan.entries.push_back({members0[g][static_cast<std::size_t>(e.row)],
                                     members1[g][static_cast<std::size_t>(e.col)],
                                     from.share * e.mass});
    }
    const double arrives = from.share * part.mass_ratio;
    joined.mass_ratio += arrives;
    double sum = 0;
    for (const double w : to.weights) sum += w;
    for (std::size_t j = 0; j < members1[g].size(); ++j) {
      joined.weights1[static_cast<std::size_t>(members1[g][j])] =
          arrives *
          (to.weights.empty() ? 1 / static_cast<double>(members1[g].size()) : to.weights[j] / sum);
    }
  }
  std::ranges::sort(joined.plan.entries, [](const ot::PlanEntry& a, const ot::PlanEntry& b) {
    return a.row != b.row ? a.row < b.row : a.col < b.col;
  });
  return joined;
}

}  // namespace cytode::flow
