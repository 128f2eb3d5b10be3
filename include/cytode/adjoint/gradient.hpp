// SPDX-License-Identifier: MIT
/// What a gradient through a solve is made of, and what it cost.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ode/counts.hpp>

namespace cytode::adjoint {

/// Gradient of a loss in everything that a solve depends on. A pullback overwrites it.
template <std::floating_point S>
struct Gradient {
  Vector<S> parameters;       ///< In the order of the field's parameters.
  Matrix<S> x0;               ///< features × cells.
  std::vector<double> times;  ///< One a requested time, start and end included.
};

/// Cotangent of one entry of Solution::passages.
template <std::floating_point S>
struct PassageCotangent {
  double time = 0;
  Vector<S> state = {};  ///< Empty: zero.
};

/// gradient = ∂L/∂θ of a run whose solve is done, from the cotangents of its states; NaN where the
/// solve failed, on which train::fit ends with non_finite_loss. `room` keeps the rest.
template <class Run, std::floating_point S>
void parameter_gradient(Run& run, const std::vector<Matrix<S>>& cotangents, Index parameters,
                        Gradient<S>& room, Vector<S>& gradient) {
  if (run.solution().status == Status::ok) {
    run.pullback(cotangents, room);
    gradient = room.parameters;
  } else {
    gradient.setConstant(parameters, std::numeric_limits<S>::quiet_NaN());
  }
}

/// Cost of the last forward and backward pass.
struct Report {
  ode::Counts forward, backward;
  double recomputation = 0;    ///< Rounds of steps done again in the backward pass, a round.
  std::size_t bytes = 0;       ///< Kept between the two passes.
  std::size_t peak_bytes = 0;  ///< Most that was kept at any time.

  /// Field evaluations of the backward pass over those of the forward pass, cell by cell.
  [[nodiscard]] double ratio() const {
    return forward.cell_evaluations == 0 ? 0
                                         : static_cast<double>(backward.cell_evaluations) /
                                               static_cast<double>(forward.cell_evaluations);
  }
};

}  // namespace cytode::adjoint
