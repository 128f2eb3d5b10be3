// SPDX-License-Identifier: MIT
#include "losses.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <cytode/flow/action_matching.hpp>
#include <cytode/flow/bridge_path.hpp>
#include <cytode/flow/drift_energy.hpp>
#include <cytode/flow/genot.hpp>
#include <cytode/flow/geodesic_energy.hpp>
#include <cytode/flow/interpolant_path.hpp>
#include <cytode/flow/land_metric.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/flow/matched.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/flow/mean_targets.hpp>
#include <cytode/flow/rbf_metric.hpp>
#include <cytode/flow/spline_path.hpp>
#include <cytode/flow/trigonometric_path.hpp>
#include <cytode/flow/wfr_path.hpp>

#include "pairings.hpp"

namespace program {
namespace {

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
  auto targets = mean_targets_of(r, o, from.cells);
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
                                                        pairing_of(r, o, from.cells, from.drift),
                                                        options, from.workers));
  };
  if (r.path == Recipe::Path::geodesic) return make(AnyPath<false>(*from.geodesic));
  return r.path == Recipe::Path::spline ? make(path_of<true>(r, o)) : make(path_of<false>(r, o));
}

AnyObjective transition_of(const Recipe& r, const Options& o, TransitionDynamics& dynamics,
                           const Material& from) {
  using Objective = flow::Genot<Map, AnyPairing>;
  return AnyObjective::of(std::make_shared<Objective>(
      dynamics.map(), from.cells, pairing_of(r, o, from.cells, from.drift),
      flow::GenotOptions{.batch = o.batch, .sigma = r.sigma, .condition_dropout = dropout_of(o)},
      from.workers));
}

AnyObjective action_of(const Recipe& r, const Options& o, PotentialDynamics& dynamics,
                       const Material& from) {
  using Objective = flow::ActionMatching<Potential, AnyPath<false>, AnyPairing>;
  return AnyObjective::of(
      std::make_shared<Objective>(dynamics.potential(), from.cells, path_of<false>(r, o),
                                  pairing_of(r, o, from.cells, from.drift),
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
    return AnyObjective::of(std::make_shared<Energy>(path, from.cells, *from.drift,
                                                     pairing_of(r, o, from.cells, from.drift),
                                                     o.batch, from.workers));
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
                                                   pairing_of(r, o, from.cells, from.drift),
                                                   o.batch, from.workers));
  };
  if (r.metric == Metric::rbf) {
    return make(flow::RbfMetric<float>(all, {}, Stream(o.seed).fork(2)));
  }
  return make(flow::LandMetric<float>(all, {}));
}

}  // namespace program
