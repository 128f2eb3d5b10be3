// SPDX-License-Identifier: MIT
/// The field at the states that the next trials start from.
#pragma once

#include <algorithm>

#include <cytode/core/buffer.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/ode/running_cells.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::ode {

/// Evaluates the field where a running cell's slope is not known: at the start, after a jump, and
/// after each step of a method whose stages end elsewhere.
template <std::floating_point S>
class CurrentSlopes {
 public:
  /// Fills run.slope; cells where the field is not finite fall.
  void ensure(System<S>& system, RunningCells<S>& run, Row<S>& row) {
    if (run.all_ready) return;
    const Index m = run.running;
    const Index known = std::count(run.ready.begin(), run.ready.begin() + m, 1);
    if (known == m) {
      run.all_ready = true;
      return;
    }
    // Cells that have just begun are the last ones, and often all.
    const bool last = std::count(run.ready.begin(), run.ready.begin() + known, 1) == known;
    if (last) {
      evaluate_last(system, run, row, known);
    } else {
      evaluate_missing(system, run, row, m - known);
    }
    const Index d = run.slope.rows(), from = last ? known : 0;
    const bool finite = all_finite(run.slope.data() + from * d, d * (m - from));
    for (Index j = from; j < m && !finite; ++j) {
      if (!run.ready[run.idx(j)] && !all_finite(run.slope.col(j).data(), d)) {
        run.fall(run.shared ? 0 : j, Status::non_finite_field, j);
      }
    }
    std::fill(run.ready.begin(), run.ready.begin() + m, 1);
    run.all_ready = true;
  }

 private:
  void evaluate_last(System<S>& system, RunningCells<S>& run, Row<S>& row, Index first) {
    const Index n = run.running - first, clock = run.shared ? 0 : first;
    for (Index k = clock; k < run.clocks(); ++k) run.t[run.idx(k)] = run.paces[run.idx(k)].t;
    std::fill(run.h.begin() + clock, run.h.begin() + run.clocks(), 0.0);
    const Round now{n, run.shared, run.t.data() + clock, run.h.data() + clock, nullptr};
    system.evaluate(stage_times(now, 0, row), run.x.middleCols(first, n),
                    run.slope.middleCols(first, n));
    run.charge(first);
  }
  // Some have jumped or just begun: they go side by side.
  void evaluate_missing(System<S>& system, RunningCells<S>& run, Row<S>& row, Index missing) {
    auto x = x_.shape(run.x.rows(), missing), dx = dx_.shape(run.x.rows(), missing);
    Index k = 0;
    for (Index j = 0; j < run.running; ++j) {
      if (run.ready[run.idx(j)]) continue;
      x.col(k) = run.x.col(j);
      run.t[run.idx(run.shared ? 0 : k)] = run.pace(j).t;
      ++k;
      if (!run.shared) ++run.pace(j).evaluations;
    }
    if (run.shared) ++run.charged;
    const Round now{missing, run.shared, run.t.data(), run.t.data(), run.moved.data()};
    system.evaluate(stage_times(now, 0, row), x, dx);
    k = 0;
    for (Index j = 0; j < run.running; ++j) {
      if (!run.ready[run.idx(j)]) run.slope.col(j) = dx.col(k++);
    }
  }

  Buffer<S> x_, dx_;
};

}  // namespace cytode::ode
