// SPDX-License-Identifier: MIT
/// The time a text such as "Day 00-03", "8h", "E8.5" or "day_4" stands for.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cytode/data/number.hpp>

namespace cytode::data {

/// A number found in a label, and the length of its unit in days; 0 if the label names no unit.
struct TimeLabel {
  double number = 0;
  double days = 0;
};

namespace label_text {

struct Unit {
  std::string_view name;
  double days;
};
inline constexpr std::array<Unit, 15> units = {{{"min", 1. / 1440},
                                                {"mins", 1. / 1440},
                                                {"minutes", 1. / 1440},
                                                {"h", 1. / 24},
                                                {"hr", 1. / 24},
                                                {"hrs", 1. / 24},
                                                {"hpf", 1. / 24},
                                                {"hour", 1. / 24},
                                                {"hours", 1. / 24},
                                                {"d", 1},
                                                {"day", 1},
                                                {"days", 1},
                                                {"w", 7},
                                                {"week", 7},
                                                {"weeks", 7}}};

inline bool digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool blank(char c) {
  return c == ' ' || c == '_' || c == '-' || c == '.' || c == '=';
}

/// Days in the unit spelt by a word, 0 if it is none.
template <class = void>
inline double unit_days(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const auto* const found =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == lower; });
  return found == units.end() ? 0 : found->days;
}

}  // namespace label_text

/// Reads the time in a label, by these rules and no guessing beyond them.
///
/// 1. A text that is a number is that number: "0", "0.0", "-1.5", "1e1". Blanks around it do not
///    matter. Infinite is no time.
/// 2. Otherwise the digits in the text, with a decimal point, are its numbers; a minus sign inside
///    a text is a hyphen. One number is the time: "3d", "day_4", "E8.5", "D2", "1 days".
/// 3. A range "a-b" counts as its first number: "Day 00-03" is 0, not the middle.
/// 4. A unit is a word right behind or before the number: min, h, hr, hour(s), hpf, d, day(s), w,
///    week(s), in upper or lower case. It does not change `number`.
/// 5. No number, several numbers ("E8.5_rep2"), a date ("2020-01-31") or a number inside a code is
///    for the user to say: nothing is returned.
template <class = void>
[[nodiscard]] inline std::optional<TimeLabel> time_label(std::string_view text) {
  using namespace label_text;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  double value = 0;
  if (parse_number(text, value)) {
    return std::isfinite(value) ? std::optional(TimeLabel{value, 0}) : std::nullopt;
  }
  struct Found {
    std::size_t from, to;
  };
  std::vector<Found> numbers;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!digit(text[i])) continue;
    std::size_t end = i;
    while (end < text.size() && digit(text[end])) ++end;
    if (end + 1 < text.size() && text[end] == '.' && digit(text[end + 1])) {
      for (++end; end < text.size() && digit(text[end]);) ++end;
    }
    numbers.push_back({i, end});
    i = end;
  }
  const bool range =
      numbers.size() == 2 && numbers[1].from == numbers[0].to + 1 && text[numbers[0].to] == '-';
  if (numbers.size() != 1 && !range) return std::nullopt;
  if (!parse_number(text.substr(numbers[0].from, numbers[0].to - numbers[0].from), value) ||
      !std::isfinite(value)) {
    return std::nullopt;
  }
  std::size_t from = numbers.back().to;
  while (from < text.size() && blank(text[from])) ++from;
  std::size_t to = from;
  while (to < text.size() && letter(text[to])) ++to;
  double days = unit_days(text.substr(from, to - from));
  if (days == 0) {
    to = numbers[0].from;
    while (to > 0 && blank(text[to - 1])) --to;
    from = to;
    while (from > 0 && letter(text[from - 1])) --from;
    days = unit_days(text.substr(from, to - from));
  }
  return TimeLabel{value, days};
}

/// True if two labels are the same text or the same number: "2", "2.0" and "2e0" are.
template <class = void>
[[nodiscard]] inline bool same_label(std::string_view a, std::string_view b) {
  double x = 0, y = 0;
  return a == b || (parse_number(a, x) && parse_number(b, y) && x == y);
}

}  // namespace cytode::data
