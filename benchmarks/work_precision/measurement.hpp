// SPDX-License-Identifier: MIT
/// Runs of a problem that are measured together.
#pragma once

#include <algorithm>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include <cytode/core/status.hpp>

#include "problem.hpp"
#include "row.hpp"

namespace work_precision {

/// One run: a solve, or a gradient, of one method at one tolerance.
class Run {
 public:
  Run() = default;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  virtual ~Run() = default;

  /// Once more, warm.
  virtual void repeat() = 0;
  /// The row without its time, after one repeat.
  [[nodiscard]] virtual Row row() const = 0;
};

/// The short word of the CSV.
[[nodiscard]] inline std::string_view word(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::step_limit:
      return "step_limit";
    case Status::step_underflow:
      return "step_underflow";
    case Status::non_finite_field:
      return "non_finite_field";
    case Status::non_finite_state:
      return "non_finite_state";
    default:
      return "failed";
  }
}

/// Runs all of them once to warm up, then `repeats` times in turns, and adds their rows. A run of
/// more than half a second is repeated three times at most, a failed one not at all.
inline void measure(const std::vector<std::unique_ptr<Run>>& runs, int repeats,
                    std::vector<Row>& rows) {
  // Processor time: all of it is one thread's, and others on the machine do not count.
  const auto time = [](Run& run, long times) {
    const std::clock_t start = std::clock();
    for (long k = 0; k < times; ++k) run.repeat();
    const double all = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    return std::max(all, 1e-6) / static_cast<double>(times);
  };
  struct Timing {
    Row row;
    long times = 1;
    int repeats = 0;
    std::vector<double> seconds = {};
  };
  std::vector<Timing> timings;
  for (const auto& run : runs) {
    const double first = time(*run, 1);
    Row row = run->row();
    const int count = row.ok() ? (first > 0.5 ? std::min(repeats, 3) : repeats) : 0;
    timings.push_back(
        {std::move(row), std::clamp(static_cast<long>(1e-3 / first), 1L, 1000L), count});
  }
  for (int r = 0; r < repeats; ++r) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      Timing& t = timings[i];
      if (r < t.repeats) t.seconds.push_back(time(*runs[i], t.times));
    }
  }
  for (Timing& t : timings) {
    if (!t.seconds.empty()) {
      const auto middle = t.seconds.begin() + static_cast<std::ptrdiff_t>(t.seconds.size() / 2);
      std::nth_element(t.seconds.begin(), middle, t.seconds.end());
      t.row.seconds = *middle;
    }
    rows.push_back(std::move(t.row));
  }
}

}  // namespace work_precision
