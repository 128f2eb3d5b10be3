// SPDX-License-Identifier: MIT
/// Numbers in text: exact, fast and blind to the locale, from and to decimal.
#pragma once

#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include <cytode/data/decimal.hpp>

namespace cytode::data {

/// Reads the number at the start of [first, last) and returns its end, or nullptr if there is none.
///
/// Accepts a sign, digits with or without a point, an exponent, `inf`, `infinity` in any case; not
/// `nan`, hexadecimal, blanks or decimal commas. Correctly rounded to S: the shortest text of a
/// float gives that float back bit by bit, as std::from_chars would. Too small for S gives a zero
/// of that sign; too large for S is no number. The value is left alone without a number.
template <std::floating_point S>
[[nodiscard]] const char* parse_number(const char* first, const char* last, S& value) noexcept {
  const char* p = first;
  const bool negative = p < last && *p == '-';
  p += p < last && ((*p == '-') | (*p == '+'));
  std::uint64_t m = 0;
  int e = 0, length = 0;
  if constexpr (std::endian::native == std::endian::little) {
    if (last - p >= 16) length = decimal::short_decimal(p, m, e);
  }
  p += length;
  if (length == 0) {
    p = decimal::long_decimal(p, last, m, e);
    if (p == nullptr) return decimal::parse_any(first, last, value);
  }
  if (p < last && (*p == 'e' || *p == 'E')) {
    const char* q = p + 1;
    const bool down = q < last && *q == '-';
    if (q < last && (*q == '-' || *q == '+')) ++q;
    int power = 0;
    const char* const start = q;
    for (; q < last && *q >= '0' && *q <= '9' && q - start < 5; ++q)
      power = power * 10 + (*q - '0');
    if (q == start || q - start == 5) return decimal::parse_any(first, last, value);
    e += down ? -power : power;
    p = q;
  }
  S result;
  if (!decimal::assemble(m, e, result)) return decimal::parse_any(first, last, value);
  value = result * (negative ? S{-1} : S{1});
  return p;
}

/// Reads a text that is one number and nothing else; false if it is not.
template <std::floating_point S>
[[nodiscard]] bool parse_number(std::string_view text, S& value) noexcept {
  S result;
  const char* const last = text.data() + text.size();
  if (parse_number(text.data(), last, result) != last || text.empty()) return false;
  value = result;
  return true;
}

/// Appends the shortest text that reads back as the same S, the way pandas writes a CSV.
///
/// `0.1`, `3.0`, `123456.0`; below 10⁻⁴ and from 10¹⁶ (float: 10⁶, as numpy 2.4 has it) on
/// `1e-05`, `1.5e+20`; `inf`, `-inf`; a NaN is a missing value: nothing.
template <std::floating_point S>
void append_number(std::string& out, S value) {
  if (std::isnan(value)) return;
  if (std::isinf(value)) {
    out += value < 0 ? "-inf" : "inf";
    return;
  }
  char text[40];
  char* const end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  const double size = std::abs(static_cast<double>(value));
  if (size != 0 && (size < 1e-4 || size >= (sizeof(S) == 4 ? 1e6 : 1e16))) {
    out.append(text, static_cast<std::size_t>(end - text));
    return;
  }
  const char* p = text;
  if (*p == '-') out += *p++;
  char digits[24];
  int n = 0;
  for (; *p != 'e'; ++p) {
    if (*p != '.') digits[n++] = *p;
  }
  int exponent = 0;
  std::from_chars(p + (p[1] == '+' ? 2 : 1), end, exponent);
  const int whole = exponent + 1;  // digits before the point
  if (whole <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-whole), '0');
    out.append(digits, static_cast<std::size_t>(n));
  } else if (n <= whole) {
    out.append(digits, static_cast<std::size_t>(n));
    out.append(static_cast<std::size_t>(whole - n), '0');
    out += ".0";
  } else {
    out.append(digits, static_cast<std::size_t>(whole));
    out += '.';
    out.append(digits + whole, static_cast<std::size_t>(n - whole));
  }
}

}  // namespace cytode::data
