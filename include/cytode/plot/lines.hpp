// SPDX-License-Identifier: MIT
/// Lines: trajectories, curves, means: one or many polylines.
#pragma once

#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <cytode/plot/canvas.hpp>
#include <cytode/plot/color_scale.hpp>
#include <cytode/plot/key.hpp>
#include <cytode/plot/limits.hpp>
#include <cytode/plot/series.hpp>

namespace cytode::plot {

/// Polylines through (x, y), in one colour or coloured along the way by `values`.
///
/// `length` points make a line, 0: all of them; so matrices of shape steps × cells draw one line a
/// cell. A point that is not finite interrupts its line and is counted. What a page cannot
/// show is left out, see envelope() and simplify(). Lines are cut at ranges asked for.
struct Lines {
  Series x{}, y{};
  std::size_t length = 0;
  std::string name{};  ///< In the key; empty: not there.
  Color color = okabe_ito(0);
  Series values{};
  ColorScale colors{};
  double width = 1.6;
  double opacity = 1;
  double head = 0;          ///< Length in pixels of an arrow head at the end of every line.
  std::string_view dash{};  ///< SVG dash pattern, for instance "4 3".

  template <class = void>
  void measure(Limits& limits) const {
    check_same_length("Lines", "x", x, "y", y);
    if (!values.empty()) check_same_length("Lines", "x", x, "values", values);
    check(length == 0 || x.size() % length == 0, "Lines", "x has ", x.size(),
          " numbers, wanted a multiple of length ", length);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
      limits.x.include(x[i]);
      limits.y.include(y[i]);
    }
  }
  template <class = void>
  void describe(Key& key) const {
    key.add(dash.empty() ? Symbol::line : Symbol::dashed, name, color);
    if (!values.empty()) key.add(colors);
  }
  template <class = void>
  void draw(Canvas& canvas) const {
    std::map<Color, Path> paths, heads;
    const std::size_t step = length == 0 ? x.size() : length;
    std::vector<Pixel> run;  // the line so far, all of one colour
    bool outside = false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Pixel p = canvas.at(x[i], y[i]);
      const bool drawn = Canvas::exists(p) && (values.empty() || std::isfinite(values[i]));
      if (!drawn) canvas.skip();
      outside = outside || (drawn && !canvas.inside(p));
      const Color shade = color_at(i);
      if (drawn) run.push_back(p);
      const bool last = (i + 1) % step == 0 || i + 1 == x.size();
      if (drawn && !last && shade == color_at(i + 1)) continue;
      if (run.size() > 1) {
        paths[shade].polyline(simplify(envelope(run), 0.1));
        if (last && head > 0) add_head(heads[shade], run);
      }
      run.clear();
      if (drawn && !last) run.push_back(p);
    }
    if (outside) canvas.begin_clip();
    for (const auto& [shade, path] : paths) canvas.stroke(path, shade, width, opacity, dash);
    for (const auto& [shade, path] : heads) canvas.fill(path, shade, opacity);
    if (outside) canvas.end_clip();
  }

 private:
  template <class = void>
  [[nodiscard]] Color color_at(std::size_t i) const {
    if (values.empty()) return color;
    return colors(colors.low +
                  std::round(24 * colors.share(values[i])) / 24 * (colors.high - colors.low));
  }
  template <class = void>
  void add_head(Path& path, const std::vector<Pixel>& run) const {
    const Pixel tip = run.back();
    std::size_t from = run.size() - 1;  // look back far enough to know the direction
    while (from > 0 && std::hypot(tip.x - run[from].x, tip.y - run[from].y) < head) --from;
    const double dx = tip.x - run[from].x, dy = tip.y - run[from].y, n = std::hypot(dx, dy);
    if (n < 1e-3) return;
    const double ux = dx / n * head, uy = dy / n * head;
    path.polyline({{tip.x + 0.3 * ux, tip.y + 0.3 * uy},
                   {tip.x - 0.7 * ux - 0.45 * uy, tip.y - 0.7 * uy + 0.45 * ux},
                   {tip.x - 0.7 * ux + 0.45 * uy, tip.y - 0.7 * uy - 0.45 * ux}},
                  true);
  }
};

}  // namespace cytode::plot
