// SPDX-License-Identifier: MIT
/// Axis: what a caller may ask of one axis, and the scale and ticks that come of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cytode/plot/limits.hpp>
#include <cytode/plot/scale.hpp>
#include <cytode/plot/series.hpp>
#include <cytode/plot/ticks.hpp>

namespace cytode::plot {

/// One axis: what it shows, and whatever should not be automatic.
struct Axis {
  std::string label{};                  ///< With the unit: "time (h)".
  bool log = false;                     ///< Logarithmic; the data must be positive.
  std::optional<double> low{}, high{};  ///< Ends of the axis; automatic: the data and some room.
  Series ticks{};                       ///< Where to put ticks; automatic: round numbers.
  bool grid = false;                    ///< Pale lines across the plot area.
  bool numbers = true;                  ///< Tick labels; an embedding may do without.
};

/// The scale that shows the extent as the axis asks, with room at automatic ends.
/// Throws std::invalid_argument if low > high, or for numbers ≤ 0 on a logarithmic axis.
template <class = void>
[[nodiscard]] inline Scale make_scale(const Axis& axis, Extent extent, double room_below,
                                      double room_above) {
  if (extent.empty()) extent = axis.log ? Extent{1, 10} : Extent{0, 1};
  if (axis.low) extent.low = *axis.low;
  if (axis.high) extent.high = *axis.high;
  if (axis.low && !axis.high) extent.high = std::max(extent.low, extent.high);
  if (axis.high && !axis.low) extent.low = std::min(extent.low, extent.high);
  check(extent.low <= extent.high, "Axis", "low is ", extent.low, ", high is ", extent.high);
  check(!axis.log || extent.low > 0, "Axis", "'", axis.label, "' is logarithmic but reaches ",
        extent.low, ", wanted positive numbers");
  const Scale scale = axis.log ? Scale::logarithmic(extent.low, extent.high)
                               : Scale::linear(extent.low, extent.high);
  return scale.padded(axis.low ? 0 : room_below, axis.high ? 0 : room_above);
}

/// The ticks of the axis that lie on the scale: those asked for, or at most `most` round ones.
template <class = void>
[[nodiscard]] inline std::vector<Tick> ticks_of(const Axis& axis, const Scale& scale, int most) {
  if (axis.ticks.empty()) return make_ticks(scale, most);
  std::vector<Tick> ticks;
  for (const double value : axis.ticks) {
    const double share = scale(value);
    if (share >= -1e-9 && share <= 1 + 1e-9) ticks.push_back({value, format_significant(value, 6)});
  }
  return ticks;
}

}  // namespace cytode::plot
