// SPDX-License-Identifier: MIT
/// Combinations that make no sense, each with the reason.
#pragma once

#include <string>

#include "options.hpp"
#include "recipe.hpp"

namespace program {

/// Throws std::invalid_argument: "--what: reason".
[[noreturn]] void refuse(const std::string& what, const std::string& reason);

/// Refuses what does not go with the parts a method is known by, before anything composes with it.
void check_parts(const Recipe& r, const Options& o);

/// Refuses what does not go with the finished recipe.
void check_composed(const Recipe& r, const Options& o);

}  // namespace program
