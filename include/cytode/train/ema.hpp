// SPDX-License-Identifier: MIT
/// Exponential moving average of parameters.
#pragma once

#include <algorithm>

#include <cytode/core/by_packets.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::train {

/// Exponential moving average a ← d·a + (1 − d)·θ after every update.
///
/// With warm-up, update k = 1, 2, … uses d = min(decay, k/(k + 9)), so that early parameters are
/// forgotten faster than they come and the start leaves no bias; without, d = decay throughout.
struct Ema {
  double decay = 0.999;  ///< In [0, 1).
  bool warmup = true;

  /// The d of update k = 1, 2, …
  [[nodiscard]] double decay_at(long k) const noexcept {
    return warmup ? std::min(decay, static_cast<double>(k) / static_cast<double>(k + 9)) : decay;
  }

  /// Update number k = 1, 2, … of the average by the parameters, both of length n.
  template <std::floating_point S>
  void update(Vector<S>& average, const Vector<S>& parameters, long k) const {
    check(decay >= 0 && decay < 1, "train::Ema", "decay is ", decay, ", wanted [0, 1)");
    check(average.size() == parameters.size(), "train::Ema", "average has ", average.size(),
          " coefficients, parameters have ", parameters.size());
    const auto share = static_cast<S>(1 - decay_at(k));
    by_packets<S>(
        average.size(), [&, a = average.data(), theta = parameters.data()]<class P>(Index i) {
          using namespace Eigen::internal;
          const P old = ploadu<P>(a + i);
          pstoreu(a + i, padd(old, pmul(pset1<P>(share), psub(ploadu<P>(theta + i), old))));
        });
  }
};

}  // namespace cytode::train
