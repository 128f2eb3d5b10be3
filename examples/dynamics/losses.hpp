// SPDX-License-Identifier: MIT
/// The losses that recipes stand for.
#pragma once

#include <vector>

#include <cytode/core/workers.hpp>
#include <cytode/flow/geodesic_path.hpp>

#include "any.hpp"
#include "drift.hpp"
#include "network_dynamics.hpp"
#include "options.hpp"
#include "potential_dynamics.hpp"
#include "recipe.hpp"
#include "training_cells.hpp"
#include "transition_dynamics.hpp"

namespace program {

using GeodesicPath = flow::GeodesicPath<nn::Mlp<float, nn::Silu>>;

/// What a loss is made of beside the recipe: the cells, and what was learned or measured before,
/// for the recipes that need it. Everything named here must outlive the loss.
struct Material {
  const std::vector<TrainingCells>& cells;
  Workers& workers;
  const DriftKernel* drift = nullptr;
  const GeodesicPath* geodesic = nullptr;
};

/// The loss of a recipe over the parameters of the dynamics.
[[nodiscard]] AnyObjective objective_of(const Recipe& r, const Options& o,
                                        NetworkDynamics& dynamics, const Material& from);

/// The loss of the law of where cells go.
[[nodiscard]] AnyObjective transition_of(const Recipe& r, const Options& o,
                                         TransitionDynamics& dynamics, const Material& from);

/// The cells of the first time point at all times, as the dynamics carry them: pairs to reflow.
[[nodiscard]] std::vector<TrainingCells> carried_cells(const NetworkDynamics& dynamics,
                                                       const std::vector<TrainingCells>& cells,
                                                       const Options& o, Workers& workers);

/// The loss of straight paths between cells that are known to belong together.
[[nodiscard]] AnyObjective reflow_of(const Options& o, NetworkDynamics& dynamics,
                                     const std::vector<TrainingCells>& cells, Workers& workers);

/// The action of a potential.
[[nodiscard]] AnyObjective action_of(const Recipe& r, const Options& o, PotentialDynamics& dynamics,
                                     const Material& from);

/// The energy that bends a path: along the cells in their metric, or with the drift.
[[nodiscard]] AnyObjective energy_of(const Recipe& r, const Options& o, GeodesicPath& path,
                                     const Material& from);

}  // namespace program
