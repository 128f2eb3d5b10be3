// SPDX-License-Identifier: MIT
/// The drift that measured velocities stand for, for methods that follow one.
#pragma once

#include <cstdint>
#include <vector>

#include <cytode/flow/velocity_kernel.hpp>

#include "options.hpp"
#include "training_cells.hpp"

namespace program {

using DriftKernel = flow::VelocityKernel<float>;

/// How far a measured velocity reaches unless --bandwidth says otherwise: the mean distance d of a
/// cell to its tenth neighbour, but less where cells are so evenly far apart, as in many
/// coordinates, that all n of them, at root mean squared distance D, would outweigh that neighbour:
/// h² ≤ (D² − d²)/(2 log n).
[[nodiscard]] double usual_bandwidth(const std::vector<TrainingCells>& cells);

/// What measured velocities must be multiplied with so that their mean length is that of the rates
/// at which exact transport moves cells from time to time, beyond what two samples of one time are
/// apart. Velocities estimated from splicing have a scale of their own: only their direction is
/// known. Throws std::invalid_argument if all are zero, or nothing moves.
[[nodiscard]] double usual_scale(const std::vector<TrainingCells>& cells, std::uint64_t seed);

/// The kernel over the cells that have a velocity, evenly thinned where there are very many.
/// Throws std::invalid_argument if none has.
[[nodiscard]] DriftKernel drift_of(const std::vector<TrainingCells>& cells, double bandwidth);

}  // namespace program
