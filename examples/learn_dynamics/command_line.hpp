// SPDX-License-Identifier: MIT
/// The command line of learn_dynamics.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "../shared/program.hpp"
#include "options.hpp"

namespace program {

/// Declares every option on a CLI11 app, bound to `o`.
inline void declare(CLI::App& app, Options& o, std::vector<std::string>& time_map) {
  app.add_option("--data", o.data,
                 "AnnData export: a folder of adata.write_csvs(dir, "
                 "skip_data=False), or a CSV of adata.to_df().to_csv(). Without it: the muscle "
                 "data that come with cytode")
      ->type_name("DIR");
  app.add_option("--time", o.time, "Column of obs with the time of each cell")->type_name("COLUMN");
  app.add_option("--time-values", time_map,
                 "What labels that are no numbers mean: "
                 "early=0,late=3.5")
      ->delimiter(',')
      ->type_name("LABEL=NUMBER,...");
  app.add_option("--basis", o.basis,
                 "Coordinates to learn in: a key of obsm, or X for the "
                 "expression itself")
      ->capture_default_str()
      ->type_name("KEY");
  app.add_option("--dims", o.dims,
                 "Use the first N coordinates (default: all; 5 for the built-in "
                 "data)")
      ->check(whole_number(1))
      ->type_name("N");
  app.add_option("--standardize", o.standardize,
                 "train: scale inside by the time points kept, "
                 "score in the space of the data. all: z-score all cells first and score there "
                 "(the published protocol; the left-out cells leak into the scaling). none")
      ->transform(one_of(standardize_names))
      ->type_name("train|all|none")
      ->default_str("train");
  app.add_option("--method", o.method,
                 "otcfm: pairs by exact optimal transport within the batch. "
                 "icfm: independent pairs")
      ->transform(one_of(method_names))
      ->type_name("otcfm|icfm")
      ->default_str("otcfm");
  app.add_option("--sigma", o.sigma, "Noise around the path from cell to cell, in scaled units")
      ->capture_default_str()
      ->check(not_negative());
  app.add_option("--hidden", o.hidden, "Widths of the network's hidden layers")
      ->capture_default_str()
      ->delimiter(',')
      ->check(whole_number(1))
      ->type_name("N,N,...");
  app.add_option("--steps", o.steps, "Training steps a model")
      ->capture_default_str()
      ->check(whole_number(1));
  app.add_option("--batch", o.batch, "Pairs of cells a step, over all intervals")
      ->capture_default_str()
      ->check(whole_number(1));
  app.add_option("--lr", o.learning_rate, "Learning rate of AdamW, falling along half a cosine")
      ->capture_default_str()
      ->check(positive());
  app.add_option("--hold-out", o.hold_out,
                 "Leave these times out of one model and score the "
                 "prediction of each; 'all' leaves each inner time out in turn, one model each, "
                 "and then learns from all times")
      ->delimiter(',')
      ->type_name("LABEL,...|all");
  app.add_option("--genes", o.genes,
                 "Genes to draw along the trajectories (default: those that "
                 "change most)")
      ->delimiter(',')
      ->type_name("GENE,...");
  app.add_option("--seed", o.seed, "Seed of everything random; the same seed gives the same bytes")
      ->capture_default_str()
      ->check(whole_number<std::uint64_t>(0));
  app.add_option("--threads", o.threads, "Threads; the result does not depend on it")
      ->capture_default_str()
      ->check(whole_number(1, 1024));
  app.add_option("--solver", o.solver,
                 "dopri5: adaptive, tolerance 1e-5. euler: 100 steps between "
                 "time points")
      ->transform(one_of(solver_names))
      ->type_name("dopri5|euler")
      ->default_str("dopri5");
  app.add_flag("--resume", o.resume, "Go on from the checkpoints an interrupted run left in --out");
  app.add_option("--out", o.out, "Folder for the results; made if it is not there (required)")
      ->type_name("DIR");
  app.footer(
      "Examples:\n"
      "  learn_dynamics --hold-out all --out report\n"
      "      the built-in data, each inner time left out in turn\n"
      "  learn_dynamics --data export --time day --basis X_pca --dims 10 --hold-out 3 --out "
      "report\n"
      "      your data; day 3 is predicted and scored\n"
      "  learn_dynamics --data export --time stage --time-values early=0,late=2 --out report\n"
      "      stages whose names are no numbers\n\n"
      "In --out: report.html to look at, metrics.json, trajectories.csv, velocity.csv,\n"
      "model.safetensors. Exit code 0: done; 1: failed; 2: something asked for cannot be;\n"
      "130: interrupted, go on with --resume. --hold-out all is where to begin: it says how far\n"
      "the rest can be trusted.");
}

/// Checks and fills in what depends on several options. Throws std::invalid_argument.
inline void complete(Options& o, const std::vector<std::string>& time_map,
                     const std::string& built_in) {
  if (o.out.empty()) throw std::invalid_argument("--out is missing: name a folder for the results");
  for (const std::string& entry : time_map) {
    const std::size_t equal = entry.rfind('=');
    double value = 0;
    if (equal == std::string::npos || !parse_whole(entry.substr(equal + 1), value) ||
        !std::isfinite(value)) {
      throw std::invalid_argument("--time-values: '" + entry + "' is not LABEL=NUMBER");
    }
    o.time_values[entry.substr(0, equal)] = value;
  }
  if (o.data.empty()) {
    o.data = built_in;
    if (o.time.empty()) o.time = "hours";
    if (o.dims == 0) o.dims = 5;
  } else if (o.time.empty()) {
    throw std::invalid_argument(
        "--time is missing: name the column of obs with the time of each "
        "cell");
  }
}

}  // namespace program
