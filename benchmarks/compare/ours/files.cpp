// SPDX-License-Identifier: MIT
/// Reading numbers from CSV, the file in the page cache.
#include <filesystem>
#include <memory>

#include <cytode/data/number.hpp>
#include <cytode/data/numeric_csv.hpp>

#include "inputs.hpp"
#include "job.hpp"

namespace compare {
namespace {

/// Rows of normals in single precision, as pandas writes them.
void write_csv(const std::string& path, Index columns, Index rows) {
  data::AtomicFile file(path);
  const Stream stream(1);
  std::string row;
  std::uint64_t n = 0;
  for (Index i = 0; i < rows; ++i) {
    row.clear();
    for (Index c = 0; c < columns; ++c) {
      if (c > 0) row += ',';
      data::append_number(row, static_cast<float>(5 * stream.normal(n++)));
    }
    row += '\n';
    file.write(row);
  }
  file.commit();
}

Job csv(const Parameters& p) {
  const std::string path = p.file("numbers.csv");
  write_csv(path, p.number("columns"), p.number("rows"));
  const auto bytes = static_cast<double>(std::filesystem::file_size(path));
  return {.call = [path] { const auto numbers = data::read_numeric_csv<float>(path); },
          .figures =
              [bytes] {
                return Figures{{"bytes", bytes}};
              }};
}

}  // namespace

void add_files(Families& families) {
  families["csv"] = csv;
}

}  // namespace compare
