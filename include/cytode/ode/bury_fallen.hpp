// SPDX-License-Identifier: MIT
/// The end of clocks that cannot go on.
#pragma once

#include <algorithm>

#include <cytode/ode/diagnose.hpp>
#include <cytode/ode/recorder.hpp>
#include <cytode/ode/running_cells.hpp>

namespace cytode::ode {

/// Ends the cells of the fallen clocks and reports them, in the order of their places in x0; the
/// first failure of a run is diagnosed. `fixed`: steps are equal.
template <std::floating_point S, class Step>
void bury_fallen(RunningCells<S>& run, const Step& step, Recorder<S>& recorder, double direction,
                 bool fixed) {
  std::sort(run.fallen.begin(), run.fallen.end(), [&run](const Fallen& a, const Fallen& b) {
    return run.cells[run.idx(a.slot)] < run.cells[run.idx(b.slot)];
  });
  Solution<S>& out = recorder.out;
  for (const Fallen& f : run.fallen) {
    if (out.status == Status::ok && !recorder.quiet) {
      out.status = f.status;
      out.diagnosis = diagnose(f, step, run.round(direction), run, fixed);
    }
    for (Index j = run.first_of(f.clock); j < run.end_of(f.clock); ++j) {
      if (run.ended[run.idx(j)]) continue;
      run.end(j);
      recorder.report(run, j, f.status, run.pace(j).t);
      if (!run.shared && !recorder.quiet) recorder.blank(run, j, direction);
    }
  }
  if (run.shared && !recorder.quiet) recorder.cut();
  run.fallen.clear();
}

}  // namespace cytode::ode
