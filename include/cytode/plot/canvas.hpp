// SPDX-License-Identifier: MIT
/// Canvas: what a mark draws on: data units to pixels, and the markup they go to.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include <cytode/core/types.hpp>
#include <cytode/plot/markup.hpp>
#include <cytode/plot/path.hpp>
#include <cytode/plot/scale.hpp>

namespace cytode::plot {

/// The plot area of one panel, `width` × `height` pixels, origin at its upper left corner.
class Canvas {
 public:
  Canvas(Markup& out, Scale x, Scale y, double width, double height) noexcept
      : out_(&out), x_(x), y_(y), width_(width), height_(height) {}

  [[nodiscard]] Markup& out() noexcept { return *out_; }
  [[nodiscard]] const Scale& x_scale() const noexcept { return x_; }
  [[nodiscard]] const Scale& y_scale() const noexcept { return y_; }
  [[nodiscard]] double width() const noexcept { return width_; }
  [[nodiscard]] double height() const noexcept { return height_; }

  /// Where a value lies; values far outside stay within 10⁵ pixels; NaN where there is no place.
  [[nodiscard]] double x(double value) const noexcept { return bound(width_ * x_(value)); }
  [[nodiscard]] double y(double value) const noexcept { return bound(height_ * (1 - y_(value))); }
  [[nodiscard]] Pixel at(double x_value, double y_value) const noexcept {
    return {x(x_value), y(y_value)};
  }
  /// True if both coordinates are numbers, so that the place exists, inside or outside.
  [[nodiscard]] static bool exists(Pixel p) noexcept {
    return std::isfinite(p.x) && std::isfinite(p.y);
  }
  /// True if the place lies in the plot area, its border included.
  [[nodiscard]] bool inside(Pixel p) const noexcept {
    return p.x >= -0.01 && p.x <= width_ + 0.01 && p.y >= -0.01 && p.y <= height_ + 0.01;
  }

  /// Counts n numbers that are not drawn: NaN, infinite, or outside the ranges asked for.
  void skip(Index n = 1) noexcept { skipped_ += n; }
  [[nodiscard]] Index skipped() const noexcept { return skipped_; }

  /// A path with a stroke and no fill. Nothing if the path is empty.
  template <class = void>
  void stroke(const Path& path, Color color, double stroke_width, double opacity,
              std::string_view dash = "") {
    if (path.empty()) return;
    out_->open("path").with("d", path.str()).with("fill", "none").with("stroke", color);
    out_->with("stroke-width", stroke_width).with("stroke-linejoin", "round");
    out_->with("stroke-linecap", "round");
    if (opacity < 1) out_->with("stroke-opacity", opacity);
    if (!dash.empty()) out_->with("stroke-dasharray", dash);
    out_->close();
  }
  /// A path with a fill and no stroke. Nothing if the path is empty.
  template <class = void>
  void fill(const Path& path, Color color, double opacity) {
    if (path.empty()) return;
    out_->open("path").with("d", path.str()).with("fill", color);
    if (opacity < 1) out_->with("fill-opacity", opacity);
    out_->close();
  }
  /// Text with a white halo, so that it reads over marks; anchor is start, middle or end.
  template <class = void>
  void text(std::string_view content, Pixel at, std::string_view anchor, double size, Color color,
            bool bold = false) {
    out_->open("text").with("x", at.x).with("y", at.y).with("text-anchor", anchor);
    out_->with("font-size", size).with("fill", color).with("stroke", Color::rgb(0xffffff));
    out_->with("stroke-width", 3).with("paint-order", "stroke").with("stroke-linejoin", "round");
    if (bold) out_->with("font-weight", 600);
    out_->text(content).close();
  }
  /// What is drawn until `end_clip` is cut at the border of the plot area.
  template <class = void>
  void begin_clip() {
    out_->open("svg").with("width", width_).with("height", height_).with("overflow", "hidden");
  }
  template <class = void>
  void end_clip() {
    out_->close();
  }

 private:
  static double bound(double pixel) noexcept {
    return std::isnan(pixel) ? pixel : std::clamp(pixel, -1e5, 1e5);
  }

  Markup* out_;
  Scale x_, y_;
  double width_, height_;
  Index skipped_ = 0;
};

}  // namespace cytode::plot
