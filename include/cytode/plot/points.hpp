// SPDX-License-Identifier: MIT
/// Points: cells as dots, in one colour or coloured by a number such as time.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include <cytode/plot/canvas.hpp>
#include <cytode/plot/color_scale.hpp>
#include <cytode/plot/key.hpp>
#include <cytode/plot/limits.hpp>
#include <cytode/plot/series.hpp>
#include <cytode/plot/thinning.hpp>

namespace cytode::plot {

/// Dots at (x, y). With `values`, one a dot, coloured by `colors`; dots of different colours are
/// drawn in turns, so that no time point hides another. About 14 bytes a dot.
///
/// More than `most` dots are thinned to every k-th, see thin(). Dots that are not finite, outside
/// ranges asked for, or without a value are skipped and counted.
struct Points {
  Series x{}, y{};
  std::string name{};  ///< In the key; empty: not there.
  Color color = okabe_ito(0);
  Series values{};
  ColorScale colors{};
  double radius = 2.6;
  double opacity = 0.8;
  bool hollow = false;
  Index most = 5000;

  /// Dots to draw, of all given.
  [[nodiscard]] Thinning thinning() const { return thin(static_cast<Index>(x.size()), most); }

  template <class = void>
  void measure(Limits& limits) const {
    check_same_length("Points", "x", x, "y", y);
    if (!values.empty()) check_same_length("Points", "x", x, "values", values);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
      limits.x.include(x[i]);
      limits.y.include(y[i]);
    }
  }
  template <class = void>
  void describe(Key& key) const {
    key.add(hollow ? Symbol::ring : Symbol::dot, name, color);
    if (!values.empty()) key.add(colors);
  }
  template <class = void>
  void draw(Canvas& canvas) const {
    constexpr std::size_t turns = 8;
    const auto every = static_cast<std::size_t>(thinning().every);
    std::map<std::pair<std::size_t, Color>, Path> paths;
    for (std::size_t i = 0, drawn = 0; i < x.size(); i += every, ++drawn) {
      const Pixel p = canvas.at(x[i], y[i]);
      const bool valued = !values.empty();
      if (!Canvas::exists(p) || !canvas.inside(p) || (valued && !std::isfinite(values[i]))) {
        canvas.skip();
        continue;
      }
      Path& path = paths[{valued ? drawn % turns : 0, valued ? shade(values[i]) : color}];
      if (hollow) {
        path.ring(p, radius);
      } else {
        path.dot(p);
      }
    }
    for (const auto& [turn, path] : paths) {
      canvas.stroke(path, turn.second, hollow ? 1.1 : 2 * radius, opacity);
    }
  }

 private:
  /// At most 33 shades, so that dots share paths.
  template <class = void>
  [[nodiscard]] Color shade(double value) const {
    if (colors.stops.size() > 1) return colors(value);
    const double s = std::round(32 * colors.share(value)) / 32;
    return colors(colors.low + s * (colors.high - colors.low));
  }
};

}  // namespace cytode::plot
