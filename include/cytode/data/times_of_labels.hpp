// SPDX-License-Identifier: MIT
/// Times for a column of labels, in one unit.
#pragma once

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/data/table.hpp>
#include <cytode/data/time_label.hpp>

namespace cytode::data {

/// One time a row of a table; NaN where the label is missing.
///
/// A label is looked up in `values` first (by text, then as a number): that is the final word. Else
/// time_label reads it. If the labels name one unit, or none, times are the numbers as they stand.
/// If they name several, as in "0d", "8h", "1d", "3d", all are converted to days and the notes say
/// so. A label without a unit among labels with one must be 0. The order of labels as texts never
/// matters. Throws std::invalid_argument naming file, line, column, row and text of a label that
/// gives no time.
template <class = void>
[[nodiscard]] inline std::vector<double> times_of_labels(
    const Table& table, const std::string& column, const std::map<std::string, double>& values,
    std::vector<std::string>& notes) {
  const std::vector<std::string>& texts = table.column(column);
  struct Known {
    double time = 0, days = 0;
    bool by_user = false;
    std::size_t row = 0;
  };
  std::map<std::string, Known> known;
  std::map<std::string, int> used;
  double unit = 0;
  bool mixed = false;
  const auto fail = [&](std::size_t row, const std::string& why) {
    throw std::invalid_argument(table.where(row, column) + "'" + texts[row] + "' " + why +
                                "; give the time of each such label in time_values");
  };
  for (std::size_t r = 0; r < texts.size(); ++r) {
    if (texts[r].empty() || known.contains(texts[r])) continue;
    Known k{.row = r};
    auto given = values.find(texts[r]);
    for (auto v = values.begin(); given == values.end() && v != values.end(); ++v) {
      if (same_label(v->first, texts[r])) given = v;
    }
    if (given != values.end()) {
      check(std::isfinite(given->second), "times_of_labels", "the time of '", given->first, "' is ",
            given->second, ", wanted a finite number");
      ++used[given->first];
      k.time = given->second;
      k.by_user = true;
    } else if (const auto label = time_label(texts[r])) {
      k.time = label->number;
      k.days = label->days;
      mixed = mixed || (unit != 0 && k.days != 0 && unit != k.days);
      if (k.days != 0) unit = k.days;
    } else {
      fail(r, "is no time");
    }
    known.emplace(texts[r], k);
  }
  for (auto& [text, k] : known) {
    if (k.by_user) continue;
    if (unit != 0 && k.days == 0 && k.time != 0) {
      fail(k.row, "has no unit, while other labels have one");
    }
    if (mixed) k.time *= k.days;
  }
  if (mixed) {
    notes.push_back("column '" + column + "' mixes units of time: times are in days");
  }
  for (const auto& [text, time] : values) {
    if (!used.contains(text)) {
      notes.push_back("column '" + column + "' has no label '" + text + "'");
    }
  }
  std::vector<double> times(texts.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t r = 0; r < texts.size(); ++r) {
    if (!texts[r].empty()) times[r] = known.at(texts[r]).time;
  }
  return times;
}

}  // namespace cytode::data
