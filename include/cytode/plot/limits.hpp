// SPDX-License-Identifier: MIT
/// Limits: what a mark needs to be seen, gathered before anything is drawn.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace cytode::plot {

/// Smallest and largest of the finite numbers included so far.
struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) noexcept {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  [[nodiscard]] bool empty() const noexcept { return !(low <= high); }
};

/// Ranges in data units, and what else a mark asks of the axes.
struct Limits {
  Extent x, y;
  bool y_from_zero = false;                 ///< No room below a lowest y of 0 (bars stand on it).
  std::vector<std::string> x_categories{};  ///< Names at x = 0, 1, 2, … in place of numbers.
};

}  // namespace cytode::plot
