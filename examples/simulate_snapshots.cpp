// SPDX-License-Identifier: MIT
// Makes single-cell snapshots with known truth, in AnnData's export layout: a progenitor that
// divides and branches into two fates, with the velocity, fate and growth of every cell.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <cytode/data/simulated_anndata.hpp>

#include "shared/program.hpp"

namespace program {
namespace {

using namespace cytode;

struct Options {
  std::string out;
  Index dims = 0;  // 0: 10, or as many as there are
  data::CircuitOptions circuit;
  data::SimulationOptions snapshots;
};

void declare(CLI::App& app, Options& o) {
  data::CircuitOptions& c = o.circuit;
  data::SimulationOptions& s = o.snapshots;
  app.add_option("--out", o.out, "Folder to write; made if it is not there (required)")
      ->type_name("DIR");
  app.add_option("--days", s.days, "Days of the snapshots, rising, from 0 on")
      ->capture_default_str()
      ->delimiter(',')
      ->check(not_negative())
      ->type_name("DAY,DAY,...");
  app.add_option("--cells", s.cells, "Founders of each day's population, and cells drawn from it")
      ->capture_default_str()
      ->check(whole_number<Index>(1));
  app.add_flag_callback(
      "--unbalanced", [&s] { s.sampling = data::CellSampling::proportional; },
      "Keep every living cell, so that numbers of cells follow the growing mass");
  app.add_option("--targets", c.targets, "Genes read out from the four drivers")
      ->capture_default_str()
      ->check(whole_number<Index>(0));
  app.add_option("--dims", o.dims, "Principal components to write (default: 10, or all)")
      ->check(whole_number<Index>(1));
  app.add_option("--noise", c.noise, "Molecular noise: 1/sqrt(molecules a unit of expression)")
      ->capture_default_str()
      ->check(not_negative());
  app.add_option("--measurement", s.measurement, "Deviation of the measurement noise")
      ->capture_default_str()
      ->check(not_negative());
  app.add_option("--bias", c.bias, "Advantage of fate A, units of production a day")
      ->capture_default_str()
      ->check(not_negative());
  app.add_option("--division", c.division, "Highest division rate, a day, in progenitors")
      ->capture_default_str()
      ->check(not_negative());
  app.add_option("--death", c.death, "Highest death rate, a day, in fate B")
      ->capture_default_str()
      ->check(not_negative());
  app.add_option("--seed", s.seed, "Seed of everything random; the same seed gives the same bytes")
      ->capture_default_str()
      ->check(whole_number<std::uint64_t>(0));
  app.footer(
      "Examples:\n"
      "  simulate_snapshots --out simulated\n"
      "      300 cells on each of days 0, 1, 2, 4, 7; 44 genes\n"
      "  simulate_snapshots --out growing --unbalanced --days 0,2,4 --death 0.5\n"
      "      as many cells as live, and a fate that dies\n"
      "  simulate_snapshots --out clean --noise 0.05 --measurement 0\n"
      "      the drift is nearly all there is\n\n"
      "In --out: X.csv, obs.csv (day, fate, fate_A_probability, growth, clone), var.csv,\n"
      "obsm.csv (X_pca, velocity_true, velocity_true_pca), varm.csv (PCs), uns/relative_mass.csv.\n"
      "Exit code 0: done; 1: failed; 2: something asked for cannot be.");
}

void print_summary(const data::SimulatedSnapshots<double>& s, const Options& o, Index genes) {
  std::printf("%ld genes, %zu cells\n\n%8s %8s %14s %8s %8s\n", static_cast<long>(genes),
              s.day.size(), "day", "cells", "relative mass", "fate A", "growth");
  std::size_t i = 0;
  for (std::size_t d = 0; d < s.days.size(); ++d) {
    const std::size_t end = i + static_cast<std::size_t>(s.cells[d]);
    double in_a = 0, growth = 0;
    for (; i < end; ++i) {
      in_a += s.fate_a[i] ? 1 : 0;
      growth += s.growth[i];
    }
    const auto n = static_cast<double>(s.cells[d]);
    std::printf("%8g %8.0f %14.2f %7.0f%% %8.3f\n", s.days[d], n, s.mass[d], 100 * in_a / n,
                growth / n);
  }
  std::printf(
      "\nwritten to %s: X.csv obs.csv var.csv obsm.csv varm.csv uns\nnext: learn_dynamics --data "
      "%s --time day --out report\n",
      o.out.c_str(), o.out.c_str());
}

void run(Options& o) {
  if (o.out.empty()) throw std::invalid_argument("--out is missing: name a folder for the data");
  o.circuit.seed = o.snapshots.seed;
  const data::GeneCircuit<double> circuit(o.circuit);
  data::make_folder(o.out);  // before any work
  const auto cells = data::simulate_snapshots(circuit, o.snapshots);
  const Index most = std::min(circuit.dims(), cells.state.cols() - 1);
  if (o.dims == 0) o.dims = std::min<Index>(10, most);
  if (o.dims > most) {
    throw std::invalid_argument("--dims is " + std::to_string(o.dims) + ", at most " +
                                std::to_string(most) + " for " + std::to_string(circuit.dims()) +
                                " genes and " + std::to_string(cells.state.cols()) + " cells");
  }
  const auto a = data::simulated_anndata(circuit, cells, o.dims);
  data::write_anndata(o.out, a, a.x, data::simulated_uns(cells));
  print_summary(cells, o, circuit.dims());
}

}  // namespace
}  // namespace program

int main(int argc, char** argv) {
  return program::guarded("simulate_snapshots", [&] {
    program::Options options;
    CLI::App app("Makes single-cell snapshots whose velocity, fate and growth are known.");
    program::declare(app, options);
    if (!program::parse(app, argc, argv)) return;
    program::run(options);
  });
}
