// SPDX-License-Identifier: MIT
// Reading numbers from CSV: bytes a second, one core, file in the page cache.
#include <cstdio>
#include <filesystem>
#include <string>
#include <unistd.h>

#include <benchmark/benchmark.h>

#include <cytode/core/random.hpp>
#include <cytode/data/atomic_file.hpp>
#include <cytode/data/number.hpp>
#include <cytode/data/numeric_csv.hpp>

namespace {

using namespace cytode;

/// A file of about `bytes` bytes with rows of `columns` normals, written as pandas writes Text.
template <class Text>
class NumberFile {
 public:
  NumberFile(Index columns, std::size_t bytes)
      : path_(std::filesystem::temp_directory_path() /
              ("cytode-benchmark-" + std::to_string(getpid()) + ".csv")) {
    data::AtomicFile file(path_.string());
    const Stream stream(1);
    std::string row;
    for (std::uint64_t n = 0; size_ < bytes;) {
      row.clear();
      for (Index c = 0; c < columns; ++c) {
        if (c > 0) row += ',';
        data::append_number(row, static_cast<Text>(5 * stream.normal(n++)));
      }
      row += '\n';
      file.write(row);
      size_ += row.size();
    }
    file.commit();
  }
  ~NumberFile() { std::filesystem::remove(path_); }
  NumberFile(const NumberFile&) = delete;
  NumberFile& operator=(const NumberFile&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(size_); }

 private:
  std::filesystem::path path_;
  std::size_t size_ = 0;
};

template <class Text, class Number>
void read(benchmark::State& state) {
  const NumberFile<Text> file(state.range(0), 100'000'000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(data::read_numeric_csv<Number>(file.path()));
  }
  state.SetBytesProcessed(state.iterations() * file.size());
}
BENCHMARK(read<float, float>)
    ->Name("float text to float, columns")
    ->Arg(5)
    ->Arg(50)
    ->Arg(2000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(read<float, double>)
    ->Name("float text to double, columns")
    ->Arg(50)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(read<double, float>)
    ->Name("double text to float, columns")
    ->Arg(50)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(read<double, double>)
    ->Name("double text to double, columns")
    ->Arg(50)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
