// SPDX-License-Identifier: MIT
/// Pairs from plans made once between whole populations.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/flow/pairing.hpp>
#include <cytode/ot/sampler.hpp>

namespace cytode::flow {

/// Draws every step's pairs from one plan an interval, each pair in its share of the plan's mass.
///
/// No bias of minibatches, any coupling or lineage information, at the price of the plan: n × m
/// costs in memory while it is made. Copies share the plans.
class Planned {
 public:
  template <std::floating_point S>
  using Workspace = std::vector<double>;

  /// One sampler an interval, in the order of time; they know weights and masses.
  template <class = void>
  explicit Planned(std::vector<ot::PlanSampler> plans)
      : plans_(std::make_shared<const std::vector<ot::PlanSampler>>(std::move(plans))) {}

  template <std::floating_point S>
  void draw(const Interval<S>& interval, const ot::PairList& pairs, const Stream& stream,
            Workspace<S>& /*unused*/) const {
    plan(interval.number).draw_evenly(stream.fork(0), pairs);
    // In the order of rows pair k would meet the k-th fraction in every step.
    const Stream order = stream.fork(1);
    for (std::size_t k = pairs.row.size(); k-- > 1;) {
      const auto other = static_cast<std::size_t>(order.below(k, static_cast<Index>(k) + 1));
      std::swap(pairs.row[k], pairs.row[other]);
      std::swap(pairs.col[k], pairs.col[other]);
      std::swap(pairs.mass0[k], pairs.mass0[other]);
      std::swap(pairs.mass1[k], pairs.mass1[other]);
    }
  }
  /// Throws std::invalid_argument if the plan has no partner for a cell.
  template <std::floating_point S>
  void follow(const Interval<S>& interval, std::span<const Index> cells, std::span<Index> next,
              const Stream& stream, Workspace<S>& /*unused*/) const {
    for (std::size_t k = 0; k < cells.size(); ++k) {
      next[k] = plan(interval.number).partner(cells[k], stream.uniform(k));
      check(next[k] >= 0, "flow::Planned", "cell ", cells[k], " has no partner in interval ",
            interval.number);
    }
  }

 private:
  template <class = void>
  [[nodiscard]] const ot::PlanSampler& plan(Index interval) const {
    check(interval >= 0 && interval < std::ssize(*plans_), "flow::Planned", "got ", plans_->size(),
          " plans, and an interval ", interval);
    return (*plans_)[static_cast<std::size_t>(interval)];
  }

  std::shared_ptr<const std::vector<ot::PlanSampler>> plans_;
};

}  // namespace cytode::flow
