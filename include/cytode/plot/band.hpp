// SPDX-License-Identifier: MIT
/// Band: a shaded range along a line, for instance mean ± one standard deviation.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <cytode/plot/canvas.hpp>
#include <cytode/plot/key.hpp>
#include <cytode/plot/limits.hpp>
#include <cytode/plot/series.hpp>

namespace cytode::plot {

/// The area between `low` and `high` over x. A place that is not finite interrupts the band and is
/// counted. Cut at ranges asked for.
struct Band {
  Series x{}, low{}, high{};
  std::string name{};  ///< In the key; empty: not there.
  Color color = okabe_ito(0);
  double opacity = 0.18;

  template <class = void>
  void measure(Limits& limits) const {
    check_same_length("Band", "x", x, "low", low);
    check_same_length("Band", "x", x, "high", high);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!std::isfinite(x[i]) || !std::isfinite(low[i]) || !std::isfinite(high[i])) continue;
      limits.x.include(x[i]);
      limits.y.include(low[i]);
      limits.y.include(high[i]);
    }
  }
  template <class = void>
  void describe(Key& key) const {
    key.add(Symbol::box, name, color, opacity);
  }
  template <class = void>
  void draw(Canvas& canvas) const {
    Path path;
    std::vector<Pixel> above, below;
    bool outside = false;
    const auto end_run = [&] {
      above = simplify(above, 0.1);
      below = simplify(below, 0.1);
      above.insert(above.end(), below.rbegin(), below.rend());
      if (above.size() > 2) path.polyline(above, true);
      above.clear();
      below.clear();
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Pixel top = canvas.at(x[i], high[i]), bottom = canvas.at(x[i], low[i]);
      if (!Canvas::exists(top) || !Canvas::exists(bottom)) {
        canvas.skip();
        end_run();
        continue;
      }
      outside = outside || !canvas.inside(top) || !canvas.inside(bottom);
      above.push_back(top);
      below.push_back(bottom);
    }
    end_run();
    if (outside) canvas.begin_clip();
    canvas.fill(path, color, opacity);
    if (outside) canvas.end_clip();
  }
};

}  // namespace cytode::plot
