// SPDX-License-Identifier: MIT
/// Numerical derivatives good to many digits.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace cytode::adjoint {

/// df/dε at 0 of a smooth function from central differences of ten widths, extrapolated to width 0
/// [Ridders 1982], with the estimate of its error that chose among them.
struct Extrapolated {
  double value = 0, error = std::numeric_limits<double>::infinity();

  template <class Function>
  static Extrapolated at_zero(Function f, double width) {
    constexpr int rows = 10;
    constexpr double shrink = 1.6;
    double table[rows][rows];
    Extrapolated best;
    for (int i = 0; i < rows; ++i, width /= shrink) {
      table[0][i] = (f(width) - f(-width)) / (2 * width);
      if (i == 0) best.value = table[0][0];
      double factor = shrink * shrink;
      for (int j = 1; j <= i; ++j, factor *= shrink * shrink) {
        table[j][i] = (factor * table[j - 1][i] - table[j - 1][i - 1]) / (factor - 1);
        const double error = std::max(std::abs(table[j][i] - table[j - 1][i]),
                                      std::abs(table[j][i] - table[j - 1][i - 1]));
        if (error <= best.error) best = {table[j][i], error};
      }
    }
    return best;
  }
};

}  // namespace cytode::adjoint
