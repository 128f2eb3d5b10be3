// SPDX-License-Identifier: MIT
/// The options that say what the data are and how training runs, and what follows from them.
#pragma once

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>

#include "../shared/program.hpp"
#include "options.hpp"
#include "training.hpp"

namespace program {

/// Declares where the data are and which part of them is used.
inline void declare_data(CLI::App& app, Options& o, std::vector<std::string>& time_map) {
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
}

/// Declares how models are trained and cells are carried.
inline void declare_training(CLI::App& app, Options& o) {
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
  app.add_option("--seed", o.seed, "Seed of everything random; the same seed gives the same bytes")
      ->capture_default_str()
      ->check(whole_number<std::uint64_t>(0));
  app.add_option("--threads", o.threads, "Threads; the result does not depend on it")
      ->capture_default_str()
      ->check(whole_number(1, 1024));
  app.add_option("--solver", o.solver,
                 "dopri5: adaptive, tolerance 1e-5. euler: 100 steps between "
                 "time points. sde: the diffusion itself, 100 steps, for models with noise")
      ->transform(one_of(solver_names))
      ->type_name("dopri5|euler|sde")
      ->default_str("dopri5");
}

/// The first Ctrl-C stops the run at a good place, the second at once.
inline void catch_interrupts() {
  for (const int signal : {SIGINT, SIGTERM}) {
    std::signal(signal, [](int received) {
      interrupted = 1;
      std::signal(received, SIG_DFL);
      constexpr char text[] = "\nstopping after this step; once more to stop at once\n";
      [[maybe_unused]] const auto written = write(STDERR_FILENO, text, sizeof text - 1);
    });
  }
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
  } else if (o.time.empty() && std::filesystem::exists(o.data)) {  // else reading it says so
    throw std::invalid_argument(
        "--time is missing: name the column of obs with the time of each "
        "cell");
  }
  if (o.hold_out.size() > 1 && std::ranges::count(o.hold_out, "all") > 0) {
    throw std::invalid_argument("--hold-out: 'all' stands alone");
  }
}

}  // namespace program
