// SPDX-License-Identifier: MIT
/// What a solve returns: states at the times asked for, how every cell ended, and what it cost.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ode/counts.hpp>
#include <cytode/ode/dense_solution.hpp>
#include <cytode/ode/diagnosis.hpp>
#include <cytode/ode/event.hpp>

namespace cytode::ode {

/// How one cell fared.
struct CellReport {
  Status status = Status::ok;
  double time = 0;       ///< Last good time: the end, the event, or the last step before a failure.
  long evaluations = 0;  ///< Field evaluations that included this cell.
  long accepted = 0;
  long rejected = 0;
};

/// A state kept on the way.
template <std::floating_point S>
struct Sample {
  Index cell = 0;
  double time = 0;
  Vector<S> state;
};

/// States at the requested times, in their order, the first being the start.
///
/// On one clock a failure ends the batch, and `states` holds only the times that were reached. With
/// a clock per cell every time is there, and a cell that failed has NaN from then on. A cell ended
/// by an event keeps the state it had there. `time` and `state` are the last good point in any
/// case.
template <std::floating_point S>
struct Solution {
  std::vector<double> times;
  std::vector<Matrix<S>> states;  ///< One features × cells matrix a time.
  double time = 0;  ///< Last good time: of the batch, or of the cell that came least far.
  Matrix<S> state;  ///< Last good states, where the solve ended early; else empty.
  Status status = Status::ok;  ///< That of the cell that failed first; ok if none did.
  Counts counts;
  std::vector<CellReport> cells;
  Diagnosis diagnosis;               ///< Of the cell that failed after the fewest trials.
  std::vector<Passage<S>> passages;  ///< Events found, by time of their step, then cell.
  std::vector<Sample<S>> steps;      ///< What Options::save_every asked for.
  std::vector<double> sample_times;
  std::vector<Matrix<S>> samples;  ///< What Options::samples asked for.
  DenseSolution<S> dense;          ///< What Options::dense asked for.

  /// The last state reached at a requested time.
  [[nodiscard]] const Matrix<S>& last() const { return states.back(); }
  /// Returns *this, or throws std::runtime_error with the diagnosis.
  const Solution& or_throw() const {
    if (status != Status::ok && status != Status::stopped) {
      throw std::runtime_error("ode::solve: " + diagnosis.text());
    }
    return *this;
  }
};

}  // namespace cytode::ode
