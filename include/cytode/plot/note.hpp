// SPDX-License-Identifier: MIT
/// Note: a word inside the plot area.
#pragma once

#include <string>

#include <cytode/plot/canvas.hpp>
#include <cytode/plot/key.hpp>
#include <cytode/plot/limits.hpp>

namespace cytode::plot {

/// Where a text stands relative to its place.
enum class Anchor { start, middle, end };

/// Text at (x, y), with a white halo so that it reads over marks.
struct Note {
  double x = 0, y = 0;
  std::string text{};
  Anchor anchor = Anchor::start;
  Color color = ink;
  double size = 12;
  bool bold = false;

  template <class = void>
  void measure(Limits& limits) const {
    limits.x.include(x);
    limits.y.include(y);
  }
  void describe(Key&) const {}
  template <class = void>
  void draw(Canvas& canvas) const {
    const Pixel p = canvas.at(x, y);
    if (!Canvas::exists(p) || !canvas.inside(p)) return canvas.skip();
    // Kept inside the plot area, whatever the anchor.
    const double w = text_width(text, size);
    const double share = anchor == Anchor::start ? 0 : anchor == Anchor::middle ? 0.5 : 1;
    const double left = std::clamp(p.x - share * w, 0.0, std::max(0.0, canvas.width() - w));
    canvas.text(text, {left + share * w, std::clamp(p.y + 0.35 * size, size, canvas.height() - 3)},
                share == 0     ? "start"
                : share == 0.5 ? "middle"
                               : "end",
                size, color, bold);
  }
};

}  // namespace cytode::plot
