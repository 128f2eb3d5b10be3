// SPDX-License-Identifier: MIT
/// An initial value problem of the comparison, whatever its field.
#pragma once

#include <string>
#include <vector>

#include <cytode/core/types.hpp>

#include "any_field.hpp"

namespace work_precision {

/// x' = field(t, x) from x0 at times[0], observed at the times after it.
struct Problem {
  std::string name;   ///< On the command line and in the CSV.
  std::string title;  ///< In the figures.
  bool stiff = false;
  AnyField field;
  Matrix<double> x0;                           ///< dims × cells
  std::vector<double> times;                   ///< The start, then the observations.
  std::vector<Matrix<double>> reference = {};  ///< One an observation.
  double floor = 1;                            ///< Components below this size count absolutely.
  /// What a change of 1 in each parameter is worth in the error of a gradient: rates count by
  /// their relative change, weights of a network all the same.
  Vector<double> parameter_scale = {};

  [[nodiscard]] Index cells() const { return x0.cols(); }
  /// Largest error of a component at any observation over the larger of its size and `floor`;
  /// infinite if states are missing.
  [[nodiscard]] double error(const std::vector<Matrix<double>>& states) const {
    if (states.size() != reference.size() + 1) return INFINITY;
    double worst = 0;
    for (std::size_t k = 0; k < reference.size(); ++k) {
      const auto& r = reference[k].array();
      const Matrix<double> off = (states[k + 1].array() - r).abs() / r.abs().max(floor);
      if (!off.allFinite()) return INFINITY;
      worst = std::max(worst, off.maxCoeff());
    }
    return worst;
  }
};

/// All problems of that set, the names of which are in `names` (empty: all); those without a
/// published end get a reference. Throws std::invalid_argument for a name that is none of theirs.
[[nodiscard]] std::vector<Problem> make_problems(const std::vector<std::string>& names);

/// All names there are, in their order.
[[nodiscard]] std::vector<std::string> problem_names();

}  // namespace work_precision
