// SPDX-License-Identifier: MIT
/// Path: the d attribute of an SVG path, in few bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <cytode/plot/markup.hpp>

namespace cytode::plot {

/// A place on the page, in pixels, y downwards.
struct Pixel {
  double x = 0;
  double y = 0;
};

/// Path data of dots, polylines and polygons. Coordinates are rounded to two decimals first and
/// written as differences, so rounding does not add up along a line.
class Path {
 public:
  /// A dot: a line of no length, which a round line cap makes a disc as wide as the stroke.
  template <class = void>
  void dot(Pixel p) {
    move({std::round(p.x * 10) / 10, std::round(p.y * 10) / 10});  // tenths do for a dot
    text_ += "h0";
  }
  /// A ring of the given radius.
  template <class = void>
  void ring(Pixel p, double radius) {
    move({p.x - radius, p.y});
    text_ += 'a';
    numbers({radius, radius, 0, 1, 0, 2 * radius, 0});
    text_ += 'a';
    numbers({radius, radius, 0, 1, 0, -2 * radius, 0});
    text_ += 'z';
  }
  /// A polyline; `closed` makes it a polygon. One point alone draws nothing.
  template <class = void>
  void polyline(const std::vector<Pixel>& points, bool closed = false) {
    if (points.size() < 2) return;
    move(points[0]);
    std::array<double, 2> at = rounded(points[0]);
    text_ += 'l';
    bool first = true;
    for (std::size_t i = 1; i < points.size(); ++i) {
      const std::array<double, 2> next = rounded(points[i]);
      number(next[0] - at[0], first);
      number(next[1] - at[1], false);
      first = false;
      at = next;
    }
    if (closed) text_ += 'z';
  }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] const std::string& str() const noexcept { return text_; }

 private:
  static std::array<double, 2> rounded(Pixel p) {
    return {std::round(p.x * 100) / 100, std::round(p.y * 100) / 100};
  }
  template <class = void>
  void move(Pixel p) {
    text_ += 'M';
    numbers({p.x, p.y});
  }
  template <class = void>
  void numbers(std::initializer_list<double> values) {
    bool first = true;
    for (const double v : values) number(v, std::exchange(first, false));
  }
  template <class = void>
  void number(double value, bool first) {
    const std::size_t start = text_.size();
    append_coordinate(text_, value);
    if (!first && text_[start] != '-') text_.insert(start, 1, ' ');
  }

  std::string text_;
};

/// A curve that goes through many points a pixel, as noise does, cut down to the first, lowest,
/// highest and last of every pixel column. Lines that turn back in x are returned as they are.
template <class = void>
[[nodiscard]] inline std::vector<Pixel> envelope(const std::vector<Pixel>& points) {
  const auto by_x = [](Pixel a, Pixel b) { return a.x < b.x; };
  if (points.size() < 8 || !std::is_sorted(points.begin(), points.end(), by_x)) return points;
  std::vector<Pixel> kept;
  for (std::size_t first = 0, end = 0; first < points.size(); first = end) {
    std::size_t low = first, high = first;
    for (end = first;
         end < points.size() && std::floor(points[end].x) == std::floor(points[first].x); ++end) {
      if (points[end].y < points[low].y) low = end;
      if (points[end].y > points[high].y) high = end;
    }
    std::array<std::size_t, 4> in_order = {first, std::min(low, high), std::max(low, high),
                                           end - 1};
    const auto last = std::unique(in_order.begin(), in_order.end());
    for (auto i = in_order.begin(); i != last; ++i) kept.push_back(points[*i]);
  }
  return kept;
}

/// The polyline without the points that lie within `tolerance` pixels of what remains
/// [Douglas and Peucker 1973].
template <class = void>
[[nodiscard]] inline std::vector<Pixel> simplify(const std::vector<Pixel>& points,
                                                 double tolerance) {
  if (points.size() < 3) return points;
  std::vector<char> keep(points.size(), 0);
  keep.front() = keep.back() = 1;
  std::vector<std::pair<std::size_t, std::size_t>> open = {{0, points.size() - 1}};
  while (!open.empty()) {
    const auto [a, b] = open.back();
    open.pop_back();
    const double dx = points[b].x - points[a].x, dy = points[b].y - points[a].y;
    const double length = dx * dx + dy * dy;
    double worst = tolerance * tolerance;
    std::size_t at = 0;
    for (std::size_t i = a + 1; i < b; ++i) {
      const double px = points[i].x - points[a].x, py = points[i].y - points[a].y;
      const double s =
          length > 0 ? std::min(1.0, std::max(0.0, (px * dx + py * dy) / length)) : 0.0;
      const double d = std::pow(px - s * dx, 2) + std::pow(py - s * dy, 2);
      if (d > worst) {
        worst = d;
        at = i;
      }
    }
    if (at == 0) continue;
    keep[at] = 1;
    open.push_back({a, at});
    open.push_back({at, b});
  }
  std::vector<Pixel> kept;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (keep[i] != 0) kept.push_back(points[i]);
  }
  return kept;
}

}  // namespace cytode::plot
