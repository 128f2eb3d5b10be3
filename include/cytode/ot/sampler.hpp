// SPDX-License-Identifier: MIT
/// Draws pairs of cells from a plan in proportion to their mass.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/ot/plan.hpp>

namespace cytode::ot {

/// Draws (row, col) with probability mass / total mass: cumulative masses over the support and a
/// binary search, O(log entries) a draw and no allocation.
class PlanSampler {
 public:
  /// Throws std::invalid_argument if the plan moves no mass.
  explicit PlanSampler(const Plan& plan) {
    double sum = 0;
    for (const PlanEntry& e : plan.entries) {
      if (!(e.mass > 0)) continue;
      sum += e.mass;
      entries_.push_back(e);
      cumulative_.push_back(sum);
    }
    check(sum > 0, "ot::PlanSampler", "the plan moves no mass");
  }

  /// Pair number `i` of the stream.
  [[nodiscard]] const PlanEntry& draw(const Stream& stream, std::uint64_t i) const noexcept {
    const double x = stream.uniform(i) * cumulative_.back();
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, x);
    return entries_[static_cast<std::size_t>(found - cumulative_.begin())];
  }

  /// Pairs 0, 1, … of the stream into row[k], col[k]. Throws std::invalid_argument if the spans
  /// differ in length.
  void draw(const Stream& stream, std::span<Index> row, std::span<Index> col) const {
    check(row.size() == col.size(), "ot::PlanSampler::draw", "row has ", row.size(),
          " entries, col has ", col.size());
    for (std::size_t k = 0; k < row.size(); ++k) {
      const PlanEntry& e = draw(stream, k);
      row[k] = e.row;
      col[k] = e.col;
    }
  }

 private:
  std::vector<PlanEntry> entries_;
  std::vector<double> cumulative_;
};

}  // namespace cytode::ot
