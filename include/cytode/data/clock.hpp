// SPDX-License-Identifier: MIT
/// Clock: time as a network should see it, 0 at the first time point and 1 a mean gap later.
#pragma once

#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/data/snapshots.hpp>

namespace cytode::data {

/// τ = (t − origin) / unit.
///
/// Hours, days or labels become numbers of order one whatever their unit, and uneven gaps stay
/// uneven. A velocity dx/dτ is unit times dx/dt. Built from the time points, which are known by
/// design: a left-out time point's cells play no part.
struct Clock {
  double origin = 0;
  double unit = 1;

  /// origin: the first time; unit: the mean gap between neighbours. Throws std::invalid_argument
  /// for fewer than two time points.
  template <std::floating_point S>
  [[nodiscard]] static Clock of(const Snapshots<S>& snapshots) {
    check(snapshots.size() >= 2, "Clock::of", "got ", snapshots.size(),
          " time points, wanted 2 or more");
    return {snapshots.front().time, (snapshots.back().time - snapshots.front().time) /
                                        static_cast<double>(snapshots.size() - 1)};
  }
  [[nodiscard]] double operator()(double time) const noexcept { return (time - origin) / unit; }
  /// The same cells at times τ.
  template <std::floating_point S>
  [[nodiscard]] Snapshots<S> apply(const Snapshots<S>& snapshots) const {
    std::vector<Snapshot<S>> list(snapshots.begin(), snapshots.end());
    for (Snapshot<S>& s : list) s.time = (*this)(s.time);
    return Snapshots<S>(std::move(list), snapshots.notes());
  }
};

}  // namespace cytode::data
