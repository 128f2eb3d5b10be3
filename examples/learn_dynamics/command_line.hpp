// SPDX-License-Identifier: MIT
/// The command line of learn_dynamics.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "../dynamics/data_options.hpp"
#include "../dynamics/method_options.hpp"

namespace program {

/// Declares every option on a CLI11 app, bound to `o`.
inline void declare(CLI::App& app, Options& o, std::vector<std::string>& time_map) {
  declare_data(app, o, time_map);
  app.add_option(
         "--standardize", o.standardize,
         "train: scale inside by the time points kept, "
         "score in the space of the data. one: the same with one scale for all coordinates, "
         "so that distances keep their proportions. all: z-score all cells first and score there "
         "(the published protocol; the left-out cells leak into the scaling). none")
      ->transform(one_of(standardize_names))
      ->type_name("train|one|all|none")
      ->default_str("train");
  declare_method(app, o);
  declare_training(app, o);
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

}  // namespace program
