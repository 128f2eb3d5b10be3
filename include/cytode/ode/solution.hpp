// SPDX-License-Identifier: MIT
/// What a solve returns: states at the times asked for, how it ended, and what it cost.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ode {

/// What a solve cost. One evaluation is the field on the whole batch.
struct Counts {
  long evaluations = 0;
  long accepted = 0;
  long rejected = 0;
};

/// States at the requested times, in their order, the first being the start.
///
/// After a failure `states` holds only the times that were reached, and `time`, `state` the last
/// good point.
template <std::floating_point S>
struct Solution {
  std::vector<double> times;
  std::vector<Matrix<S>> states;  ///< One features × cells matrix a time.
  double time = 0;                ///< Last good time.
  Matrix<S> state;                ///< State at that time; empty once the solve is complete.
  Status status = Status::ok;
  Counts counts;

  /// The last state reached at a requested time.
  [[nodiscard]] const Matrix<S>& last() const { return states.back(); }
  /// Returns *this, or throws std::runtime_error saying what went wrong and at which time.
  const Solution& or_throw() const {
    if (status != Status::ok) {
      throw_unless_ok(status, "ode::solve at t = " + std::to_string(time) + " after " +
                                  std::to_string(counts.accepted) + " steps");
    }
    return *this;
  }
};

}  // namespace cytode::ode
