// SPDX-License-Identifier: MIT
/// Labels of cells by time point: types, batches, donors or clones, as ground costs look them up.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/coupling.hpp>

namespace cytode::ot {

/// One label 0, 1, … a cell and time point; −1 where a cell has none.
class Labels {
 public:
  static constexpr Index none = -1;

  Labels() = default;
  /// by_time[t][cell]. Throws std::invalid_argument on labels below −1.
  template <class = void>
  explicit Labels(std::vector<std::vector<Index>> by_time) : by_time_(std::move(by_time)) {
    for (std::size_t t = 0; t < by_time_.size(); ++t) {
      for (std::size_t i = 0; i < by_time_[t].size(); ++i) {
        const Index label = by_time_[t][i];
        check(label >= none, "ot::Labels", "label of cell ", i, " at time ", t, " is ", label,
              ", wanted 0 or more, or -1 for none");
        if (label >= size_) size_ = label + 1;
      }
    }
  }

  /// One more than the largest label.
  [[nodiscard]] Index size() const noexcept { return size_; }

  /// Label of a cell of time point t; `function` is named if there is no such cell.
  template <class = void>
  [[nodiscard]] Index at(std::string_view function, Index t, Index cell) const {
    check(t >= 0 && t < std::ssize(by_time_), function, "labels are given for ", by_time_.size(),
          " time points, wanted one for time ", t);
    const std::vector<Index>& labels = by_time_[static_cast<std::size_t>(t)];
    check(cell >= 0 && cell < std::ssize(labels), function, "time ", t, " has ", labels.size(),
          " labels, wanted one for cell ", cell);
    return labels[static_cast<std::size_t>(cell)];
  }

  /// Calls f(i, j, label_i, label_j) for all pairs of the two sides, which are neighbouring times.
  template <std::floating_point S, class F>
  void for_each_pair(std::string_view function, const Sides<S>& sides, F&& f) const {
    for (Index i = 0; i < sides.x0.cols(); ++i) {
      (void)at(function, sides.interval, sides.cell0(i));
    }
    for (Index j = 0; j < sides.x1.cols(); ++j) {
      const Index second = at(function, sides.interval + 1, sides.cell1(j));
      const Index* first = by_time_[static_cast<std::size_t>(sides.interval)].data();
      for (Index i = 0; i < sides.x0.cols(); ++i) f(i, j, first[sides.cell0(i)], second);
    }
  }

 private:
  std::vector<std::vector<Index>> by_time_;
  Index size_ = 0;
};

}  // namespace cytode::ot
