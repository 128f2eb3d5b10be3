// SPDX-License-Identifier: MIT
/// The figures of the comparison.
#pragma once

#include <string>
#include <vector>

#include "problem.hpp"
#include "row.hpp"

namespace work_precision {

/// Writes into the folder, for the problems that have rows:
///   nonstiff.svg, stiff.svg              a line a method, I controller, one clock
///   control.svg                          a line a controller and clock, of tsit5 or rodas5p
///   gradients.svg, stiff_gradients.svg   a line a gradient method; a line a stiff method
/// each with a row a problem, error against evaluations on the left, against time on the right.
/// Returns their names.
std::vector<std::string> draw_figures(const std::string& folder,
                                      const std::vector<Problem>& problems,
                                      const std::vector<Row>& rows);

}  // namespace work_precision
