// SPDX-License-Identifier: MIT
/// Accepts or rejects the trial of every clock.
#pragma once

#include <atomic>
#include <cmath>
#include <vector>

#include <cytode/core/finite.hpp>
#include <cytode/ode/error_norm.hpp>
#include <cytode/ode/handover.hpp>
#include <cytode/ode/running_cells.hpp>

namespace cytode::ode {

/// Looks at the errors of a round and at what is not finite, and sets the clocks' next step sizes.
template <std::floating_point S>
class TrialJudge {
 public:
  long accepted = 0, rejected = 0;  ///< Steps of clocks so far.

  /// Before a trial of m cells.
  void begin(Index m) {
    const auto n = static_cast<std::size_t>(m);
    if (errors_.size() < n) errors_.resize(n);
    finite_.store(true, std::memory_order_relaxed);
  }
  /// Looks at the trials of n cells from `first` on, which are ready; from several threads at a
  /// time.
  template <class Step>
  void look(Step& step, const RunningCells<S>& run, const ErrorNorm<S>& norm,
            const Control& control, Index first, Index n) {
    const Index from = first * run.x.rows(), numbers = n * run.x.rows();
    if (!all_finite(run.next.data() + from, numbers) ||
        (step.first_same_as_last() && !all_finite(run.next_slope.data() + from, numbers))) {
      finite_.store(false, std::memory_order_relaxed);
    }
    if (control.fixed_steps) return;
    norm.of_cells(run.error.middleCols(first, n), run.x.middleCols(first, n),
                  run.next.middleCols(first, n), errors_.data() + first);
  }

  /// Judges a round whose cells have been looked at.
  template <class Step>
  void judge(Step& step, const Round& round, RunningCells<S>& run, const ErrorNorm<S>& norm,
             const Control& control) {
    const bool fixed = control.fixed_steps.has_value();
    const bool closes = step.first_same_as_last();
    const bool finite = finite_.load(std::memory_order_relaxed);
    if (!fixed) measure(step, round, run, norm);
    const double order = step.error_order() + 1;
    const Index clocks = round.clocks();
    if (!fixed) {
      const Controller& c = control.controller;
      powers_.resize(run.idx(clocks));
      error_powers(clocks, errors_.data(), -(c.integral + c.proportional + c.derivative) / order,
                   powers_.data());
    }
    Index passed = 0;
    for (Index k = 0; k < clocks; ++k) {
      Pace& p = run.paces[run.idx(k)];
      const Index bad = finite ? -1 : first_bad(run, k, closes);
      bool passes = false;
      if (fixed) {
        passes = bad < 0;
        p.accepted += passes ? 1 : 0;
        if (!passes) run.fall(k, status_of_bad(step, round, run, bad), bad);
      } else if (bad >= 0 || !std::isfinite(errors_[run.idx(k)])) {
        p.bad = status_of_bad(step, round, run, bad < 0 ? run.worst_slot(k) : bad);
        p.shrink();
      } else {
        passes = p.judge(errors_[run.idx(k)], powers_[run.idx(k)], control.controller, order);
      }
      passed += passes ? 1 : 0;
      const Index landed = passes && p.lands ? static_cast<Index>(p.stop) : -1;
      for (Index j = run.first_of(k); j < run.end_of(k); ++j) {
        run.accepted[run.idx(j)] = passes;
        run.landed[run.idx(j)] = landed;
      }
      if (passes && control.switch_when_stiff && !p.lands) watch_stiffness(step, round, run, k);
    }
    accepted += passed;
    rejected += clocks - passed;
    run.any_accepted = passed > 0;
    run.all_accepted = passed == clocks;
  }

 private:
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
  // errors_[k] = error of clock k in units of the tolerance.
  template <class Step>
  void measure(Step& step, const Round& round, const RunningCells<S>& run,
               const ErrorNorm<S>& norm) {
    const Index m = round.cells;
    if (round.shared) errors_[0] = norm.of_batch(errors_.data(), m);
    const S* second = step.second_error();
    if (second == nullptr) return;
    second_.resize(run.idx(m));
    norm.of_cells(Eigen::Map<const Matrix<S>>(second, run.x.rows(), m), run.x.leftCols(m),
                  run.next.leftCols(m), second_.data());
    if (round.shared) second_[0] = norm.of_batch(second_.data(), m);
    for (Index k = 0; k < round.clocks(); ++k) {
      double& e = errors_[run.idx(k)];
      const double both = std::hypot(e, 0.1 * second_[run.idx(k)]);
      if (e > 0) e *= e / both;
    }
  }

  std::vector<double> errors_, second_, powers_;
  std::atomic<bool> finite_{true};
};

}  // namespace cytode::ode
