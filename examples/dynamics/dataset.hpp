// SPDX-License-Identifier: MIT
/// What the program reads: snapshots, gene loadings, and a reference velocity where there is one.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cytode/data/anndata.hpp>
#include <cytode/data/nearest.hpp>
#include <cytode/data/snapshots.hpp>
#include <cytode/data/standardizer.hpp>

#include "known_growth.hpp"
#include "options.hpp"

namespace program {

using namespace cytode;

/// How coordinates become expression: gene g at x is offset_g + Σ_k loadings(k, g) x_k.
struct Genes {
  std::vector<std::string> names;
  Matrix<float> loadings;  // dims × genes; the identity when the basis is X itself
  Vector<double> offset;   // makes the mean cell's expression that of X, or 0 where X is not known
  Matrix<float> observed;  // genes × cells in the order of obs; empty without a matching X
  std::string unit;        // axis label

  /// Index of a gene; throws std::invalid_argument with the nearest name if there is none.
  [[nodiscard]] Index find(const std::string& name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    check(found != names.end(), "--genes", "no gene '", name, "'", data::suggest(name, names));
    return found - names.begin();
  }
  /// Expression of some genes at some points, genes × points.
  [[nodiscard]] Matrix<double> at(const Matrix<float>& x, const std::vector<Index>& which) const {
    Matrix<double> out(static_cast<Index>(which.size()), x.cols());
    for (std::size_t i = 0; i < which.size(); ++i) {
      const Vector<double> weights = loadings.col(which[i]).cast<double>();
      out.row(static_cast<Index>(i)) =
          (weights.transpose() * x.cast<double>()).array() + offset[which[i]];
    }
    return out;
  }
};

/// A velocity that came with the data, dims × cells in the order of obs.
struct Reference {
  std::string key;
  Matrix<float> velocity;

  /// True if it has the units of the data: it comes from a simulation.
  [[nodiscard]] bool truth() const { return key.starts_with("velocity_true"); }
};

/// A column of obs that the dynamics may depend on.
struct Condition {
  std::string column;
  std::vector<std::string> names;  // of the rows: categories, or the column itself
  Matrix<float> values;            // rows × cells in the order of obs; zeros where it is missing
  std::vector<Index> category;     // of each cell, −1 where it is missing; empty for a number
};

/// The data of one run.
struct Dataset {
  data::AnnData<float> source;
  data::Snapshots<float> snapshots;  // in the space in which scores are given
  std::optional<Genes> genes;
  std::optional<Reference> reference;
  std::vector<std::string> coordinates;  // what to call each: "PC 1", "UMAP 2", "GATA1"
  std::vector<std::string> notes;
  // From the data as given to the space of scores, where that is another (--standardize all).
  std::optional<data::Standardizer> scaling{};
  std::optional<Condition> condition{};
  std::optional<KnownGrowth> growth{};

  [[nodiscard]] const std::vector<std::string>& names() const { return source.obs.row_names; }
  /// Conditions of the cells of a time point, conditions × n.
  [[nodiscard]] Matrix<float> conditions(const data::Snapshot<float>& s) const {
    return condition ? Matrix<float>(condition->values(Eigen::all, s.rows))
                     : Matrix<float>(0, s.cells.cols());
  }
  /// Measured velocities of the cells of a time point, dims × n.
  [[nodiscard]] Matrix<float> velocities(const data::Snapshot<float>& s) const {
    return reference->velocity(Eigen::all, s.rows);
  }
  /// The same data in another space: snapshots and velocities scaled.
  void rescale(const data::Standardizer& to) {
    snapshots = to.apply(snapshots);
    if (reference) reference->velocity = to.apply_velocity(reference->velocity);
  }
};

/// The part of a basis' name that velocities carry: "X_pca" gives "pca", "X" gives "X".
inline std::string suffix(const std::string& basis) {
  return basis.starts_with("X_") ? basis.substr(2) : basis;
}

/// Throws std::invalid_argument for a coordinate that has one value in every cell, which no scaling
/// can change. `which` says which cells: "at the times kept".
void check_varies(const data::Snapshots<float>& cells, const Dataset& data,
                  const std::string& which);

/// Reads everything a run needs; expression and velocities as far as they are there. Errors are
/// those of the library's readers, and std::invalid_argument for --genes that do not exist.
Dataset load(const Options& o);

}  // namespace program
