// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <cytode/plot/color_scale.hpp>

#include "catch.hpp"

using namespace cytode::plot;

namespace {

/// CIE lightness of an sRGB colour, 0..100.
double lightness(Color c) {
  const auto linear = [](std::uint8_t v) {
    const double s = v / 255.0;
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  const double y = 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
  return y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y;
}

}  // namespace

TEST_CASE("viridis gets lighter evenly", "[plot]") {
  const int n = 20;
  const double rise = (lightness(viridis(1)) - lightness(viridis(0))) / n;
  CHECK(rise * n > 70);
  for (int i = 0; i < n; ++i) {
    const double step = lightness(viridis((i + 1.0) / n)) - lightness(viridis(1.0 * i / n));
    CHECK(step > 0.6 * rise);
    CHECK(step < 1.5 * rise);
  }
  const auto near = [](Color a, Color b) {
    return std::max({std::abs(a.red - b.red), std::abs(a.green - b.green),
                     std::abs(a.blue - b.blue)}) <= 6;
  };
  CHECK(near(viridis(0.25), Color::rgb(0x3b528b)));  // as published
  CHECK(near(viridis(0.5), Color::rgb(0x21918c)));
  CHECK(near(viridis(0.75), Color::rgb(0x5ec962)));
  CHECK(viridis(-1) == viridis(0));
  CHECK(viridis(2) == viridis(1));
  CHECK(viridis(std::nan("")) == viridis(0));
}

TEST_CASE("colours mix, print and cycle", "[plot]") {
  CHECK(Color::rgb(0x0a0bff).hex() == "#0a0bff");
  CHECK(Color{0, 100, 200}.mix({100, 0, 200}, 0.25) == Color{25, 75, 200});
  CHECK(Color{10, 20, 30}.lighter(1) == Color{255, 255, 255});
  CHECK(Color{10, 20, 30}.darker(1) == Color{});
  CHECK(okabe_ito(8) == okabe_ito(0));
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < i; ++j) CHECK(okabe_ito(i) != okabe_ito(j));
  }
  CHECK_THROWS_AS(okabe_ito(-1), std::invalid_argument);
}

TEST_CASE("stops share the colours evenly, however uneven they are", "[plot]") {
  const ColorScale scale = ColorScale::of_stops({0, 8, 24, 72, 168}, "time (h)");
  const std::vector<double> stops = scale.stops;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    CHECK(scale.share(stops[i]) == Approx(static_cast<double>(i) / 4));
  }
  CHECK(scale.share(16) == Approx(0.375));
  CHECK(scale.share(-5) == 0);
  CHECK(scale.share(1000) == 1);
  CHECK(scale.share(std::nan("")) == 0);
  CHECK(ColorScale{.low = 10, .high = 30}.share(15) == Approx(0.25));
  CHECK(ColorScale{.low = 1, .high = 1}.share(1) == 0.5);
  CHECK_THROWS_AS(ColorScale::of_stops({0, 0}, ""), std::invalid_argument);
  CHECK_THROWS_AS(ColorScale::of_stops({}, ""), std::invalid_argument);
}
