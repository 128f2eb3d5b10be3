// SPDX-License-Identifier: MIT
/// The files of a run that other programs read: metrics, trajectories, velocities, the model.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cytode/metrics/velocity.hpp>

#include "../dynamics/dataset.hpp"
#include "../dynamics/scoring.hpp"
#include "../dynamics/training.hpp"
#include "course.hpp"

namespace program {

/// Where a run's cells are at every time point, and how fast; dims × cells in the order of obs.
struct Paths {
  std::vector<Matrix<float>> states;  // one a time point; NaN for cells without a time
  Matrix<float> velocity;             // each cell at its own time
  Row<float> growth;                  // growth rate of each cell at its own time; zeros without one
  Row<float> next_mass;               // of one unit of the cell at the next time; NaN at the last
};

/// Carries every cell from its own time to all others, forward and backward.
Paths follow_all(const Model& model, const Dataset& data, Solver solver, Workers& workers);

/// Tables and the model are in the units of the data as given, whatever space scores are in, so
/// that they stand beside the data in an AnnData.

/// velocity.csv: one row a cell, columns velocity_<basis>1, 2, … for adata.obsm.
void write_velocity(const std::string& path, const Dataset& data, const Options& o,
                    const Paths& paths);

/// trajectories.csv: one row a cell, and for every time point t the columns X_<basis>_at_<t>_1, 2,
/// …: where the cell is, was or will be at t.
void write_trajectories(const std::string& path, const Dataset& data, const Options& o,
                        const Paths& paths);

/// futures.csv of a model that draws: one row a cell and draw, its time, the time it is drawn for,
/// and X_<basis>1, 2, …; cells of the last time have none.
void write_futures(const std::string& path, const Model& model, const Dataset& data,
                   const Options& o, Workers& workers);

/// How the learned velocities agree with those that came with the data.
struct Agreement {
  std::string key;
  bool truth = false;  // the same units as the learned velocity, not only the same direction
  bool given = false;  // the model was trained to follow them
  metrics::VelocityAgreement all;
};

std::optional<Agreement> compare_velocity(const Dataset& data, const Options& o,
                                          const Paths& paths);

/// What a run found out, for the report and metrics.json.
struct Findings {
  std::vector<Score> scores;
  std::vector<std::pair<std::string, std::vector<double>>> losses;  // by model
  std::vector<double> seconds;                                      // of training, by model
  std::optional<Agreement> agreement;
  bool grows = false;        // the model has a growth rate
  bool draws = false;        // the model draws where cells go
  std::string outputs_from;  // the model that made tables and figures
  Course course;
};

/// metrics.json: what was run, on what, how long it took and how well it did.
std::string metrics_json(const Options& o, const Dataset& data, const Findings& f);

/// model.safetensors: the network under PyTorch's names, and in the metadata what else is needed to
/// use it: v(t, x) = scale · net([(x − mean)/scale, (t − time_origin)/time_unit]) / time_unit.
void write_model(const std::string& path, const Model& model, const Dataset& data,
                 const Options& o);

}  // namespace program
