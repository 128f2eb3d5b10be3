// SPDX-License-Identifier: MIT
/// A CSV of numbers straight into a features × cells matrix, fast and in bounded memory.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/byte_reader.hpp>
#include <cytode/data/csv_scanner.hpp>
#include <cytode/data/csv_shape.hpp>
#include <cytode/data/number.hpp>

namespace cytode::data {

struct NumericCsvOptions {
  char separator = '\0';               ///< '\0' guesses from the first line.
  bool header = false;                 ///< The first record holds column names.
  bool index = false;                  ///< The first field of a record is the row's name.
  bool allow_missing = false;          ///< Missing values become NaN instead of an error.
  std::vector<std::string> missing{};  ///< Texts that mean missing, besides nothing: "NA", "nan".
  std::vector<char> skip{};            ///< 1 for columns (index not counted) to leave out.
  const std::vector<std::string>* cell_names = nullptr;  ///< For messages, where there is no index.
  /// Which cell a record is, from its number (0-based) and its name; in order when empty.
  std::function<Index(Index, std::string_view)> place{};
  std::size_t buffer = std::size_t{1} << 20;  ///< Bytes of text in memory at a time.
};

template <std::floating_point S>
struct NumericCsv {
  Matrix<S> values;                 ///< Columns of the file × records: a record is a cell.
  std::vector<std::string> header;  ///< Names of the rows of `values`, if the file has a header.
  std::vector<std::string> names;   ///< Names of the records in their order, if it has an index.
  Index missing = 0;                ///< Fields read as NaN.
};

namespace reading {

/// The second pass over the file: records to columns of the matrix.
template <std::floating_point S>
class NumericPass {
 public:
  NumericPass(const std::string& path, const NumericCsvOptions& options, const CsvShape& shape)
      : options_(options), bytes_(path, options.buffer), shape_(shape) {
    const Index header = options.header ? 1 : 0;
    records_ = std::max<Index>(shape.records - header, 0);
    const auto& sample = options.header && records_ > 0 ? shape.second : shape.first;
    columns_ = static_cast<Index>(sample.size()) - (options.index ? 1 : 0);
    columns_ = std::max<Index>(columns_, 0);
    skip_ = options.skip;
    skip_.resize(static_cast<std::size_t>(columns_), 0);
    kept_ = std::count(skip_.begin(), skip_.end(), 0);
    if (!options.header) return;
    // Some programs leave the corner above the index out.
    const auto fields = static_cast<Index>(shape.first.size());
    const Index corner = options.index && fields == columns_ + 1 ? 1 : 0;
    check_length(fields - corner, columns_, {1, 1, 0}, "the header", "the first record");
    for (Index f = 0; f < columns_; ++f) {
      if (skip_[to_size(f)] == 0) result_.header.push_back(shape.first[to_size(f + corner)]);
      names_of_columns_.push_back(shape.first[to_size(f + corner)]);
    }
  }

  NumericCsv<S> run() {
    result_.values.resize(kept_, records_);
    if (options_.index) result_.names.reserve(to_size(records_));
    const char* p = bytes_.begin();
    bool header = options_.header;
    while (record_ < records_ || header) {
      const char* const stop = record_end(p, bytes_.end());
      if (stop == nullptr) {
        if (bytes_.refill(p) || p != bytes_.begin()) {
          p = bytes_.begin();
          continue;
        }
        fail_text(bytes_.path(), {line_, 1, bytes_.offset(p)},
                  "the file ends here; has it changed while being read?");
      }
      const char* const trimmed = stop > p && stop[-1] == '\r' ? stop - 1 : stop;
      if (header) {
        header = false;
      } else {
        if (!fast_record(p, trimmed)) careful_record(p, trimmed);
        ++record_;
      }
      line_ += shape_.quotes ? 1 + std::count(p, stop, '\n') : 1;
      p = stop == bytes_.end() ? stop : stop + 1;
    }
    return std::move(result_);
  }

 private:
  static std::size_t to_size(Index i) { return static_cast<std::size_t>(i); }

  /// The line end that ends the record at p; nullptr if it is not in the buffer.
  [[nodiscard]] const char* record_end(const char* p, const char* end) const {
    const char* stop = p;
    if (shape_.quotes) {
      bool quoted = false;
      for (; stop < end && (quoted || *stop != '\n'); ++stop) quoted = quoted != (*stop == '"');
    } else if (p < end) {
      const void* const found = std::memchr(p, '\n', to_size(end - p));
      stop = found != nullptr ? static_cast<const char*>(found) : end;
    }
    return stop < end || (bytes_.at_end() && p < end) ? stop : nullptr;
  }

  [[nodiscard]] S* destination(std::string_view name) {
    const Index at = options_.place ? options_.place(record_, name) : record_;
    check(at >= 0 && at < records_, "read_numeric_csv", "record ", record_, " goes to column ", at,
          " of ", records_);
    return result_.values.data() + at * kept_;
  }

  /// Plain numbers and an unquoted name; false, with nothing changed but the cell, if odd.
  bool fast_record(const char* p, const char* stop) {
    const char* const end = bytes_.end();
    const char separator = shape_.separator;
    std::string_view name;
    if (options_.index) {
      const void* const found = std::memchr(p, separator, to_size(stop - p));
      if (found == nullptr || *p == '"') return false;
      name = {p, to_size(static_cast<const char*>(found) - p)};
      p += name.size() + 1;
    }
    if (columns_ == 0 || kept_ != columns_) return false;
    S* const out = destination(name);
    const Index last = columns_ - 1;
    for (Index f = 0; f < last; ++f) {
      p = parse_number(p, end, out[f]);
      if (p == nullptr || p == end || *p != separator) return false;
      ++p;
    }
    if (parse_number(p, end, out[last]) != stop) return false;
    if (options_.index) result_.names.emplace_back(name);
    return true;
  }

  /// Any record: quotes, missing values, truth values, columns to skip; or the error it deserves.
  void careful_record(const char* p, const char* stop) {
    const Index index = options_.index ? 1 : 0;
    fields_.clear();
    starts_.clear();
    for (bool more = true; more;) {
      starts_.push_back(bytes_.offset(p));
      std::string& field = fields_.emplace_back();
      if (p < stop && *p == '"') {
        for (++p; p < stop && (*p != '"' || (p + 1 < stop && *++p == '"')); ++p) field += *p;
        if (p < stop && *p == '"') ++p;
        if (p < stop && *p != shape_.separator) {
          fail(fields_.size() - 1, "text after the closing quote: \"" + field + "\"");
        }
      }
      for (; p < stop && *p != shape_.separator; ++p) field += *p;
      more = p++ < stop;
    }
    check_length(static_cast<Index>(fields_.size()), columns_ + index, {line_, 1, starts_[0]},
                 "the record" + cell(), "the first one");
    S* out = destination(options_.index ? std::string_view(fields_[0]) : std::string_view{});
    for (Index f = 0; f < columns_; ++f) {
      if (skip_[to_size(f)] == 0) number(to_size(f + index), *out++);
    }
    if (options_.index) result_.names.push_back(fields_[0]);
  }

  void number(std::size_t i, S& out) {
    const std::string& text = fields_[i];
    if (parse_number(text, out)) return;
    const auto& missing = options_.missing;
    if (text.empty() || std::find(missing.begin(), missing.end(), text) != missing.end()) {
      if (!options_.allow_missing) {
        fail(i, "missing value" + (text.empty() ? "" : " '" + text + "'") + cell());
      }
      out = std::numeric_limits<S>::quiet_NaN();
      ++result_.missing;
    } else if (text == "True" || text == "TRUE" || text == "true") {
      out = 1;
    } else if (text == "False" || text == "FALSE" || text == "false") {
      out = 0;
    } else {
      fail(i, "'" + text.substr(0, 60) + "' is not a number" + cell());
    }
  }

  [[nodiscard]] std::string cell() const {
    if (options_.index) return ", cell '" + fields_[0] + "'";
    if (options_.cell_names != nullptr && to_size(record_) < options_.cell_names->size()) {
      return ", cell '" + (*options_.cell_names)[to_size(record_)] + "'";
    }
    return ", cell number " + std::to_string(record_ + 1);
  }
  [[noreturn]] void fail(std::size_t i, const std::string& what) const {
    const std::size_t f = i - (options_.index ? 1 : 0);
    const std::string name =
        f < names_of_columns_.size() ? "column '" + names_of_columns_[f] + "': " : "";
    fail_text(bytes_.path(), {line_, static_cast<long long>(i) + 1, starts_[i]}, name + what);
  }
  void check_length(Index got, Index wanted, const TextPlace& place, const std::string& what,
                    const char* other) const {
    if (got == wanted) return;
    fail_text(bytes_.path(), place,
              what + " has " + std::to_string(got) + " fields, " + other + " has " +
                  std::to_string(wanted));
  }

  const NumericCsvOptions& options_;
  ByteReader bytes_;
  const CsvShape& shape_;
  Index columns_ = 0, records_ = 0, kept_ = 0, record_ = 0;
  long long line_ = 1;
  std::vector<char> skip_;
  std::vector<std::string> names_of_columns_;
  NumericCsv<S> result_;
  std::vector<std::string> fields_;
  std::vector<long long> starts_;
};

}  // namespace reading

/// Reads a CSV of numbers whose shape is known (from csv_shape, of the same file and separator).
template <std::floating_point S>
[[nodiscard]] NumericCsv<S> read_numeric_csv(const std::string& path,
                                             const NumericCsvOptions& options,
                                             const CsvShape& shape) {
  return reading::NumericPass<S>(path, options, shape).run();
}

/// Reads a CSV of numbers into a matrix of shape (columns of the file) × (records): one record is
/// one cell, a contiguous column.
///
/// Two passes over the file: one counts, one parses into the matrix, allocated once. Memory is that
/// matrix, the names, and a fixed buffer (or the longest record, if longer). Numbers are correctly
/// rounded to S; `True` and `False` are 1 and 0. Empty lines at the end are passed over. Throws
/// std::runtime_error naming file, line, column, byte, text and cell for a text that is no number,
/// a missing value that is not allowed, and a record of another length than the first.
template <std::floating_point S>
[[nodiscard]] NumericCsv<S> read_numeric_csv(const std::string& path,
                                             const NumericCsvOptions& options = {}) {
  return read_numeric_csv<S>(path, options, csv_shape(path, options.separator, options.buffer));
}

}  // namespace cytode::data
