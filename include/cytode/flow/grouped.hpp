// SPDX-License-Identifier: MIT
/// Pairs within groups: cells of one class, donor or treatment are joined among themselves.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/flow/group_plans.hpp>
#include <cytode/flow/pairing.hpp>
#include <cytode/ot/coupling.hpp>

namespace cytode::flow {

/// A coupling of minibatches in each group of cells alone.
///
/// Sources are drawn from the whole population; a group with n of them is joined by the coupling
/// with n cells of its own at the next time. Unlike a mask (ot::SameLabel) this never lacks
/// partners because a batch happens to hold more cells of a group on one side. The mass ratio a
/// coupling sees is the group's own. Group −1 (unknown) is a group as well. Weights of the
/// populations are not looked at. Copies share the groups.
template <ot::Coupling C>
class Grouped {
 public:
  template <std::floating_point S>
  struct Workspace {
    typename C::template Workspace<S> coupling;
    std::vector<Index> chosen, order, cells0, cells1, row, col;
    std::vector<double> mass0, mass1;
    Buffer<S> x0, x1;
    std::vector<std::vector<Index>> members;  // of the later population, by group
  };

  /// groups[t][cell] ≥ −1. Throws std::invalid_argument on smaller numbers.
  explicit Grouped(std::vector<std::vector<Index>> groups, C coupling = {})
      : coupling_(std::move(coupling)) {
    for (std::size_t t = 0; t < groups.size(); ++t) {
      for (const Index g : groups[t]) {
        check(g >= -1, "flow::Grouped", "a group at time ", t, " is ", g, ", wanted -1 or more");
        count_ = std::max(count_, g + 2);
      }
    }
    groups_ = std::make_shared<const std::vector<std::vector<Index>>>(std::move(groups));
  }

  /// Throws std::invalid_argument if a group is not there at the later time, or a population has
  /// other numbers of cells than groups.
  template <std::floating_point S>
  void draw(const Interval<S>& interval, const ot::PairList& pairs, const Stream& stream,
            Workspace<S>& w) const {
    w.chosen.resize(pairs.row.size());
    for (std::size_t i = 0; i < pairs.row.size(); ++i) {
      w.chosen[i] = stream.below(3 * i, interval.from.cells->cols());
    }
    join(interval, w.chosen, pairs, stream, w);
  }
  template <std::floating_point S>
  void follow(const Interval<S>& interval, std::span<const Index> cells, std::span<Index> next,
              const Stream& stream, Workspace<S>& w) const {
    std::vector<Index> row(cells.size());
    std::vector<double> mass0(cells.size()), mass1(cells.size());
    w.chosen.assign(cells.begin(), cells.end());
    join(interval, w.chosen, {row, next, mass0, mass1}, stream, w);
    for (std::size_t k = 0; k < cells.size(); ++k) {
      check(row[k] == cells[k] && next[k] >= 0, "flow::Grouped", "cell ", cells[k],
            " has no partner: tuples through all times need a balanced coupling");
    }
  }

 private:
  static std::size_t at(Index i) noexcept { return static_cast<std::size_t>(i); }

  const std::vector<Index>& groups(Index time, Index cells) const {
    check(time >= 0 && time < std::ssize(*groups_), "flow::Grouped", "groups are given for ",
          groups_->size(), " time points, wanted one for time ", time);
    const auto& list = (*groups_)[at(time)];
    check(std::ssize(list) == cells, "flow::Grouped", "time ", time, " has ", list.size(),
          " groups and ", cells, " cells");
    return list;
  }

  template <std::floating_point S>
  void join(const Interval<S>& interval, const std::vector<Index>& sources,
            const ot::PairList& pairs, const Stream& stream, Workspace<S>& w) const {
    const auto& from = groups(interval.number, interval.from.cells->cols());
    const auto& to = groups(interval.number + 1, interval.to.cells->cols());
    w.members.resize(at(count_));
    for (auto& list : w.members) list.clear();
    for (std::size_t j = 0; j < to.size(); ++j) {
      w.members[at(to[j] + 1)].push_back(static_cast<Index>(j));
    }
    for (Index g = 0; g < count_; ++g) join_group(g, interval, sources, from, pairs, stream, w);
  }
  template <std::floating_point S>
  void join_group(Index g, const Interval<S>& interval, const std::vector<Index>& sources,
                  const std::vector<Index>& from, const ot::PairList& pairs, const Stream& stream,
                  Workspace<S>& w) const {
    w.order.clear();
    w.cells0.clear();
    for (std::size_t k = 0; k < sources.size(); ++k) {
      if (from[at(sources[k])] + 1 != g) continue;
      w.order.push_back(static_cast<Index>(k));
      w.cells0.push_back(sources[k]);
    }
    const std::size_t n = w.cells0.size();
    if (n == 0) return;
    const auto& members = w.members[at(g)];
    check(!members.empty(), "flow::Grouped", name_of_group(static_cast<std::size_t>(g)),
          " has cells at time ", interval.from.time, " and none at time ", interval.to.time);
    w.cells1.clear();
    for (std::size_t k = 0; k < n; ++k) {
      const auto number = static_cast<std::uint64_t>(3 * w.order[k] + 1);
      w.cells1.push_back(members[at(stream.below(number, std::ssize(members)))]);
    }
    for (auto* list : {&w.row, &w.col}) list->resize(n);
    for (auto* list : {&w.mass0, &w.mass1}) list->resize(n);
    const auto gather = [](const Matrix<S>& all, const std::vector<Index>& cells, Buffer<S>& x) {
      auto view = x.shape(all.rows(), std::ssize(cells));
      for (std::size_t i = 0; i < cells.size(); ++i) {
        view.col(static_cast<Index>(i)) = all.col(cells[i]);
      }
      return view;
    };
    const auto x0 = gather(*interval.from.cells, w.cells0, w.x0);
    const auto x1 = gather(*interval.to.cells, w.cells1, w.x1);
    const auto share = [](const std::vector<Index>& list, Index group) {
      return static_cast<double>(std::count(list.begin(), list.end(), group)) /
             static_cast<double>(list.size());
    };
    const double to_share =
        static_cast<double>(members.size()) / static_cast<double>(interval.to.cells->cols());
    coupling_.template join<S>(
        {.x0 = x0,
         .x1 = x1,
         .mass_ratio = interval.to.mass / interval.from.mass * to_share / share(from, g - 1),
         .cells0 = w.cells0,
         .cells1 = w.cells1,
         .duration = interval.to.time - interval.from.time,
         .interval = interval.number},
        {w.row, w.col, w.mass0, w.mass1}, stream.fork(static_cast<std::uint64_t>(g) + 1),
        w.coupling);
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t place = at(w.order[k]);
      pairs.row[place] = w.row[k] < 0 ? -1 : w.cells0[at(w.row[k])];
      pairs.col[place] = w.col[k] < 0 ? -1 : w.cells1[at(w.col[k])];
      pairs.mass0[place] = w.mass0[k];
      pairs.mass1[place] = w.mass1[k];
    }
  }

  C coupling_;
  std::shared_ptr<const std::vector<std::vector<Index>>> groups_;
  Index count_ = 0;
};

}  // namespace cytode::flow
