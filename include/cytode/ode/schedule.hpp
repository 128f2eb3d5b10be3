// SPDX-License-Identifier: MIT
/// The times a solve must meet: requested times and jumps, in the order of the run.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/ode/options.hpp>

namespace cytode::ode {

/// A time that steps land on.
struct Stop {
  double time = 0;
  Index output = -1;              ///< Position in the requested times, or none.
  std::vector<Index> jumps = {};  ///< Positions in Options::jumps, in their order.
};

/// Requested times checked, and the stops of a run from the first of them to the last.
class Schedule {
 public:
  Schedule() = default;
  /// Throws std::invalid_argument for no times, times out of order or not finite, and jumps
  /// outside.
  template <std::floating_point S>
  Schedule(const std::vector<double>& times, const Options<S>& options) {
    assign(times, options);
  }
  /// The same in the memory of a schedule before.
  template <std::floating_point S>
  void assign(const std::vector<double>& times, const Options<S>& options) {
    if (built_ && times == times_) return;
    built_ = false;
    times_.assign(times.begin(), times.end());
    stops_.clear();
    start_.jumps.clear();
    check_times();
    direction_ = times_.back() >= times_.front() ? 1 : -1;
    for (std::size_t k = 1; k < times_.size(); ++k) {
      if (!options.land && k + 1 < times_.size()) continue;
      stops_.push_back(Stop{.time = times_[k], .output = static_cast<Index>(k)});
    }
    for (std::size_t k = 0; k < options.jumps.size(); ++k) {
      const double t = options.jumps[k].time;
      check(std::isfinite(t) && direction_ * (t - times_.front()) >= 0 &&
                direction_ * (times_.back() - t) >= 0,
            "ode::solve", "jumps[", k, "] is at t = ", t, ", outside of [", times_.front(), ", ",
            times_.back(), "]");
      (t == times_.front() ? start_ : add(t)).jumps.push_back(static_cast<Index>(k));
    }
    std::sort(stops_.begin(), stops_.end(), [this](const Stop& a, const Stop& b) {
      return direction_ * a.time < direction_ * b.time;
    });
    start_.time = times_.front();
    start_.output = 0;
    built_ = true;
  }

  [[nodiscard]] const std::vector<double>& times() const { return times_; }
  [[nodiscard]] double start_time() const { return times_.front(); }
  [[nodiscard]] double end_time() const { return times_.back(); }
  /// 1 forward in time, −1 backward.
  [[nodiscard]] double direction() const { return direction_; }
  /// True if there is nothing to integrate: one time, or the same twice.
  [[nodiscard]] bool still() const { return times_.front() == times_.back(); }
  /// The start, with the jumps there.
  [[nodiscard]] const Stop& start() const { return start_; }
  /// The stops after the start.
  [[nodiscard]] const std::vector<Stop>& stops() const { return stops_; }

 private:
  template <class = void>
  Stop& add(double time) {
    for (Stop& s : stops_) {
      if (s.time == time) return s;
    }
    return stops_.emplace_back(Stop{.time = time});
  }
  template <class = void>
  void check_times() const {
    check(!times_.empty(), "ode::solve", "times is empty");
    for (std::size_t i = 0; i < times_.size(); ++i) {
      check(std::isfinite(times_[i]), "ode::solve", "times[", i, "] is ", times_[i]);
      if (i < 2) continue;
      // Signs, not a product of differences: that would underflow for tiny intervals.
      const bool onward = times_[1] > times_[0]
                              ? times_[i] > times_[i - 1]
                              : times_[1] < times_[0] && times_[i] < times_[i - 1];
      check(onward, "ode::solve", "times[", i, "] = ", times_[i],
            " does not continue the order of the times before");
    }
  }

  std::vector<double> times_;
  double direction_ = 1;
  bool built_ = false;
  Stop start_;
  std::vector<Stop> stops_;
};

}  // namespace cytode::ode
