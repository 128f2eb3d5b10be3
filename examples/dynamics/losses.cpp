// SPDX-License-Identifier: MIT
#include "losses.hpp"

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <cytode/flow/action_matching.hpp>
#include <cytode/flow/bridge_path.hpp>
#include <cytode/flow/drift_cost.hpp>
#include <cytode/flow/drift_energy.hpp>
#include <cytode/flow/genot.hpp>
#include <cytode/flow/geodesic_energy.hpp>
#include <cytode/flow/grouped.hpp>
#include <cytode/flow/interpolant_path.hpp>
#include <cytode/flow/land_metric.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/flow/matched.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/flow/mean_targets.hpp>
#include <cytode/flow/minibatch.hpp>
#include <cytode/flow/plan_grown.hpp>
#include <cytode/flow/plan_whole.hpp>
#include <cytode/flow/rbf_metric.hpp>
#include <cytode/flow/spline_path.hpp>
#include <cytode/flow/trigonometric_path.hpp>
#include <cytode/flow/wfr_path.hpp>
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
  if (cells.front().category.empty()) return AnyPairing(flow::Minibatch<C>{coupling});
  std::vector<std::vector<Index>> groups;
  for (const TrainingCells& c : cells) groups.push_back(c.category);
  return AnyPairing(flow::Grouped<C>(std::move(groups), coupling));
}

/// True if the plans of whole populations fit in memory.
bool plans_fit(const std::vector<TrainingCells>& cells) {
  constexpr Index most = 30'000'000;  // costs of an interval
  for (std::size_t k = 0; k + 1 < cells.size(); ++k) {
    if (cells[k].cells.cols() * cells[k + 1].cells.cols() > most) return false;
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
  if (!cells.front().category.empty() || !plans_fit(cells)) return minibatches(coupling, cells);
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

AnyPairing pairing_of(const Recipe& r, const Options& o, const Material& from) {
  const std::vector<TrainingCells>& cells = from.cells;
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
      return minibatches(ot::Exact<flow::DriftCost<DriftKernel>>{{.drift = from.drift}}, cells);
  }
  throw std::logic_error("a coupling without a pairing");
}

template <bool Through>
AnyPath<Through> path_of(const Recipe& r, const Options& o) {
  using P = Recipe::Path;
  switch (r.path) {
    case P::linear:
      return AnyPath<Through>(flow::LinearPath{.sigma = r.sigma});
    case P::bridge:
      return AnyPath<Through>(flow::BridgePath{.sigma = r.sigma});
    case P::interpolant:
      return AnyPath<Through>(flow::InterpolantPath<>{.noise = {.sigma = r.sigma}});
    case P::trigonometric:
      return AnyPath<Through>(flow::TrigonometricPath{.sigma = r.sigma});
    case P::spline:
      return AnyPath<Through>(flow::SplinePath{.sigma = r.sigma});
    case P::wfr:
      return AnyPath<Through>(flow::WfrPath{.delta = o.delta, .sigma = r.sigma});
    case P::geodesic:
      break;
  }
  throw std::logic_error("a path that must be learned first");
}

/// Share of pairs that are learned from without their condition: what guidance compares with.
double dropout_of(const Options& o) {
  return o.guidance == 0 ? 0 : o.condition_dropout;
}

/// Straight paths from every cell to the mean of its partners.
AnyObjective mean_objective(const Recipe& r, const Options& o, NetworkDynamics& dynamics,
                            const Material& from) {
  if (!plans_fit(from.cells)) {
    throw std::runtime_error(
        "--targets mean: the plan of all cells does not fit in memory; leave cells out, or learn "
        "with --targets cells from batches");
  }
  using Objective = flow::Matching<Map, flow::LinearPath, flow::Images>;
  struct Held {
    flow::MeanTargets<float> targets;
    Objective loss;
    Held(flow::MeanTargets<float> t, const Recipe& r, const Options& o, NetworkDynamics& dynamics,
         Workers& workers)
        : targets(std::move(t)),
          loss(dynamics.map(), targets.marginals, flow::LinearPath{.sigma = r.sigma},
               targets.pairing, flow::MatchingOptions{.batch = o.batch, .heads = dynamics.heads()},
               workers) {}
    Vector<float>& parameters() { return loss.parameters(); }
    double value_and_gradient(const Stream& stream, Vector<float>& gradient) {
      return loss.value_and_gradient(stream, gradient);
    }
  };
  auto targets = r.coupling == Recipe::Coupling::exact
                     ? flow::mean_targets(ot::Exact<>{}, from.cells)
                     : flow::mean_targets(entropic_of(o, 1e-4), from.cells);
  return AnyObjective::of(std::make_shared<Held>(std::move(targets), r, o, dynamics, from.workers));
}

}  // namespace

AnyObjective objective_of(const Recipe& r, const Options& o, NetworkDynamics& dynamics,
                          const Material& from) {
  if (r.mean_targets) return mean_objective(r, o, dynamics, from);
  const flow::MatchingOptions options{
      .batch = o.batch, .heads = dynamics.heads(), .condition_dropout = dropout_of(o)};
  const auto make = [&](auto path) {
    using Objective = flow::Matching<Map, decltype(path), AnyPairing>;
    return AnyObjective::of(std::make_shared<Objective>(dynamics.map(), from.cells, std::move(path),
                                                        pairing_of(r, o, from), options,
                                                        from.workers));
  };
  if (r.path == Recipe::Path::geodesic) return make(AnyPath<false>(*from.geodesic));
  return r.path == Recipe::Path::spline ? make(path_of<true>(r, o)) : make(path_of<false>(r, o));
}

AnyObjective transition_of(const Recipe& r, const Options& o, TransitionDynamics& dynamics,
                           const Material& from) {
  using Objective = flow::Genot<Map, AnyPairing>;
  return AnyObjective::of(std::make_shared<Objective>(
      dynamics.map(), from.cells, pairing_of(r, o, from),
      flow::GenotOptions{.batch = o.batch, .sigma = r.sigma, .condition_dropout = dropout_of(o)},
      from.workers));
}

AnyObjective action_of(const Recipe& r, const Options& o, PotentialDynamics& dynamics,
                       const Material& from) {
  using Objective = flow::ActionMatching<Potential, AnyPath<false>, AnyPairing>;
  return AnyObjective::of(std::make_shared<Objective>(
      dynamics.potential(), from.cells, path_of<false>(r, o), pairing_of(r, o, from),
      flow::ActionOptions{.batch = o.batch,
                          .conditions = dynamics.heads().conditions,
                          .growth = r.growth,
                          .delta = o.delta},
      from.workers));
}

std::vector<TrainingCells> carried_cells(const NetworkDynamics& dynamics,
                                         const std::vector<TrainingCells>& cells, const Options& o,
                                         Workers& workers) {
  std::vector<double> times;
  for (const TrainingCells& c : cells) times.push_back(c.time);
  long unused = 0;
  const TrainingCells& first = cells.front();
  CarriedCells carried =
      dynamics.carry(first.cells, first.conditions, times, o.solver, workers, unused);
  std::vector<TrainingCells> out;
  for (std::size_t k = 0; k < times.size(); ++k) {
    out.push_back(
        {.time = times[k], .cells = std::move(carried.states[k]), .conditions = first.conditions});
  }
  return out;
}

AnyObjective reflow_of(const Options& o, NetworkDynamics& dynamics,
                       const std::vector<TrainingCells>& cells, Workers& workers) {
  using Objective = flow::Matching<Map, AnyPath<false>, AnyPairing>;
  return AnyObjective::of(std::make_shared<Objective>(
      dynamics.map(), cells, AnyPath<false>(flow::LinearPath{.sigma = 0}),
      AnyPairing(flow::Matched{}),
      flow::MatchingOptions{.batch = o.batch, .heads = dynamics.heads()}, workers));
}

AnyObjective energy_of(const Recipe& r, const Options& o, GeodesicPath& path,
                       const Material& from) {
  if (r.drifts()) {
    using Energy = flow::DriftEnergy<nn::Mlp<float, nn::Silu>, DriftKernel, AnyPairing>;
    return AnyObjective::of(std::make_shared<Energy>(
        path, from.cells, *from.drift, pairing_of(r, o, from), o.batch, from.workers));
  }
  const Matrix<float> all = flow::pooled_cells<float>(from.cells);
  const auto make = [&](auto metric) {
    using Geometry = decltype(metric);
    using Energy = flow::GeodesicEnergy<nn::Mlp<float, nn::Silu>, Geometry, AnyPairing>;
    struct Held {
      Geometry metric;
      Energy energy;
      Held(Geometry m, GeodesicPath& p, const std::vector<TrainingCells>& c, AnyPairing pairing,
           Index batch, Workers& w)
          : metric(std::move(m)), energy(p, c, metric, std::move(pairing), batch, w) {}
      Vector<float>& parameters() { return energy.parameters(); }
      double value_and_gradient(const Stream& stream, Vector<float>& gradient) {
        return energy.value_and_gradient(stream, gradient);
      }
    };
    return AnyObjective::of(std::make_shared<Held>(std::move(metric), path, from.cells,
                                                   pairing_of(r, o, from), o.batch, from.workers));
  };
  if (r.metric == Metric::rbf) {
    return make(flow::RbfMetric<float>(all, {}, Stream(o.seed).fork(2)));
  }
  return make(flow::LandMetric<float>(all, {}));
}

}  // namespace program
