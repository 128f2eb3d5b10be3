// SPDX-License-Identifier: MIT
/// From the cotangents of the steps' times and sizes to those of the requested times.
#pragma once

#include <algorithm>
#include <vector>

#include <cytode/ode/schedule.hpp>

namespace cytode::adjoint {

/// A step from t of size h in the interval [A, B] between two stops is frozen at the fractions
/// (t − A) / (B − A) and h / (B − A): this is what differentiating a computed solution in its times
/// means, since the sizes themselves are the controller's. Times of jumps that are not requested
/// times are constants; a jump at a requested time moves with it.
class TimeGradient {
 public:
  /// Begins at zero. The schedule must outlive this pass.
  template <class = void>
  void begin(const ode::Schedule& schedule) {
    schedule_ = &schedule;
    stops_.assign(schedule.stops().size() + 1, 0.0);
    outputs_.assign(schedule.times().size(), 0.0);
  }
  /// Adds the cotangents of a step's t and h.
  template <class = void>
  void add_step(double t, double h, double at, double ah) {
    const std::vector<ode::Stop>& stops = schedule_->stops();
    const double direction = schedule_->direction(), middle = direction * (t + h / 2);
    const auto end = std::partition_point(stops.begin(), stops.end(), [&](const ode::Stop& s) {
      return direction * s.time < middle;
    });
    const auto k = static_cast<std::size_t>(end - stops.begin());
    const double from = k == 0 ? schedule_->start_time() : stops[k - 1].time;
    const double length = stops[k].time - from;
    const double part = ((t - from) * at + h * ah) / length;
    stops_[k + 1] += part;
    stops_[k] += at - part;
  }
  /// Adds the cotangent of a requested time itself.
  void add_output(Index output, double a) { outputs_[static_cast<std::size_t>(output)] += a; }

  /// to[k] = cotangent of requested time k.
  template <class = void>
  void finish(std::vector<double>& to) const {
    to.assign(outputs_.begin(), outputs_.end());
    to[0] += stops_[0];
    for (std::size_t s = 0; s < schedule_->stops().size(); ++s) {
      const Index output = schedule_->stops()[s].output;
      if (output >= 0) to[static_cast<std::size_t>(output)] += stops_[s + 1];
    }
  }

 private:
  const ode::Schedule* schedule_ = nullptr;
  std::vector<double> stops_;    // the start, then the stops
  std::vector<double> outputs_;  // requested times between stops
};

}  // namespace cytode::adjoint
