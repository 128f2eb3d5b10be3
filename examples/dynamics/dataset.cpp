// SPDX-License-Identifier: MIT
#include "dataset.hpp"

#include <cstdio>

#include <cytode/data/read_anndata.hpp>
#include <cytode/data/take_snapshots.hpp>

#include "condition.hpp"

namespace program {
namespace {

/// The unit of expression that is itself the scaled coordinate.
constexpr const char* z_score = "z-score";

/// Finds out whether X, or log(1 + X), times the loadings gives the basis, so that expression can
/// be shown beside the model's; anything else is left out with a note.
void match_expression(const data::AnnData<float>& a, const std::string& basis, Genes& genes,
                      std::vector<std::string>& notes) {
  Matrix<float> x;
  try {
    x = a.x.size() > 0 ? a.x : data::read_x(a, &notes);
  } catch (const std::exception& e) {
    notes.push_back(std::string(e.what()) + ": expression is shown relative to the mean");
    return;
  }
  const Matrix<float>& wanted = a.obsm.at(basis);
  const Matrix<float>& loadings = a.varm.at(basis == "X_pca" ? "PCs" : basis);
  const Index k = std::min(wanted.rows(), loadings.rows());
  for (const bool logarithm : {false, true}) {
    if (logarithm && !(x.minCoeff() >= 0)) break;
    Matrix<double> y = x.cast<double>();
    if (logarithm) y = y.array().log1p();
    const Vector<double> mean = y.rowwise().mean();
    const Matrix<double> made = loadings.topRows(k).cast<double>() * (y.colwise() - mean);
    const Matrix<double> centred =
        wanted.topRows(k).cast<double>().colwise() -
        Vector<double>(wanted.topRows(k).cast<double>().rowwise().mean());
    if ((made - centred).norm() < 0.02 * centred.norm()) {
      genes.offset += mean;
      genes.observed = y.cast<float>();
      genes.unit = logarithm ? "log(1 + count)" : "expression";
      return;
    }
  }
  notes.push_back("X times the loadings does not give '" + basis +
                  "': expression is shown relative to the mean cell");
}

/// Loadings for the basis: X itself, varm's PCs for X_pca, or a varm of the basis' own name.
std::optional<Genes> find_genes(const data::AnnData<float>& a, const Options& o, Index dims,
                                std::vector<std::string>& notes) {
  if (a.var.row_names.empty()) return std::nullopt;
  Genes genes{a.var.row_names, {}, Vector<double>::Zero(a.genes()), {}, "relative expression"};
  if (o.basis == "X" && !a.obsm.contains("X")) {
    genes.names.resize(static_cast<std::size_t>(dims));
    genes.loadings = Matrix<float>::Identity(dims, dims);
    genes.offset = Vector<double>::Zero(dims);
    genes.unit = o.standardize == Standardize::all ? z_score : "value";
    return genes;
  }
  const auto found = a.varm.find(o.basis == "X_pca" ? "PCs" : o.basis);
  if (found == a.varm.end() || found->second.rows() < dims) return std::nullopt;
  genes.loadings = found->second.topRows(dims);
  if (!genes.loadings.allFinite()) {
    notes.push_back("varm '" + found->first + "' has missing loadings: no genes are drawn");
    return std::nullopt;
  }
  const Vector<double> centre = a.obsm.at(o.basis).topRows(dims).cast<double>().rowwise().mean();
  genes.offset = -(genes.loadings.cast<double>().transpose() * centre);
  match_expression(a, o.basis, genes, notes);
  return genes;
}

/// A velocity to follow or compare with: the one named; or velocity_true_<basis>, velocity_true or
/// velocity_<basis>, whichever is there with the right number of coordinates.
std::optional<Reference> find_reference(const data::AnnData<float>& a, const Options& o,
                                        Index dims) {
  const std::string own = suffix(o.basis);
  const Index whole = a.obsm.contains(o.basis) ? a.obsm.at(o.basis).rows() : a.genes();
  if (!o.velocity.empty()) {
    const auto found = a.obsm.find(o.velocity);
    if (found == a.obsm.end()) {
      std::vector<std::string> keys;
      for (const auto& [key, values] : a.obsm) keys.push_back(key);
      throw std::invalid_argument("--velocity: obsm has no '" + o.velocity + "'" +
                                  data::suggest(o.velocity, keys));
    }
    if (o.velocity == o.basis || found->second.rows() < dims) {
      throw std::invalid_argument("--velocity: '" + o.velocity + "' " +
                                  (o.velocity == o.basis
                                       ? "is the basis itself: name the velocities of its cells"
                                       : "has " + std::to_string(found->second.rows()) +
                                             " coordinates, fewer than the " +
                                             std::to_string(dims) + " of " + o.basis + " in use"));
    }
    return Reference{o.velocity, found->second.topRows(dims)};
  }
  for (const std::string& key :
       {"velocity_true_" + own, std::string("velocity_true"), "velocity_" + own}) {
    const auto found = a.obsm.find(key);
    if (found == a.obsm.end() || found->second.rows() != whole) continue;
    return Reference{key, found->second.topRows(dims)};
  }
  return std::nullopt;
}

/// Names of the coordinates in use.
std::vector<std::string> name_coordinates(const data::AnnData<float>& a, const Options& o,
                                          Index dims) {
  const std::string own = suffix(o.basis);
  const std::string name = own == "pca"    ? "PC"
                           : own == "umap" ? "UMAP"
                           : own == "tsne" ? "t-SNE"
                                           : own;
  const bool genes = o.basis == "X" && !a.obsm.contains("X");
  std::vector<std::string> names;
  for (Index i = 0; i < dims; ++i) {
    const auto at = static_cast<std::size_t>(i);
    names.push_back(genes && at < a.var.row_names.size() ? a.var.row_names[at]
                                                         : name + " " + std::to_string(i + 1));
  }
  return names;
}

/// The library's words for the program's options in a message.
std::string in_words_of_options(std::string text) {
  const auto replace = [&](const std::string& from, const std::string& to) {
    if (const auto at = text.find(from); at != std::string::npos) {
      text.replace(at, from.size(), to);
    }
  };
  replace("snapshots: dims is ", "--dims is ");
  replace("snapshots: no time column", "--time: no column");
  replace("snapshots: no basis", "--basis: no coordinates");
  replace("give the time of each such label in time_values",
          "say what such labels mean with --time-values LABEL=NUMBER,...");
  return text;
}

data::Snapshots<float> read_snapshots(const data::AnnData<float>& a, const Options& o) {
  try {
    return data::snapshots(
        a, {.time = o.time, .basis = o.basis, .dims = o.dims, .time_values = o.time_values});
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(in_words_of_options(e.what()));
  }
}

/// Moves everything to z-scores over all cells, expression kept as it is.
void standardize_all(Dataset& data) {
  check_varies(data.snapshots, data, "of the data");
  data.scaling = data::Standardizer::fit(data.snapshots);
  const data::Standardizer& scaling = *data.scaling;
  data.rescale(scaling);
  if (data.genes && data.genes->unit != z_score) {  // back to the space of the loadings
    Genes& genes = *data.genes;
    genes.offset += genes.loadings.cast<double>().transpose() * scaling.mean();
    genes.loadings = scaling.scale().cast<float>().asDiagonal() * genes.loadings;
  }
  for (std::string& name : data.coordinates) name += " (z)";
}

}  // namespace

void check_varies(const data::Snapshots<float>& cells, const Dataset& data,
                  const std::string& which) {
  for (Index f = 0; f < cells.features(); ++f) {
    const float first = cells.front().cells(f, 0);
    bool constant = true;
    for (const auto& s : cells) constant = constant && (s.cells.row(f).array() == first).all();
    if (!constant) continue;
    char value[32];
    std::snprintf(value, sizeof value, "%.4g", static_cast<double>(first));
    throw std::invalid_argument("coordinate " + std::to_string(f + 1) + " ('" +
                                data.coordinates[static_cast<std::size_t>(f)] + "') is " + value +
                                " in every cell " + which +
                                ", which cannot be scaled: leave it out of the export, use fewer "
                                "--dims, another --basis, or --standardize none");
  }
}

Dataset load(const Options& o) {
  data::AnnData<float> a = data::read_anndata<float>(o.data);
  data::Snapshots<float> all = read_snapshots(a, o);
  std::vector<std::string> notes = a.notes;
  notes.insert(notes.end(), all.notes().begin(), all.notes().end());
  std::optional<Genes> genes = find_genes(a, o, all.features(), notes);
  if (!o.genes.empty() && !genes) {
    throw std::invalid_argument("--genes: there are no gene loadings for basis '" + o.basis + "'");
  }
  for (const std::string& name : o.genes) (void)genes->find(name);
  std::optional<Reference> reference = find_reference(a, o, all.features());
  std::vector<std::string> coordinates = name_coordinates(a, o, all.features());
  Dataset data{std::move(a),         std::move(all),         std::move(genes),
               std::move(reference), std::move(coordinates), std::move(notes)};
  if (!o.condition.empty()) {
    data.condition = read_condition(data.source, o, data.notes);
    note_late_classes(*data.condition, data.snapshots, data.notes);
  }
  if (o.knows_growth()) {
    data.growth = read_known_growth(data.source, data.snapshots, o, data.notes);
  }
  if (o.standardize == Standardize::all) standardize_all(data);
  return data;
}

}  // namespace program
