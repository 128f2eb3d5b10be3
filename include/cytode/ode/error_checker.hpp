// SPDX-License-Identifier: MIT
/// The scaled error of a trial step, for Odeint's controller: no allocation, no hidden NaN.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <cytode/core/finite.hpp>
#include <cytode/ode/state.hpp>

namespace cytode::ode {

/// How the errors of all features and cells become one number.
enum class Norm {
  rms,     ///< Root mean square over all numbers of the batch.
  maximum  ///< The worst number: every feature of every cell keeps the tolerance.
};

/// Error of a trial step in units of the tolerance: ‖e_i / (a + r |x_i|)‖; a step passes at ≤ 1.
///
/// An error that is NaN or infinite comes back as infinity, so the controller rejects the step and
/// shrinks it. (Odeint's own checker lets NaN pass as success and allocates three times a trial.)
template <std::floating_point S>
struct ErrorChecker {
  using value_type = S;
  using algebra_type = Algebra;

  S absolute, relative;
  Norm norm;

  template <class Time>
  [[nodiscard]] S error(Algebra&, const State<S>& x, const State<S>&, State<S>& e, Time) const {
    if (!all_finite(e.value)) return std::numeric_limits<S>::infinity();
    const auto scaled = e.value.array() / (absolute + relative * x.value.array().abs());
    if (norm == Norm::maximum) return scaled.abs().maxCoeff();
    return std::sqrt(scaled.square().mean());
  }
};

}  // namespace cytode::ode
