// SPDX-License-Identifier: MIT
/// Reads X of an AnnData export, however large, into one matrix.
#pragma once

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <cytode/data/anndata.hpp>
#include <cytode/data/csv_shape.hpp>
#include <cytode/data/folder.hpp>
#include <cytode/data/join.hpp>
#include <cytode/data/numeric_csv.hpp>
#include <cytode/data/read_labelled.hpp>

namespace cytode::data {

namespace reading {

inline std::string size_text(Index records, Index fields) {
  return std::to_string(records) + " records of " + std::to_string(fields) + " fields";
}

/// Which of header and index make the numbers fit the tables; throws if none do.
template <std::floating_point S>
Labels fit_labels(const AnnData<S>& a, const std::string& path, const CsvShape& shape) {
  const auto fields = static_cast<Index>(std::max(shape.first.size(), shape.second.size()));
  const Index cells = a.cells(), genes = a.genes();
  const bool known = !a.var.file.empty();
  const auto allowed = [](Presence p, bool has) {
    return p == Presence::detect || (p == Presence::yes) == has;
  };
  bool transposed = false;
  for (const Labels l :
       {Labels{false, false}, Labels{true, true}, Labels{true, false}, Labels{false, true}}) {
    if (!allowed(a.options.x_header, l.header) || !allowed(a.options.x_index, l.index)) continue;
    const Index records = shape.records - (l.header ? 1 : 0);
    const Index numbers = fields - (l.index ? 1 : 0);
    const bool fits =
        known ? numbers == genes : l.index == find_labels(path, shape, a.options).index;
    if (records == cells && fits) return l;
    transposed = transposed || (known && records == genes && numbers == cells);
  }
  const std::string sizes =
      path + " has " + size_text(shape.records, fields) + ", " + a.obs.file + " has " +
      std::to_string(cells) + " cells" +
      (known ? ", " + a.var.file + " has " + std::to_string(genes) + " genes" : std::string());
  if (transposed) {
    throw std::runtime_error(sizes +
                             ": X is transposed, wanted one record a cell; write its "
                             "transpose");
  }
  throw std::runtime_error(sizes + ", which does not fit, with or without names" +
                           " (an entry of uns named 'X', 'obs' or 'var' is written over that "
                           "table)");
}

/// Where each gene of the header is in var; empty if the order is the same or there are no names.
template <std::floating_point S>
std::vector<Index> gene_order(const AnnData<S>& a, const std::string& path,
                              const std::vector<std::string>& header) {
  const std::vector<std::string>& genes = a.var.row_names;
  if (header.empty() || genes.empty() || header == genes || are_positions(header)) return {};
  const auto& cells = a.obs.row_names;
  if (header == cells || (std::find(genes.begin(), genes.end(), header[0]) == genes.end() &&
                          std::find(cells.begin(), cells.end(), header[0]) != cells.end())) {
    throw std::runtime_error(path + ": the header holds names of cells ('" + header[0] +
                             "'): X is transposed, wanted one record a cell; write its transpose");
  }
  JoinByName join(genes, path + ", header", a.var.file);
  std::vector<Index> order;
  for (std::size_t i = 0; i < header.size(); ++i) {
    order.push_back(join(static_cast<Index>(i), header[i]));
  }
  return order;
}

}  // namespace reading

/// Reads X as a matrix of genes × cells in the order of var and obs; memory is that matrix.
///
/// X.csv of an export has neither header nor names; if somebody wrote it with them, that is found
/// out from the sizes, and cells and genes are joined by name (notes says so). Throws
/// std::runtime_error if there is no X.csv, if its size does not fit obs and var (all numbers
/// shown; a transposed X is called so), and for missing values and texts (file, line, column,
/// cell).
template <std::floating_point S>
[[nodiscard]] Matrix<S> read_x(const AnnData<S>& a, std::vector<std::string>* notes = nullptr) {
  if (a.x.size() > 0 || !is_folder(a.path)) return a.x;
  const std::string path = a.path + "/X.csv";
  if (!is_file(path)) {
    throw std::runtime_error("no X.csv in '" + a.path +
                             "': export with adata.write_csvs(folder, skip_data=False)");
  }
  const CsvShape shape = csv_shape(path, a.options.separator);
  if (shape.records == 0) throw std::runtime_error(path + " is empty");
  const reading::Labels labels = reading::fit_labels(a, path, shape);
  NumericCsvOptions options{.separator = shape.separator,
                            .header = labels.header,
                            .index = labels.index,
                            .missing = a.options.missing,
                            .cell_names = &a.obs.row_names};
  std::vector<Index> order;
  if (labels.header) {
    auto header = shape.first;
    if (labels.index && static_cast<Index>(header.size()) > a.genes()) header.erase(header.begin());
    order = reading::gene_order(a, path, header);
  }
  JoinByName join(a.obs.row_names, path, a.obs.file);
  const bool named = labels.index && a.obs.has_names();
  const auto& sample = labels.header ? shape.second : shape.first;
  const bool by_name = named && !sample.empty() && (sample[0] != "0" || a.obs.row_names[0] == "0");
  if (by_name) options.place = std::ref(join);
  if (notes != nullptr && (by_name || !order.empty())) {
    notes->push_back(path + ": joined by name (" + (by_name ? "cells" : "") +
                     (by_name && !order.empty() ? " and " : "") + (order.empty() ? "" : "genes") +
                     ")");
  }
  Matrix<S> x = read_numeric_csv<S>(path, options, shape).values;
  if (!order.empty()) {
    Vector<S> cell(x.rows());
    for (Index c = 0; c < x.cols(); ++c) {
      cell = x.col(c);
      for (Index g = 0; g < x.rows(); ++g) x(order[static_cast<std::size_t>(g)], c) = cell[g];
    }
  }
  return x;
}

}  // namespace cytode::data
