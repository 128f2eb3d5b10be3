// SPDX-License-Identifier: MIT
/// Axes: the two axes of a plot area of known size: scales, ticks, the room they take, their looks.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <cytode/plot/axis.hpp>
#include <cytode/plot/canvas.hpp>
#include <cytode/plot/limits.hpp>
#include <cytode/plot/palette.hpp>
#include <cytode/plot/text.hpp>

namespace cytode::plot {

/// Pixels around a plot area that titles, ticks and labels take.
struct Margins {
  double left = 0, right = 0, top = 0, bottom = 0;
};

/// Axes laid out for a plot area of width × height pixels, so that tick labels never overlap:
/// there are fewer of them, long names wrap, longer ones slant.
class Axes {
 public:
  template <class = void>
  Axes(const Axis& x, const Axis& y, const Limits& limits, bool equal_aspect, double width,
       double height)
      : x_(x),
        y_(y),
        categories_(limits.x_categories),
        base_inside_(limits.y_from_zero && limits.y.low < 0),
        x_scale_(make_scale(x, limits.x, categories_.empty() ? 0.04 : 0,
                            categories_.empty() ? 0.04 : 0)),
        y_scale_(make_scale(y, limits.y,
                            !limits.y_from_zero ? 0.05
                            : base_inside_      ? 0.12
                                                : 0,
                            limits.y_from_zero ? 0.12 : 0.05)) {
    if (equal_aspect) equalise(width, height);
    y_ticks_ = ticks_of(y_, y_scale_, std::clamp(static_cast<int>(height / 40), 5, 8));
    if (y_.numbers) {
      for (const Tick& t : y_ticks_) {
        y_numbers_ = std::max(y_numbers_, text_width(t.label, font) + 8);
      }
    }
    categories_.empty() ? number_x(width) : name_x(width);
    margins_ = {.left = 6 + y_numbers_ + (y_.label.empty() ? 0 : 20),
                .right = 8,
                .top = 8,
                .bottom = 5 + x_numbers_ + (x_.label.empty() ? 0 : 20)};
    for (const XTick& t : x_ticks_) {  // labels that stick out at the sides
      margins_.left = std::max(margins_.left, t.reach_left - t.at);
      margins_.right = std::max(margins_.right, t.at + t.reach_right - width);
    }
  }

  [[nodiscard]] const Scale& x_scale() const noexcept { return x_scale_; }
  [[nodiscard]] const Scale& y_scale() const noexcept { return y_scale_; }
  [[nodiscard]] const Margins& margins() const noexcept { return margins_; }

  /// Pale lines, to be drawn before the marks.
  template <class = void>
  void draw_grid(Canvas& canvas) const {
    Path lines;
    if (y_.grid) {
      for (const Tick& t : y_ticks_) {
        const double at = canvas.y(t.value);
        if (!t.label.empty()) lines.polyline({{0, at}, {canvas.width(), at}});
      }
    }
    if (x_.grid) {
      for (const XTick& t : x_ticks_) lines.polyline({{t.at, 0}, {t.at, canvas.height()}});
    }
    canvas.stroke(lines, faint, 1, 1);
  }

  /// Axis lines, ticks and labels, to be drawn after the marks.
  template <class = void>
  void draw(Canvas& canvas) const {
    const double w = canvas.width(), h = canvas.height();
    Markup& out = canvas.out();
    Path frame;
    frame.polyline({{0, 0}, {0, h}, {w, h}});
    if (base_inside_) frame.polyline({{0, canvas.y(0)}, {w, canvas.y(0)}});
    for (const XTick& t : x_ticks_) {
      const bool minor = t.lines.empty() || t.lines.front().empty();
      if (categories_.empty()) frame.polyline({{t.at, h}, {t.at, h + (minor ? 2.5 : 4)}});
    }
    for (const Tick& t : y_ticks_) {
      const double at = canvas.y(t.value);
      frame.polyline({{t.label.empty() ? -2.5 : -4, at}, {0, at}});
    }
    canvas.stroke(frame, grey, 1, 1);
    out.open("g").with("font-size", font).with("fill", muted);
    for (const XTick& t : x_ticks_) {
      if (x_.numbers) draw_x_label(out, t, h);
    }
    for (const Tick& t : y_ticks_) {
      if (!y_.numbers || t.label.empty()) continue;
      out.open("text").with("x", -7).with("y", canvas.y(t.value) + 4).with("text-anchor", "end");
      out.text(t.label).close();
    }
    out.close();
    draw_titles(out, w, h);
  }

 private:
  struct XTick {
    double at = 0;
    std::vector<std::string> lines{};
    double reach_left = 0, reach_right = 0;
    bool slanted = false;
  };
  static constexpr double font = 12;

  template <class = void>
  void equalise(double width, double height) {
    if (x_scale_.is_log() || y_scale_.is_log()) return;
    const double x = (x_scale_.high() - x_scale_.low()) / width;
    const double y = (y_scale_.high() - y_scale_.low()) / height;
    if (x < y) x_scale_ = x_scale_.padded(0.5 * (y / x - 1), 0.5 * (y / x - 1));
    if (y < x) y_scale_ = y_scale_.padded(0.5 * (x / y - 1), 0.5 * (x / y - 1));
  }
  template <class = void>
  void number_x(double width) {
    for (int most = std::clamp(static_cast<int>(width / 55), 3, 9); most >= 2; --most) {
      x_ticks_.clear();
      bool crowded = false;
      double end = -1e9;
      for (const Tick& t : ticks_of(x_, x_scale_, most)) {
        const double half = text_width(t.label, font) / 2, at = width * x_scale_(t.value);
        XTick tick{at, {}, half, half};
        if (t.label.empty() || at - half > end + 5) {
          tick.lines = {t.label};
          if (!t.label.empty()) end = at + half;
        } else {
          crowded = true;
          tick.reach_left = tick.reach_right = 0;
        }
        x_ticks_.push_back(std::move(tick));
      }
      if (!crowded) break;
    }
    if (x_.numbers) x_numbers_ = 20;
  }
  template <class = void>
  void name_x(double width) {
    const auto& names = categories_;
    const double slot = width * (x_scale_(1) - x_scale_(0)) - 4;
    double widest = 0;
    std::size_t most_lines = 1;
    for (std::size_t i = 0; i < names.size(); ++i) {
      XTick tick{width * x_scale_(static_cast<double>(i)), wrap_text(names[i], font, slot)};
      for (const std::string& line : tick.lines) {
        tick.reach_left = std::max(tick.reach_left, text_width(line, font) / 2);
      }
      tick.reach_right = tick.reach_left;
      widest = std::max(widest, 2 * tick.reach_left);
      most_lines = std::max(most_lines, tick.lines.size());
      x_ticks_.push_back(std::move(tick));
    }
    x_numbers_ = 5 + 15 * static_cast<double>(most_lines);
    if (widest <= slot + 4) return;
    double longest = 0;  // too long to stand side by side: slant them
    for (std::size_t i = 0; i < names.size(); ++i) {
      x_ticks_[i].lines = {names[i]};
      x_ticks_[i].slanted = true;
      x_ticks_[i].reach_left = 0.78 * text_width(names[i], font) + 4;
      x_ticks_[i].reach_right = 8;
      longest = std::max(longest, text_width(names[i], font));
    }
    x_numbers_ = 14 + 0.63 * longest;
  }

  template <class = void>
  static void draw_x_label(Markup& out, const XTick& t, double h) {
    double y = h + 17;
    for (const std::string& line : t.lines) {
      if (line.empty()) continue;
      out.open("text");
      if (t.slanted) {
        out.with("transform", translate(t.at + 4, h + 12) + " rotate(-38)");
        out.with("text-anchor", "end");
      } else {
        out.with("x", t.at).with("y", y).with("text-anchor", "middle");
      }
      out.text(line).close();
      y += 15;
    }
  }
  template <class = void>
  void draw_titles(Markup& out, double w, double h) const {
    const auto size = [](const std::string& text, double room) {
      return std::clamp(13 * room / std::max(1.0, text_width(text, 13)), 9.0, 13.0);
    };
    if (!x_.label.empty()) {
      out.open("text").with("x", w / 2).with("y", h + x_numbers_ + 17);
      out.with("text-anchor", "middle").with("font-size", size(x_.label, w));
      out.with("fill", ink).text(x_.label).close();
    }
    if (!y_.label.empty()) {
      out.open("text").with("transform", translate(-y_numbers_ - 11, h / 2) + " rotate(-90)");
      out.with("text-anchor", "middle").with("font-size", size(y_.label, h));
      out.with("fill", ink).text(y_.label).close();
    }
  }

  Axis x_, y_;
  std::vector<std::string> categories_;
  bool base_inside_;  // bars of both signs: the line they stand on lies inside
  Scale x_scale_, y_scale_;
  std::vector<XTick> x_ticks_;
  std::vector<Tick> y_ticks_;
  double x_numbers_ = 0, y_numbers_ = 0;  // room for tick labels
  Margins margins_;
};

}  // namespace cytode::plot
