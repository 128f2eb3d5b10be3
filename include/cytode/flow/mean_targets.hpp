// SPDX-License-Identifier: MIT
/// Straight paths from every cell to the mean of its partners, instead of to one of them.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/flow/pairing.hpp>
#include <cytode/flow/plan_whole.hpp>
#include <cytode/flow/population.hpp>
#include <cytode/ot/plan.hpp>

namespace cytode::flow {

/// Leads cell i of a population to its image, which stands behind the cells of the next one: the
/// pairing of MeanTargets. Copies share the counts.
class Images {
 public:
  template <std::floating_point S>
  struct Workspace {};

  /// How many cells every population has, without the images behind them.
  template <class = void>
  explicit Images(std::vector<Index> cells)
      : cells_(std::make_shared<const std::vector<Index>>(std::move(cells))) {}

  template <std::floating_point S>
  void draw(const Interval<S>& interval, const ot::PairList& pairs, const Stream& stream,
            Workspace<S>& /*unused*/) const {
    const auto [from, to] = counts(interval.number);
    // Number 3i is the pair, as for minibatches; 3i + 2 is its fraction.
    for (std::size_t i = 0; i < pairs.row.size(); ++i) {
      pairs.row[i] = stream.below(3 * i, from);
      pairs.col[i] = to + pairs.row[i];
      pairs.mass0[i] = pairs.mass1[i] = 1;
    }
  }
  /// Throws std::invalid_argument for an image, which has no image itself: paths through all times
  /// need cells.
  template <std::floating_point S>
  void follow(const Interval<S>& interval, std::span<const Index> cells, std::span<Index> next,
              const Stream& /*unused*/, Workspace<S>& /*unused*/) const {
    const auto [from, to] = counts(interval.number);
    for (std::size_t k = 0; k < cells.size(); ++k) {
      check(cells[k] < from, "flow::Images", "a path through all times would go on from the image ",
            "of a cell, which no plan knows; use flow::Planned");
      next[k] = to + cells[k];
    }
  }

 private:
  template <class = void>
  [[nodiscard]] std::pair<Index, Index> counts(Index k) const {
    check(k >= 0 && k + 1 < std::ssize(*cells_), "flow::Images", "got ", cells_->size(),
          " populations, and an interval ", k);
    const auto at = static_cast<std::size_t>(k);
    return {(*cells_)[at], (*cells_)[at + 1]};
  }

  std::shared_ptr<const std::vector<Index>> cells_;
};
static_assert(Pairing<Images>);

/// Populations followed by the images of the cells before them, and the pairing that leads there.
/// `marginals` must outlive the objective that is given both.
template <std::floating_point S>
struct MeanTargets {
  struct Marginal {
    double time = 0;
    Matrix<S> cells;         ///< Features × (cells, then images of the cells of the time before).
    Matrix<S> conditions{};  ///< Of both; an image has that of its cell. Or empty.
  };
  std::vector<Marginal> marginals;
  Images pairing;
};

/// Targets for Matching with a straight path: cell x0_i of t_k moves towards
///
///   T(x0_i) = Σ_j π_ij x1_j / Σ_j π_ij
///
/// at constant speed, π the plan of the coupling between whole populations, or within their groups
/// (see plan_whole).
///
/// A field that learns pairs drawn from π has, at t_k, the velocity T(x) − x as well, but from
/// targets that scatter around it: in many coordinates with few cells that noise is most of the
/// loss. Here a cell has one target. What arrives is less spread than the next population, the more
/// so the more an entropic plan blurs: predictions of where a cell goes on average, not of the
/// whole population. Throws as plan_whole, and on marginals with weights.
template <ot::Coupling C, class Marginals>
[[nodiscard]] auto mean_targets(const C& coupling, const Marginals& marginals, double cut = 1e-7) {
  using S = typename std::decay_t<decltype(std::begin(marginals)->cells)>::Scalar;
  constexpr std::string_view me = "flow::mean_targets";
  check(std::begin(marginals) != std::end(marginals), me, "there are no marginals");
  Index conditions = 0;
  if constexpr (requires { std::begin(marginals)->conditions.rows(); }) {
    conditions = std::begin(marginals)->conditions.rows();
  }
  const auto list = populations<S>(me, marginals, std::begin(marginals)->cells.rows(), conditions);
  std::vector<typename MeanTargets<S>::Marginal> out;
  std::vector<Index> cells;
  const auto beside = [](const Matrix<S>& a, const Matrix<S>& b) {
    Matrix<S> both(a.rows(), a.cols() + b.cols());
    both << a, b;
    return both;
  };
  auto marginal = std::begin(marginals), previous = marginal;
  for (std::size_t k = 0; k < list.size(); ++k, previous = marginal++) {
    const Population<S>& p = list[k];
    check(p.weights.empty(), me, "the marginal at time ", p.time,
          " has weights; cells must count alike");
    cells.push_back(p.cells->cols());
    typename MeanTargets<S>::Marginal m{.time = p.time, .cells = *p.cells};
    if (p.conditions != nullptr) m.conditions = *p.conditions;
    if (k > 0) {
      const Population<S>& before = list[k - 1];
      const Interval<S> interval{before, p, static_cast<Index>(k) - 1};
      const auto groups0 = groups_of(me, *previous), groups1 = groups_of(me, *marginal);
      const JoinedPlan joined = whole_plan<S>(me, coupling, interval, groups0, groups1, cut);
      m.cells = beside(*p.cells, ot::mean_partners(joined.plan, *p.cells));
      if (p.conditions != nullptr && before.conditions != nullptr) {
        m.conditions = beside(*p.conditions, *before.conditions);
      }
    }
    out.push_back(std::move(m));
  }
  return MeanTargets<S>{std::move(out), Images(std::move(cells))};
}

}  // namespace cytode::flow
