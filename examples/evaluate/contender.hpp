// SPDX-License-Identifier: MIT
/// A method of a comparison, as it is named on the command line.
#pragma once

#include <string>

#include "../dynamics/options.hpp"

namespace program {

/// A method to compare, with the options that make it: "otcfm", "otcfm+growth", "sf2m+exact",
/// "otcfm+land", "sf2m+noise=0.5", "otcfm+guidance=1", "vgfm+rates", "simulation+energy=0.1".
struct Contender {
  std::string name;
  Options options;
};

/// Reads a contender on top of the options that all share. Throws std::invalid_argument naming the
/// part that is not understood, or the reason why the parts do not go together.
[[nodiscard]] Contender read_contender(const std::string& text, const Options& shared);

}  // namespace program
