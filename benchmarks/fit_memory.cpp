// SPDX-License-Identifier: MIT
// Peak memory of a fit, beside the size of its data: cells made in memory or read from CSV, then
// grouped by time, scaled and learned from. Prints one line; what the process itself takes before
// there are data is printed apart.
//
// Arguments: cells (1000000), features (50), steps (50), and the folder to write and read CSV in;
// without a folder the cells never leave memory.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

#include <cytode/data/read_anndata.hpp>
#include <cytode/data/standardizer.hpp>
#include <cytode/data/take_snapshots.hpp>
#include <cytode/fields/neural.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/trainer.hpp>

namespace {

using namespace cytode;

constexpr Index days = 5;

double peak_megabytes() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) * 1024 / 1e6;
}

data::Snapshots<float> made_up(Index cells, Index features) {
  std::vector<data::Snapshot<float>> list(static_cast<std::size_t>(days));
  for (Index k = 0; k < days; ++k) {
    auto& s = list[static_cast<std::size_t>(k)];
    s.time = static_cast<double>(k);
    s.cells.resize(features, cells / days);
    Stream(static_cast<std::uint64_t>(k)).fill_normal(0, s.cells.data(), s.cells.size());
  }
  return data::Snapshots<float>(std::move(list));
}

void write(const std::string& folder, Index cells, Index features) {
  std::ofstream obs(folder + "/obs.csv"), obsm(folder + "/obsm.csv");
  obs << ",day\n";
  for (Index f = 0; f < features; ++f) obsm << (f > 0 ? "," : "") << "X_pca" << f + 1;
  obsm << '\n';
  std::vector<float> x(static_cast<std::size_t>(features));
  for (Index i = 0; i < cells; ++i) {
    obs << "cell" << i << ',' << i % days << '\n';
    Stream(1).fill_normal(static_cast<std::uint64_t>(i * features), x.data(), features);
    for (std::size_t f = 0; f < x.size(); ++f) obsm << (f > 0 ? "," : "") << x[f];
    obsm << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const Index cells = argc > 1 ? std::atol(argv[1]) : 1000000;
  const Index features = argc > 2 ? std::atol(argv[2]) : 50;
  const long steps = argc > 3 ? std::atol(argv[3]) : 50;
  const std::string folder = argc > 4 ? argv[4] : "";
  if (!folder.empty()) write(folder, cells, features);
  const double before = peak_megabytes();
  auto raw = folder.empty() ? made_up(cells, features)
                            : data::snapshots(data::read_anndata<float>(folder), {.time = "day"});
  const double taken = peak_megabytes();
  const auto scaling = data::Standardizer::fit(raw);
  const auto snapshots = scaling.apply(std::move(raw));
  Workers workers(2);
  auto field = fields::neural<float>(features, {256, 256, 256}, Stream(1));
  flow::Matching loss(field, snapshots, flow::LinearPath{0.1}, ot::Independent{}, 4096, workers);
  train::fit(loss, train::AdamW{}, {.steps = steps}).or_throw();
  const double data_size = static_cast<double>(cells * features) * sizeof(float) / 1e6;
  const double peak = peak_megabytes();
  std::printf("data %.0f MB, before %.0f MB, snapshots %.0f MB, fit %.0f MB: %.2f times the data\n",
              data_size, before, taken, peak, peak / data_size);
} catch (const std::exception& e) {
  std::fprintf(stderr, "fit_memory: %s\n", e.what());
  return 1;
}
