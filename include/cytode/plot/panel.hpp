// SPDX-License-Identifier: MIT
/// Panel: one pair of axes with marks on them.
#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cytode/plot/axis.hpp>
#include <cytode/plot/canvas.hpp>
#include <cytode/plot/key.hpp>
#include <cytode/plot/limits.hpp>
#include <cytode/plot/text.hpp>

namespace cytode::plot {

/// Anything that can be put on a panel: it says what room it needs, what it means, and draws
/// itself. Points, Lines, Arrows, Band, Bars, Note and Rule do; yours may.
template <class M>
concept Mark = std::copy_constructible<M> &&
    requires(const M& mark, Limits& limits, Key& key, Canvas& canvas) {
  mark.measure(limits);
  mark.describe(key);
  mark.draw(canvas);
};

/// What a panel shows besides its marks.
struct PanelOptions {
  std::string title{};
  Axis x{}, y{};
  bool equal_aspect = false;  ///< A unit of x is as long as one of y: for embeddings.
  bool show_key = true;       ///< The key above the plot area, if any mark has a name.
};

/// Pixels around a plot area that titles, ticks and labels take.
struct Margins {
  double left = 0, right = 0, top = 0, bottom = 0;
};

/// One plot area with its axes, title and key. Marks are drawn in the order they were added.
class Panel {
 public:
  explicit Panel(PanelOptions options = {}) : options_(std::move(options)) {}

  /// Adds a mark. Throws std::invalid_argument if the lengths of its series disagree, or if it has
  /// a number ≤ 0 on a logarithmic axis.
  template <Mark M>
  Panel& add(M mark) {
    Limits limits = limits_;
    mark.measure(limits);
    check_log("x", options_.x, limits.x);
    check_log("y", options_.y, limits.y);
    limits_ = std::move(limits);
    mark.describe(key_);
    const auto shared = std::make_shared<const M>(std::move(mark));
    marks_.push_back([shared](Canvas& canvas) { shared->draw(canvas); });
    return *this;
  }

  [[nodiscard]] const PanelOptions& options() const noexcept { return options_; }
  [[nodiscard]] const Key& key() const noexcept { return key_; }

  /// Margins for a plot area of that size.
  [[nodiscard]] Margins margins(double width, double height) const {
    const Plan p = plan(width, height);
    Margins m{.left = 6, .right = 8, .top = 8, .bottom = 5};
    m.left += p.y_numbers + (options_.y.label.empty() ? 0 : 20);
    m.bottom += p.x_numbers + (options_.x.label.empty() ? 0 : 20);
    m.top += title_height(width);
    if (options_.show_key && !key_.empty()) m.top += key_.height(width) + 5;
    for (const XTick& t : p.x) {  // names that stick out at the sides
      m.left = std::max(m.left, t.reach_left - t.at);
      m.right = std::max(m.right, t.at + t.reach_right - width);
    }
    return m;
  }

  /// Draws the panel with the upper left corner of its plot area at (left, top).
  /// Returns how many numbers were skipped.
  Index draw(Markup& out, double left, double top, double width, double height) const {
    const Plan p = plan(width, height);
    const double key_height = options_.show_key && !key_.empty() ? key_.height(width) + 5 : 0.0;
    double y = top - 8 - key_height - title_height(width) + 14;
    for (const std::string& line : title_lines(width)) {
      out.open("text").with("x", left).with("y", y).with("font-size", 13).with("font-weight", 600);
      out.with("fill", ink).text(line).close();
      y += 17;
    }
    if (key_height > 0) key_.draw(out, left, top - 8 - key_height + 1, width);
    out.open("g").with("transform", translation(left, top));
    Canvas canvas(out, p.x_scale, p.y_scale, width, height);
    draw_grid(canvas, p);
    for (const auto& mark : marks_) mark(canvas);
    draw_axes(canvas, p);
    out.close();
    return canvas.skipped();
  }

 private:
  struct XTick {
    double at = 0;
    std::vector<std::string> lines{};
    double reach_left = 0, reach_right = 0;
    bool slanted = false;
  };
  struct Plan {
    Scale x_scale, y_scale;
    std::vector<XTick> x;
    std::vector<Tick> y;
    double x_numbers = 0, y_numbers = 0;  // room for tick labels
  };
  static constexpr double font = 12;

  static void check_log(std::string_view name, const Axis& axis, const Extent& extent) {
    check(!axis.log || extent.empty() || extent.low > 0, "Panel::add", "the ", name,
          " axis is logarithmic but the data reach ", extent.low, ", wanted positive numbers");
  }
  static std::string translation(double x, double y) {
    std::string text = "translate(";
    append_coordinate(text, x);
    text += ' ';
    append_coordinate(text, y);
    return text + ')';
  }

  [[nodiscard]] std::vector<std::string> title_lines(double width) const {
    return wrap_text(options_.title, 13, width);
  }
  [[nodiscard]] double title_height(double width) const {
    return 17 * static_cast<double>(title_lines(width).size()) + (options_.title.empty() ? 0 : 3);
  }

  [[nodiscard]] Plan plan(double width, double height) const {
    const double floor = !limits_.y_from_zero ? 0.05 : limits_.y.low < 0 ? 0.12 : 0;
    const double side = limits_.x_categories.empty() ? 0.04 : 0;
    Plan p{make_scale(options_.x, limits_.x, side, side),
           make_scale(options_.y, limits_.y, floor, limits_.y_from_zero ? 0.12 : 0.05),
           {},
           {}};
    if (options_.equal_aspect) equalise(p, width, height);
    p.y = ticks_of(options_.y, p.y_scale, std::clamp(static_cast<int>(height / 40), 5, 8));
    if (options_.y.numbers) {
      for (const Tick& t : p.y) p.y_numbers = std::max(p.y_numbers, text_width(t.label, font) + 8);
    }
    limits_.x_categories.empty() ? number_x(p, width) : name_x(p, width);
    return p;
  }
  static void equalise(Plan& p, double width, double height) {
    if (p.x_scale.is_log() || p.y_scale.is_log()) return;
    const double x = (p.x_scale.high() - p.x_scale.low()) / width;
    const double y = (p.y_scale.high() - p.y_scale.low()) / height;
    if (x < y) p.x_scale = p.x_scale.padded(0.5 * (y / x - 1), 0.5 * (y / x - 1));
    if (y < x) p.y_scale = p.y_scale.padded(0.5 * (x / y - 1), 0.5 * (x / y - 1));
  }
  void number_x(Plan& p, double width) const {
    for (int most = std::clamp(static_cast<int>(width / 55), 3, 9); most >= 2; --most) {
      p.x.clear();
      bool crowded = false;
      double end = -1e9;
      for (const Tick& t : ticks_of(options_.x, p.x_scale, most)) {
        const double half = text_width(t.label, font) / 2, at = width * p.x_scale(t.value);
        XTick tick{at, {}, half, half};
        if (t.label.empty() || at - half > end + 5) {
          tick.lines = {t.label};
          if (!t.label.empty()) end = at + half;
        } else {
          crowded = true;
          tick.reach_left = tick.reach_right = 0;
        }
        p.x.push_back(std::move(tick));
      }
      if (!crowded) break;
    }
    if (options_.x.numbers) p.x_numbers = 20;
  }
  void name_x(Plan& p, double width) const {
    const auto& names = limits_.x_categories;
    const double slot = width * (p.x_scale(1) - p.x_scale(0)) - 4;
    double widest = 0;
    std::size_t most_lines = 1;
    for (std::size_t i = 0; i < names.size(); ++i) {
      XTick tick{width * p.x_scale(static_cast<double>(i)), wrap_text(names[i], font, slot)};
      for (const std::string& line : tick.lines) {
        tick.reach_left = std::max(tick.reach_left, text_width(line, font) / 2);
      }
      tick.reach_right = tick.reach_left;
      widest = std::max(widest, 2 * tick.reach_left);
      most_lines = std::max(most_lines, tick.lines.size());
      p.x.push_back(std::move(tick));
    }
    p.x_numbers = 5 + 15 * static_cast<double>(most_lines);
    if (widest <= slot + 4) return;
    double longest = 0;  // too long to stand side by side: slant them
    for (std::size_t i = 0; i < names.size(); ++i) {
      p.x[i].lines = {names[i]};
      p.x[i].slanted = true;
      p.x[i].reach_left = 0.78 * text_width(names[i], font) + 4;
      p.x[i].reach_right = 8;
      longest = std::max(longest, text_width(names[i], font));
    }
    p.x_numbers = 14 + 0.63 * longest;
  }

  void draw_grid(Canvas& canvas, const Plan& p) const {
    Path lines;
    if (options_.y.grid) {
      for (const Tick& t : p.y) {
        const double at = canvas.y(t.value);
        if (!t.label.empty()) lines.polyline({{0, at}, {canvas.width(), at}});
      }
    }
    if (options_.x.grid) {
      for (const XTick& t : p.x) lines.polyline({{t.at, 0}, {t.at, canvas.height()}});
    }
    canvas.stroke(lines, faint, 1, 1);
  }
  void draw_axes(Canvas& canvas, const Plan& p) const {
    const double w = canvas.width(), h = canvas.height();
    Markup& out = canvas.out();
    Path frame;
    frame.polyline({{0, 0}, {0, h}, {w, h}});
    if (limits_.y.low < 0 && limits_.y_from_zero)
      frame.polyline({{0, canvas.y(0)}, {w, canvas.y(0)}});
    for (const XTick& t : p.x) {
      const bool minor = t.lines.empty() || t.lines.front().empty();
      if (limits_.x_categories.empty()) frame.polyline({{t.at, h}, {t.at, h + (minor ? 2.5 : 4)}});
    }
    for (const Tick& t : p.y) {
      const double at = canvas.y(t.value);
      frame.polyline({{t.label.empty() ? -2.5 : -4, at}, {0, at}});
    }
    canvas.stroke(frame, grey, 1, 1);
    out.open("g").with("font-size", font).with("fill", muted);
    for (const XTick& t : p.x) {
      if (options_.x.numbers) draw_x_label(out, t, h);
    }
    for (const Tick& t : p.y) {
      if (!options_.y.numbers || t.label.empty()) continue;
      out.open("text").with("x", -7).with("y", canvas.y(t.value) + 4).with("text-anchor", "end");
      out.text(t.label).close();
    }
    out.close();
    draw_titles(out, p, w, h);
  }
  static void draw_x_label(Markup& out, const XTick& t, double h) {
    double y = h + 17;
    for (const std::string& line : t.lines) {
      if (line.empty()) continue;
      out.open("text");
      if (t.slanted) {
        out.with("transform", translation(t.at + 4, h + 12) + " rotate(-38)");
        out.with("text-anchor", "end");
      } else {
        out.with("x", t.at).with("y", y).with("text-anchor", "middle");
      }
      out.text(line).close();
      y += 15;
    }
  }
  void draw_titles(Markup& out, const Plan& p, double w, double h) const {
    const auto size = [](const std::string& text, double room) {
      return std::clamp(13 * room / std::max(1.0, text_width(text, 13)), 9.0, 13.0);
    };
    if (!options_.x.label.empty()) {
      out.open("text").with("x", w / 2).with("y", h + p.x_numbers + 17);
      out.with("text-anchor", "middle").with("font-size", size(options_.x.label, w));
      out.with("fill", ink).text(options_.x.label).close();
    }
    if (!options_.y.label.empty()) {
      out.open("text").with("transform", translation(-p.y_numbers - 11, h / 2) + " rotate(-90)");
      out.with("text-anchor", "middle").with("font-size", size(options_.y.label, h));
      out.with("fill", ink).text(options_.y.label).close();
    }
  }

  PanelOptions options_;
  Limits limits_;
  Key key_;
  std::vector<std::function<void(Canvas&)>> marks_;
};

}  // namespace cytode::plot
