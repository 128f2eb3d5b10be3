// SPDX-License-Identifier: MIT
/// One file with everything: genes in the header, a record a cell, as adata.to_df().to_csv() has
/// it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/data/anndata.hpp>
#include <cytode/data/csv_shape.hpp>
#include <cytode/data/folder.hpp>
#include <cytode/data/join.hpp>
#include <cytode/data/numeric_csv.hpp>
#include <cytode/data/table.hpp>

namespace cytode::data::reading {

/// Whether a file of numbers has a line of names and a column of names.
struct Labels {
  bool header = false, index = false;
};

template <class = void>
inline bool number_like(const std::string& text, const std::vector<std::string>& missing) {
  double number = 0;
  return text.empty() || parse_number(text, number) || text == "True" || text == "False" ||
         std::find(missing.begin(), missing.end(), text) != missing.end();
}

/// Finds out from the first two records; what cannot be told is an error that says what to do.
template <class = void>
inline Labels find_labels(const std::string& path, const CsvShape& shape,
                          const AnnDataOptions& options) {
  const auto& first = shape.first;
  const auto& second = shape.second;
  Labels labels;
  labels.header = options.x_header == Presence::yes;
  const bool corner = first[0].empty() && first.size() > 1;
  if (options.x_header == Presence::detect) {
    labels.header = corner || second.size() == first.size() + 1;
    for (std::size_t i = 1; i < first.size(); ++i) {
      labels.header = labels.header || !number_like(first[i], options.missing);
    }
    if (first.size() == 1) labels.header = !number_like(first[0], options.missing);
    if (!labels.header && first.size() > 1 && are_positions(first)) {
      throw std::runtime_error(path +
                               ": the first line is 0, 1, 2, …: names of columns or numbers? Say "
                               "so with x_header");
    }
  }
  labels.index = options.x_index == Presence::yes;
  if (options.x_index == Presence::detect) {
    const auto& o = options.obs_columns;
    if (labels.header) {
      const bool annotation = std::find(o.begin(), o.end(), first[0]) != o.end();
      labels.index = corner || second.size() == first.size() + 1 ||
                     (!annotation && !second.empty() && !number_like(second[0], options.missing));
    } else {
      labels.index = !number_like(first[0], options.missing);
    }
  }
  return labels;
}

/// Moves the columns of the file that are annotation into the table of cells.
template <std::floating_point S>
void pick_obs_columns(AnnData<S>& a, const std::string& path, const CsvShape& shape,
                      const Labels& labels, const std::vector<std::string>& names,
                      const std::vector<char>& skip) {
  CsvScanner scanner(path, {.separator = shape.separator});
  if (labels.header) scanner.next();
  for (std::size_t c = 0; c < names.size(); ++c) {
    if (skip[c] != 0) a.obs.columns.push_back({names[c], {}});
  }
  if (a.obs.columns.empty()) return;
  for (Index r = 0; r < a.obs.rows && scanner.next(); ++r) {
    a.obs.lines.push_back(scanner.place().line);
    std::size_t k = 0;
    for (std::size_t c = 0; c < names.size(); ++c) {
      if (skip[c] == 0) continue;
      const std::size_t field = c + (labels.index ? 1 : 0);
      const std::string_view text = field < scanner.size() ? scanner[field] : "";
      const auto& m = a.options.missing;
      const bool missing = std::find(m.begin(), m.end(), text) != m.end();
      a.obs.columns[k++].values.emplace_back(missing ? std::string_view{} : text);
    }
  }
}

/// Puts the annotation of a companion file beside the cells.
template <std::floating_point S>
void join_companion(AnnData<S>& a, const AnnDataOptions& options) {
  if (!is_file(options.obs)) fail_missing("read_anndata", options.obs);
  Table t = read_table(
      options.obs, {.index = options.obs_index == Presence::no ? Presence::no : Presence::detect,
                    .missing = options.missing});
  a.notes.insert(a.notes.end(), t.notes.begin(), t.notes.end());
  std::vector<std::size_t> row_of(static_cast<std::size_t>(a.obs.rows));
  const bool by_name = t.has_names() && a.obs.has_names() && !are_positions(t.row_names) &&
                       !are_positions(a.obs.row_names);
  if (by_name) {
    JoinByName join(t.row_names, a.path, options.obs);
    for (std::size_t i = 0; i < row_of.size(); ++i) {
      row_of[i] = static_cast<std::size_t>(join(static_cast<Index>(i), a.obs.row_names[i]));
    }
    a.notes.push_back(options.obs + ": joined to " + a.path + " by name" +
                      (t.rows > a.obs.rows
                           ? "; " + std::to_string(t.rows - a.obs.rows) + " rows have no cell"
                           : ""));
  } else {
    if (t.rows != a.obs.rows) {
      throw std::runtime_error(options.obs + " has " + std::to_string(t.rows) + " rows, " + a.path +
                               " has " + std::to_string(a.obs.rows) +
                               " cells, and without names on both sides the order must match");
    }
    for (std::size_t i = 0; i < row_of.size(); ++i) row_of[i] = i;
    a.notes.push_back(options.obs + ": joined to " + a.path +
                      " by order, for the names of cells are not on both sides");
    if (t.has_names() && !are_positions(t.row_names)) a.obs.row_names = t.row_names;
  }
  for (const TableColumn& c : t.columns) {
    TableColumn& column = a.obs.columns.emplace_back();
    column.name = c.name;
    for (const std::size_t row : row_of) column.values.push_back(c.values[row]);
  }
  a.obs.lines.clear();
  for (const std::size_t row : row_of) a.obs.lines.push_back(t.lines[row]);
  a.obs.file = options.obs;
}

template <std::floating_point S>
AnnData<S> read_labelled(const std::string& path, const AnnDataOptions& options) {
  AnnData<S> a;
  a.path = path;
  a.options = options;
  const CsvShape shape = csv_shape(path, options.separator);
  if (shape.records == 0) throw std::runtime_error("'" + path + "' has no records");
  const Labels labels = find_labels(path, shape, options);
  std::vector<std::string> names = shape.first;
  const auto& sample = labels.header && !shape.second.empty() ? shape.second : shape.first;
  if (labels.index && names.size() == sample.size()) names.erase(names.begin());
  if (!labels.header) {
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = std::to_string(i);
  }
  std::vector<char> skip(names.size(), 0);
  for (std::size_t c = 0; c < names.size(); ++c) {
    const auto& o = options.obs_columns;
    const std::size_t field = c + (labels.index ? 1 : 0);
    const bool asked = labels.header && std::find(o.begin(), o.end(), names[c]) != o.end();
    const bool text = field < sample.size() && !number_like(sample[field], options.missing);
    skip[c] = asked || text ? 1 : 0;
    if (text && !asked) {
      a.notes.push_back(path + ": column '" + names[c] + "' holds text ('" + sample[field] +
                        "') and counts as annotation of cells");
    }
  }
  NumericCsv<S> read = read_numeric_csv<S>(path,
                                           {.separator = shape.separator,
                                            .header = labels.header,
                                            .index = labels.index,
                                            .missing = options.missing,
                                            .skip = skip},
                                           shape);
  a.x = std::move(read.values);
  a.obs.file = a.var.file = path;
  a.obs.rows = a.x.cols();
  a.obs.row_names = std::move(read.names);
  a.var.rows = a.x.rows();
  a.var.row_names = std::move(read.header);
  tables::note_duplicates(a.obs.row_names, "names of cells", path, a.notes);
  tables::note_duplicates(a.var.row_names, "names of genes", path, a.notes);
  pick_obs_columns(a, path, shape, labels, names, skip);
  if (!options.obs.empty()) join_companion(a, options);
  return a;
}

}  // namespace cytode::data::reading
