// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include <cytode/core/random.hpp>
#include <cytode/plot/path.hpp>
#include <cytode/plot/series.hpp>
#include <cytode/plot/text.hpp>

#include "catch.hpp"

using namespace cytode;
using namespace cytode::plot;

namespace {

double distance(Pixel p, Pixel a, Pixel b) {  // to the segment, by sampling it
  double least = 1e9;
  for (int i = 0; i <= 2000; ++i) {
    const double s = i / 2000.0;
    least = std::min(least, std::hypot(p.x - a.x - s * (b.x - a.x), p.y - a.y - s * (b.y - a.y)));
  }
  return least;
}

}  // namespace

TEST_CASE("a simplified line stays within the tolerance and keeps its ends", "[plot]") {
  std::vector<Pixel> line;
  for (int i = 0; i <= 200; ++i) {
    line.push_back({2.0 * i, 40 * std::sin(0.05 * i) + Stream(1).uniform(std::uint64_t(i))});
  }
  const auto kept = simplify(line, 0.5);
  CHECK(kept.size() < 150);
  CHECK(kept.front().x == 0);
  CHECK(kept.back().x == 400);
  for (const Pixel p : line) {
    double least = 1e9;
    for (std::size_t k = 1; k < kept.size(); ++k) {
      least = std::min(least, distance(p, kept[k - 1], kept[k]));
    }
    CHECK(least < 0.51);
  }
  CHECK(simplify({{0, 0}, {5, 0}, {0, 0}}, 0.1).size() == 3);  // there and back again
  CHECK(simplify({{0, 0}, {1, 0}, {2, 0}}, 0.1).size() == 2);
}

TEST_CASE("the envelope keeps lows and highs of every pixel column", "[plot]") {
  std::vector<Pixel> noise;
  for (int i = 0; i < 5000; ++i) {
    noise.push_back({i / 100.0, 100 * Stream(2).uniform(std::uint64_t(i))});
  }
  const auto kept = envelope(noise);
  CHECK(kept.size() <= 4 * 50);
  for (int column = 0; column < 50; ++column) {
    const auto extremes = [&](const std::vector<Pixel>& points) {
      Pixel found{1e9, -1e9};  // low, high
      for (const Pixel p : points) {
        if (static_cast<int>(p.x) != column) continue;
        found = {std::min(found.x, p.y), std::max(found.y, p.y)};
      }
      return found;
    };
    CHECK(extremes(noise).x == extremes(kept).x);
    CHECK(extremes(noise).y == extremes(kept).y);
  }
  const std::vector<Pixel> loop = {{0, 0}, {1, 1}, {0, 2}, {1, 3}, {0, 4}, {1, 5}, {0, 6}, {1, 7}};
  CHECK(envelope(loop).size() == loop.size());
}

TEST_CASE("rounding does not add up along a path", "[plot]") {
  std::vector<Pixel> line;
  for (int i = 0; i <= 1000; ++i) line.push_back({i / 3.0, -i / 7.0});
  Path path;
  path.polyline(line);
  std::string text = path.str();
  REQUIRE(text.rfind("M0 0l", 0) == 0);
  double x = 0, y = 0;
  const char* at = text.c_str() + 5;
  for (int i = 1; i <= 1000; ++i) {
    char* end = nullptr;
    x += std::strtod(at, &end);
    y += std::strtod(end, &end);
    at = end;
    REQUIRE(std::abs(x - i / 3.0) < 0.0051);
    REQUIRE(std::abs(y + i / 7.0) < 0.0051);
  }
  CHECK(*at == '\0');
}

TEST_CASE("series take what holds numbers", "[plot]") {
  Matrix<float> m(2, 3);
  m << 1, 2, 3,  //
      4, 5, 6;
  const auto same = [](const Series& s, const std::vector<double>& wanted) {
    return std::vector<double>(s.begin(), s.end()) == wanted;
  };
  CHECK(same(m, {1, 4, 2, 5, 3, 6}));
  CHECK(same(m.row(1), {4, 5, 6}));
  CHECK(same(m.transpose(), {1, 2, 3, 4, 5, 6}));
  CHECK(same(2 * m.col(0).array() + 1, {3, 9}));
  CHECK(same(std::vector<int>{1, 2}, {1, 2}));
  CHECK(same({}, {}));
}

TEST_CASE("text is measured by letters and broken at blanks", "[plot]") {
  using Lines = std::vector<std::string>;
  CHECK(text_width("", 12) == 0);
  CHECK(text_width("abc", 24) == Approx(2 * text_width("abc", 12)));
  CHECK(text_width("WWW", 12) > text_width("iii", 12));
  CHECK(text_width("基", 12) > text_width("é", 12));
  CHECK(wrap_text("one two three", 10, text_width("one two", 10)) == Lines{"one two", "three"});
  CHECK(wrap_text("incomprehensible word", 10, 20) == Lines{"incomprehensible", "word"});
  CHECK(wrap_text("  a   b ", 10, 1000) == Lines{"a b"});
  CHECK(wrap_text("", 10, 100).empty());
}
