// SPDX-License-Identifier: MIT
/// What AnnData exports as CSV, as it lies in memory: tables, embeddings, and where X is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/data/csv_shape.hpp>
#include <cytode/data/table.hpp>

namespace cytode::data {

struct AnnDataOptions {
  char separator = '\0';                 ///< '\0' guesses from the header lines.
  Presence obs_index = Presence::yes;    ///< obs.csv and var.csv start with the names; a companion
                                         ///< obs of a single file: detect unless no.
  Presence x_header = Presence::detect;  ///< X has a line of gene names.
  Presence x_index = Presence::detect;   ///< X has a column of cell names.
  std::string obs{};                     ///< A single X file: CSV with the annotation of its cells.
  std::vector<std::string> obs_columns{};  ///< A single X file: columns of it that are annotation.
  std::vector<std::string> missing{};      ///< Texts that mean missing, besides nothing.
};

/// Where an embedding came from: for messages.
struct MatrixSource {
  std::string file;
  std::vector<Index> columns;  ///< 0-based columns of the file.
  bool in_order = true;        ///< The rows of the file are those of the table; line = row + 2.
};

/// An AnnData without X: annotation of cells and genes, embeddings, and where the rest is.
template <std::floating_point S>
struct AnnData {
  std::string path;                       ///< The folder, or the single file.
  Table obs;                              ///< One row a cell.
  Table var;                              ///< One row a gene; no rows if the folder has no var.csv.
  std::map<std::string, Matrix<S>> obsm;  ///< Embeddings by key, features × cells; NaN if missing.
  std::map<std::string, Matrix<S>> varm;  ///< Loadings by key, components × genes.
  Matrix<S> x;  ///< Genes × cells of a single file; empty for a folder: see read_x.
  std::map<std::string, MatrixSource> sources;    ///< By "obsm/<key>" and "varm/<key>".
  std::map<std::string, std::string> unreadable;  ///< Keys left out, by the same names, and why.
  std::vector<std::string> uns;                   ///< Keys in the folder uns.
  std::vector<std::string> notes;                 ///< What a person should hear about.
  AnnDataOptions options;                         ///< As read, with the separator found.

  [[nodiscard]] Index cells() const noexcept { return obs.rows; }
  [[nodiscard]] Index genes() const noexcept { return var.rows; }
};

}  // namespace cytode::data
