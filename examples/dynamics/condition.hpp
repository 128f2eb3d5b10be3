// SPDX-License-Identifier: MIT
/// Reads the column of obs that dynamics are conditioned on.
#pragma once

#include <string>
#include <vector>

#include "dataset.hpp"

namespace program {

/// The column --condition names: a number, scaled to mean 0 and variance 1, or one row a category,
/// 1 for the cells in it. Throws std::invalid_argument if there is no such column, or it says
/// nothing of the cells, or has too many categories; notes cells without a value.
[[nodiscard]] Condition read_condition(const data::AnnData<float>& a, const Options& o,
                                       std::vector<std::string>& notes);

}  // namespace program
