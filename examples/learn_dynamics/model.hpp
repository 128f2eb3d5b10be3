// SPDX-License-Identifier: MIT
/// A learned velocity field together with the scaling of space and time it was learned in.
#pragma once

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <cytode/core/workers.hpp>
#include <cytode/data/clock.hpp>
#include <cytode/data/snapshots.hpp>
#include <cytode/data/standardizer.hpp>
#include <cytode/fields/neural.hpp>

#include "options.hpp"

namespace program {

using namespace cytode;
using data::Clock;
using Field = fields::Neural<nn::Mlp<float>>;

/// A number as a person writes it: 24, 0.5, 1.25.
inline std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// What to call a time point: its label, a plain number if the label is one ("24.0" is 24).
inline std::string name_of(const data::Snapshot<float>& s) {
  double value = 0;
  return data::parse_number(s.label, value) ? short_number(value) : s.label;
}

/// Takes cells and velocities in the space of the data, works inside in scaled space and time.
struct Model {
  Field field;
  data::Standardizer scaling;
  Clock clock;

  /// The cells at every time asked for, the first being the one they are at; adds to `evaluations`.
  /// Throws std::runtime_error if the solve fails.
  [[nodiscard]] std::vector<Matrix<float>> carry(const Matrix<float>& cells,
                                                 const std::vector<double>& times, Solver solver,
                                                 Workers& workers, long& evaluations) const;
  /// Velocity of the cells at that time, in units of the data per unit of its time.
  [[nodiscard]] Matrix<float> velocity(const Matrix<float>& cells, double time,
                                       Workers& workers) const;
};

}  // namespace program
