// SPDX-License-Identifier: MIT
/// One line of the table: what one run cost and how exact it was.
#pragma once

#include <cmath>
#include <string>
#include <vector>

namespace work_precision {

/// NaN: not measured here, an empty field in the CSV.
inline constexpr double none = NAN;

struct Row {
  std::string problem, method, controller, clock;
  std::string gradient;  ///< Empty: a solve alone.
  double tolerance = 0;
  double error = none;            ///< Of the states.
  double gradient_error = none;   ///< Of ∂L/∂(x0, θ).
  long evaluations = 0;           ///< Calls of the field on a batch, forward.
  long cell_evaluations = 0;      ///< The same, each times its cells.
  long backward_evaluations = 0;  ///< Backward, each times its cells.
  long jacobians = 0;             ///< Of a cell, forward.
  double seconds = none;          ///< Median of the repeats.
  std::string status;
  long cells = 1;

  [[nodiscard]] bool ok() const { return status == "ok"; }
};

/// What makes a comparison fair, line by line: at the top of the CSV and in --help.
[[nodiscard]] const std::vector<std::string>& rules();

/// Writes the rules as comments, a header and all rows.
void write_csv(const std::string& path, const std::vector<Row>& rows);

}  // namespace work_precision
