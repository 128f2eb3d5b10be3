// SPDX-License-Identifier: MIT
/// Finds out why a cell fell.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <type_traits>

#include <cytode/ode/diagnosis.hpp>
#include <cytode/ode/running_cells.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::ode {

/// The diagnosis of a fallen clock: the feature at fault is one whose slope, state or error is not
/// finite, else that of the largest error. `round` is the last trial.
template <std::floating_point S, class Step>
[[nodiscard]] Diagnosis diagnose(const Fallen& fallen, const Step& step, const Round& round,
                                 const RunningCells<S>& run, bool fixed_steps) {
  Diagnosis d;
  const Pace& p = run.pace(fallen.slot);
  d.status = fallen.status;
  d.cell = run.cells[run.idx(fallen.slot)];
  d.time = p.t;
  d.steps = p.accepted;
  d.sizes = p.last_sizes();
  const auto slope = run.slope.col(fallen.slot);
  d.slope = static_cast<double>(slope.cwiseAbs().maxCoeff());
  const Index features = run.x.rows();
  Index worst = -1;
  for (Index i = 0; i < features && worst < 0; ++i) {
    if (!std::isfinite(slope[i])) {
      worst = i;
      d.slope = static_cast<double>(slope[i]);
    }
  }
  if (worst < 0 && p.accepted + p.rejected > 0) {
    const Index at = run.trial_slot(fallen.slot);
    const auto next = run.next.col(at), error = run.error.col(at);
    for (Index i = 0; i < features && worst < 0; ++i) {
      if (!std::isfinite(next[i]) || !std::isfinite(error[i])) worst = i;
    }
    if (worst < 0 && !fixed_steps) error.cwiseAbs().maxCoeff(&worst);
    const double stiff = step.stiffness(round, at, run.x, run.next, run.next_slope);
    // Only explicit steps are held back by it.
    if (std::is_same_v<typename Step::System, System<S>> && std::isfinite(stiff)) {
      d.stiffness = stiff;
    }
  }
  d.feature = worst;
  if (worst >= 0) d.value = static_cast<double>(run.x(worst, fallen.slot));
  return d;
}

}  // namespace cytode::ode
