// SPDX-License-Identifier: MIT
/// What happens where accepted steps end: cells are stored, jump, or end.
#pragma once

#include <cytode/ode/event_finder.hpp>
#include <cytode/ode/options.hpp>
#include <cytode/ode/recorder.hpp>
#include <cytode/ode/running_cells.hpp>
#include <cytode/ode/schedule.hpp>

namespace cytode::ode {

/// Sees to the cells that landed on a stop.
template <std::floating_point S>
struct Arrivals {
  const Schedule& schedule;
  const Options<S>& options;
  RunningCells<S>& run;
  Recorder<S>& recorder;
  EventFinder<S>& finder;

  /// After a round has been committed.
  void arrive() {
    // Steps are kept wherever they end; else what a cell of its own clock lands on is known without
    // a look at the clock.
    const bool all = run.shared || options.save_every > 0;
    const auto arrives = [&](Index k) {
      return all ? run.accepted[run.idx(k)] != 0 : run.landed[run.idx(k)] >= 0;
    };
    for (const Index k : run.those(run.clocks(), arrives)) {
      Pace& p = run.paces[run.idx(k)];
      if (!p.lands && options.save_every <= 0) continue;
      const bool whole = run.shared && p.lands && together(next_stop(p));
      for (Index j = run.first_of(k); j < run.end_of(k) && !whole; ++j) arrive_cell(j);
      if (!p.lands) continue;
      const Stop& stop = next_stop(p);
      if (run.shared && stop.output >= 0) {
        recorder.reached = static_cast<std::size_t>(stop.output) + 1;
      }
      if (!stop.jumps.empty()) p.before = p.long_before = 1;
      ++p.stop;
    }
  }
  /// A cell jumps as a stop has it.
  void jump(const Stop& stop, Index slot) {
    for (const Index k : stop.jumps) {
      options.jumps[run.idx(k)].apply(run.cells[run.idx(slot)], run.x.col(slot));
    }
    if (!stop.jumps.empty()) run.unready(slot);
  }

 private:
  [[nodiscard]] const Stop& next_stop(const Pace& p) const { return schedule.stops()[p.stop]; }
  // The whole batch lands and nothing else happens: one copy.
  bool together(const Stop& stop) {
    if (options.save_every > 0 || !stop.jumps.empty() || run.any_ended || !run.in_place()) {
      return false;
    }
    if (stop.output >= 0) recorder.store(static_cast<std::size_t>(stop.output), run.x);
    if (&stop == &schedule.stops().back()) {
      for (Index j = 0; j < run.running; ++j) {
        recorder.arrive(run, j);
        run.end(j);
      }
    }
    return true;
  }
  void arrive_cell(Index slot) {
    if (run.ended[run.idx(slot)]) return;
    recorder.keep_step(run, slot, options.save_every);
    const Index landed = run.landed[run.idx(slot)];
    if (landed < 0) return;
    const Stop& stop = schedule.stops()[run.idx(landed)];
    const Index cell = run.cells[run.idx(slot)];
    if (!stop.jumps.empty()) {
      jump(stop, slot);
      finder.begin(cell, stop.time, run.x.col(slot));
    }
    if (stop.output >= 0) {
      recorder.store(static_cast<std::size_t>(stop.output), cell, run.x.col(slot));
    }
    if (run.idx(landed) + 1 < schedule.stops().size()) return;
    recorder.arrive(run, slot);
    run.end(slot);
  }
};

}  // namespace cytode::ode
