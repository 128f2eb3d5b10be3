// SPDX-License-Identifier: MIT
/// Trains one model on the time points kept, with checkpoints to go on from.
#pragma once

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "../shared/interrupted.hpp"
#include "dataset.hpp"
#include "model.hpp"

namespace program {

/// Set by Ctrl-C; a run stops after the training step, or other piece of work, at hand.
inline volatile std::sig_atomic_t interrupted = 0;

/// Throws Interrupted if the user pressed Ctrl-C between two trainings.
void stop_if_interrupted();

/// Throws std::invalid_argument, with the reason, if the data have not what the method or the batch
/// asked for needs.
void check_learnable(const Options& o, const Dataset& data);

/// What training one model gives.
struct Trained {
  Model model;
  std::vector<double> losses;
  double seconds = 0;
  std::vector<std::string> checkpoints{};  // written on the way
};

/// Learns the dynamics through the time points kept, with the method the options ask for.
///
/// `kept` is in the space of the data; with --standardize train the scaling is fitted on it and
/// nothing else. `data` gives the conditions of its cells. An empty `checkpoint` writes none.
Trained learn(const data::Snapshots<float>& kept, const Dataset& data, const Clock& clock,
              const Options& o, const std::string& name, const std::string& checkpoint,
              Workers& workers);

}  // namespace program
