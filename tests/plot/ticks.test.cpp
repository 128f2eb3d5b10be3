// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <cytode/core/random.hpp>
#include <cytode/plot/ticks.hpp>

#include "catch.hpp"

using namespace cytode;
using namespace cytode::plot;

namespace {

/// The number a label says, read back by other means.
double read(std::string label) {
  const auto replace = [&](const std::string& from, const std::string& to) {
    for (std::size_t i = label.find(from); i != std::string::npos; i = label.find(from, i)) {
      label.replace(i, from.size(), to);
    }
  };
  const std::vector<std::string> raised = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  replace("−", "-");
  replace("\u2009", "");
  bool power = label.find("⁻") != std::string::npos;
  for (const std::string& r : raised) power = power || label.find(r) != std::string::npos;
  if (power) {
    const std::size_t cross = label.find("×");
    if (cross == std::string::npos) label.replace(label.find("10"), 2, "1e");
    replace("×10", "e");
    replace("⁻", "-");
    for (std::size_t d = 0; d < 10; ++d) replace(raised[d], std::to_string(d));
  }
  return std::stod(label);
}
std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> out;
  for (const Tick& t : ticks) {
    if (!t.label.empty()) out.push_back(t.label);
  }
  return out;
}
using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("linear ticks are round, inside, few and say what they are", "[plot]") {
  const Stream s(5);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const double size = std::pow(10.0, 24 * s.uniform(4 * i) - 12);
    const double low = size * (2 * s.uniform(4 * i + 1) - 1);
    const double high = low + size * std::pow(10.0, -4 * s.uniform(4 * i + 2));
    const int most = 2 + static_cast<int>(s.below(4 * i + 3, 9));
    CAPTURE(low, high, most);
    const auto ticks = linear_ticks(low, high, most);
    const auto count = static_cast<int>(ticks.size());
    REQUIRE(count <= most);
    if (most >= 5) REQUIRE(count >= 2);
    const double slack = 1e-8 * (high - low);
    for (std::size_t k = 0; k < ticks.size(); ++k) {
      REQUIRE(ticks[k].value >= low - slack);
      REQUIRE(ticks[k].value <= high + slack);
      REQUIRE(read(ticks[k].label) == Approx(ticks[k].value).epsilon(1e-9).margin(1e-9 * size));
      if (k > 1) {
        REQUIRE(ticks[k].value - ticks[k - 1].value ==
                Approx(ticks[1].value - ticks[0].value).margin(1e-12 * size));
      }
    }
    if (count >= 2) {  // the step is 1, 2 or 5 times a power of ten
      const double step = (ticks.back().value - ticks.front().value) / (count - 1);
      const double lead = step / std::pow(10.0, std::floor(std::log10(step) + 1e-6));
      const double off = std::min({std::abs(lead - 1), std::abs(lead - 2), std::abs(lead - 5)});
      REQUIRE(off < 1e-6);
    }
  }
}

TEST_CASE("linear ticks of ranges one meets", "[plot]") {
  CHECK(labels(linear_ticks(0, 72, 5)) == Labels{"0", "20", "40", "60"});
  CHECK(labels(linear_ticks(-1.3, 1.2, 6)) == Labels{"−1.0", "−0.5", "0.0", "0.5", "1.0"});
  CHECK(labels(linear_ticks(-7, -3, 5)) == Labels{"−7", "−6", "−5", "−4", "−3"});
  CHECK(labels(linear_ticks(0.1, 0.3, 5)) == Labels{"0.10", "0.15", "0.20", "0.25", "0.30"});
  CHECK(labels(linear_ticks(0, 20000, 3)) == Labels{"0", "10\u2009000", "20\u2009000"});
  CHECK(labels(linear_ticks(0, 3e7, 4)) == Labels{"0", "10⁷", "2×10⁷", "3×10⁷"});
  CHECK(labels(linear_ticks(0, 1e-6, 3)) == Labels{"0", "5×10⁻⁷", "10⁻⁶"});
}

TEST_CASE("a range of one point is widened, a bad one refused", "[plot]") {
  for (const double v : {0.0, 24.0, -3.5, 1e-9, 1e15, 1e-310}) {
    const Scale scale = Scale::linear(v, v);
    CHECK(scale.low() < v);
    CHECK(scale.high() > v);
    CHECK(scale(v) == Approx(0.5));
    CHECK(linear_ticks(v, v, 6).size() >= 2);
  }
  CHECK_THROWS_AS(Scale::linear(2, 1), std::invalid_argument);
  CHECK_THROWS_AS(Scale::linear(0, std::nan("")), std::invalid_argument);
  CHECK_THROWS_AS(Scale::linear(-1.5e308, 1.5e308), std::invalid_argument);
  CHECK_THROWS_AS(linear_ticks(0, 1, 1), std::invalid_argument);
}

TEST_CASE("scales map ends to 0 and 1 and back", "[plot]") {
  const Scale linear = Scale::linear(-2, 6), log = Scale::logarithmic(0.01, 100);
  CHECK(linear(-2) == 0);
  CHECK(linear(6) == 1);
  CHECK(linear(0) == Approx(0.25));
  CHECK(log(0.01) == 0);
  CHECK(log(100) == 1);
  CHECK(log(1) == Approx(0.5));  // the middle of four decades
  CHECK(std::isnan(log(0)));
  CHECK(std::isnan(log(-1)));
  CHECK(log.inverse(0.75) == Approx(10));
  CHECK(linear.padded(0.25, 0).low() == Approx(-4));
  CHECK(log.padded(0, 0.5).high() == Approx(1e4));
  CHECK(Scale::linear(-8e307, 8e307).padded(1, 1).high() == 8e307);  // no room left in a double
  CHECK_THROWS_WITH(Scale::logarithmic(0, 1),
                    "Scale::logarithmic: low is 0, wanted a positive number");
}

TEST_CASE("logarithmic ticks of wide, middling and narrow ranges", "[plot]") {
  CHECK(labels(log_ticks(0.5, 2000, 6)) == Labels{"1", "10", "100", "1000"});
  CHECK(labels(log_ticks(3, 80, 6)) == Labels{"5", "10", "20", "50"});
  CHECK(labels(log_ticks(6, 9, 6)) == Labels{"6", "7", "8", "9"});
  CHECK(labels(log_ticks(1e-12, 1, 5)) == Labels{"10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "10⁰"});
  const Stream s(6);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const double low = std::pow(10.0, 20 * s.uniform(3 * i) - 10);
    const double high = low * std::pow(10.0, 12 * std::pow(s.uniform(3 * i + 1), 3));
    const int most = 5 + static_cast<int>(s.below(3 * i + 2, 5));
    CAPTURE(low, high, most);
    const auto ticks = log_ticks(low, high, most);
    const Scale scale = Scale::logarithmic(low, high);  // wider than [low, high] if that is a point
    const auto named = labels(ticks);
    REQUIRE(named.size() <= static_cast<std::size_t>(most));
    REQUIRE(named.size() >= 2);
    for (const Tick& t : ticks) {
      REQUIRE(t.value >= scale.low() * (1 - 1e-8));
      REQUIRE(t.value <= scale.high() * (1 + 1e-8));
      if (!t.label.empty()) REQUIRE(read(t.label) == Approx(t.value).epsilon(1e-9));
    }
  }
}

TEST_CASE("numbers for people", "[plot]") {
  CHECK(format_number(1234567.891, 1) == "1\u2009234\u2009567.9");
  CHECK(format_number(1234, 0) == "1234");
  CHECK(format_number(-0.0001, 2) == "0.00");
  CHECK(format_number(std::nan(""), 2) == "–");
  CHECK(format_number(-INFINITY, 2) == "−∞");
  CHECK(format_significant(0.25, 6) == "0.25");
  CHECK(format_significant(72, 6) == "72");
  CHECK(format_significant(-1.5e-7, 3) == "−1.5×10⁻⁷");
  CHECK(format_significant(99999.99, 3) == "10⁵");
}
