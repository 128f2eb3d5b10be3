// SPDX-License-Identifier: MIT
/// What one clock knows: its time, its next step size, and how it came there.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include <cytode/core/status.hpp>
#include <cytode/ode/control.hpp>

namespace cytode::ode {

/// State of a clock between trials.
struct Pace {
  double t = 0;
  double h = 0;                        ///< Size to try next, without sign.
  double trial = 0;                    ///< Size of the running trial, without sign.
  bool lands = false;                  ///< That trial ends on the next stop.
  std::size_t stop = 0;                ///< Next stop of the schedule.
  long index = 0;                      ///< Steps since the last stop (fixed steps).
  double from = 0;                     ///< Time of the last stop.
  double error = 0;                    ///< Of the last trial, in units of the tolerance.
  double before = 1, long_before = 1;  ///< Errors of the two accepted steps before.
  bool after_rejection = false;
  int bad_trials = 0;                     ///< Trials in a row that were not finite.
  Status bad = Status::non_finite_state;  ///< What was wrong with the last of them.
  double bad_size =
      std::numeric_limits<double>::infinity();  ///< Size of the last, until an error is too large.
  int stiff_steps = 0, smooth_steps = 0;
  long accepted = 0, rejected = 0, evaluations = 0;
  std::size_t next_output = 1, next_sample = 1;
  std::array<double, 5> sizes{};  ///< Of the last trials, in a ring.
  std::size_t newest = 4;         ///< Place of the last of them.

  /// Size of the next trial towards a stop at distance `left`; at most `h` and `max_step`.
  void aim(double left, double max_step) {
    const double size = std::min(h, max_step);
    lands = size >= left * (1 - 1e-10);
    trial = lands ? left : size;
    remember();
  }
  /// The same with equal steps from the last stop to the next one at `target`.
  void aim_fixed(double target, long steps) {
    trial = std::abs(target - from) / static_cast<double>(steps);
    lands = index + 1 == steps;
    remember();
  }
  /// After an accepted trial towards a stop at `target`: the clock moves on.
  void move(double target, double direction, bool fixed) {
    if (lands) {
      t = from = target;
      index = 0;
      return;
    }
    ++index;
    t = fixed ? from + direction * static_cast<double>(index) * trial : t + direction * trial;
  }
  void remember() {
    newest = newest + 1 < sizes.size() ? newest + 1 : 0;
    sizes[newest] = trial;
  }
  /// Sizes of the last trials, the newest last; 0 where there were fewer.
  [[nodiscard]] std::array<double, 5> last_sizes() const {
    std::array<double, 5> out{};
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = sizes[(newest + 1 + k) % sizes.size()];
    return out;
  }
  /// After a trial that was not finite: try a fifth.
  void shrink() {
    ++rejected;
    ++bad_trials;
    bad_size = trial;
    after_rejection = true;
    h = trial / 5;
  }
  /// True if the last trials, or one hardly longer than this since when none was rejected for its
  /// error, were not finite: that, and not the error, is why the clock cannot go on. (Short of what
  /// is not finite, a last tiny step may pass.)
  [[nodiscard]] bool meets_bad() const { return bad_trials > 0 || trial >= bad_size / 25; }
  /// After a trial with this error in units of the tolerance: true if it passes.
  bool judge(double e, const Controller& c, double order) {
    error = e;
    const double factor = this->factor(e, c, order);
    bad_trials = 0;
    if (!(e <= 1)) {
      bad_size = std::numeric_limits<double>::infinity();
      ++rejected;
      after_rejection = true;
      h = trial * std::min(factor, 1.0);
      return false;
    }
    ++accepted;
    const double next = trial * (after_rejection ? std::min(factor, 1.0) : factor);
    // A step cut short to land says little about the next one.
    const bool cut = lands && trial < h;
    h = cut ? std::max(h, next) : next;
    if (!cut) {
      long_before = before;
      before = std::max(e, 1e-10);
    }
    after_rejection = false;
    return true;
  }

 private:
  [[nodiscard]] double factor(double e, const Controller& c, double order) const {
    if (!(e > 0)) return e == 0 ? c.max_factor : c.min_factor;
    // In float: seven digits are more than a step size needs, at a quarter of the time.
    const auto power = [](double base, double exponent) {
      const float b = static_cast<float>(std::clamp(base, 1e-30, 1e30));
      return static_cast<double>(std::exp2(static_cast<float>(exponent) * std::log2(b)));
    };
    double f = power(e, -(c.integral + c.proportional + c.derivative) / order);
    if (e <= 1 && (c.proportional != 0 || c.derivative != 0)) {
      f *= power(before, (c.proportional + 2 * c.derivative) / order);
      if (c.derivative != 0) f *= power(long_before, -c.derivative / order);
    }
    return std::clamp(c.safety * f, c.min_factor, c.max_factor);
  }
};

}  // namespace cytode::ode
