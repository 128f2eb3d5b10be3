// SPDX-License-Identifier: MIT
/// Palettes: one ordered (for time), one qualitative (for kinds), and the greys of a page.
#pragma once

#include <array>
#include <cstddef>

#include <cytode/core/checks.hpp>
#include <cytode/plot/color.hpp>

namespace cytode::plot {

/// Text and axis titles.
inline constexpr Color ink = Color::rgb(0x1f2328);
/// Tick labels and secondary text.
inline constexpr Color muted = Color::rgb(0x57606a);
/// Axis lines, and cells in the background.
inline constexpr Color grey = Color::rgb(0x8c959f);
/// Grid lines.
inline constexpr Color faint = Color::rgb(0xe6e9ed);

/// The viridis map at 0 ≤ t ≤ 1 (clamped; NaN gives the low end): dark violet to yellow.
///
/// Lightness rises evenly, so order survives grey print and colour blindness. Ten stops, linear
/// between them; within 6/255 of the original map [Smith and van der Walt 2015].
template <class = void>
[[nodiscard]] inline Color viridis(double t) noexcept {
  constexpr std::array<Color, 10> stops = {
      Color::rgb(0x440154), Color::rgb(0x482878), Color::rgb(0x3e4989), Color::rgb(0x31688e),
      Color::rgb(0x26828e), Color::rgb(0x1f9e89), Color::rgb(0x35b779), Color::rgb(0x6ece58),
      Color::rgb(0xb5de2b), Color::rgb(0xfde725)};
  const double s = (t > 0 ? std::min(t, 1.0) : 0.0) * (stops.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(s), stops.size() - 2);
  return stops[i].mix(stops[i + 1], s - static_cast<double>(i));
}

/// Colour i of a set that people with any colour vision tell apart [Okabe and Ito 2008]; i ≥ 0,
/// starts again after eight: blue, vermilion, green, purple, orange, sky, yellow, dark grey.
template <class = void>
[[nodiscard]] inline Color okabe_ito(int i) {
  constexpr std::array<Color, 8> colors = {
      Color::rgb(0x0072b2), Color::rgb(0xd55e00), Color::rgb(0x009e73), Color::rgb(0xcc79a7),
      Color::rgb(0xe69f00), Color::rgb(0x56b4e9), Color::rgb(0xf0e442), Color::rgb(0x3c4248)};
  check(i >= 0, "okabe_ito", "i is ", i, ", wanted 0 or more");
  return colors[static_cast<std::size_t>(i) % colors.size()];
}

}  // namespace cytode::plot
