// SPDX-License-Identifier: MIT
/// Jumps: changes of the state at given times, such as a dose or an observation.
#pragma once

#include <functional>
#include <utility>

#include <cytode/core/types.hpp>

namespace cytode::ode {

/// x ← apply(x) at a time; steps land on it, and the state asked for at that time is the one after.
///
/// `apply` sees one cell: its index in the batch and its state. `pullback` turns the cotangent of
/// the state after into that of the state before, given the state before; it may stay empty for a
/// jump whose derivative is the identity, such as a dose.
template <std::floating_point S>
struct Jump {
  double time = 0;
  std::function<void(Index cell, VectorView<S> x)> apply;
  std::function<void(Index cell, const ConstVectorView<S>& before, VectorView<S> cotangent)>
      pullback = {};
};

/// Adds the same amounts to every cell: x ← x + amounts.
template <std::floating_point S>
[[nodiscard]] Jump<S> dose(double time, Vector<S> amounts) {
  return {time, [amounts = std::move(amounts)](Index, VectorView<S> x) { x += amounts; }};
}

}  // namespace cytode::ode
