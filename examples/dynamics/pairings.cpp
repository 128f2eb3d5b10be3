// SPDX-License-Identifier: MIT
#include "pairings.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include <cytode/flow/drift_cost.hpp>
#include <cytode/flow/group_plans.hpp>
#include <cytode/flow/grouped.hpp>
#include <cytode/flow/minibatch.hpp>
#include <cytode/flow/plan_grown.hpp>
#include <cytode/flow/plan_whole.hpp>
#include <cytode/ot/entropic.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/ot/unbalanced.hpp>

namespace program {
namespace {

/// A coupling that says, where it does not converge, what to change.
template <ot::Coupling C>
struct Advised {
  C coupling;
  std::string advice;

  template <std::floating_point S>
  using Workspace = typename C::template Workspace<S>;
  template <std::floating_point S>
  void join(const ot::Sides<S>& sides, const ot::PairList& pairs, const Stream& stream,
            Workspace<S>& w) const {
    try {
      coupling.template join<S>(sides, pairs, stream, w);
    } catch (const std::runtime_error& e) {
      throw std::runtime_error(e.what() + advice);
    }
  }
};

/// Minibatches joined by the coupling, within the classes of --condition where it is one.
template <ot::Coupling C>
AnyPairing minibatches(const C& coupling, const std::vector<TrainingCells>& cells) {
  if (cells.front().groups.empty()) return AnyPairing(flow::Minibatch<C>{coupling});
  std::vector<std::vector<Index>> groups;
  for (const TrainingCells& c : cells) groups.push_back(c.groups);
  return AnyPairing(flow::Grouped<C>(std::move(groups), coupling));
}

/// True if the plans of whole populations fit in memory.
bool plans_fit(const std::vector<TrainingCells>& cells) {
  constexpr Index most = 30'000'000;  // costs of an interval
  for (std::size_t k = 0; k + 1 < cells.size(); ++k) {
    Index costs = cells[k].cells.cols() * cells[k + 1].cells.cols();
    if (!cells[k].groups.empty()) {
      const auto from = flow::group_members(cells[k].groups);
      const auto to = flow::group_members(cells[k + 1].groups);
      costs = 0;
      for (std::size_t g = 0; g < std::min(from.size(), to.size()); ++g) {
        costs += std::ssize(from[g]) * std::ssize(to[g]);
      }
    }
    if (costs > most) return false;
  }
  return true;
}

/// Growth is learned from plans of the whole populations where they fit in memory: what a minibatch
/// shows of who has descendants is mostly chance. Growth that is known needs them.
template <ot::Coupling C>
AnyPairing whole(const C& coupling, const std::vector<TrainingCells>& cells) {
  if (cells.front().rates.size() > 0) {
    if (!plans_fit(cells)) {
      throw std::runtime_error(
          "the plan of all cells, which known growth rates need, does not fit in memory: leave "
          "cells out");
    }
    return AnyPairing(flow::plan_grown(coupling, cells));
  }
  if (!plans_fit(cells)) return minibatches(coupling, cells);
  return AnyPairing(flow::plan_whole(coupling, cells));
}

/// Pairs of a balanced coupling.
template <ot::Coupling C>
AnyPairing drawn(const Recipe& r, const C& coupling, const std::vector<TrainingCells>& cells) {
  return r.rates ? whole(coupling, cells) : minibatches(coupling, cells);
}

/// Blurred pairs of straight paths.
Advised<ot::Entropic<>> entropic_of(const Options& o, double tolerance) {
  return {
      {.epsilon = o.epsilon, .tolerance = tolerance},
      ": some cells are very far from the rest; raise --epsilon, scale the data, or leave those "
      "cells out"};
}

}  // namespace

AnyPairing pairing_of(const Recipe& r, const Options& o, const std::vector<TrainingCells>& cells,
                      const DriftKernel* drift) {
  using C = Recipe::Coupling;
  constexpr double tolerance = 1e-3;  // of the mass of a batch, of which chance decides far more
  constexpr double strict = std::numeric_limits<double>::infinity();
  switch (r.coupling) {
    case C::independent:
      return minibatches(ot::Independent{}, cells);
    case C::exact:
      return drawn(r, ot::Exact<>{}, cells);
    case C::entropic:
      if (r.path != Recipe::Path::bridge) return drawn(r, entropic_of(o, tolerance), cells);
      return drawn(
          r,
          Advised<ot::Entropic<>>{
              ot::Entropic<>{.epsilon = 2 * r.sigma * r.sigma,
                             .relative = false,
                             .per_time = true,
                             .tolerance = tolerance},
              ": some cells are very far from the rest for this noise; raise --noise, scale the "
              "data, or leave those cells out"},
          cells);
    case C::semi_relaxed:
      return whole(
          ot::Unbalanced<>{.epsilon = o.epsilon, .penalty0 = o.relaxation, .penalty1 = strict},
          cells);
    case C::unbalanced:
      return whole(
          ot::Unbalanced<>{
              .epsilon = o.epsilon, .penalty0 = o.relaxation, .penalty1 = o.relaxation},
          cells);
    case C::wfr:
      return whole(ot::wfr(o.delta), cells);
    case C::drift:
      return minibatches(ot::Exact<flow::DriftCost<DriftKernel>>{{.drift = drift}}, cells);
  }
  throw std::logic_error("a coupling without a pairing");
}

flow::MeanTargets<float> mean_targets_of(const Recipe& r, const Options& o,
                                         const std::vector<TrainingCells>& cells) {
  if (!plans_fit(cells)) {
    throw std::runtime_error(
        "--targets mean: the plan of all cells does not fit in memory; leave cells out, or learn "
        "with --targets cells from batches");
  }
  return r.coupling == Recipe::Coupling::exact ? flow::mean_targets(ot::Exact<>{}, cells)
                                               : flow::mean_targets(entropic_of(o, 1e-4), cells);
}

}  // namespace program
