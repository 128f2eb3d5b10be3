// SPDX-License-Identifier: MIT
/// Events: where a function of a cell's time and state passes through zero.
#pragma once

#include <functional>
#include <utility>

#include <cytode/core/types.hpp>

namespace cytode::ode {

/// Which passages count.
enum class Crossing { any, rising, falling };

/// g(t, x) = 0 for one cell, t and x being that cell's.
///
/// Signs are compared at the ends of every accepted step and at three points between, and the root
/// is found on the continuous extension, to rounding. A cell that starts on a root has not passed
/// it.
template <std::floating_point S>
struct Event {
  std::function<double(double t, const ConstVectorView<S>& x)> value;
  bool terminal = true;  ///< The cell stops there; otherwise the passage is only recorded.
  Crossing crossing = Crossing::any;
  /// ∂g/∂x into gradient, returning ∂g/∂t: only the gradient of hitting times asks for it.
  std::function<double(double t, const ConstVectorView<S>& x, VectorView<S> gradient)> slope = {};
};

/// A passage that a solve found.
template <std::floating_point S>
struct Passage {
  Index event = 0;  ///< Position in Options::events.
  Index cell = 0;
  double time = 0;
  Vector<S> state;
};

}  // namespace cytode::ode
