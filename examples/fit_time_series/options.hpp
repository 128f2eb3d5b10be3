// SPDX-License-Identifier: MIT
/// The command line of fit_time_series.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "../shared/program.hpp"

namespace program {

enum class System { spiral, toggle, both };
enum class Way { discrete, budget, continuous, interpolating, forward, reversible, all };

struct Options {
  System problem = System::both;
  Way gradient = Way::all;
  long observations = 30;
  double noise = 0.1;
  double missing = 0.1;
  long steps = 0;  // 0: as many as the model needs
  std::size_t memory = 4096;
  std::uint64_t seed = 0;
  std::string out;
};

inline void declare(CLI::App& app, Options& o) {
  app.add_option("--problem", o.problem,
                 "spiral: a damped oscillator. toggle: two genes that "
                 "repress each other")
      ->transform(one_of(std::map<std::string, System>{
          {"spiral", System::spiral}, {"toggle", System::toggle}, {"both", System::both}}))
      ->type_name("spiral|toggle|both")
      ->default_str("both");
  app.add_option("--gradient", o.gradient,
                 "Fit with this gradient only; budget: discrete within "
                 "--memory")
      ->transform(one_of(std::map<std::string, Way>{{"discrete", Way::discrete},
                                                    {"budget", Way::budget},
                                                    {"continuous", Way::continuous},
                                                    {"interpolating", Way::interpolating},
                                                    {"forward", Way::forward},
                                                    {"reversible", Way::reversible},
                                                    {"all", Way::all}}))
      ->type_name("discrete|budget|continuous|interpolating|forward|reversible|all")
      ->default_str("all");
  app.add_option("--observations", o.observations, "Times of observation, at irregular distances")
      ->capture_default_str()
      ->check(whole_number<long>(2, 10000));
  app.add_option("--noise", o.noise, "Deviation of the noise on every number observed")
      ->capture_default_str()
      ->check(not_negative());
  app.add_option("--missing", o.missing, "Share of the numbers that were not observed")
      ->capture_default_str()
      ->check(validator([](const std::string& text) {
        double value = 0;
        return parse_whole(text, value) && value >= 0 && value < 1
                   ? std::string()
                   : "'" + text + "', wanted a number from 0 to below 1";
      }));
  app.add_option("--steps", o.steps,
                 "Training steps a fit (default: 800 for the spiral, 200 and 600 for the toggle)")
      ->check(whole_number<long>(1));
  app.add_option("--memory", o.memory, "Bytes that the gradient 'budget' may keep of a solve")
      ->capture_default_str()
      ->check(whole_number<std::size_t>(1));
  app.add_option("--seed", o.seed, "Seed of everything random; the same seed gives the same fit")
      ->capture_default_str()
      ->check(whole_number<std::uint64_t>(0));
  app.add_option("--out", o.out,
                 "Folder for the figures, spiral.svg and toggle.svg; made if it is "
                 "not there (default: no figures)")
      ->type_name("DIR");
  app.footer(
      "Examples:\n"
      "  fit_time_series --out fits\n"
      "      both problems by every gradient, a table each and a figure each\n"
      "  fit_time_series --problem toggle --gradient discrete --noise 0.2 --observations 15\n"
      "      fewer and worse data, one gradient\n\n"
      "Exit code 0: done; 1: failed; 2: something asked for cannot be.");
}

}  // namespace program
