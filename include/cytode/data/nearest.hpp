// SPDX-License-Identifier: MIT
/// The name a person probably meant, for messages about names that do not exist.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace cytode::data {

/// Number of letters to insert, delete, replace or swap with the next one to turn a into b
/// [Damerau 1964]; a change between upper and lower case counts as nothing.
template <class = void>
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [&](std::size_t i, std::size_t j) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(a[i]) == lower(b[j]);
  };
  const std::size_t n = b.size() + 1;
  std::vector<std::size_t> before(n), last(n), row(n);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      row[j + 1] = std::min({row[j] + 1, last[j + 1] + 1, last[j] + (same(i, j) ? 0u : 1u)});
      if (i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j)) {
        row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
      }
    }
  }
  return row.back();
}

/// "; did you mean 'day'? There are: 'day', 'batch'": the end of a message about a name that does
/// not exist. The nearest name is suggested if it shares at least half of the letters.
template <class = void>
[[nodiscard]] inline std::string suggest(std::string_view name,
                                         const std::vector<std::string>& names) {
  if (names.empty()) return "; there are none";
  std::string text;
  const auto near = std::min_element(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return edit_distance(name, a) < edit_distance(name, b);
  });
  if (2 * edit_distance(name, *near) <= std::max(name.size(), near->size())) {
    text = "; did you mean '" + *near + "'?";
  }
  text += text.empty() ? "; there are: " : " There are: ";
  constexpr std::size_t most = 30;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
    text += (i > 0 ? ", '" : "'") + names[i] + "'";
  }
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

}  // namespace cytode::data
