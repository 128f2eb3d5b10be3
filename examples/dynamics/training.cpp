// SPDX-License-Identifier: MIT
#include "training.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include <cytode/flow/transition_heads.hpp>

#include "losses.hpp"
#include "recipe.hpp"
#include "simulation.hpp"
#include "stage.hpp"

namespace program {

void stop_if_interrupted() {
  if (interrupted != 0) {
    throw Interrupted(
        "interrupted; what is trained is kept: the same command with --resume goes on");
  }
}

namespace {

/// Throws unless every class of --condition that has cells at a time has some at the next one: then
/// it has some at all later times, whichever are left out.
void check_classes(const Condition& condition, const data::Snapshots<float>& all) {
  std::set<Index> before;
  std::string time;
  for (const auto& s : all) {
    std::set<Index> here;
    for (const Index row : s.rows) here.insert(condition.category[static_cast<std::size_t>(row)]);
    for (const Index g : before) {
      if (here.contains(g)) continue;
      throw std::invalid_argument(
          "--condition: " +
          (g < 0 ? "cells without a value in '" + condition.column + "'"
                 : "cells of '" + condition.column + "' '" +
                       condition.names[static_cast<std::size_t>(g)] + "'") +
          " are there at time " + time + " and not at time " + name_of(s) +
          ", and cells are joined within their class: remove them from the export, or merge "
          "classes");
    }
    before = std::move(here);
    time = name_of(s);
  }
}

/// Throws if a step takes long because it draws each cell of the data more than ten times.
void check_batch(const Options& o, const data::Snapshots<float>& all) {
  constexpr Index short_step = 10000;
  if (o.batch <= std::max(10 * all.cells(), short_step)) return;
  throw std::invalid_argument("--batch is " + std::to_string(o.batch) + ", and there are " +
                              std::to_string(all.cells()) +
                              " cells: a step would draw each of them many times");
}

}  // namespace

void check_learnable(const Options& o, const Dataset& data) {
  const Index intervals = data.snapshots.size() - 1;
  if (o.batch < intervals) {
    throw std::invalid_argument(
        "--batch is " + std::to_string(o.batch) + ", wanted at least one pair for each of the " +
        std::to_string(intervals) + " intervals between the times of '" + o.time +
        "': raise it, or, if that time is continuous, round it to snapshots in a column of its "
        "own");
  }
  check_batch(o, data.snapshots);
  const Recipe recipe = recipe_of(o);
  if (data.condition && !data.condition->category.empty() &&
      recipe.objective != Recipe::Objective::simulation) {
    check_classes(*data.condition, data.snapshots);
  }
  if (recipe.rates) check_known_growth(*data.growth, data.snapshots);
  if (!recipe.drifts() || data.reference) return;
  std::string keys;
  for (const auto& [key, values] : data.source.obsm) keys += (keys.empty() ? "" : ", ") + key;
  throw std::invalid_argument(
      "--method curly follows measured velocities, and the data have none "
      "that belong to '" +
      o.basis + "': name them by --velocity KEY (obsm has " + (keys.empty() ? "nothing" : keys) +
      "), or use otcfm");
}

namespace {

/// The drift of the measured velocities, at the scale asked for or the one that fits.
DriftKernel measured_drift(std::vector<TrainingCells>& cells, const Dataset& data, const Options& o,
                           const std::string& name) {
  const double width = o.bandwidth > 0 ? o.bandwidth : usual_bandwidth(cells);
  const double scale = o.velocity_scale > 0      ? o.velocity_scale
                       : data.reference->truth() ? 1
                                                 : usual_scale(cells, o.seed);
  if (!o.brief) {
    std::fprintf(stderr, "%s: drift: %s times %s, bandwidth %s\n", name.c_str(),
                 data.reference->key.c_str(), short_number(scale).c_str(),
                 short_number(width).c_str());
  }
  for (TrainingCells& c : cells) c.velocity *= static_cast<float>(scale);
  return drift_of(cells, width);
}

}  // namespace

Trained learn(const data::Snapshots<float>& kept, const Dataset& data, const Clock& clock,
              const Options& o, const std::string& name, const std::string& checkpoint,
              Workers& workers) {
  const Index d = kept.features();
  const Recipe recipe = recipe_of(o);
  const data::Standardizer scaling =
      o.standardize == Standardize::train ? data::Standardizer::fit(kept)
      : o.standardize == Standardize::one
          ? data::Standardizer::fit_one_scale(kept)
          : data::Standardizer(Vector<double>::Zero(d), Vector<double>::Ones(d));
  const auto unit = static_cast<float>(clock.unit);
  std::vector<TrainingCells> cells;
  for (const auto& s : kept) {
    TrainingCells c{.time = clock(s.time),
                    .cells = scaling.apply(s.cells),
                    .conditions = data.conditions(s),
                    .mass = static_cast<double>(s.cells.cols()) /
                            static_cast<double>(kept.front().cells.cols())};
    if (data.condition && !data.condition->category.empty()) {
      for (const Index row : s.rows) {
        c.groups.push_back(data.condition->category[static_cast<std::size_t>(row)]);
      }
    }
    if (recipe.drifts()) c.velocity = scaling.apply_velocity(data.velocities(s)) * unit;
    Index feature = 0, cell = 0;
    const float largest = c.cells.cwiseAbs().maxCoeff(&feature, &cell);
    if (largest > 1e9f) {  // squared distances would lose everything else, or overflow
      throw std::runtime_error("coordinate " + std::to_string(feature + 1) + " of a cell at time " +
                               name_of(s) + " is " + short_number(s.cells(feature, cell)) +
                               ", too large to learn from: leave the cell out" +
                               (o.standardize == Standardize::none ? " or scale the data" : ""));
    }
    cells.push_back(std::move(c));
  }
  if (recipe.rates) add_known_growth(*data.growth, kept, o, cells);
  const fields::Heads heads{.dims = d,
                            .conditions = cells.front().conditions.rows(),
                            .growth = recipe.growth,
                            .score = recipe.score};
  const std::vector<Index> hidden(o.hidden.begin(), o.hidden.end());
  Trained out{{nullptr, scaling, clock}, {}, 0};
  const std::string settings = configuration(o, kept, cells);
  const auto stage = [&](AnyObjective loss, ParameterLayout layout, const std::string& part) {
    std::string file = checkpoint;
    if (!file.empty() && !part.empty()) {
      file = file.substr(0, file.rfind('.')) + "_" + part + ".safetensors";
    }
    Stage s{std::move(loss), std::move(layout), part.empty() ? name : name + ", " + part, file,
            settings};
    optimise(s, o, out);
  };
  std::optional<DriftKernel> drift;
  if (recipe.drifts()) drift = measured_drift(cells, data, o, name);
  Material material{cells, workers, drift ? &*drift : nullptr};
  if (recipe.objective == Recipe::Objective::action) {
    const auto dynamics = std::make_shared<PotentialDynamics>(
        fields::neural_map<float>(heads.inputs(), 1, hidden, Stream(o.seed).fork(0), nn::silu),
        heads, o.delta);
    out.model.dynamics = dynamics;
    stage(action_of(recipe, o, *dynamics, material), dynamics->layout(), "");
    return out;
  }
  if (recipe.objective == Recipe::Objective::transition) {
    std::vector<double> times;
    for (const TrainingCells& c : cells) times.push_back(c.time);
    const auto dynamics = std::make_shared<TransitionDynamics>(
        fields::neural_map<float>(flow::transition_heads(d, heads.conditions).inputs(), d, hidden,
                                  Stream(o.seed).fork(0)),
        d, heads.conditions, times, o.seed, o.guidance);
    out.model.dynamics = dynamics;
    stage(transition_of(recipe, o, *dynamics, material), dynamics->layout(), "");
    return out;
  }
  const auto dynamics = std::make_shared<NetworkDynamics>(
      fields::neural_map<float>(heads.inputs(), heads.outputs(), hidden, Stream(o.seed).fork(0)),
      heads, recipe.sigma, o.seed, o.guidance);
  out.model.dynamics = dynamics;
  std::optional<GeodesicPath> geodesic;
  if (recipe.path == Recipe::Path::geodesic) {
    geodesic.emplace(nn::Mlp<float, nn::Silu>({2 * d + 1, hidden, d}, nn::silu),
                     Stream(o.seed).fork(3), recipe.sigma);
    stage(energy_of(recipe, o, *geodesic, material), geodesic->layout(), "paths");
    material.geodesic = &*geodesic;
  }
  stage(recipe.objective == Recipe::Objective::simulation
            ? simulation_of(recipe, o, *dynamics, material)
            : objective_of(recipe, o, *dynamics, material),
        dynamics->layout(), "");
  for (long round = 1; round <= recipe.reflow; ++round) {
    const std::vector<TrainingCells> straight = carried_cells(*dynamics, cells, o, workers);
    stage(reflow_of(o, *dynamics, straight, workers), dynamics->layout(),
          "reflow " + std::to_string(round));
  }
  return out;
}

}  // namespace program
