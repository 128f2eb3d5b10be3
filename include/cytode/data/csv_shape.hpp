// SPDX-License-Identifier: MIT
/// How many records and fields a CSV file has, by a pass that looks for line ends only.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/data/byte_reader.hpp>
#include <cytode/data/csv_scanner.hpp>

namespace cytode::data {

/// Size of a text table and its first two records, by which people tell what the columns are.
struct CsvShape {
  Index records = 0;  ///< With the header, without empty lines at the end.
  std::vector<std::string> first, second;
  char separator = ',';
  bool separator_known = true;  ///< False if the first line had none and a comma was assumed.
  bool quotes = false;          ///< There are quotes, so a record may be more than one line.
};

/// Counts the records of a CSV file at the speed of memory; '\0' guesses the separator from the
/// first line. Every quote counts, also one inside an unquoted field. Throws std::runtime_error for
/// an unreadable file and a quote never closed.
template <class = void>
[[nodiscard]] inline CsvShape csv_shape(const std::string& path, char separator = '\0',
                                        std::size_t buffer = std::size_t{1} << 20) {
  CsvShape shape;
  ByteReader bytes(path, buffer);
  Index record = 0;
  long long line = 1;
  TextPlace open;
  bool quoted = false, blank = true;
  do {
    const char* p = bytes.begin();
    const char* const end = bytes.end();
    const bool careful =
        quoted || std::memchr(p, '"', static_cast<std::size_t>(end - p)) != nullptr;
    shape.quotes = shape.quotes || careful;
    while (p < end) {
      const char* stop = p;
      if (careful) {  // line ends inside quotes do not end a record
        for (; stop < end && (quoted || *stop != '\n'); ++stop) {
          line += *stop == '\n';
          if (*stop != '"') continue;
          quoted = !quoted;
          if (quoted) open = {line, 1, bytes.offset(stop)};
        }
      } else {
        const void* const found = std::memchr(p, '\n', static_cast<std::size_t>(end - p));
        stop = found != nullptr ? static_cast<const char*>(found) : end;
      }
      blank = blank && (stop == p || (stop - p == 1 && *p == '\r'));
      if (!blank) shape.records = record + 1;
      if (stop < end) {
        ++stop;
        ++record;
        ++line;
        blank = true;
      }
      p = stop;
    }
  } while (bytes.refill(bytes.end()));
  if (quoted) fail_text(path, open, "a quote that opens here or before is never closed");

  CsvScanner scanner(path, {.separator = separator, .buffer = buffer});
  for (std::vector<std::string>* fields : {&shape.first, &shape.second}) {
    if (!scanner.next()) break;
    for (std::size_t i = 0; i < scanner.size(); ++i) fields->emplace_back(scanner[i]);
  }
  shape.separator = scanner.separator();
  shape.separator_known = scanner.separator_known();
  return shape;
}

}  // namespace cytode::data
