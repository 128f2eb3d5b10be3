// SPDX-License-Identifier: MIT
/// Learned dynamics together with the scaling of space and time they were learned in.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <cytode/core/workers.hpp>
#include <cytode/data/clock.hpp>
#include <cytode/data/snapshots.hpp>
#include <cytode/data/standardizer.hpp>

#include "dynamics.hpp"

namespace program {

using data::Clock;

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

/// Takes cells and gives velocities in the space of the data, works inside in scaled space and
/// time. Conditions are those of the cells, conditions × n; without any, 0 × n.
struct Model {
  std::shared_ptr<Dynamics> dynamics;
  data::Standardizer scaling;
  Clock clock;

  /// The cells at every time asked for, the first being the one they are at, with the logarithm of
  /// what became of one unit of mass; adds to `evaluations`. Throws std::runtime_error if the solve
  /// fails.
  [[nodiscard]] CarriedCells carry(const Matrix<float>& cells, const Matrix<float>& conditions,
                                   const std::vector<double>& times, Solver solver,
                                   Workers& workers, long& evaluations) const;
  /// Velocity of the cells at that time, in units of the data per unit of its time.
  [[nodiscard]] Matrix<float> velocity(const Matrix<float>& cells, const Matrix<float>& conditions,
                                       double time, Workers& workers) const;
  /// Growth rate of the cells, per unit of the data's time; zeros where the model has none.
  [[nodiscard]] Row<float> growth(const Matrix<float>& cells, const Matrix<float>& conditions,
                                  double time, Workers& workers) const;
  /// Draws of where the cells are at the next time point, if the model draws.
  [[nodiscard]] Future future(const Matrix<float>& cells, const Matrix<float>& conditions,
                              double time, Index samples, Workers& workers) const;
  [[nodiscard]] bool grows() const { return dynamics->heads().growth; }
};

}  // namespace program
