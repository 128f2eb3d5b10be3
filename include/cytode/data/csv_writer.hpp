// SPDX-License-Identifier: MIT
/// Writes CSV the way pandas does, so that pandas and our own reader get back what was meant.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/atomic_file.hpp>
#include <cytode/data/number.hpp>
#include <cytode/data/table.hpp>

namespace cytode::data {

/// Builds records into a file that appears whole or not at all: fields quoted only where they must
/// be, numbers in their shortest form, LF. Errors as AtomicFile.
class CsvWriter {
 public:
  explicit CsvWriter(std::string path, char separator = ',')
      : file_(std::move(path)), separator_(separator) {}

  /// Appends a text field.
  CsvWriter& text(std::string_view field) {
    begin_field();
    const bool quote =
        field.find_first_of("\"\n\r") != field.npos || field.find(separator_) != field.npos;
    if (!quote) {
      line_ += field;
      return *this;
    }
    line_ += '"';
    for (const char c : field) {
      if (c == '"') line_ += '"';
      line_ += c;
    }
    line_ += '"';
    return *this;
  }
  /// Appends a number; NaN is an empty field.
  template <std::floating_point S>
  CsvWriter& number(S value) {
    begin_field();
    append_number(line_, value);
    return *this;
  }
  /// Ends the record; a record of one empty field is written `""`, one without fields as nothing.
  void end_record() {
    if (fields_ == 1 && line_.size() == start_) line_ += "\"\"";
    line_ += '\n';
    fields_ = 0;
    start_ = line_.size();
    if (line_.size() < (std::size_t{1} << 18)) return;
    file_.write(line_);
    line_.clear();
    start_ = 0;
  }
  /// Puts the file in place.
  void commit() {
    file_.write(line_);
    line_.clear();
    file_.commit();
  }

 private:
  void begin_field() {
    if (fields_++ > 0) line_ += separator_;
  }

  AtomicFile file_;
  char separator_;
  std::string line_;
  std::size_t start_ = 0;
  std::size_t fields_ = 0;
};

/// Names of the columns of an embedding: key1, key2, …, as AnnData exports them.
template <class = void>
[[nodiscard]] inline std::vector<std::string> numbered(std::string_view key, Index n) {
  std::vector<std::string> names;
  for (Index i = 1; i <= n; ++i) names.push_back(std::string(key) + std::to_string(i));
  return names;
}

/// Writes a table: header, row names first if there are any.
template <class = void>
inline void write_table(const std::string& path, const Table& table, char separator = ',') {
  check(!table.has_names() || static_cast<Index>(table.row_names.size()) == table.rows,
        "write_table", "there are ", table.rows, " rows and ", table.row_names.size(), " names");
  for (const TableColumn& c : table.columns) {
    check(static_cast<Index>(c.values.size()) == table.rows, "write_table", "column '", c.name,
          "' has ", c.values.size(), " values, wanted ", table.rows);
  }
  CsvWriter out(path, separator);
  if (table.has_names() || table.columns.empty()) out.text(table.index_name);
  for (const TableColumn& c : table.columns) out.text(c.name);
  out.end_record();
  for (std::size_t r = 0; r < static_cast<std::size_t>(table.rows); ++r) {
    if (table.has_names()) out.text(table.row_names[r]);
    for (const TableColumn& c : table.columns) out.text(c.values[r]);
    out.end_record();
  }
  out.commit();
}

/// Writes a features × cells matrix as one record a cell: cell names first, then one column a
/// feature, so that `pandas.read_csv(path, index_col=0)` aligns with `adata.obs_names` and
/// `.to_numpy()` of it goes into `adata.obsm`. Numbers read back to the last bit.
template <std::floating_point S>
void write_matrix(const std::string& path, const std::vector<std::string>& cell_names,
                  const std::vector<std::string>& feature_names, const Matrix<S>& values,
                  std::string_view index_name = "") {
  check(static_cast<Index>(cell_names.size()) == values.cols(), "write_matrix", "there are ",
        values.cols(), " cells and ", cell_names.size(), " names");
  check(static_cast<Index>(feature_names.size()) == values.rows(), "write_matrix", "there are ",
        values.rows(), " features and ", feature_names.size(), " names");
  CsvWriter out(path);
  out.text(index_name);
  for (const std::string& name : feature_names) out.text(name);
  out.end_record();
  for (Index c = 0; c < values.cols(); ++c) {
    out.text(cell_names[static_cast<std::size_t>(c)]);
    for (Index f = 0; f < values.rows(); ++f) out.number(values(f, c));
    out.end_record();
  }
  out.commit();
}

}  // namespace cytode::data
