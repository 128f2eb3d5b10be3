// SPDX-License-Identifier: MIT
/// Reads the column of obs that dynamics are conditioned on.
#pragma once

#include <string>
#include <vector>

#include "dataset.hpp"

namespace program {

/// The column --condition names: a number, scaled to mean 0 and variance 1, or one row a category,
/// 1 for the cells in it. Throws std::invalid_argument if there is no such column, or it says
/// nothing of the cells, or has too many categories; notes what it was taken for, and cells without
/// a value.
[[nodiscard]] Condition read_condition(const data::AnnData<float>& a, const Options& o,
                                       std::vector<std::string>& notes);

/// Notes the classes that are not there at the first time: no cell leads to them, as cells are
/// joined within their class.
void note_late_classes(const Condition& condition, const data::Snapshots<float>& all,
                       std::vector<std::string>& notes);

}  // namespace program
