// SPDX-License-Identifier: MIT
/// What a solve does besides stepping: what it keeps, what it watches, what changes on the way.
#pragma once

#include <functional>
#include <vector>

#include <cytode/ode/event.hpp>
#include <cytode/ode/jump.hpp>

namespace cytode::ode {

/// The cells that have just finished a step, side by side.
template <std::floating_point S>
struct Progress {
  const std::vector<Index>& cells;   ///< Their places in x0.
  const std::vector<double>& times;  ///< One a cell.
  ConstBatch<S> states;              ///< features × cells.
};

/// Options of a solve; all may be left out.
template <std::floating_point S>
struct Options {
  /// Keep every n-th accepted step in Solution::steps; 0: none.
  long save_every = 0;
  /// Keep this many states at equal distances from start to end, both included, in
  /// Solution::samples, from the continuous extension; 0: none.
  Index samples = 0;
  /// Keep the continuous extension of the whole solve in Solution::dense.
  bool dense = false;
  /// Steps land on the requested times; otherwise these come from the continuous extension.
  bool land = true;
  /// Called after every accepted step; false ends the solve with Status::stopped.
  std::function<bool(const Progress<S>&)> observer = {};
  std::vector<Event<S>> events = {};
  std::vector<Jump<S>> jumps = {};
};

}  // namespace cytode::ode
