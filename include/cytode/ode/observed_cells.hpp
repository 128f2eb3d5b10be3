// SPDX-License-Identifier: MIT
/// The cells that a user's observer is shown.
#pragma once

#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/ode/options.hpp>
#include <cytode/ode/running_cells.hpp>

namespace cytode::ode {

/// After each round, the cells whose trial passed, side by side.
template <std::floating_point S>
class ObservedCells {
 public:
  /// Shows the cells that have made a step; they fall if the observer has seen enough.
  void show(RunningCells<S>& run, const Options<S>& options) {
    cells_.clear();
    times_.clear();
    auto states = states_.shape(run.x.rows(), run.running);
    for (Index j = 0; j < run.running; ++j) {
      if (!run.accepted[run.idx(j)]) continue;
      states.col(static_cast<Index>(cells_.size())) = run.x.col(j);
      cells_.push_back(run.cells[run.idx(j)]);
      times_.push_back(run.pace(j).t);
    }
    const auto seen = states.leftCols(static_cast<Index>(cells_.size()));
    if (options.observer(Progress<S>{cells_, times_, seen})) return;
    // A shared clock stops if any of its cells still runs.
    for (Index j = 0; j < run.running; ++j) {
      if (run.ended[run.idx(j)]) continue;
      run.fall(run.shared ? 0 : j, Status::stopped, j);
      if (run.shared) break;
    }
  }

 private:
  Buffer<S> states_;
  std::vector<Index> cells_;
  std::vector<double> times_;
};

}  // namespace cytode::ode
