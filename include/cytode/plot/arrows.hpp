// SPDX-License-Identifier: MIT
/// Arrows: velocities at places.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include <cytode/plot/canvas.hpp>
#include <cytode/plot/key.hpp>
#include <cytode/plot/limits.hpp>
#include <cytode/plot/series.hpp>

namespace cytode::plot {

/// Arrows along (u, v) at (x, y), the middle of each arrow at its place.
///
/// With `scale` > 0 an arrow spans scale · (u, v) in data units; otherwise the longest is as long
/// as the spacing that n places have on an even grid over their box. Heads shrink with their
/// arrows; arrows shorter than two pixels are left out, those not finite skipped and counted.
struct Arrows {
  Series x{}, y{}, u{}, v{};
  double scale = 0;
  std::string name{};  ///< In the key; empty: not there.
  Color color = ink;
  double width = 1.1;
  double opacity = 0.9;
  bool halo = true;  ///< A pale rim, so that arrows show on dark cells.

  template <class = void>
  void measure(Limits& limits) const {
    check_same_length("Arrows", "x", x, "y", y);
    check_same_length("Arrows", "x", x, "u", u);
    check_same_length("Arrows", "x", x, "v", v);
    const double s = used_scale();
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!finite(i)) continue;
      for (const double side : {-0.5, 0.5}) {
        limits.x.include(x[i] + side * s * u[i]);
        limits.y.include(y[i] + side * s * v[i]);
      }
    }
  }
  template <class = void>
  void describe(Key& key) const {
    key.add(Symbol::arrow, name, color);
  }
  template <class = void>
  void draw(Canvas& canvas) const {
    const double s = used_scale();
    Path shafts, heads;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Pixel tail = canvas.at(x[i] - 0.5 * s * u[i], y[i] - 0.5 * s * v[i]);
      const Pixel tip = canvas.at(x[i] + 0.5 * s * u[i], y[i] + 0.5 * s * v[i]);
      if (!Canvas::exists(tail) || !Canvas::exists(tip) ||
          !canvas.inside({(tail.x + tip.x) / 2, (tail.y + tip.y) / 2})) {
        canvas.skip();
        continue;
      }
      add(shafts, heads, tail, tip);
    }
    if (halo) {
      canvas.stroke(shafts, Color::rgb(0xffffff), width + 2, 0.75);
      canvas.stroke(heads, Color::rgb(0xffffff), 2, 0.75);
    }
    canvas.stroke(shafts, color, width, opacity);
    canvas.fill(heads, color, opacity);
  }
  /// Data units of arrow for a unit of (u, v).
  [[nodiscard]] double used_scale() const {
    if (scale > 0) return scale;
    Extent ex, ey;
    double longest = 0, n = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!finite(i)) continue;
      ex.include(x[i]);
      ey.include(y[i]);
      longest = std::max(longest, std::hypot(u[i], v[i]));
      ++n;
    }
    if (!(longest > 0)) return 1;
    const double across = std::max(ex.high - ex.low, ey.high - ey.low);
    return (across > 0 ? across / std::max(1.0, std::sqrt(n)) : 1.0) / longest;
  }

 private:
  [[nodiscard]] bool finite(std::size_t i) const {
    return std::isfinite(x[i]) && std::isfinite(y[i]) && std::isfinite(u[i]) && std::isfinite(v[i]);
  }
  template <class = void>
  void add(Path& shafts, Path& heads, Pixel tail, Pixel tip) const {
    const double dx = tip.x - tail.x, dy = tip.y - tail.y, n = std::hypot(dx, dy);
    if (n < 2) return;
    const double head = std::min(3 + 2 * width, 0.5 * n), half = 0.4 * head;
    const double ux = dx / n, uy = dy / n;
    const Pixel neck = {tip.x - head * ux, tip.y - head * uy};
    shafts.polyline({tail, {tip.x - 0.8 * head * ux, tip.y - 0.8 * head * uy}});
    heads.polyline(
        {tip, {neck.x - half * uy, neck.y + half * ux}, {neck.x + half * uy, neck.y - half * ux}},
        true);
  }
};

}  // namespace cytode::plot
