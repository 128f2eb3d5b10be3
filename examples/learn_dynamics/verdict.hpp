// SPDX-License-Identifier: MIT
/// What a reader should and should not believe of a run, in sentences.
#pragma once

#include <string>
#include <vector>

#include "outputs.hpp"

namespace program {

/// One sentence or two on how the model does beside the baselines.
std::string verdict(const Dataset& data, const Findings& f);

/// Signs in this run that something is not to be trusted; empty if there are none.
std::vector<std::string> cautions(const Findings& f);

/// What holds for every model of this kind, and the numbers of cells this run had.
std::string limits(const Dataset& data, const Options& o, const Findings& f);

}  // namespace program
