// SPDX-License-Identifier: MIT
/// The engine: carries cells through a system step by step, on one clock or one a cell.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/ode/arrivals.hpp>
#include <cytode/ode/bury_fallen.hpp>
#include <cytode/ode/current_slopes.hpp>
#include <cytode/ode/error_norm.hpp>
#include <cytode/ode/first_step.hpp>
#include <cytode/ode/handover.hpp>
#include <cytode/ode/observed_cells.hpp>
#include <cytode/ode/recorder.hpp>
#include <cytode/ode/round_record.hpp>
#include <cytode/ode/running_cells.hpp>
#include <cytode/ode/schedule.hpp>
#include <cytode/ode/snapshot.hpp>
#include <cytode/ode/step_follower.hpp>
#include <cytode/ode/system.hpp>
#include <cytode/ode/trial_judge.hpp>

namespace cytode::ode {

/// Makes one trial step of every running clock a round, until nothing runs. A round plans step
/// sizes, lets waiting cells in, tries, judges, follows what happens inside of accepted steps,
/// commits them, and sees off the cells that have come to an end.
///
/// `Step` makes the trial steps (ExplicitStep, RosenbrockStep, EsdirkStep). It offers
///   System                                        the kind of system it needs
///   error_order(), first_same_as_last(), degree(); move_slot(from, to)
///   reserve(d, n), or matrices() and reserve(d, n, block, first) if it keeps nothing a cell
///   trial(system, round, x, slope, next, next_slope, error)
///   second_error(), prepare_dense(system, round, x, next_slope), polynomial(round, slot, c)
///   stiffness(round, slot, x, next, next_slope), field_failed(round, slot, x)
template <std::floating_point S, class Step>
class Integration {
 public:
  using System = typename Step::System;

  Integration(System& system, Step step, Control control, Options<S> options = {})
      : system_(system),
        step_(std::move(step)),
        control_(std::move(control)),
        options_(std::move(options)) {}

  /// Begins a run at times[0]. Buffers of a run before are used again.
  /// Throws std::invalid_argument as solve does.
  void start(const ConstBatch<S>& x0, const std::vector<double>& times) {
    check_start(x0);
    schedule_.assign(times, options_);
    const Index n = x0.cols();
    recorder_.begin(schedule_, options_,
                    x0);  // x0 may be part of the result before: not read again
    prepare(recorder_.out.states[0].rows(), n,
            may_wait() ? std::min(n, system_.window().cells) : n);
    admitted_ = 0;
    take_in(run_.x.cols());
    const bool plain = schedule_.start().jumps.empty() && options_.events.empty();
    for (Index slot = 0; slot < run_.running && !plain; ++slot) {
      arrivals().jump(schedule_.start(), slot);
      finder_->begin(run_.cells[run_.idx(slot)], schedule_.start_time(), run_.x.col(slot));
    }
    if (!schedule_.start().jumps.empty()) recorder_.start(run_.x);
    if (schedule_.still() || times.size() == 1) {
      recorder_.still(schedule_.start_time());
      run_.running = 0;
      admitted_ = n;
      return;
    }
    set_off(0);
  }

  /// One trial of every running clock; false once nothing runs.
  bool advance() {
    bool planned = plan(0) && run_.all_ready;
    ensure_slopes();
    planned = admit() && planned;
    const Index m = run_.running;
    if (m == 0) return waiting() > 0;
    const Round round = planned ? run_.planned() : run_.round(schedule_.direction());
    const long before = system_.counts.evaluations;
    trial(round);
    judge_.judge(step_, round, run_, *norm_, control_, schedule_);
    const bool inside = run_.any_accepted && StepFollower<S>::wanted(options_);
    if (inside) close_slopes(round);
    run_.charged += system_.counts.evaluations - before;
    if (inside) {
      follower_.follow(step_, round, run_, *finder_, options_, schedule_.direction(), recorder_);
    }
    if (listener) {
      listener(RoundRecord<S>{round, run_.cells, run_.x.leftCols(m), run_.slope.leftCols(m),
                              run_.next.leftCols(m), run_.accepted, run_.landed, run_.left_at});
    }
    commit(inside || step_.first_same_as_last());
    arrivals().arrive();
    if (options_.observer && run_.any_accepted && !recorder_.quiet) observed_.show(run_, options_);
    sweep();
    return run_.running > 0 || waiting() > 0;
  }

  /// Ends the run and gives its result away.
  Solution<S> finish() {
    close();
    return std::move(recorder_.out);
  }
  /// Ends the run; the result stays here, for a run that will use its memory again.
  const Solution<S>& close() {
    Counts& counts = recorder_.out.counts;
    counts = system_.counts - counts_before_;
    counts.accepted = judge_.accepted;
    counts.rejected = judge_.rejected;
    recorder_.close(schedule_);
    return recorder_.out;
  }

  /// Called after each trial, before states move on.
  std::function<void(const RoundRecord<S>&)> listener;

  [[nodiscard]] const Schedule& schedule() const { return schedule_; }
  [[nodiscard]] const Options<S>& options() const { return options_; }
  [[nodiscard]] const Control& control() const { return control_; }
  [[nodiscard]] const Solution<S>& solution() const { return recorder_.out; }
  [[nodiscard]] Step& step() { return step_; }
  [[nodiscard]] System& system() { return system_; }
  [[nodiscard]] bool shared() const { return control_.clock == Clock::shared; }
  [[nodiscard]] Handover<S>& handover() { return handover_; }

  /// Copies what a later `restore` continues from, bit for bit.
  void save(Snapshot<S>& to) const { to.save(run_, *finder_); }
  /// Goes back to a saved point of the same run. Replayed rounds write no results a second time.
  void restore(const Snapshot<S>& from) {
    from.restore(run_, *finder_);
    recorder_.quiet = true;
  }

  /// Continues cells that another integration of the same run handed over, writing into its result.
  void adopt(const Handover<S>& from, const ConstBatch<S>& x0, const Schedule& schedule,
             Solution<S> out) {
    schedule_ = schedule;
    prepare(x0.rows(), x0.cols(), x0.cols());
    admitted_ = x0.cols();
    const auto cells = static_cast<Index>(from.cells.size());
    run_.admit(from.x.leftCols(cells), 0, control_, schedule_.start_time());
    counts_before_ = system_.counts - out.counts;
    judge_.accepted = out.counts.accepted;
    judge_.rejected = out.counts.rejected;
    recorder_.adopt(std::move(out), x0, from.reached);
    std::copy(from.cells.begin(), from.cells.end(), run_.cells.begin());
    std::copy(from.paces.begin(), from.paces.end(), run_.paces.begin());
    for (Index slot = 0; slot < run_.running; ++slot) {
      finder_->begin(run_.cells[run_.idx(slot)], run_.pace(slot).t, run_.x.col(slot));
    }
  }

 private:
  [[nodiscard]] bool fixed() const { return control_.fixed_steps.has_value(); }
  [[nodiscard]] const Stop& next_stop(const Pace& p) const { return schedule_.stops()[p.stop]; }

  Arrivals<S> arrivals() { return {schedule_, options_, run_, recorder_, *finder_}; }

  void check_start(const ConstBatch<S>& x0) const {
    check_not_empty("ode::solve", "x0", x0);
    const bool dense = x0.outerStride() == x0.rows();
    bool finite = !dense || all_finite(x0.data(), x0.size());
    for (Index j = 0; j < x0.cols() && !dense; ++j) {
      finite &= all_finite(x0.col(j).data(), x0.rows());
    }
    check(finite, "ode::solve", "x0 has a coefficient that is NaN or infinite");
    check_control("ode::solve", control_, x0.rows());
    check(shared() || system_.takes_row_of_times(), "ode::solve",
          "a clock per cell needs a right-hand side f(Times<S> t, x, dx); this one takes one time "
          "for all cells");
  }
  // Memory for n cells, so many of them at a time.
  void prepare(Index d, Index n, Index at_a_time) {
    if (d != run_.x.rows() || n != cells_) {
      norm_.emplace(control_, d);
      finder_.emplace(options_.events, d, n);
    }
    cells_ = n;
    // One block for the run and the step: see MatrixBlock.
    if constexpr (requires { step_.matrices(); }) {
      run_.begin(d, at_a_time, control_, step_.matrices());
      step_.reserve(d, at_a_time, run_.block, run_.matrices);
    } else {
      run_.begin(d, at_a_time, control_);
      step_.reserve(d, at_a_time);
    }
    counts_before_ = system_.counts;
    judge_.accepted = judge_.rejected = 0;
    handover_ = {};
  }

  // True if cells may wait for others to end: steps keep nothing a cell, and nobody asks for cells
  // side by side or in an order of time.
  [[nodiscard]] bool may_wait() const {
    constexpr bool forgets = requires(Step & step) {
      step.matrices();
    };
    return forgets && !shared() && !control_.switch_when_stiff && !listener && !options_.observer &&
           options_.events.empty() && options_.jumps.empty() && options_.save_every <= 0;
  }
  // Cells not yet admitted.
  [[nodiscard]] Index waiting() const { return cells_ - admitted_; }
  // The next of those that wait come to the first free slots.
  void take_in(Index some) {
    run_.admit(recorder_.out.states[0].middleCols(admitted_, some), admitted_, control_,
               schedule_.start_time());
    admitted_ += some;
  }
  // Cells that wait take the places of those that have ended, some at a time, and plan their first
  // trials: all others have planned theirs and know their slopes. False if one of them falls.
  bool admit() {
    const Index places = run_.x.cols(), some = std::min(waiting(), places - run_.running);
    if (some == 0 || some < std::min({waiting(), places, system_.window().refill})) return true;
    const Index first = run_.running;
    take_in(some);
    set_off(first);
    return plan(first);
  }
  // First slopes and step sizes of the cells from a slot on.
  void set_off(Index first) {
    ensure_slopes();
    if (fixed() || control_.first_step != 0 || run_.running == first) return;
    first_step_.find(system_, run_, *norm_, step_.error_order(),
                     std::abs(schedule_.end_time() - schedule_.start_time()), schedule_.direction(),
                     row_, first);
  }

  // The next trials of the clocks from one on; those that may make none fall. True if all of them
  // stand in the round.
  bool plan(Index first) {
    const Index clocks = run_.clocks();
    const double direction = schedule_.direction();
    for (Index k = first; k < clocks; ++k) {
      Pace& p = run_.paces[run_.idx(k)];
      const double target = next_stop(p).time;
      if (fixed()) {
        p.aim_fixed(target, *control_.fixed_steps);
        run_.plan(k, direction);
        continue;
      }
      if (p.accepted + p.rejected >= control_.max_steps) {
        run_.fall(k, Status::step_limit);
        continue;
      }
      p.aim(std::abs(target - p.t), control_.max_step);
      // A step that lands moves the clock by decree, however short.
      if (p.stands(p.trial, control_.min_step, direction) & !p.lands) {
        run_.fall(k, p.meets_bad() ? p.bad : Status::step_underflow);
      }
      run_.plan(k, direction);
    }
    if (run_.fallen.empty()) return true;
    sweep();
    return false;
  }
  void ensure_slopes() {
    slopes_.ensure(system_, run_, row_);
    if (!run_.fallen.empty()) sweep();
  }
  // Trial steps, looked at as soon as a part of the cells is ready where the step tells.
  void trial(const Round& round) {
    const Index m = run_.running;
    const auto look = [this](Index first, Index n) {
      return judge_.look(step_, run_, *norm_, control_, schedule_, first, n);
    };
    const auto x = run_.x.leftCols(m), slope = run_.slope.leftCols(m);
    auto next = run_.next.leftCols(m), end = run_.next_slope.leftCols(m);
    auto error = run_.error.leftCols(m);
    run_.forget_moves();
    judge_.begin(run_);
    if constexpr (requires {
                    step_.trial(system_, round, x, slope, next, end, error, true, look);
                  }) {
      step_.trial(system_, round, x, slope, next, end, error, stages_wanted(), look);
    } else {
      step_.trial(system_, round, x, slope, next, end, error);
      look(0, m);
    }
  }
  // False if nobody asks for the stages of a trial but a diagnosis that is seen to come.
  [[nodiscard]] bool stages_wanted() const {
    return run_.shared || fixed() || control_.switch_when_stiff || !step_.first_same_as_last() ||
           listener || options_.observer || !options_.jumps.empty() ||
           StepFollower<S>::wanted(options_);
  }
  // Slopes at the ends of the accepted steps, and what else the extension needs.
  void close_slopes(const Round& round) {
    const Index m = run_.running;
    if (!step_.first_same_as_last()) {
      system_.evaluate(stage_times(round, 1, row_), run_.next.leftCols(m),
                       run_.next_slope.leftCols(m));
    }
    step_.prepare_dense(system_, round, run_.x.leftCols(m), run_.next_slope.leftCols(m));
  }

  // Accepted states and, where they are known, slopes become the current ones.
  void commit(bool closed) {
    const Index m = run_.running;
    std::copy(run_.accepted.begin(), run_.accepted.begin() + m, run_.moved.begin());
    if (!run_.any_accepted) return;
    // Rejected cells are few: they are carried over, and the rest changes hands as a whole.
    Index ready = 0;
    for (Index j = 0; j < m; ++j) ready += run_.accepted[run_.idx(j)] | run_.carried[run_.idx(j)];
    for (Index j = 0; j < m && ready < m; ++j) {
      if (!run_.accepted[run_.idx(j)] && !run_.carried[run_.idx(j)]) run_.carry(j, closed);
    }
    run_.turn(closed);
    if (step_.first_same_as_last()) return;
    for (Index j = 0; j < m; ++j) {
      if (!run_.accepted[run_.idx(j)]) continue;
      // Where the slope is no stage, nobody has looked at it yet.
      if (!closed || !all_finite(run_.slope.col(j).data(), run_.slope.rows())) run_.unready(j);
    }
  }

  // Fallen and stiff clocks end, and slots of ended cells go to the last running ones.
  void sweep() {
    if (!run_.fallen.empty()) bury_fallen(run_, step_, recorder_, schedule_.direction(), fixed());
    if (control_.switch_when_stiff) handover_.take_stiff(run_, recorder_.reached);
    if (!run_.any_ended) return;
    const Index before = run_.running;
    const std::span<const Index> ended =
        run_.those(before, [&](Index j) { return run_.ended[run_.idx(j)] != 0; });
    for (auto slot = ended.rbegin(); slot != ended.rend(); ++slot) {
      const Index j = *slot, last = --run_.running;
      if (j == last) continue;
      run_.move(last, j);
      step_.move_slot(last, j);
    }
    std::fill_n(run_.ended.begin(), before, 0);
    std::fill_n(run_.left_at.begin(), before, 2);
    run_.any_ended = false;
  }
  System& system_;
  Step step_;
  Control control_;
  Options<S> options_;
  Schedule schedule_;
  RunningCells<S> run_;
  Recorder<S> recorder_;
  std::optional<ErrorNorm<S>> norm_;
  std::optional<EventFinder<S>> finder_;
  CurrentSlopes<S> slopes_;
  FirstStep<S> first_step_;
  TrialJudge<S> judge_;
  StepFollower<S> follower_;
  Handover<S> handover_;
  Row<S> row_;
  ObservedCells<S> observed_;
  Counts counts_before_;
  Index cells_ = 0, admitted_ = 0;
};

}  // namespace cytode::ode
