// SPDX-License-Identifier: MIT
/// Rule: a straight line across the plot area at one x or one y.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include <cytode/plot/canvas.hpp>
#include <cytode/plot/key.hpp>
#include <cytode/plot/limits.hpp>

namespace cytode::plot {

/// A dashed line at x, at y, or at both; for instance a time that was left out.
struct Rule {
  std::optional<double> x{}, y{};
  std::string name{};  ///< In the key; empty: not there.
  Color color = grey;
  double width = 1;
  std::string_view dash = "4 3";

  template <class = void>
  void measure(Limits& limits) const {
    if (x) limits.x.include(*x);
    if (y) limits.y.include(*y);
  }
  template <class = void>
  void describe(Key& key) const {
    key.add(dash.empty() ? Symbol::line : Symbol::dashed, name, color);
  }
  template <class = void>
  void draw(Canvas& canvas) const {
    Path path;
    if (x) {
      const double at = canvas.x(*x);
      canvas.inside({at, 0}) ? path.polyline({{at, 0}, {at, canvas.height()}}) : canvas.skip();
    }
    if (y) {
      const double at = canvas.y(*y);
      canvas.inside({0, at}) ? path.polyline({{0, at}, {canvas.width(), at}}) : canvas.skip();
    }
    canvas.stroke(path, color, width, 1, dash);
  }
};

}  // namespace cytode::plot
