// SPDX-License-Identifier: MIT
/// What a program throws when the user interrupted it.
#pragma once

#include <stdexcept>

namespace program {

/// Thrown when the user interrupted the run; its text says how to go on.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace program
