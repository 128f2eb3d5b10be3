// SPDX-License-Identifier: MIT
/// Table: rows of text and numbers, the best number of a column or row in bold.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include <cytode/plot/markup.hpp>
#include <cytode/plot/ticks.hpp>

namespace cytode::plot {

/// Which number of a set is worth bold type.
enum class Best { none, lowest, highest };

/// One column of a table.
struct Column {
  std::string name{};
  int digits = 3;          ///< Decimals of its numbers.
  Best best = Best::none;  ///< Within this column.
  bool compare = true;     ///< Takes part in `Table::best_in_row`.
};

/// A table for a page. Texts are left-aligned, numbers right-aligned with a fixed number of
/// decimals; NaN is a dash. Equal bests are all bold.
struct Table {
  using Cell = std::variant<std::string, double>;

  std::vector<Column> columns{};
  std::vector<std::vector<Cell>> rows{};
  Best best_in_row = Best::none;

  /// Appends a row. Throws std::invalid_argument unless it has a cell for every column.
  template <class = void>
  Table& add(std::vector<Cell> row) {
    check(row.size() == columns.size(), "Table::add", "the row has ", row.size(), " cells for ",
          columns.size(), " columns");
    rows.push_back(std::move(row));
    return *this;
  }
  /// Writes a <table>. Throws std::invalid_argument if a row does not have a cell a column.
  template <class = void>
  void write(Markup& out) const {
    out.open("table").open("thead").open("tr");
    for (std::size_t j = 0; j < columns.size(); ++j) {
      out.open("th").with("scope", "col");
      if (numeric(j)) out.with("class", "number");
      out.text(columns[j].name).close();
    }
    out.close().close().open("tbody");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      check(rows[i].size() == columns.size(), "Table::write", "row ", i, " has ", rows[i].size(),
            " cells for ", columns.size(), " columns");
      out.open("tr");
      for (std::size_t j = 0; j < columns.size(); ++j) write_cell(out, i, j);
      out.close();
    }
    out.close().close();
  }

 private:
  template <class = void>
  [[nodiscard]] static const double* number(const Cell& cell) {
    return std::get_if<double>(&cell);
  }
  template <class = void>
  [[nodiscard]] bool numeric(std::size_t j) const {
    for (const auto& row : rows) {
      if (j < row.size() && number(row[j]) != nullptr) return true;
    }
    return false;
  }
  static bool beats(Best best, double a, double b) {
    return best == Best::lowest ? a < b : best == Best::highest && a > b;
  }
  template <class = void>
  [[nodiscard]] bool is_best(std::size_t i, std::size_t j) const {
    const double* mine = number(rows[i][j]);
    if (mine == nullptr || std::isnan(*mine)) return false;
    bool in_column = columns[j].best != Best::none;
    for (const auto& row : rows) {
      const double* other = j < row.size() ? number(row[j]) : nullptr;
      if (other != nullptr && beats(columns[j].best, *other, *mine)) in_column = false;
    }
    bool in_row = best_in_row != Best::none && columns[j].compare;
    for (std::size_t k = 0; k < columns.size(); ++k) {
      const double* other = columns[k].compare ? number(rows[i][k]) : nullptr;
      if (other != nullptr && beats(best_in_row, *other, *mine)) in_row = false;
    }
    return in_column || in_row;
  }
  template <class = void>
  void write_cell(Markup& out, std::size_t i, std::size_t j) const {
    const double* value = number(rows[i][j]);
    out.open("td");
    if (value == nullptr) {
      out.text(std::get<std::string>(rows[i][j])).close();
      return;
    }
    const std::string text = format_number(*value, columns[j].digits);
    out.with("class", "number");
    is_best(i, j) ? out.element("strong", text).close() : out.text(text).close();
  }
};

}  // namespace cytode::plot
