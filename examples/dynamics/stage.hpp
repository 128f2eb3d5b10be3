// SPDX-License-Identifier: MIT
/// One training of a run, with checkpoints to go on from.
#pragma once

#include <string>
#include <vector>

#include <cytode/core/parameters.hpp>

#include "any.hpp"
#include "training.hpp"
#include "training_cells.hpp"

namespace program {

/// One training of a run: a loss, where its parameters are named, and where it may go on from.
struct Stage {
  AnyObjective loss;
  ParameterLayout layout;
  std::string name, checkpoint, settings;
};

/// Everything a checkpoint must share with the run that goes on from it, one setting a line; by a
/// checksum the training cells themselves, their conditions, growth rates and velocities.
[[nodiscard]] std::string configuration(const Options& o, const data::Snapshots<float>& kept,
                                        const std::vector<TrainingCells>& cells);

/// Runs the optimiser on a stage until done, interrupted or broken; the parameters end as their
/// average. Adds losses and seconds to `out`.
void optimise(Stage& stage, const Options& o, Trained& out);

}  // namespace program
