// SPDX-License-Identifier: MIT
/// The options that choose what the dynamics are learned by.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "../shared/program.hpp"
#include "options.hpp"

namespace program {

/// The names of a choice with bars between.
template <class Choice>
std::string bars(const std::map<std::string, Choice>& names) {
  std::string text;
  for (const auto& [name, value] : names) text += (text.empty() ? "" : "|") + name;
  return text;
}

/// Declares everything that --method composes with.
inline void declare_parts(CLI::App& app, Options& o) {
  app.add_option("--coupling", o.coupling,
                 "How cells of neighbouring times are joined: what the method is known by, or "
                 "another")
      ->transform(one_of(coupling_names))
      ->type_name(bars(coupling_names))
      ->default_str("usual");
  app.add_option("--targets", o.targets,
                 "Where the path of a cell leads: cells, to one of its partners in a batch, by "
                 "chance; mean, to the mean of its partners in the plan of all cells. With "
                 "--coupling entropic, for many coordinates and few cells")
      ->transform(one_of(targets_names))
      ->type_name(bars(targets_names))
      ->default_str("cells");
  app.add_flag("--growth", o.growth,
               "Learn a growth rate as well: the numbers of cells at the time points are taken for "
               "the mass of the population");
  app.add_option("--noise", o.noise,
                 "Learn a diffusion with this noise and its score, in scaled units per square root "
                 "of the mean gap between times")
      ->check(not_negative());
  app.add_option("--metric", o.metric,
                 "Geometry of the paths between cells: land and rbf bend them along the cells of "
                 "the times kept")
      ->transform(one_of(metric_names))
      ->type_name(bars(metric_names))
      ->default_str("euclidean");
  app.add_option("--condition", o.condition,
                 "Column of obs that the dynamics depend on: a class or a number")
      ->type_name("COLUMN");
  app.add_option("--guidance", o.guidance,
                 "With --condition: exaggerate what it changes by this weight; 1 doubles it, -1 "
                 "leaves it out (classifier-free guidance)")
      ->check(finite())
      ->type_name("WEIGHT");
  app.add_option("--condition-dropout", o.condition_dropout,
                 "With --guidance: share of pairs learned from without their condition")
      ->capture_default_str()
      ->check(share());
  app.add_option("--velocity", o.velocity,
                 "Measured velocities: a key of obsm, as velocity_pca. curly follows them; other "
                 "methods are compared with them (default: the one that belongs to --basis)")
      ->type_name("KEY");
  app.add_option("--velocity-scale", o.velocity_scale,
                 "curly: what the velocities are multiplied with to be coordinates per unit of "
                 "--time (default: 1 for velocity_true, else so that they are as fast as cells "
                 "move from time to time)")
      ->check(positive());
  app.add_option("--bandwidth", o.bandwidth,
                 "curly: how far from its cell a measured velocity reaches, in scaled units "
                 "(default: to the tenth neighbour, or less in many coordinates)")
      ->check(positive());
  app.add_option("--sigma", o.sigma, "Noise around the path from cell to cell, in scaled units")
      ->capture_default_str()
      ->check(not_negative());
  app.add_option("--epsilon", o.epsilon,
                 "Blur of entropic couplings, relative to the mean cost of a batch")
      ->capture_default_str()
      ->check(positive());
  app.add_option("--relaxation", o.relaxation,
                 "How dear it is for an unbalanced coupling to make or remove mass, relative to "
                 "the mean cost of a batch")
      ->capture_default_str()
      ->check(positive());
  app.add_option("--delta", o.delta,
                 "wfrfm: distance over which a cell would rather die here and be born there than "
                 "move, over pi, in scaled units")
      ->capture_default_str()
      ->check(positive());
  app.add_option("--reflow", o.reflow, "rectified: rounds of learning from the model's own pairs")
      ->capture_default_str()
      ->check(whole_number(0));
}

/// Declares --method and its parts.
inline void declare_method(CLI::App& app, Options& o) {
  app.add_option("--method", o.method,
                 "otcfm: pairs by exact transport. icfm: independent pairs. sbcfm, sf2m: "
                 "Schroedinger bridge, without and with its score. rectified: straightened flow. "
                 "interpolant, vpcfm: other paths. mmfm: splines through all times. mfm: along the "
                 "data. vgfm, uotfm, wfrfm: with growth. action, uaction: "
                 "action matching, without and with growth. genot: where each cell may go, by "
                 "drawing. curly: along measured velocities")
      ->transform(one_of(method_names))
      ->type_name("NAME")
      ->default_str("otcfm");
  app.add_option("--futures", o.futures, "genot: draws of every cell's next place in futures.csv")
      ->capture_default_str()
      ->check(whole_number(1));
  declare_parts(app, o);
}

}  // namespace program
