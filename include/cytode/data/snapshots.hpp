// SPDX-License-Identifier: MIT
/// Snapshots: different cells of one process, seen at two or more times.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/nearest.hpp>
#include <cytode/data/number.hpp>
#include <cytode/data/time_label.hpp>

namespace cytode::data {

/// The cells of one time point.
template <std::floating_point S>
struct Snapshot {
  double time = 0;
  std::string label;        ///< The text the time came from.
  Matrix<S> cells;          ///< Features × cells.
  std::vector<Index> rows;  ///< Row in obs of each cell; may be empty for made-up data.
};

/// Snapshots in the order of time, at least one, all with the same features.
template <std::floating_point S>
class Snapshots {
 public:
  /// Sorts by time; throws std::invalid_argument for none, for an empty one, for equal times and
  /// for different numbers of features.
  explicit Snapshots(std::vector<Snapshot<S>> list, std::vector<std::string> notes = {})
      : list_(std::move(list)), notes_(std::move(notes)) {
    check(!list_.empty(), "Snapshots", "no time point, wanted one or more");
    for (const Snapshot<S>& s : list_) {
      check(std::isfinite(s.time), "Snapshots", "time of '", s.label, "' is ", s.time);
    }
    std::stable_sort(list_.begin(), list_.end(),
                     [](const auto& a, const auto& b) { return a.time < b.time; });
    for (std::size_t i = 0; i < list_.size(); ++i) {
      const Snapshot<S>& s = list_[i];
      check(s.cells.rows() > 0 && s.cells.cols() > 0, "Snapshots", "time point '", s.label,
            "' is empty (", s.cells.rows(), " x ", s.cells.cols(), ")");
      check(s.rows.empty() || static_cast<Index>(s.rows.size()) == s.cells.cols(), "Snapshots",
            "time point '", s.label, "' has ", s.cells.cols(), " cells and ", s.rows.size(),
            " rows");
      check_features("Snapshots", "time point '" + s.label + "'", s.cells, features());
      check(i == 0 || s.time > list_[i - 1].time, "Snapshots", "time ", s.time, " comes twice");
    }
  }

  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(list_.size()); }
  [[nodiscard]] const Snapshot<S>& operator[](Index i) const {
    return list_[static_cast<std::size_t>(i)];
  }
  [[nodiscard]] auto begin() const noexcept { return list_.begin(); }
  [[nodiscard]] auto end() const noexcept { return list_.end(); }
  [[nodiscard]] const Snapshot<S>& front() const noexcept { return list_.front(); }
  [[nodiscard]] const Snapshot<S>& back() const noexcept { return list_.back(); }

  [[nodiscard]] Index features() const noexcept { return list_.front().cells.rows(); }
  /// Cells of all time points together.
  [[nodiscard]] Index cells() const noexcept {
    Index n = 0;
    for (const auto& s : list_) n += s.cells.cols();
    return n;
  }
  [[nodiscard]] std::vector<double> times() const {
    std::vector<double> t;
    for (const auto& s : list_) t.push_back(s.time);
    return t;
  }
  [[nodiscard]] std::vector<std::string> labels() const {
    std::vector<std::string> t;
    for (const auto& s : list_) t.push_back(s.label);
    return t;
  }
  /// What a person should hear about, such as cells left out.
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

  /// Position of a time point by its label, or by a number equal to its label or its time ("2" is
  /// "2.0" and "day_2"); throws std::invalid_argument with the labels there are and the nearest.
  [[nodiscard]] Index find(std::string_view label) const {
    double number = 0;
    const bool is_number = parse_number(label, number);
    for (Index i = 0; i < size(); ++i) {
      if ((*this)[i].label == label) return i;
    }
    for (Index i = 0; i < size(); ++i) {
      if (same_label((*this)[i].label, label) || (is_number && (*this)[i].time == number)) return i;
    }
    fail_check("Snapshots::find", "no time point '", label, "'", suggest(label, labels()));
  }

  /// The list itself, to change its cells in place and make snapshots of it again; nothing is left.
  [[nodiscard]] std::vector<Snapshot<S>> release() && { return std::move(list_); }

 private:
  std::vector<Snapshot<S>> list_;
  std::vector<std::string> notes_;
};

}  // namespace cytode::data
