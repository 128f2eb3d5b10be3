// SPDX-License-Identifier: MIT
/// Figure: one SVG picture of one panel or a grid of panels.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <cytode/plot/panel.hpp>

namespace cytode::plot {

/// What holds for all panels of a figure. Sizes are in pixels at the figure's natural size.
struct FigureOptions {
  std::string title{};        ///< Above all panels; also the name that screen readers say.
  std::string description{};  ///< For screen readers: what there is to see.
  int columns = 1;
  double width = 440;       ///< Of one plot area.
  double height = 330;      ///< Of one plot area.
  bool shared_key = false;  ///< One key above all panels instead of one in each.
  double gap = 22;          ///< Between panels.
};

/// A grid of panels, filled row by row. Margins follow from the labels, so nothing is clipped and
/// plot areas of a column are aligned. The same calls give the same bytes.
class Figure {
 public:
  /// Throws std::invalid_argument unless columns ≥ 1 and sizes are positive.
  template <class = void>
  explicit Figure(FigureOptions options = {}) : options_(std::move(options)) {
    check(options_.columns >= 1, "Figure", "columns is ", options_.columns, ", wanted 1 or more");
    check_positive("Figure", "width", options_.width);
    check_positive("Figure", "height", options_.height);
  }

  /// Adds a panel and returns it; the reference stays good.
  template <class = void>
  Panel& panel(PanelOptions options = {}) {
    if (options_.shared_key) options.show_key = false;
    return panels_.emplace_back(std::move(options));
  }

  /// The picture as a string and what it left out.
  struct Svg {
    std::string text{};
    double width = 0, height = 0;  ///< Natural size in pixels.
    Index skipped = 0;             ///< Numbers not drawn: NaN, infinite, outside a range asked for.
  };
  template <class = void>
  [[nodiscard]] Svg draw() const {
    const Grid grid = layout();
    Markup out;
    out.open("svg").with("xmlns", "http://www.w3.org/2000/svg").with("role", "img");
    std::string box = "0 0 ";
    append_coordinate(box, grid.width);
    append_coordinate(box += ' ', grid.height);
    out.with("viewBox", box).with("width", grid.width).with("height", grid.height);
    out.with("font-family",
             "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif");
    out.element("title", name());
    if (!options_.description.empty()) out.element("desc", options_.description);
    out.open("rect").with("width", grid.width).with("height", grid.height);
    out.with("fill", Color::rgb(0xffffff)).close();
    double y = 20;
    for (const std::string& line : grid.title) {
      out.open("text").with("x", grid.title_left).with("y", y).with("font-size", 15);
      out.with("font-weight", 600).with("fill", ink).text(line).close();
      y += 19;
    }
    if (options_.shared_key) {
      grid.key.draw(out, grid.title_left, grid.key_top, grid.width - grid.title_left - 8);
    }
    Index skipped = 0;
    for (std::size_t i = 0; i < panels_.size(); ++i) {
      const std::size_t row = i / columns(), column = i % columns();
      skipped +=
          panels_[i].draw(out, grid.left[column], grid.top[row], options_.width, options_.height);
    }
    out.close();
    return {out.str(), grid.width, grid.height, skipped};
  }
  /// The picture: a complete SVG document, or an element of an HTML page.
  template <class = void>
  [[nodiscard]] std::string svg() const {
    return draw().text;
  }

 private:
  struct Grid {
    std::vector<double> left, top;  // of plot areas, a column and a row
    double width = 0, height = 0, title_left = 8, key_top = 0;
    std::vector<std::string> title;
    Key key;
  };

  [[nodiscard]] std::size_t columns() const {
    return std::clamp<std::size_t>(panels_.size(), 1, static_cast<std::size_t>(options_.columns));
  }
  template <class = void>
  [[nodiscard]] std::string name() const {
    if (!options_.title.empty() || panels_.empty()) return options_.title;
    return panels_.front().options().title;
  }
  template <class = void>
  [[nodiscard]] Grid layout() const {
    Grid grid;
    const std::size_t rows = (panels_.size() + columns() - 1) / columns();
    std::vector<Margins> of_column(columns()), of_row(rows);
    for (std::size_t i = 0; i < panels_.size(); ++i) {
      const Margins m = panels_[i].margins(options_.width, options_.height);
      Margins& c = of_column[i % columns()];
      Margins& r = of_row[i / columns()];
      c.left = std::max(c.left, m.left);
      c.right = std::max(c.right, m.right);
      r.top = std::max(r.top, m.top);
      r.bottom = std::max(r.bottom, m.bottom);
      if (options_.shared_key) grid.key.add(panels_[i].key());
    }
    double x = 4;
    for (const Margins& m : of_column) {
      grid.left.push_back(x + m.left);
      x += m.left + options_.width + m.right + options_.gap;
    }
    grid.width = x - options_.gap + 4;
    if (!grid.left.empty()) grid.title_left = grid.left.front();
    const double room = grid.width - grid.title_left - 8;
    grid.title = wrap_text(options_.title, 15, room);
    double y = 4 + (grid.title.empty() ? 0 : 19 * static_cast<double>(grid.title.size()) + 5);
    grid.key_top = y;
    if (!grid.key.empty()) y += grid.key.height(room) + 9;
    for (const Margins& m : of_row) {
      grid.top.push_back(y + m.top);
      y += m.top + options_.height + m.bottom + options_.gap * 0.6;
    }
    grid.height = y + (rows > 0 ? 4 - options_.gap * 0.6 : 4);
    return grid;
  }

  FigureOptions options_;
  std::deque<Panel> panels_;
};

}  // namespace cytode::plot
