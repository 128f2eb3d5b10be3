// SPDX-License-Identifier: MIT
/// Writes the result of a run.
#pragma once

#include <limits>
#include <utility>
#include <vector>

#include <cytode/core/copy_batch.hpp>
#include <cytode/ode/options.hpp>
#include <cytode/ode/running_cells.hpp>
#include <cytode/ode/schedule.hpp>
#include <cytode/ode/solution.hpp>

namespace cytode::ode {

/// The solution in the making: states at requested times, samples, kept steps, reports of cells.
template <std::floating_point S>
class Recorder {
 public:
  Solution<S> out;
  std::size_t reached = 0;   ///< Requested times that a shared clock has reached.
  bool ended_early = false;  ///< Some cell ended before the last time.
  bool quiet = false;        ///< A replay: everything has been written before.

  /// Begins a result in the memory of the one before, of which x0 may be a part.
  void begin(const Schedule& schedule, const Options<S>& options, const ConstBatch<S>& x0) {
    const Index d = x0.rows(), n = x0.cols();
    const bool stays = out.states.size() == schedule.times().size() && out.samples.empty() &&
                       out.states[0].rows() == d && out.states[0].cols() == n;
    Matrix<S> first;
    if (!stays) first.resize(d, n);
    copy_batch<S>(x0, stays ? out.states[0] : first);
    out.times = schedule.times();
    out.states.resize(out.times.size());
    if (!stays) out.states[0].swap(first);
    for (Matrix<S>& m : out.states) m.resize(d, n);
    out.status = Status::ok;
    out.diagnosis = {};
    out.cells.assign(static_cast<std::size_t>(n), CellReport{});
    out.passages.clear();
    out.steps.clear();
    out.samples.clear();
    out.sample_times.clear();
    const double t0 = schedule.start_time(), t1 = schedule.end_time();
    for (Index k = 0; k < options.samples; ++k) {
      const auto at = static_cast<double>(k), last = static_cast<double>(options.samples - 1);
      out.sample_times.push_back(k == 0 ? t0 : at == last ? t1 : t0 + (t1 - t0) * at / last);
      out.samples.emplace_back(d, n);
    }
    if (!out.samples.empty()) out.samples.front() = out.states[0];
    if (options.dense) out.dense = DenseSolution<S>(d, n, schedule.direction() < 0);
    ends_.resize(d, n);
    reached = 1;
    ended_early = quiet = false;
  }
  /// Goes on with a result that another run of the same cells has begun.
  void adopt(Solution<S> begun, const ConstBatch<S>& x0, std::size_t outputs_reached) {
    out = std::move(begun);
    ended_early = out.state.size() > 0;
    ends_ = ended_early ? out.state : Matrix<S>(x0);
    reached = outputs_reached;
    quiet = false;
  }

  /// A running cell's state is that at a requested time.
  void store(std::size_t output, Index cell, const ConstVectorView<S>& x) {
    if (!quiet) out.states[output].col(cell) = x;
  }
  /// The same of all cells, each in its place.
  void store(std::size_t output, const Eigen::Map<Matrix<S>>& x) {
    if (!quiet) out.states[output] = x;
  }
  /// The states after jumps at the start.
  void start(const Eigen::Map<Matrix<S>>& x) {
    out.states[0] = x;
    if (!out.samples.empty()) out.samples.front() = x;
  }
  /// The end of a cell that came to the last time.
  void arrive(const RunningCells<S>& run, Index slot) {
    if (!quiet && out.samples.size() > 1) {
      out.samples.back().col(run.cells[run.idx(slot)]) = run.x.col(slot);
    }
    report(run, slot, Status::ok, run.pace(slot).t);
  }
  /// Nothing moves: one time, or the same twice.
  void still(double time) {
    for (std::size_t k = 1; k < out.states.size(); ++k) out.states[k] = out.states[0];
    for (std::size_t k = 1; k < out.samples.size(); ++k) out.samples[k] = out.samples[0];
    for (CellReport& c : out.cells) c.time = time;
    reached = out.states.size();
  }
  /// Keeps every n-th accepted step.
  void keep_step(const RunningCells<S>& run, Index slot, long every) {
    if (quiet || every <= 0 || run.pace(slot).accepted % every != 0) return;
    out.steps.push_back({run.cells[run.idx(slot)], run.pace(slot).t, run.x.col(slot)});
  }

  /// How a cell ended; its last good state is x.
  void report(const RunningCells<S>& run, Index slot, Status status, double time) {
    if (quiet) return;
    const Pace& p = run.pace(slot);
    const Index cell = run.cells[run.idx(slot)];
    out.cells[run.idx(cell)] = {status, time, run.evaluations(slot), p.accepted, p.rejected};
    if (status == Status::ok) return;  // its end is the last of the states
    ends_.col(cell) = run.x.col(slot);
    ended_early = true;
  }
  /// The cell ends at an event and keeps the state it has there.
  void end_at_event(const RunningCells<S>& run, Index slot, double time, double direction,
                    const ConstVectorView<S>& state) {
    if (quiet) return;
    report(run, slot, Status::event, time);
    const Index cell = run.cells[run.idx(slot)];
    ends_.col(cell) = state;
    later(direction, time, true, [&](Matrix<S>& m) { m.col(cell) = state; });
  }
  /// The cell has failed: no number after its time may look like a result that is none.
  void blank(const RunningCells<S>& run, Index slot, double direction) {
    const Index cell = run.cells[run.idx(slot)];
    const S nan = std::numeric_limits<S>::quiet_NaN();
    later(direction, run.pace(slot).t, false, [&](Matrix<S>& m) { m.col(cell).setConstant(nan); });
  }
  /// Only what a shared clock has reached is a result.
  void cut() { out.states.resize(reached); }

  /// Last good time and states.
  void close(const Schedule& schedule) {
    out.time = schedule.end_time();
    if (!ended_early) {
      out.state.resize(0, 0);
      return;
    }
    for (Index j = 0; j < ends_.cols(); ++j) {
      const CellReport& c = out.cells[static_cast<std::size_t>(j)];
      if (schedule.direction() * (out.time - c.time) > 0) out.time = c.time;
      if (c.status == Status::ok) ends_.col(j) = out.states.back().col(j);
    }
    out.state = ends_;
  }

 private:
  template <class Write>
  void later(double direction, double time, bool at, Write write) {
    const auto of = [&](const std::vector<double>& times, std::vector<Matrix<S>>& states) {
      for (std::size_t k = 0; k < states.size(); ++k) {
        const double ahead = direction * (times[k] - time);
        if (ahead > 0 || (at && ahead == 0)) write(states[k]);
      }
    };
    of(out.times, out.states);
    of(out.sample_times, out.samples);
  }

  Matrix<S> ends_;  // last good state of every cell
};

}  // namespace cytode::ode
