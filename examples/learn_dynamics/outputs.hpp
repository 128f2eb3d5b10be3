// SPDX-License-Identifier: MIT
/// The files of a run that other programs read: metrics, trajectories, velocities, the model.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cytode/metrics/velocity.hpp>

#include "dataset.hpp"
#include "scoring.hpp"
#include "training.hpp"

namespace program {

/// Where a run's cells are at every time point, and how fast; dims × cells in the order of obs.
struct Paths {
  std::vector<Matrix<float>> states;  // one a time point; NaN for cells without a time
  Matrix<float> velocity;             // each cell at its own time
};

/// Carries every cell from its own time to all others, forward and backward.
Paths follow_all(const Model& model, const Dataset& data, Solver solver, Workers& workers);

/// velocity.csv: one row a cell, columns velocity_<basis>1, 2, … for adata.obsm.
void write_velocity(const std::string& path, const Dataset& data, const Options& o,
                    const Paths& paths);

/// trajectories.csv: one row a cell, and for every time point t the columns X_<basis>_at_<t>_1, 2,
/// …: where the cell is, was or will be at t.
void write_trajectories(const std::string& path, const Dataset& data, const Options& o,
                        const Paths& paths);

/// How the learned velocities agree with those that came with the data.
struct Agreement {
  std::string key;
  metrics::VelocityAgreement all;
};

std::optional<Agreement> compare_velocity(const Dataset& data, const Paths& paths);

/// metrics.json: what was run, on what, how long it took and how well it did.
std::string metrics_json(const Options& o, const Dataset& data, const std::vector<double>& seconds,
                         const std::vector<Score>& scores,
                         const std::optional<Agreement>& agreement,
                         const std::string& outputs_from);

/// model.safetensors: the network under PyTorch's names, and in the metadata what else is needed to
/// use it: v(t, x) = scale · net([(x − mean)/scale, (t − time_origin)/time_unit]) / time_unit.
void write_model(const std::string& path, const Model& model, const Options& o);

/// Writes a text as a file that appears whole or not at all.
void write_text(const std::string& path, const std::string& text);

}  // namespace program
