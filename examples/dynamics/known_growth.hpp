// SPDX-License-Identifier: MIT
/// How fast cells are known to multiply before any dynamics are learned: from a column of obs, or
/// from the genes of proliferation and apoptosis.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <cytode/data/anndata.hpp>
#include <cytode/data/snapshots.hpp>

#include "options.hpp"
#include "training_cells.hpp"

namespace program {

/// What the data say of the growth of every cell.
///
/// From genes it is that of Waddington-OT [Schiebinger 2019]: births minus deaths a day, logistic
/// functions of two scores. Scores compare cells with one another, so they are made anew of the
/// cells of every training: those of a left-out time do not count.
struct KnownGrowth {
  std::string source;    // for people: "column 'rate'", "genes"
  Vector<double> rates;  // of every cell in the order of obs, per unit of time; empty: from genes
  Matrix<float> proliferation, apoptosis;  // genes × cells in the order of obs; or no genes
  double units_per_day = 1;                // of the time
  std::map<std::string, double> times;     // of the time points by label, in the unit of the rates
};

/// Reads what --growth-column, or --proliferation and --apoptosis, name. Throws
/// std::invalid_argument for columns and genes that are not there, numbers that are none, and a
/// time whose unit nothing says; notes what a person should hear about.
[[nodiscard]] KnownGrowth read_known_growth(const data::AnnData<float>& a,
                                            const data::Snapshots<float>& all, const Options& o,
                                            std::vector<std::string>& notes);

/// Throws std::invalid_argument for rates at which a cell would become more than 10⁸, or less than
/// 10⁻⁸, by the next time.
void check_known_growth(const KnownGrowth& growth, const data::Snapshots<float>& all);

/// Gives the cells of a training the rates they are known to grow at, per unit of their scaled
/// time, and their populations the mass that follows. With --mass counts rates are moved by one
/// constant a time so that the mass is that counted. `kept` are the time points of `cells`. Throws
/// as check_known_growth.
void add_known_growth(const KnownGrowth& growth, const data::Snapshots<float>& kept,
                      const Options& o, std::vector<TrainingCells>& cells);

}  // namespace program
