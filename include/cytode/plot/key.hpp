// SPDX-License-Identifier: MIT
/// Key: the legend: one row of symbols and names above the plot, wrapped where it must be.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <cytode/plot/color_scale.hpp>
#include <cytode/plot/markup.hpp>
#include <cytode/plot/path.hpp>
#include <cytode/plot/text.hpp>
#include <cytode/plot/ticks.hpp>

namespace cytode::plot {

/// How a mark looks in the key.
enum class Symbol { dot, ring, line, dashed, box, arrow };

/// What the colours and symbols of a panel mean. Entries with the same name and look appear once.
class Key {
 public:
  /// Adds a named symbol; nothing if the name is empty.
  template <class = void>
  void add(Symbol symbol, const std::string& name, Color color, double opacity = 1) {
    if (name.empty()) return;
    add_entry({symbol, name, color, opacity, text_width(name, font) + text_at(symbol)});
  }
  /// Adds a colour scale: a dot for every stop if it has stops, a colour bar otherwise.
  template <class = void>
  void add(const ColorScale& scale) {
    if (!scale.label.empty()) add_entry({Symbol::box, scale.label, ink, -1, heading(scale)});
    if (scale.stops.size() > 1) {
      for (const double stop : scale.stops) {
        add(Symbol::dot, format_significant(stop, 6), scale(stop));
      }
      return;
    }
    const std::string low = format_significant(scale.low, 3);
    const std::string high = format_significant(scale.high, 3);
    const double width = text_width(low, font) + text_width(high, font) + bar + 12;
    add_entry({Symbol::box, low, ink, -2, width, high, scale});
  }
  template <class = void>
  void add(const Key& other) {
    for (const Entry& entry : other.entries_) add_entry(entry);
  }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// Pixels it takes at that width.
  template <class = void>
  [[nodiscard]] double height(double width) const {
    if (empty()) return 0;
    double bottom = 0;
    for (const Pixel p : places(width)) bottom = std::max(bottom, p.y + row);
    return bottom;
  }
  template <class = void>
  void draw(Markup& out, double left, double top, double width) const {
    const std::vector<Pixel> at = places(width);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      draw_entry(out, entries_[i], left + at[i].x, top + at[i].y + row / 2);
    }
  }

 private:
  static constexpr double font = 12, row = 18, gap = 14, bar = 110;

  struct Entry {
    Symbol symbol = Symbol::dot;
    std::string name{};
    Color color{};
    double opacity = 1;  // -1: a heading; -2: a colour bar
    double width = 0;
    std::string high{};
    ColorScale scale{};
  };

  /// Pixels from the start of an entry to its name.
  template <class = void>
  static double text_at(Symbol s) {
    return s == Symbol::line || s == Symbol::dashed || s == Symbol::arrow ? 22
           : s == Symbol::box                                             ? 17
                                                                          : 15;
  }
  static double heading(const ColorScale& s) { return text_width(s.label, font) - 2; }

  template <class = void>
  void add_entry(Entry entry) {
    const auto same = [&](const Entry& e) {
      return e.symbol == entry.symbol && e.name == entry.name && e.color == entry.color &&
             e.opacity == entry.opacity && e.high == entry.high;
    };
    if (std::none_of(entries_.begin(), entries_.end(), same)) entries_.push_back(std::move(entry));
  }
  template <class = void>
  [[nodiscard]] std::vector<Pixel> places(double width) const {
    std::vector<Pixel> at;
    double x = 0, y = 0;
    for (const Entry& e : entries_) {
      if (x > 0 && x + e.width > width) {
        x = 0;
        y += row;
      }
      at.push_back({x, y});
      x += e.width + gap;
    }
    return at;
  }
  template <class = void>
  static void draw_text(Markup& out, double x, double y, const std::string& text) {
    out.open("text").with("x", x).with("y", y + 4).with("font-size", font).with("fill", ink);
    out.text(text).close();
  }
  template <class = void>
  static void draw_entry(Markup& out, const Entry& e, double x, double y) {
    if (e.opacity == -1) return draw_text(out, x, y, e.name);
    if (e.opacity == -2) {
      draw_text(out, x, y, e.name);
      const double left = x + text_width(e.name, font) + 6;
      constexpr int cells = 44;
      for (int i = 0; i < cells; ++i) {
        const double s = (i + 0.5) / cells;
        out.open("rect").with("x", left + i * bar / cells).with("y", y - 4.5).with("height", 9);
        out.with("width", bar / cells + (i + 1 < cells ? 1 : 0));  // overlap: no seams
        out.with("fill", e.scale(e.scale.low + s * (e.scale.high - e.scale.low))).close();
      }
      return draw_text(out, left + bar + 6, y, e.high);
    }
    Path path;
    if (e.symbol == Symbol::dot) path.dot({x + 5, y});
    if (e.symbol == Symbol::ring) path.ring({x + 5, y}, 3.5);
    if (e.symbol == Symbol::dashed) {
      for (const double dash : {0.0, 6.5, 13.0}) path.polyline({{x + dash, y}, {x + dash + 3, y}});
    }
    if (e.symbol == Symbol::line || e.symbol == Symbol::arrow) {
      path.polyline({{x, y}, {x + 16, y}});
    }
    if (e.symbol == Symbol::arrow)
      path.polyline({{x + 11.5, y - 3.5}, {x + 16, y}, {x + 11.5, y + 3.5}});
    if (e.symbol == Symbol::box) {
      out.open("rect").with("x", x).with("y", y - 5.5).with("width", 12).with("height", 11);
      out.with("fill", e.color).with("fill-opacity", e.opacity).close();
    } else {
      const double width = e.symbol == Symbol::dot ? 8 : e.symbol == Symbol::line ? 2.2 : 1.5;
      out.open("path").with("d", path.str()).with("fill", "none").with("stroke", e.color);
      out.with("stroke-width", width).with("stroke-linecap", "round").close();
    }
    draw_text(out, x + text_at(e.symbol), y, e.name);
  }

  std::vector<Entry> entries_;
};

}  // namespace cytode::plot
