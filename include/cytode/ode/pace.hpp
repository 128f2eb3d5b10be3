// SPDX-License-Identifier: MIT
/// What one clock knows: its time, its next step size, and how it came there.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ode/control.hpp>

namespace cytode::ode {

/// State of a clock between trials. What every trial reads fills the first line of memory; but for
/// the ring of sizes it writes there, too.
///
/// Whether it passes or lands chooses values from pairs, not ways through the program: with a clock
/// a cell it is as good as random, and every wrong guess of the processor costs more than a choice.
struct alignas(64) Pace {
  double t = 0;
  double h = 0;      ///< Size to try next, without sign.
  double trial = 0;  ///< Size of the running trial, without sign.
  long accepted = 0, rejected = 0;
  double before = 1;  ///< Error of the accepted step before, in units of the tolerance.
  double bad_size =
      std::numeric_limits<double>::infinity();  ///< Of one not finite, until an error is too large.
  std::uint32_t stop = 0;                       ///< Next stop of the schedule.
  bool lands = false;                           ///< The running trial ends on the next stop.
  bool after_rejection = false;
  bool after_bad = false;    ///< The last trial was not finite.
  unsigned char newest = 4;  ///< Place of the last of `sizes`.

  std::array<double, 5> sizes{};          ///< Of the last trials, in a ring.
  double long_before = 1;                 ///< Error of the accepted step before that before.
  double from = 0;                        ///< Time of the last stop.
  long index = 0;                         ///< Steps since the last stop (fixed steps).
  Status bad = Status::non_finite_state;  ///< What was wrong with the last trial not finite.
  int stiff_steps = 0, smooth_steps = 0;
  long evaluations = 0;
  std::size_t next_output = 1, next_sample = 1;

  /// Size of the next trial towards a stop at distance `left`: h, or up to a tenth more where that
  /// is enough to land, for a stub behind it would cost as much as a step; at most max_step. Not
  /// after a rejection: the same trial could be made for ever.
  void aim(double left, double max_step) {
    const double choices[] = {std::min(h, max_step), left}, stretch[] = {1.1, 1.0};
    lands = std::min(stretch[after_rejection] * h, max_step) >= left * (1 - 1e-10);
    trial = choices[lands];
    remember();
  }
  /// The same with equal steps from the last stop to the next one at `target`.
  void aim_fixed(double target, long steps) {
    trial = std::abs(target - from) / static_cast<double>(steps);
    lands = index + 1 == steps;
    remember();
  }
  /// True if a step of this size is too short: below a few units in the last place of t the clock,
  /// or the times of stages, would stand still.
  [[nodiscard]] bool stands(double size, double min_step, double direction) const {
    return (t + direction * size / 8 == t) | (size < min_step);
  }
  /// True after a judgement if the next trial may be one too many or too short.
  [[nodiscard]] bool may_fall(const Control& c, double direction) const {
    return (accepted + rejected >= c.max_steps) |
           stands(std::min(h, c.max_step), c.min_step, direction);
  }
  /// After a trial towards a stop at `target`: the clock moves on if it has passed.
  void move(bool passes, double target, double direction) {
    const double choices[] = {t, t + direction * trial, target};
    t = choices[passes + (passes & lands)];
  }
  /// The same after an equal step.
  void move_fixed(bool passes, double target, double direction) {
    if (!passes) return;
    index = lands ? 0 : index + 1;
    if (lands) from = target;
    t = from + direction * static_cast<double>(index) * trial;
  }
  void remember() {
    newest = newest + 1U < sizes.size() ? static_cast<unsigned char>(newest + 1) : 0;
    sizes[newest] = trial;
  }
  /// Sizes of the last trials, the newest last; 0 where there were fewer.
  [[nodiscard]] std::array<double, 5> last_sizes() const {
    std::array<double, 5> out{};
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = sizes[(newest + 1U + k) % sizes.size()];
    return out;
  }
  /// After a trial that was not finite: try a fifth.
  void shrink() {
    ++rejected;
    after_bad = true;
    bad_size = trial;
    after_rejection = true;
    h = trial / 5;
  }
  /// True if the last trials, or one hardly longer than this since when none was rejected for its
  /// error, were not finite: that, and not the error, is why the clock cannot go on. (Short of what
  /// is not finite, a last tiny step may pass.)
  [[nodiscard]] bool meets_bad() const { return after_bad || trial >= bad_size / 25; }
  /// After a trial with this error e in units of the tolerance: true if it passes. `power` is
  /// e^(−(I+P+D)/order), as error_powers gives it.
  bool judge(double e, double power, const Controller& c, double order) {
    const bool passes = e <= 1;
    const double most[] = {c.max_factor, 1.0};
    const double next =
        trial * std::min(factor(e, power, c, order), most[after_rejection | !passes]);
    // A step cut short to land says little about the next one.
    const bool cut = passes & lands & (trial < h);
    const double least[] = {0.0, h};
    const double errors[] = {before, std::max(e, 1e-10)};
    const double bad_sizes[] = {std::numeric_limits<double>::infinity(), bad_size};
    h = std::max(next, least[cut]);
    if (c.derivative != 0 && passes && !cut) long_before = before;
    before = errors[passes & !cut];
    bad_size = bad_sizes[passes];
    after_bad = false;
    accepted += passes;
    rejected += !passes;
    after_rejection = !passes;
    return passes;
  }

 private:
  [[nodiscard]] double factor(double e, double power, const Controller& c, double order) const {
    if (!(e > 0)) return e == 0 ? c.max_factor : c.min_factor;
    double f = power;
    if ((c.proportional != 0 || c.derivative != 0) && e <= 1) {
      f *= std::pow(before, (c.proportional + 2 * c.derivative) / order);
      if (c.derivative != 0) f *= std::pow(long_before, -c.derivative / order);
    }
    return std::min(std::max(c.safety * f, c.min_factor), c.max_factor);
  }
};

/// powers[k] = errors[k]^exponent for the clocks of a round, in float: seven digits are more than a
/// step size needs. A power depends on its error alone, to the last bit.
template <class D = void>
inline void error_powers(Index n, const double* errors, double exponent, double* powers) {
  constexpr Index lanes = 16;
  using Doubles = Eigen::Array<deferred_t<double, D>, lanes, 1>;
  using Floats = Eigen::Array<deferred_t<float, D>, lanes, 1>;
  for (Index k = 0; k < n; k += lanes) {
    const Index some = std::min(lanes, n - k);
    Doubles e = Doubles::Ones();  // the rest of the last block goes the same way
    std::copy_n(errors + k, some, e.data());
    Floats power = e.max(1e-30).min(1e30).template cast<float>();
    power = (power.log() * static_cast<float>(exponent)).exp();
    e = power.template cast<double>();  // by itself: within a cast Eigen takes logarithms singly
    std::copy_n(e.data(), some, powers + k);
  }
}

}  // namespace cytode::ode
