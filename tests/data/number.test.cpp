// SPDX-License-Identifier: MIT
#include <charconv>
#include <cstdio>
#include <string>

#include <cytode/core/random.hpp>
#include <cytode/data/number.hpp>

#include "catch.hpp"

using namespace cytode;
using namespace cytode::data;

namespace {

/// Compares with std::from_chars bit by bit, alone and followed by more text (another code path).
template <class S>
bool agrees(const std::string& text) {
  S expected{};
  const auto standard = std::from_chars(text.data(), text.data() + text.size(), expected);
  if (standard.ec == std::errc::result_out_of_range) return true;  // tested by hand
  const std::string more = text + ",5.25,77777777777777777777";
  for (const std::string& t : {text, more}) {
    S value = 7;
    const char* end = parse_number(t.data(), t.data() + t.size(), value);
    if (end != t.data() + (standard.ptr - text.data())) return false;
    if (std::memcmp(&value, &expected, sizeof(S)) != 0) return false;
  }
  return true;
}

template <class S, class... Arguments>
bool agrees_printed(const char* format, Arguments... arguments) {
  char text[128];
  std::snprintf(text, sizeof text, format, arguments...);
  return agrees<S>(text);
}

}  // namespace

TEMPLATE_TEST_CASE("numbers are read bit by bit as std::from_chars reads them", "[data]", float,
                   double) {
  using S = TestType;
  using Bits = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
  const Stream stream(3);
  int bad = 0;
  for (std::uint64_t i = 0; i < 120000; ++i) {
    const std::uint64_t bits = stream.bits(2 * i), more = stream.bits(2 * i + 1);
    const double g = 5 * stream.normal(i);
    std::string text;
    append_number(text, std::bit_cast<S>(static_cast<Bits>(bits)));  // any number there is
    bad += !text.empty() && text.find("inf") == text.npos && !agrees<S>(text);
    text.clear();
    append_number(text, static_cast<float>(g));
    bad += !agrees<S>(text);
    text.clear();
    append_number(text, g * std::exp2(static_cast<int>(more % 60) - 30));
    bad += !agrees<S>(text);
    bad += !agrees_printed<S>("%.*f", static_cast<int>(more % 22), g);
    bad += !agrees_printed<S>("%llu.%llue%d", static_cast<unsigned long long>(bits >> (more % 64)),
                              static_cast<unsigned long long>(more >> (bits % 64)),
                              static_cast<int>(bits % 70) - 35);
    // Middles between neighbours, where rounding is hardest.
    const auto f = static_cast<float>(g);
    const double middle = (double{f} + double{std::nextafter(f, 1e30f)}) / 2;
    bad += !agrees_printed<S>("%.*g", static_cast<int>(more % 14) + 8, middle);
    bad += !agrees_printed<S>("%.*Lg", static_cast<int>(more % 6) + 15,
                              (static_cast<long double>(g) + std::nextafter(g, 1e30)) / 2);
    const std::uint64_t odd = ((bits >> 12 | std::uint64_t{1} << 52) << 1) + 1;
    bad += !agrees_printed<S>("%llu", static_cast<unsigned long long>(odd << (more % 9)));
  }
  CHECK(bad == 0);
}

TEMPLATE_TEST_CASE("the shortest text of a number reads back as that number", "[data]", float,
                   double) {
  using S = TestType;
  using Bits = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
  const Stream stream(4);
  int bad = 0;
  for (std::uint64_t i = 0; i < 200000; ++i) {
    const S value = std::bit_cast<S>(static_cast<Bits>(stream.bits(i)));
    std::string text;
    append_number(text, value);
    S back = 0;
    bad += std::isnan(value) ? !text.empty() : !parse_number(text, back) || back != value;
  }
  CHECK(bad == 0);
}

TEMPLATE_TEST_CASE("forms of numbers that people write", "[data]", float, double) {
  using S = TestType;
  const auto read = [](const char* text) {
    S value = -99;
    return parse_number(std::string_view(text), value) ? value : S(-99);
  };
  CHECK(read("+3") == 3);
  CHECK(read("1E5") == 100000);
  CHECK(read("1e-05") == S(1e-5));
  CHECK(read(".5") == S(0.5));
  CHECK(read("5.") == 5);
  CHECK(read("0012") == 12);
  CHECK(read("inf") == std::numeric_limits<S>::infinity());
  CHECK(read("-inf") == -std::numeric_limits<S>::infinity());
  CHECK(read("+Infinity") == std::numeric_limits<S>::infinity());
  CHECK(read("0.00000000000000000000000000000000000001") == S(1e-38));
  CHECK(std::signbit(read("-0.0")));
  CHECK(read("-0.0") == 0);
  for (const char* text :
       {"",   "-",  "+",   ".",   "nan", "NaN", "-nan", "NA",    "abc",  "1,5",
        " 1", "1 ", "--1", "+-1", "1e",  "1e+", "0x10", "1.2.3", "True", "1_000"}) {
    CAPTURE(text);
    CHECK(read(text) == -99);
  }
}

TEMPLATE_TEST_CASE("too small is zero, too large is no number", "[data]", float, double) {
  using S = TestType;
  S value = 1;
  CHECK(parse_number("1e-999", value));
  CHECK(value == 0);
  CHECK(parse_number("-0." + std::string(400, '0') + "1", value));
  CHECK(value == 0);
  CHECK(std::signbit(value));
  CHECK(parse_number("0.001e-99999999999", value));
  CHECK(value == 0);
  value = 1;
  CHECK_FALSE(parse_number("1e999", value));
  CHECK_FALSE(parse_number("-1e99999999999", value));
  CHECK_FALSE(parse_number("1" + std::string(400, '0'), value));
  CHECK_FALSE(parse_number("1" + std::string(400, '0') + "e-5", value));
  CHECK(value == 1);
  CHECK(parse_number("1" + std::string(400, '0') + "e-400", value));
  CHECK(value == 1);
}

TEST_CASE("numbers are written as pandas writes them", "[data]") {
  const auto text = [](auto value) {
    std::string out;
    append_number(out, value);
    return out;
  };
  CHECK(text(0.1f) == "0.1");
  CHECK(text(0.0) == "0.0");
  CHECK(text(-0.0) == "-0.0");
  CHECK(text(3.0f) == "3.0");
  CHECK(text(1e-5f) == "1e-05");
  CHECK(text(1e-4f) == "1e-04");  // 0.0001f lies below 0.0001
  CHECK(text(1e-4) == "0.0001");
  CHECK(text(9.9e-5) == "9.9e-05");
  CHECK(text(999999.9f) == "999999.9");
  CHECK(text(1e6f) == "1e+06");
  CHECK(text(123456790.0f) == "1.2345679e+08");
  CHECK(text(123456790.0) == "123456790.0");
  CHECK(text(double{0.1f}) == "0.10000000149011612");
  CHECK(text(1e16) == "1e+16");
  CHECK(text(1234567890123456.0) == "1234567890123456.0");
  CHECK(text(-12.5) == "-12.5");
  CHECK(text(-std::numeric_limits<float>::infinity()) == "-inf");
  CHECK(text(std::numeric_limits<double>::quiet_NaN()).empty());
}
