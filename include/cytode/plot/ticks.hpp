// SPDX-License-Identifier: MIT
/// Ticks: round numbers along an axis, with labels as short as the step allows.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/plot/scale.hpp>

namespace cytode::plot {

/// A mark on an axis; without a label it is a minor one.
struct Tick {
  double value = 0;
  std::string label{};
};

/// A number with so many decimals, a true minus sign, and thin spaces from 10 000 on; "–" for NaN.
template <class = void>
[[nodiscard]] inline std::string format_number(double value, int decimals) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value < 0 ? "−∞" : "∞";
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.begin(), buffer.end(), std::abs(value),
                                 std::chars_format::fixed, std::clamp(decimals, 0, 20))
                       .ptr;
  std::string digits(buffer.begin(), end);
  const std::size_t whole = std::min(digits.find('.'), digits.size());
  for (std::size_t i = whole; whole > 4 && i > 3; i -= 3)
    digits.insert(i - 3, i > 3 ? "\u2009" : "");
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return (value < 0 && !zero ? "−" : "") + digits;
}

/// "10⁻⁷".
template <class = void>
[[nodiscard]] inline std::string power_of_ten(int exponent) {
  constexpr std::array<const char*, 10> raised = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "10⁻" : "10";
  for (const char c : std::to_string(std::abs(exponent))) {
    text += raised[static_cast<std::size_t>(c - '0')];
  }
  return text;
}

/// Shortest text of value = digits × 10^exponent to so many significant digits: plain between
/// 0.001 and 99 999, otherwise as 2.5×10⁻⁷.
template <class = void>
[[nodiscard]] inline std::string format_significant(double value, int significant) {
  if (value == 0 || !std::isfinite(value)) return format_number(value, 0);
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.begin(), buffer.end(), std::abs(value),
                                 std::chars_format::scientific, std::max(0, significant - 1))
                       .ptr;
  const std::string text(buffer.begin(), end);
  const std::size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(),
                  exponent);
  if (exponent >= -3 && exponent <= 4) {
    std::string plain = format_number(value, std::max(0, significant - 1 - exponent));
    if (plain.find('.') != std::string::npos) {
      plain.erase(plain.find_last_not_of('0') + 1);
      if (plain.back() == '.') plain.pop_back();
    }
    return plain;
  }
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') != std::string::npos) {
    mantissa.erase(mantissa.find_last_not_of('0') + 1);
    if (mantissa.back() == '.') mantissa.pop_back();
  }
  return (value < 0 ? "−" : "") + (mantissa == "1" ? "" : mantissa + "×") + power_of_ten(exponent);
}

/// Multiples of 1, 2 or 5 times a power of ten inside [low, high], the finest of which at most
/// `most` fit (for most ≥ 5 that leaves at least two). Inside means to 10⁻⁹ of a step.
/// Throws std::invalid_argument if most < 2.
template <class = void>
[[nodiscard]] inline std::vector<Tick> linear_ticks(double low, double high, int most) {
  const Scale range = Scale::linear(low, high);
  check(most >= 2, "linear_ticks", "most is ", most, ", wanted 2 or more");
  constexpr std::array<double, 3> leads = {1, 2, 5};
  const double span = range.high() - range.low();
  for (int k = static_cast<int>(std::floor(std::log10(span / most))) - 1;; ++k) {
    for (const double lead : leads) {
      const double ten = std::pow(10.0, std::abs(k));
      const auto multiple = [&](double n) { return k < 0 ? n * lead / ten : n * lead * ten; };
      const double step = multiple(1);
      const double first = std::ceil(range.low() / step - 1e-9);
      const double last = std::floor(range.high() / step + 1e-9);
      if (last - first + 1 > most) continue;
      const double size = std::max(std::abs(multiple(first)), std::abs(multiple(last)));
      const int top = size > 0 ? static_cast<int>(std::floor(std::log10(size) + 1e-9)) : 0;
      const bool plain = size == 0 || (top >= -3 && top < 6);
      std::vector<Tick> ticks;
      for (double n = first; n <= last; ++n) {
        const double value = n == 0 ? 0.0 : multiple(n);  // no negative zero
        const int digits =
            value == 0 ? 1
                       : 1 + static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9)) - k;
        ticks.push_back({value, plain ? format_number(value, std::max(0, -k))
                                      : format_significant(value, std::max(1, digits))});
      }
      return ticks;
    }
  }
}

/// Powers of ten inside [low, high], 0 < low; with few decades also 2 and 5 times them, and
/// within one decade round numbers as on a linear axis. Minor ticks carry no label.
template <class = void>
[[nodiscard]] inline std::vector<Tick> log_ticks(double low, double high, int most) {
  const Scale range = Scale::logarithmic(low, high);
  check(most >= 2, "log_ticks", "most is ", most, ", wanted 2 or more");
  const auto power = [](int k) { return k < 0 ? 1 / std::pow(10.0, -k) : std::pow(10.0, k); };
  const auto inside = [&](double v) {
    return v >= range.low() * (1 - 1e-9) && v <= range.high() * (1 + 1e-9);
  };
  const int first = static_cast<int>(std::floor(std::log10(range.low()) + 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(range.high()) + 1e-9));
  int decades = 0, fifths = 0;
  for (int k = first; k <= last; ++k) {
    decades += inside(power(k));
    for (const int lead : {1, 2, 5}) fifths += inside(lead * power(k));
  }
  const bool by_fifths = fifths >= 3 && fifths <= most;
  if (!by_fifths && decades < 2) return linear_ticks(range.low(), range.high(), most);
  const int stride = std::max(1, (decades + most - 1) / most);
  int shift = 0, named_decades = 0;  // of all ways to skip decades, the one that names most
  for (int s = 0; s < stride; ++s) {
    int count = 0;
    for (int k = first; k <= last; ++k) count += inside(power(k)) && (k - s) % stride == 0;
    if (count > named_decades) shift = s;
    named_decades = std::max(named_decades, count);
  }
  const bool plain = first >= -3 && last <= 4;
  std::vector<Tick> ticks;
  for (int k = first; k <= last; ++k) {
    for (int lead = 1; lead < 10; ++lead) {
      const double value = lead * power(k);
      if (!inside(value)) continue;
      const bool named =
          by_fifths ? lead == 1 || lead == 2 || lead == 5 : lead == 1 && (k - shift) % stride == 0;
      if (!named && last - first > 6) continue;
      ticks.push_back({value, !named      ? ""
                              : plain     ? format_significant(value, 1)
                              : lead == 1 ? power_of_ten(k)
                                          : std::to_string(lead) + "×" + power_of_ten(k)});
    }
  }
  return ticks;
}

/// Ticks of either kind of scale, at most `most` with labels.
template <class = void>
[[nodiscard]] inline std::vector<Tick> make_ticks(const Scale& scale, int most) {
  return scale.is_log() ? log_ticks(scale.low(), scale.high(), most)
                        : linear_ticks(scale.low(), scale.high(), most);
}

}  // namespace cytode::plot
