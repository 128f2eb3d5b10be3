// SPDX-License-Identifier: MIT
/// Numbers of things in messages.
#pragma once

#include <string>

#include <cytode/core/types.hpp>

namespace program {

/// "1 cell", "2 cells": a number with the noun it counts.
inline std::string counted(cytode::Index n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

}  // namespace program
