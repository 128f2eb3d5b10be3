// SPDX-License-Identifier: MIT
/// The loss of dynamics that are fitted by simulation.
#pragma once

#include "losses.hpp"

namespace program {

/// Carries the cells of the first time through all times and compares them with the cells of each
/// by the Sinkhorn divergence: adjoint::PopulationFit. With a class for --condition, every class is
/// carried and compared by itself, and counts as its share of the cells; a number is one more
/// coordinate of the comparison, which the dynamics leave as it is.
///
/// Throws std::invalid_argument if no class has cells at two times, and in training
/// std::runtime_error with the solver's diagnosis where a solve fails.
[[nodiscard]] AnyObjective simulation_of(const Recipe& r, const Options& o,
                                         NetworkDynamics& dynamics, const Material& from);

}  // namespace program
