// SPDX-License-Identifier: MIT
/// Trains one model on the time points kept, with checkpoints to go on from.
#pragma once

#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "model.hpp"

namespace program {

/// Set by Ctrl-C; training stops after the step at hand.
inline volatile std::sig_atomic_t interrupted = 0;

/// Thrown when the user interrupted the run; its text says how to go on.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What training one model gives.
struct Trained {
  Model model;
  std::vector<double> losses;
  double seconds = 0;
};

/// Learns the velocity field through the time points kept.
///
/// `kept` is in the space of the data; with --standardize train the scaling is fitted on it and
/// nothing else.
Trained learn(const data::Snapshots<float>& kept, const Clock& clock, const Options& o,
              const std::string& name, const std::string& checkpoint, Workers& workers);

}  // namespace program
