// SPDX-License-Identifier: MIT
/// ColorScale: ordered numbers, times above all, to colours.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/plot/palette.hpp>

namespace cytode::plot {

/// Numbers in [low, high] to viridis, without its palest end, which white paper swallows.
///
/// With `stops` (ascending, for instance the sampled times) the colours are spread evenly over the
/// stops, however uneven the times, and the key shows one dot a stop instead of a colour bar.
struct ColorScale {
  double low = 0;
  double high = 1;
  std::string label{};           ///< What the colour means, with its unit: "time (h)".
  std::vector<double> stops{};   ///< Values to name in the key; two or more, else unused.
  double from = 0.0, to = 0.93;  ///< The part of viridis to use.

  /// The scale of some sampled times: low and high are the first and last.
  /// Throws std::invalid_argument unless the stops are finite, ascending and at least one.
  template <class = void>
  [[nodiscard]] static ColorScale of_stops(std::vector<double> stops, std::string label) {
    check(!stops.empty(), "ColorScale::of_stops", "there are no stops");
    for (std::size_t i = 0; i < stops.size(); ++i) {
      check(std::isfinite(stops[i]) && (i == 0 || stops[i - 1] < stops[i]), "ColorScale::of_stops",
            "stop ", i, " is ", stops[i], ", wanted ascending finite numbers");
    }
    ColorScale scale{.low = stops.front(), .high = stops.back(), .label = std::move(label)};
    scale.stops = std::move(stops);
    return scale;
  }

  /// Position of a value between 0 and 1, clamped; 0 for NaN.
  template <class = void>
  [[nodiscard]] double share(double value) const noexcept {
    double s = high > low ? (value - low) / (high - low) : 0.5;
    if (stops.size() > 1) {
      const auto above = std::upper_bound(stops.begin() + 1, stops.end() - 1, value);
      const double left = *(above - 1);
      s = (static_cast<double>(above - 1 - stops.begin()) + (value - left) / (*above - left)) /
          static_cast<double>(stops.size() - 1);
    }
    return s > 0 ? std::min(s, 1.0) : 0.0;
  }
  [[nodiscard]] Color operator()(double value) const noexcept {
    return viridis(from + (to - from) * share(value));
  }
};

}  // namespace cytode::plot
