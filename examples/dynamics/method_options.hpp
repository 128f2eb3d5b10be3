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

/// Declares where growth is known from before the dynamics are learned.
inline void declare_known_growth(CLI::App& app, Options& o) {
  app.add_option("--growth-column", o.growth_column,
                 "With growth: column of obs with the growth of each cell, births minus deaths per "
                 "unit of --time. Plans start from the cells as they will have multiplied; "
                 "semi-relaxed and unbalanced ones correct it, --coupling exact or entropic take "
                 "it as it is")
      ->type_name("COLUMN");
  app.add_option("--growth-unit", o.growth_unit,
                 "What --growth-column holds: rate, or factor, what one cell becomes in a unit of "
                 "--time, as in Waddington-OT")
      ->transform(one_of(growth_unit_names))
      ->type_name(bars(growth_unit_names))
      ->default_str("rate");
  app.add_option(
         "--proliferation", o.proliferation,
         "With growth: genes of dividing cells, or a file with one a line: growth is births "
         "minus deaths of gene scores, as in Waddington-OT")
      ->delimiter(',')
      ->type_name("GENE,...|FILE");
  app.add_option("--apoptosis", o.apoptosis, "The same, genes of dying cells")
      ->delimiter(',')
      ->type_name("GENE,...|FILE");
  app.add_option("--units-per-day", o.units_per_day,
                 "Units of --time in a day, for growth from genes (default: 1 for a column 'day', "
                 "24 for 'hours')")
      ->check(positive())
      ->type_name("N");
  app.add_option("--mass", o.mass,
                 "The mass of the populations: counts, of cells, or rates, as known growth has it "
                 "(default: rates where growth is known)")
      ->transform(one_of(std::map<std::string, MassFrom>{{"counts", MassFrom::counts},
                                                         {"rates", MassFrom::rates}}))
      ->type_name("counts|rates");
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
               "the mass of the population, unless growth is known");
  declare_known_growth(app, o);
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
                 "Column of obs that the dynamics depend on: a class or a number. Cells are joined "
                 "within their class, so it must be there at all times after its first")
      ->type_name("COLUMN");
  app.add_option("--condition-as", o.condition_as,
                 "What that column is (default: numbers if there are more than two of them and "
                 "nothing else; say class for clusters named 0, 1, 2)")
      ->transform(one_of(std::map<std::string, ConditionAs>{{"class", ConditionAs::classes},
                                                            {"number", ConditionAs::number}}))
      ->type_name("class|number");
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
                 "Blur of entropic couplings, relative to the mean cost of a batch; of simulation, "
                 "relative to the mean squared distance of two cells of one time")
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
  app.add_option("--energy", o.energy,
                 "simulation: weight of the energy of the paths, squared speed over time, beside "
                 "the divergences")
      ->capture_default_str()
      ->check(not_negative());
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
                 "drawing. curly: along measured velocities. simulation: populations carried by "
                 "the field and compared with each time, slow: try --steps 500")
      ->transform(one_of(method_names))
      ->type_name("NAME")
      ->default_str("otcfm");
  app.add_option("--futures", o.futures, "genot: draws of every cell's next place in futures.csv")
      ->capture_default_str()
      ->check(whole_number(1));
  declare_parts(app, o);
}

}  // namespace program
