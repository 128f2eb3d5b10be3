// SPDX-License-Identifier: MIT
/// Which cells of neighbouring times a recipe joins.
#pragma once

#include <vector>

#include <cytode/flow/mean_targets.hpp>

#include "any.hpp"
#include "drift.hpp"
#include "options.hpp"
#include "recipe.hpp"
#include "training_cells.hpp"

namespace program {

/// The pairs of a recipe. `drift`: what its pairs follow, if it drifts; must outlive them. Throws
/// std::runtime_error where a plan that is needed does not fit in memory.
[[nodiscard]] AnyPairing pairing_of(const Recipe& r, const Options& o,
                                    const std::vector<TrainingCells>& cells,
                                    const DriftKernel* drift);

/// The mean of every cell's partners in the recipe's plan of all cells. Throws the same.
[[nodiscard]] flow::MeanTargets<float> mean_targets_of(const Recipe& r, const Options& o,
                                                       const std::vector<TrainingCells>& cells);

}  // namespace program
