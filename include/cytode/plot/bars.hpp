// SPDX-License-Identifier: MIT
/// Bars: a few numbers side by side, for instance a model against its baselines.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <cytode/plot/canvas.hpp>
#include <cytode/plot/key.hpp>
#include <cytode/plot/limits.hpp>
#include <cytode/plot/series.hpp>
#include <cytode/plot/ticks.hpp>

namespace cytode::plot {

/// One number for every group, with an optional error (half the length of a whisker).
struct BarSeries {
  std::string name{};
  Series values{};
  Series errors{};
  Color color = okabe_ito(0);
};

/// Grouped bars from zero: group g is centred at x = g and named on the x axis. The number stands
/// on each bar, `digits` decimals; negative digits: no numbers. NaN leaves a gap and is counted.
struct Bars {
  std::vector<std::string> groups{};
  std::vector<BarSeries> series{};
  int digits = 2;
  double share = 0.78;  ///< Of a group's place that its bars fill.

  template <class = void>
  void measure(Limits& limits) const {
    limits.y_from_zero = true;
    limits.x_categories = groups;
    limits.x.include(-0.5);
    limits.x.include(static_cast<double>(groups.size()) - 0.5);
    limits.y.include(0);
    for (const BarSeries& s : series) {
      check(s.values.size() == groups.size(), "Bars", "series '", s.name, "' has ", s.values.size(),
            " numbers for ", groups.size(), " groups");
      check(s.errors.empty() || s.errors.size() == s.values.size(), "Bars", "series '", s.name,
            "' has ", s.errors.size(), " errors for ", s.values.size(), " numbers");
      for (std::size_t g = 0; g < s.values.size(); ++g) {
        limits.y.include(s.values[g]);
        limits.y.include(s.values[g] + error(s, g));
        limits.y.include(s.values[g] - error(s, g));
      }
    }
  }
  template <class = void>
  void describe(Key& key) const {
    for (const BarSeries& s : series) key.add(Symbol::box, s.name, s.color);
  }
  template <class = void>
  void draw(Canvas& canvas) const {
    const double slot = share / static_cast<double>(series.size());
    const double thick = std::min(0.92 * (canvas.x(slot) - canvas.x(0)), 64.0);
    const double pitch = thick / 0.92;
    for (std::size_t k = 0; k < series.size(); ++k) {
      const BarSeries& s = series[k];
      const double shift =
          (static_cast<double>(k) + 0.5 - 0.5 * static_cast<double>(series.size()));
      Path bars, whiskers;
      for (std::size_t g = 0; g < groups.size(); ++g) {
        if (!std::isfinite(s.values[g])) {
          canvas.skip();
          continue;
        }
        const double middle = canvas.x(static_cast<double>(g)) + shift * pitch;
        const double left = middle - thick / 2, right = middle + thick / 2;
        const double foot = canvas.y(0), top = canvas.y(s.values[g]);
        bars.polyline({{left, foot}, {left, top}, {right, top}, {right, foot}}, true);
        if (error(s, g) > 0) {
          const double up = canvas.y(s.values[g] + error(s, g));
          const double down = canvas.y(s.values[g] - error(s, g));
          whiskers.polyline({{middle, up}, {middle, down}});
        }
      }
      canvas.fill(bars, s.color, 1);
      canvas.stroke(whiskers, ink, 1.2, 1);
      label(canvas, s, shift * pitch, pitch);
    }
  }

 private:
  static double error(const BarSeries& s, std::size_t g) {
    return s.errors.empty() || !std::isfinite(s.errors[g]) ? 0.0 : s.errors[g];
  }
  template <class = void>
  void label(Canvas& canvas, const BarSeries& s, double shift, double pitch) const {
    for (std::size_t g = 0; g < groups.size() && digits >= 0; ++g) {
      if (!std::isfinite(s.values[g])) continue;
      const std::string number = format_number(s.values[g], digits);
      if (text_width(number, 11) > pitch + 6) continue;  // no room: the axis has to do
      const bool up = s.values[g] >= 0;
      const double end = canvas.y(s.values[g] + (up ? error(s, g) : -error(s, g)));
      canvas.text(number, {canvas.x(static_cast<double>(g)) + shift, end + (up ? -5 : 13)},
                  "middle", 11, ink);
    }
  }
};

}  // namespace cytode::plot
