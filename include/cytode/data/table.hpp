// SPDX-License-Identifier: MIT
/// A table of texts with named columns and, where the file has them, named rows.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/csv_scanner.hpp>
#include <cytode/data/folder.hpp>
#include <cytode/data/nearest.hpp>
#include <cytode/data/number.hpp>

namespace cytode::data {

struct TableColumn {
  std::string name;
  std::vector<std::string> values;  ///< As in the file, unquoted; empty means missing.
};

/// Columns of texts over the same rows. Order and spelling are those of the file.
struct Table {
  std::string file;                    ///< Where it was read, for messages; may be empty.
  std::string index_name;              ///< Header over the row names, usually empty.
  std::vector<std::string> row_names;  ///< One a row, or none at all.
  std::vector<TableColumn> columns;
  std::vector<long long> lines;    ///< Line of each row in the file; may be empty.
  std::vector<std::string> notes;  ///< What a person should hear about, such as duplicate names.
  Index rows = 0;

  template <class = void>
  [[nodiscard]] bool has_names() const noexcept {
    return !row_names.empty();
  }
  template <class = void>
  [[nodiscard]] bool has(std::string_view name) const noexcept {
    return find(name) != nullptr;
  }
  template <class = void>
  [[nodiscard]] std::vector<std::string> column_names() const {
    std::vector<std::string> names;
    for (const TableColumn& c : columns) names.push_back(c.name);
    return names;
  }

  /// Texts of a column; throws std::invalid_argument with the columns there are and the nearest.
  template <class = void>
  [[nodiscard]] const std::vector<std::string>& column(std::string_view name) const {
    if (const TableColumn* c = find(name)) return c->values;
    fail_check("Table::column", "no column '", name, "' in ", file.empty() ? "the table" : file,
               suggest(name, column_names()));
  }

  /// A column as numbers, missing ones as NaN, True and False as 1 and 0; throws std::runtime_error
  /// naming file, line, column and text for anything else.
  template <class = void>
  [[nodiscard]] std::vector<double> numbers(std::string_view name) const {
    const std::vector<std::string>& texts = column(name);
    std::vector<double> values(texts.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t r = 0; r < texts.size(); ++r) {
      if (texts[r].empty() || parse_number(texts[r], values[r])) continue;
      if (texts[r] != "True" && texts[r] != "False") {
        throw std::runtime_error(where(r, name) + "'" + texts[r] + "' is not a number");
      }
      values[r] = texts[r] == "True" ? 1 : 0;
    }
    return values;
  }

  /// "<file>, line l, column 'name', row 'cell': " for messages.
  template <class = void>
  [[nodiscard]] std::string where(std::size_t row, std::string_view name) const {
    std::string text = file.empty() ? "table" : file;
    if (row < lines.size()) text += ", line " + std::to_string(lines[row]);
    text += ", column '" + std::string(name) + "', row ";
    text += row < row_names.size() ? "'" + row_names[row] + "'" : std::to_string(row + 1);
    return text + ": ";
  }

 private:
  template <class = void>
  [[nodiscard]] const TableColumn* find(std::string_view name) const noexcept {
    const auto at = std::find_if(columns.begin(), columns.end(),
                                 [&](const TableColumn& c) { return c.name == name; });
    return at == columns.end() ? nullptr : &*at;
  }
};

/// Whether something is in a file: told by the user, or to be found out from the content.
enum class Presence { detect, yes, no };

struct TableOptions {
  char separator = '\0';               ///< '\0' guesses from the header.
  Presence index = Presence::detect;   ///< The first column holds the names of the rows.
  std::vector<std::string> missing{};  ///< Texts that mean missing, besides nothing: "NA", "nan".
};

namespace tables {

/// Notes the names that occur more than once; the first column of that name is the one found.
template <class = void>
inline void note_duplicates(const std::vector<std::string>& names, const std::string& what,
                            const std::string& file, std::vector<std::string>& notes) {
  struct Entry {
    std::size_t hash, row;
  };
  std::vector<Entry> entries;  // one run of memory, where a hash map scatters a million nodes
  entries.reserve(names.size());
  for (std::size_t row = 0; row < names.size(); ++row) {
    entries.push_back({std::hash<std::string_view>{}(names[row]), row});
  }
  std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    const int order = names[a.row].compare(names[b.row]);
    return order != 0 ? order < 0 : a.row < b.row;
  });
  std::size_t twice = 0, first = names.size();  // row of the first name that was there before
  for (std::size_t k = 1, run = 1; k < entries.size(); ++k) {
    const bool again = entries[k].hash == entries[k - 1].hash &&
                       names[entries[k].row] == names[entries[k - 1].row];
    run = again ? run + 1 : 1;
    if (run != 2) continue;
    ++twice;
    first = std::min(first, entries[k].row);
  }
  if (twice == 0) return;
  notes.push_back(file + ": " + std::to_string(twice) + " of the " + what +
                  (twice == 1 ? " occurs" : " occur") + " more than once, for instance '" +
                  names[first] + "'; their order is kept");
}

/// Rows after which a table guesses how many there will be.
inline constexpr Index rows_to_guess = 1024;

/// Room for as many rows as the file seems to have, after `byte` bytes: columns then need not grow,
/// which leaves holes in memory as large as they are. What is too much stays untouched.
template <class = void>
inline void make_room(Table& t, const std::string& path, long long byte) {
  const long long size = file_size(path);
  if (size < 0 || byte <= 0) return;
  const double guess =
      1.1 * static_cast<double>(t.rows) * static_cast<double>(size) / static_cast<double>(byte);
  if (guess > static_cast<double>(size)) return;  // a row has a byte and more
  for (TableColumn& c : t.columns) c.values.reserve(static_cast<std::size_t>(guess));
  t.lines.reserve(static_cast<std::size_t>(guess));
}

/// True if the first column looks like row names: no header above it, or texts all different.
template <class = void>
inline bool names_in_first_column(const Table& t) {
  if (t.columns.empty()) return false;
  if (t.columns[0].name.empty()) return true;
  if (t.rows == 0) return false;
  std::unordered_map<std::string_view, int> seen;
  double number = 0;
  for (const std::string& value : t.columns[0].values) {
    if (value.empty() || parse_number(value, number) || ++seen[value] > 1) return false;
  }
  return true;
}

}  // namespace tables

/// Reads a CSV whose first record is the header.
///
/// The first column is taken for row names when its header is empty, when the header is one field
/// shorter than the records (R), or when it holds texts that all differ; options.index has the
/// last word. A header `""` and one name a line is a table without columns. Empty lines at the end
/// are passed over; a file of empty lines only has no columns and as many rows as lines, less one.
/// Throws std::runtime_error naming file, line and both lengths if records differ in length.
template <class = void>
[[nodiscard]] inline Table read_table(const std::string& path, const TableOptions& options = {}) {
  Table t;
  t.file = path;
  CsvScanner scanner(path, {.separator = options.separator});
  if (!scanner.next()) throw std::runtime_error("'" + path + "' is empty, wanted a header line");
  const bool no_columns = scanner.blank();
  std::vector<std::string> header;
  for (std::size_t i = 0; i < scanner.size(); ++i) header.emplace_back(scanner[i]);
  std::size_t fields = 0;
  Index blanks = 0;
  while (scanner.next()) {
    if (scanner.blank()) {
      ++blanks;
      continue;
    }
    if (no_columns) scanner.fail(0, "a record, though the header line is empty");
    if (blanks > 0 && header.size() > 1) {
      scanner.fail(0, "a record after " + std::to_string(blanks) + " empty lines");
    }
    if (fields == 0) {
      fields = scanner.size();
      // R leaves the corner out.
      if (fields == header.size() + 1) header.insert(header.begin(), std::string());
      for (const std::string& name : header) t.columns.push_back({name, {}});
    }
    for (; blanks > 0; --blanks, ++t.rows) {  // one column, values missing
      t.columns[0].values.emplace_back();
      t.lines.push_back(scanner.place().line - blanks);
    }
    if (scanner.size() != header.size()) {
      scanner.fail(0, "the record has " + std::to_string(scanner.size()) +
                          " fields, the header has " + std::to_string(header.size()));
    }
    for (std::size_t i = 0; i < header.size(); ++i) {
      const std::string_view text = scanner[i];
      const auto& m = options.missing;
      const bool missing = std::find(m.begin(), m.end(), text) != m.end();
      t.columns[i].values.emplace_back(missing ? std::string_view{} : text);
    }
    t.lines.push_back(scanner.place().line);
    ++t.rows;
    if (t.rows == tables::rows_to_guess) tables::make_room(t, path, scanner.place().byte);
  }
  if (no_columns) {
    t.rows = blanks;
    return t;
  }
  if (fields == 0) {
    for (const std::string& name : header) t.columns.push_back({name, {}});
  }
  const bool detected = options.index == Presence::detect && tables::names_in_first_column(t);
  if (options.index == Presence::yes || detected) {
    if (detected && !t.columns[0].name.empty()) {
      t.notes.push_back(path + ": took the first column '" + t.columns[0].name +
                        "' for the names of the rows");
    }
    t.index_name = t.columns[0].name;
    t.row_names = std::move(t.columns[0].values);
    t.columns.erase(t.columns.begin());
    tables::note_duplicates(t.row_names, "row names", path, t.notes);
  }
  tables::note_duplicates(t.column_names(), "column names", path, t.notes);
  return t;
}

}  // namespace cytode::data
