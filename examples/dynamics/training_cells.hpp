// SPDX-License-Identifier: MIT
/// The cells of one time point as training sees them.
#pragma once

#include <vector>

#include <cytode/core/types.hpp>

namespace program {

using namespace cytode;

/// Scaled in space and time, with what is known of them.
struct TrainingCells {
  double time = 0;
  Matrix<float> cells;
  Matrix<float> conditions{};   // conditions × n
  double mass = 1;              // relative to the first time point
  std::vector<Index> groups{};  // category of each cell, −1: missing; empty: none
  Vector<double> rates{};       // of growth, known before; empty: not known, or the last time
  Matrix<float> velocity{};     // measured, scaled; a column of NaN where there is none; or empty
};

}  // namespace program
