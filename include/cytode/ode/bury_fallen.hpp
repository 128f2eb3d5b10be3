// SPDX-License-Identifier: MIT
/// The end of clocks that cannot go on.
#pragma once

#include <algorithm>

#include <cytode/ode/diagnose.hpp>
#include <cytode/ode/recorder.hpp>
#include <cytode/ode/running_cells.hpp>

namespace cytode::ode {

/// True if no failure of a run so far is before that of the cell in a slot.
template <std::floating_point S>
[[nodiscard]] bool fails_first(const RunningCells<S>& run, Index slot, const Solution<S>& out) {
  if (out.status == Status::ok) return true;
  const CellReport& other = out.cells[run.idx(out.diagnosis.cell)];
  const Pace& p = run.pace(slot);
  const long after = p.accepted + p.rejected, other_after = other.accepted + other.rejected;
  return after < other_after ||
         (after == other_after && run.cells[run.idx(slot)] < out.diagnosis.cell);
}

/// Ends the cells of the fallen clocks and reports them. Of all failures of a run that after the
/// fewest trials is diagnosed, of several that of the first place in x0: which of them comes first
/// depends on how long cells have waited. `fixed`: steps are equal.
template <std::floating_point S, class Step>
void bury_fallen(RunningCells<S>& run, const Step& step, Recorder<S>& recorder, double direction,
                 bool fixed) {
  std::sort(run.fallen.begin(), run.fallen.end(), [&run](const Fallen& a, const Fallen& b) {
    return run.cells[run.idx(a.slot)] < run.cells[run.idx(b.slot)];
  });
  Solution<S>& out = recorder.out;
  for (const Fallen& f : run.fallen) {
    if (!recorder.quiet && fails_first(run, f.slot, out)) {
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
