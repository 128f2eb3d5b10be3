// SPDX-License-Identifier: MIT
/// Panel: one pair of axes with marks on them.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cytode/plot/axes.hpp>
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
  template <class = void>
  [[nodiscard]] Margins margins(double width, double height) const {
    Margins m = axes(width, height).margins();
    m.top += title_height(width) + key_height(width);
    return m;
  }

  /// Draws the panel with the upper left corner of its plot area at (left, top).
  /// Returns how many numbers were skipped.
  template <class = void>
  Index draw(Markup& out, double left, double top, double width, double height) const {
    const Axes axes = this->axes(width, height);
    const double key_top = top - axes.margins().top - key_height(width);
    double y = key_top - title_height(width) + 14;
    for (const std::string& line : title_lines(width)) {
      out.open("text").with("x", left).with("y", y).with("font-size", 13).with("font-weight", 600);
      out.with("fill", ink).text(line).close();
      y += 17;
    }
    if (key_height(width) > 0) key_.draw(out, left, key_top + 1, width);
    out.open("g").with("transform", translate(left, top));
    Canvas canvas(out, axes.x_scale(), axes.y_scale(), width, height);
    axes.draw_grid(canvas);
    for (const auto& mark : marks_) mark(canvas);
    axes.draw(canvas);
    out.close();
    return canvas.skipped();
  }

 private:
  static void check_log(std::string_view name, const Axis& axis, const Extent& extent) {
    check(!axis.log || extent.empty() || extent.low > 0, "Panel::add", "the ", name,
          " axis is logarithmic but the data reach ", extent.low, ", wanted positive numbers");
  }
  template <class = void>
  [[nodiscard]] std::vector<std::string> title_lines(double width) const {
    return wrap_text(options_.title, 13, width);
  }
  template <class = void>
  [[nodiscard]] double title_height(double width) const {
    return 17 * static_cast<double>(title_lines(width).size()) + (options_.title.empty() ? 0 : 3);
  }

  template <class = void>
  [[nodiscard]] double key_height(double width) const {
    return options_.show_key && !key_.empty() ? key_.height(width) + 5 : 0;
  }
  template <class = void>
  [[nodiscard]] Axes axes(double width, double height) const {
    return {options_.x, options_.y, limits_, options_.equal_aspect, width, height};
  }

  PanelOptions options_;
  Limits limits_;
  Key key_;
  std::vector<std::function<void(Canvas&)>> marks_;
};

}  // namespace cytode::plot
