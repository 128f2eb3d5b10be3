// SPDX-License-Identifier: MIT
/// Learning-rate schedules: a factor for every step of a run of known length.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <numbers>

namespace cytode::train {

/// `schedule(step, total)` is the factor on the learning rate at step 0, 1, …, total − 1.
/// Any function of two longs is a schedule.
template <class F>
concept Schedule = requires(const F& schedule, long step, long total) {
  { schedule(step, total) } -> std::convertible_to<double>;
};

/// The same learning rate all along.
struct Constant {
  [[nodiscard]] constexpr double operator()(long, long) const noexcept { return 1; }
};

/// Half a cosine from 1 at step 0 down to `floor` at step `total` [Loshchilov & Hutter 2017]:
/// floor + (1 − floor)/2 · (1 + cos(π step/total)).
struct Cosine {
  double floor = 0;

  [[nodiscard]] double operator()(long step, long total) const noexcept {
    if (step >= total) return floor;
    const double done = static_cast<double>(std::max(step, 0L)) / static_cast<double>(total);
    return floor + (1 - floor) / 2 * (1 + std::cos(std::numbers::pi * done));
  }
};

/// Straight up over the first `warmup` steps ((step + 1)/warmup), then half a cosine to `floor`.
struct WarmupCosine {
  long warmup = 100;
  double floor = 0;

  [[nodiscard]] double operator()(long step, long total) const noexcept {
    if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup);
    return Cosine{.floor = floor}(step - warmup, total - warmup);
  }
};

/// Times `factor` after every `every` steps.
struct StepDecay {
  long every = 1000;
  double factor = 0.5;

  [[nodiscard]] double operator()(long step, long) const noexcept {
    return std::pow(factor, static_cast<double>(step / std::max(every, 1L)));
  }
};

}  // namespace cytode::train
