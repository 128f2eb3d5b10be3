// SPDX-License-Identifier: MIT
/// Accepts or rejects the trial of every clock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include <cytode/core/finite.hpp>
#include <cytode/ode/error_norm.hpp>
#include <cytode/ode/handover.hpp>
#include <cytode/ode/running_cells.hpp>
#include <cytode/ode/schedule.hpp>

namespace cytode::ode {

/// Looks at the errors of a round and at what is not finite, moves the clocks whose trials pass,
/// and sets their next step sizes.
template <std::floating_point S>
class TrialJudge {
 public:
  long accepted = 0, rejected = 0;  ///< Steps of clocks so far.

  /// Before a trial of the running cells.
  void begin(RunningCells<S>& run) {
    const std::size_t n = run.idx(run.running);
    if (errors_.size() < n) {
      for (auto* of_cells : {&errors_, &second_, &powers_}) of_cells->resize(n);
      judged_.resize(n);
      rejected_.resize(n);
    }
    std::fill_n(judged_.begin(), n, 0);
    std::fill_n(run.carried.begin(), n, 0);
    finite_.store(true, std::memory_order_relaxed);
  }
  /// Looks at the trials of n cells from `first` on, which are ready; from several threads at a
  /// time. Cells on clocks of their own are judged at once, while they are in the caches, unless
  /// something is wrong with them. True if one of them may have to be diagnosed.
  template <class Step>
  bool look(Step& step, RunningCells<S>& run, const ErrorNorm<S>& norm, const Control& control,
            const Schedule& schedule, Index first, Index n) {
    const bool closes = step.first_same_as_last();
    const Index from = first * run.x.rows(), numbers = n * run.x.rows();
    const bool fixed = control.fixed_steps.has_value();
    const bool finite = (fixed ? all_finite(run.next.data() + from, numbers)
                               : measure(step, run, norm, first, n)) &&
                        (!closes || told_by_error(step, control) ||
                         all_finite(run.next_slope.data() + from, numbers));
    if (!finite) finite_.store(false, std::memory_order_relaxed);
    if (fixed || run.shared) return true;
    find_powers(step, control, first, n);
    if (!finite || control.switch_when_stiff) return true;
    Index failed = 0, left = 0;
    bool falls = false;
    for (Index j = first; j < first + n; ++j) {
      if (!std::isfinite(errors_[run.idx(j)])) {
        ++left;
        continue;
      }
      judged_[run.idx(j)] = 1;
      rejected_[run.idx(first + failed)] = j;
      failed += judge_error(step, run, control, schedule, j) ? 0 : 1;
      falls |= run.paces[run.idx(j)].may_fall(control, schedule.direction());
    }
    // Where a cell passes the states will change hands, and the rejected ones are carried over.
    if (closes && failed + left < n) {
      for (Index k = first; k < first + failed; ++k) run.carry(rejected_[run.idx(k)], true);
    }
    return falls || left > 0;
  }

  /// Judges what is left of a round whose cells have been looked at.
  template <class Step>
  void judge(Step& step, const Round& round, RunningCells<S>& run, const ErrorNorm<S>& norm,
             const Control& control, const Schedule& schedule) {
    const bool fixed = control.fixed_steps.has_value();
    const bool finite = finite_.load(std::memory_order_relaxed);
    const Index clocks = round.clocks();
    if (!fixed && round.shared) {
      errors_[0] = norm.of_batch(errors_.data(), round.cells);
      if (step.second_error() != nullptr) {
        second_[0] = norm.of_batch(second_.data(), round.cells);
        join(0);
      }
      find_powers(step, control, 0, 1);
    }
    Index passed = 0;
    for (Index k = 0; k < clocks; ++k) {
      if (judged_[run.idx(k)]) {
        passed += run.accepted[run.idx(k)];
        continue;
      }
      const Index bad = finite ? -1 : first_bad(run, k, step.first_same_as_last());
      bool passes = false;
      if (fixed) {
        passes = bad < 0;
        run.paces[run.idx(k)].accepted += passes ? 1 : 0;
        if (!passes) run.fall(k, status_of_bad(step, round, run, bad), bad);
        decide(run, schedule, k, passes, true);
      } else if (bad >= 0 || !std::isfinite(errors_[run.idx(k)])) {
        Pace& p = run.paces[run.idx(k)];
        p.bad = status_of_bad(step, round, run, bad < 0 ? run.worst_slot(k) : bad);
        p.shrink();
        decide(run, schedule, k, false, false);
      } else {
        passes = judge_error(step, run, control, schedule, k);
      }
      passed += passes ? 1 : 0;
      if (passes && control.switch_when_stiff && !run.paces[run.idx(k)].lands) {
        watch_stiffness(step, round, run, k);
      }
    }
    accepted += passed;
    rejected += clocks - passed;
    run.any_accepted = passed > 0;
    run.all_accepted = passed == clocks;
  }

 private:
  // Slopes at the ends of steps that are not finite show in their errors.
  template <class Step>
  static bool told_by_error(const Step& step, const Control& control) {
    if constexpr (requires { step.error_tells_of_end(); }) {
      return !control.fixed_steps && step.error_tells_of_end();
    } else {
      return false;
    }
  }
  template <class Step>
  static double order(const Step& step) {
    return step.error_order() + 1;
  }
  // A clock's finite error against the tolerance.
  template <class Step>
  bool judge_error(const Step& step, RunningCells<S>& run, const Control& control,
                   const Schedule& schedule, Index clock) {
    const std::size_t k = run.idx(clock);
    const bool passes = run.paces[k].judge(errors_[k], powers_[k], control.controller, order(step));
    decide(run, schedule, clock, passes, false);
    return passes;
  }
  static void decide(RunningCells<S>& run, const Schedule& schedule, Index clock, bool passes,
                     bool fixed) {
    Pace& p = run.paces[run.idx(clock)];
    const Index landed[] = {-1, static_cast<Index>(p.stop)};
    for (Index j = run.first_of(clock); j < run.end_of(clock); ++j) {
      run.accepted[run.idx(j)] = passes;
      run.landed[run.idx(j)] = landed[passes & p.lands];
    }
    const double target = schedule.stops()[p.stop].time, direction = schedule.direction();
    if (fixed) {
      p.move_fixed(passes, target, direction);
    } else {
      p.move(passes, target, direction);
    }
  }
  // The first cell of a clock whose trial is not finite, or −1.
  static Index first_bad(const RunningCells<S>& run, Index clock, bool closes) {
    const Index d = run.x.rows();
    for (Index j = run.first_of(clock); j < run.end_of(clock); ++j) {
      if (!all_finite(run.next.col(j).data(), d)) return j;
      if (closes && !all_finite(run.next_slope.col(j).data(), d)) return j;
    }
    return -1;
  }
  template <class Step>
  static Status status_of_bad(Step& step, const Round& round, const RunningCells<S>& run,
                              Index slot) {
    if (step.field_failed(round, slot, run.x.leftCols(run.running))) {
      return Status::non_finite_field;
    }
    if constexpr (requires { step.not_converged(slot); }) {
      if (step.not_converged(slot)) return Status::not_converged;
    }
    return Status::non_finite_state;
  }
  // Errors of cells in units of the tolerance: of clocks where each has its own. True if their
  // states are surely finite.
  template <class Step>
  bool measure(Step& step, const RunningCells<S>& run, const ErrorNorm<S>& norm, Index first,
               Index n) {
    const auto x = run.x.middleCols(first, n), next = run.next.middleCols(first, n);
    const bool finite =
        norm.of_cells(run.error.middleCols(first, n), x, next, errors_.data() + first);
    const S* second = step.second_error();
    if (second == nullptr) return finite;
    const Index d = run.x.rows();
    norm.of_cells(Eigen::Map<const Matrix<S>>(second + first * d, d, n), x, next,
                  second_.data() + first);
    for (Index j = first; j < first + n && !run.shared; ++j) join(run.idx(j));
    return finite;
  }
  // Both errors of a method that has two, as [Hairer 1993, II.10].
  void join(std::size_t k) {
    double& e = errors_[k];
    const double both = std::hypot(e, 0.1 * second_[k]);
    if (e > 0) e *= e / both;
  }
  template <class Step>
  void find_powers(const Step& step, const Control& control, Index first, Index n) {
    const Controller& c = control.controller;
    error_powers(n, errors_.data() + first,
                 -(c.integral + c.proportional + c.derivative) / order(step),
                 powers_.data() + first);
  }

  std::vector<double> errors_, second_, powers_;
  std::vector<unsigned char> judged_;  // a clock
  std::vector<Index> rejected_;        // cells, from the first place of those looked at on
  std::atomic<bool> finite_{true};
};

}  // namespace cytode::ode
