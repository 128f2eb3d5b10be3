// SPDX-License-Identifier: MIT
/// Reads the folder that adata.write_csvs makes, or the file that adata.to_df().to_csv makes.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/data/anndata.hpp>
#include <cytode/data/column_groups.hpp>
#include <cytode/data/csv_shape.hpp>
#include <cytode/data/folder.hpp>
#include <cytode/data/join.hpp>
#include <cytode/data/numeric_csv.hpp>
#include <cytode/data/read_labelled.hpp>
#include <cytode/data/table.hpp>

namespace cytode::data {

namespace reading {

/// Says why a table may be something else altogether.
inline std::string replaced_hint(const std::string& table) {
  return " (an entry of uns named '" + table + "' is written over " + table + ".csv)";
}

/// The separator of a folder: that of the first header line that has any.
template <class = void>
inline char folder_separator(const std::string& folder) {
  for (const char* name : {"/obs.csv", "/var.csv", "/obsm.csv", "/X.csv"}) {
    const std::string path = folder + name;
    if (!is_file(path)) continue;
    const CsvScanner scanner(path);
    if (scanner.separator_known()) return scanner.separator();
  }
  return ',';
}

/// obsm.csv or varm.csv: every key to a matrix of its columns × rows of the table.
template <std::floating_point S>
void read_embeddings(AnnData<S>& a, const std::string& which, const Table& table,
                     std::map<std::string, Matrix<S>>& out) {
  const std::string path = a.path + "/" + which + ".csv";
  if (!is_file(path)) return;
  const CsvShape shape = csv_shape(path, a.options.separator);
  if (shape.records == 0) return;  // no keys: empty lines
  const bool index = shape.first[0].empty() || shape.second.size() == shape.first.size() + 1;
  std::vector<std::string> names = shape.first;
  if (index && shape.second.size() == names.size()) names.erase(names.begin());
  const Index rows = shape.records - 1;
  if (rows != table.rows) {
    throw std::runtime_error(path + " has " + std::to_string(rows) + " rows, " + table.file +
                             " has " + std::to_string(table.rows) + replaced_hint(which));
  }
  std::vector<ColumnGroup> groups = group_columns(names);
  std::vector<char> skip(names.size(), 1);
  for (ColumnGroup& g : groups) {
    for (const Index c : g.columns) {
      const auto field = static_cast<std::size_t>(c) + (index ? 1 : 0);
      const std::string text = field < shape.second.size() ? shape.second[field] : "";
      double number = 0;
      const bool numeric = text.empty() || parse_number(text, number) || text == "True" ||
                           text == "False" ||
                           std::find(a.options.missing.begin(), a.options.missing.end(), text) !=
                               a.options.missing.end();
      if (numeric || !g.problem.empty()) continue;
      const bool frame = static_cast<Index>(g.columns.size()) == table.rows;
      g.problem = frame && std::find(table.row_names.begin(), table.row_names.end(), text) !=
                               table.row_names.end()
                      ? "it holds cell names instead of numbers, one column a cell: the entry was "
                        "a DataFrame, which this version of anndata does not export; replace it "
                        "by its .to_numpy() and export again"
                      : path + ", line 2, column " + std::to_string(field + 1) + " ('" +
                            names[static_cast<std::size_t>(c)] + "'): '" + text +
                            "' is not a number";
    }
    if (g.problem.empty()) {
      for (const Index c : g.columns) skip[static_cast<std::size_t>(c)] = 0;
    } else {
      a.unreadable[which + "/" + g.key] = g.problem;
      a.notes.push_back(which + " '" + g.key + "' is left out: " + g.problem);
    }
  }
  NumericCsvOptions options{.separator = a.options.separator,
                            .header = true,
                            .index = index,
                            .allow_missing = true,
                            .missing = a.options.missing,
                            .skip = skip,
                            .cell_names = &table.row_names};
  std::optional<JoinByName> join;
  if (index && table.has_names() && !shape.second.empty() && shape.second[0] != "0") {
    options.place = std::ref(join.emplace(table.row_names, path, table.file));
    a.notes.push_back(path + ": joined to " + table.file + " by name");
  } else if (index) {
    a.notes.push_back(path + ": joined to " + table.file + " by order");
  }
  NumericCsv<S> read = read_numeric_csv<S>(path, options, shape);
  if (read.missing > 0) {
    a.notes.push_back(path + ": " + std::to_string(read.missing) + " missing values");
  }
  for (const ColumnGroup& g : groups) {
    if (!g.problem.empty()) continue;
    const auto first = std::count(skip.begin(), skip.begin() + g.columns[0], 0);
    const auto n = static_cast<Index>(g.columns.size());
    if (n == read.values.rows()) {  // the only one: no second copy
      out[g.key] = std::move(read.values);
    } else {
      out[g.key] = read.values.middleRows(first, n);  // the columns of a key are a run
    }
    MatrixSource source{path, g.columns, !options.place};
    for (Index& c : source.columns) c += index ? 1 : 0;
    a.sources[which + "/" + g.key] = std::move(source);
  }
}

template <std::floating_point S>
AnnData<S> read_folder(const std::string& path, const AnnDataOptions& options) {
  AnnData<S> a;
  a.path = path;
  while (a.path.size() > 1 && a.path.back() == '/') a.path.pop_back();
  a.options = options;
  check(
      options.obs.empty() && options.obs_columns.empty(), "read_anndata", "'", a.path,
      "' is a folder with its own obs.csv; the options obs and obs_columns are for a single file");
  const std::string obs = a.path + "/obs.csv";
  check(is_file(obs), "read_anndata", "no obs.csv in folder '", a.path,
        "', wanted what adata.write_csvs('", a.path, "', skip_data=False) writes",
        suggest("obs.csv", list_folder(a.path)));
  if (a.options.separator == '\0') a.options.separator = folder_separator(a.path);
  const TableOptions table{
      .separator = a.options.separator, .index = options.obs_index, .missing = options.missing};
  a.obs = read_table(obs, table);
  if (is_file(a.path + "/var.csv")) {
    a.var = read_table(a.path + "/var.csv", table);
  } else {
    a.notes.push_back("no var.csv in '" + a.path + "': genes have no names");
  }
  for (const Table* t : {&a.obs, &a.var}) {
    a.notes.insert(a.notes.end(), t->notes.begin(), t->notes.end());
  }
  read_embeddings(a, "obsm", a.obs, a.obsm);
  if (a.var.rows > 0) read_embeddings(a, "varm", a.var, a.varm);
  for (const std::string& name : list_folder(a.path + "/uns")) {
    if (name.ends_with(".csv")) a.uns.push_back(name.substr(0, name.size() - 4));
  }
  return a;
}

}  // namespace reading

/// Reads an AnnData as exported in CSV; X of a folder is left on disk, see read_x.
///
/// A folder is what `adata.write_csvs(folder, skip_data=False)` writes: its files are joined by
/// order, for only obs.csv and var.csv have names. A file is what `adata.to_df().to_csv(file)`
/// writes: genes in the header, cell names first; its annotation may come from options.obs (joined
/// by name where both have names, by order otherwise; the notes say which) or from columns of its
/// own. Embeddings that cannot be used are left out and explained in `unreadable` and the notes.
/// Throws std::invalid_argument for a path that does not exist (what there is, the nearest name)
/// and std::runtime_error for content: file, line, column, text; both numbers where sizes differ.
template <std::floating_point S>
[[nodiscard]] AnnData<S> read_anndata(const std::string& path, const AnnDataOptions& options = {}) {
  if (is_folder(path)) return reading::read_folder<S>(path, options);
  if (!is_file(path)) fail_missing("read_anndata", path);
  return reading::read_labelled<S>(path, options);
}

/// The records of an entry of uns: texts as they stand.
template <std::floating_point S>
[[nodiscard]] std::vector<std::vector<std::string>> read_uns(const AnnData<S>& a,
                                                             const std::string& key) {
  check(std::find(a.uns.begin(), a.uns.end(), key) != a.uns.end(), "read_uns", "no entry '", key,
        "' in uns of '", a.path, "'", suggest(key, a.uns));
  std::vector<std::vector<std::string>> records;
  CsvScanner scanner(a.path + "/uns/" + key + ".csv", {.separator = a.options.separator});
  while (scanner.next()) {
    auto& fields = records.emplace_back();
    for (std::size_t i = 0; i < scanner.size(); ++i) fields.emplace_back(scanner[i]);
  }
  return records;
}

/// A vector or matrix in uns as numbers: columns of the file × records, so a vector is one row.
template <std::floating_point S>
[[nodiscard]] Matrix<S> read_uns_numbers(const AnnData<S>& a, const std::string& key) {
  check(std::find(a.uns.begin(), a.uns.end(), key) != a.uns.end(), "read_uns_numbers", "no entry '",
        key, "' in uns of '", a.path, "'", suggest(key, a.uns));
  return read_numeric_csv<S>(a.path + "/uns/" + key + ".csv",
                             {.separator = a.options.separator, .allow_missing = true})
      .values;
}

}  // namespace cytode::data
