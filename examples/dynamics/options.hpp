// SPDX-License-Identifier: MIT
/// What a user of the programs can ask for.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace program {

/// Which cells the scaling is fitted on.
enum class Standardize { none, train, one, all };

/// How the dynamics are learned; see method_names and recipe.cpp.
enum class Method {
  otcfm,
  icfm,
  sbcfm,
  sf2m,
  rectified,
  interpolant,
  vpcfm,
  mmfm,
  mfm,
  vgfm,
  uotfm,
  wfrfm,
  action,
  uaction,
  genot,
  curly,
  simulation
};

/// How cells of neighbouring times are joined; `usual` is what the method is known by.
enum class Coupling { usual, independent, exact, entropic, semi_relaxed, unbalanced };

/// Where the path of a cell leads: to one of its partners, or to the mean of all.
enum class Targets { cells, mean };

/// The geometry that paths between cells follow.
enum class Metric { euclidean, land, rbf };

/// What the numbers of --growth-column are: births minus deaths per unit of time, or what one cell
/// becomes in a unit of time.
enum class GrowthUnit { rate, factor };

/// Where the mass of the populations comes from; `usual`: known growth rates, or else counts.
enum class MassFrom { usual, counts, rates };

/// What the column of --condition is read as; `automatic`: numbers if more than two different ones.
enum class ConditionAs { automatic, classes, number };

/// How cells are carried through the learned field.
enum class Solver { dopri5, euler, sde };

/// Everything a user can ask for.
struct Options {
  std::string data;
  std::string time;
  std::string basis = "X_pca";
  long dims = 0;  // 0: every coordinate of the basis
  Standardize standardize = Standardize::train;
  Method method = Method::otcfm;
  Coupling coupling = Coupling::usual;
  Targets targets = Targets::cells;
  bool growth = false;        // mass of the populations from the numbers of cells
  std::string growth_column;  // of obs, with known growth; empty: none
  GrowthUnit growth_unit = GrowthUnit::rate;
  std::vector<std::string> proliferation, apoptosis;  // genes growth follows from, or a file's name
  double units_per_day = 0;                           // of the time; 0: as its name says
  MassFrom mass = MassFrom::usual;
  bool rates = false;  // use the growth that is known
  double noise = 0;    // σ of a diffusion, in scaled units per square root of scaled time
  Metric metric = Metric::euclidean;
  std::string condition;  // column of obs; empty: none
  ConditionAs condition_as = ConditionAs::automatic;
  double guidance = 0;             // how much the condition is exaggerated; 0: not
  double condition_dropout = 0.1;  // share of pairs without their condition, where it is guided
  std::string velocity;            // key of obsm; empty: the one that belongs to the basis
  double velocity_scale = 0;       // what it is multiplied with; 0: see drift.hpp
  double bandwidth = 0;            // of measured velocities, in scaled units; 0: see drift.hpp
  long futures = 10;               // draws of every cell's next place
  double sigma = 0.1;
  double epsilon = 0.05;  // of entropic couplings, relative to the mean cost
  double delta = 1;       // length scale of growth against movement, in scaled units
  double relaxation = 1;  // τ of unbalanced couplings, relative to the mean cost
  double energy = 0;      // λ of simulation, in scaled units
  long reflow = 1;        // rounds of rectified flow
  std::vector<long> hidden = {64, 64, 64};
  long steps = 5000;
  long batch = 256;
  double learning_rate = 1e-3;
  std::vector<std::string> hold_out;
  std::vector<std::string> genes;
  std::map<std::string, double> time_values;
  std::uint64_t seed = 0;
  int threads = 1;
  Solver solver = Solver::dopri5;
  bool resume = false;
  bool brief = false;  // no lines of progress where there is no terminal
  std::string out;

  [[nodiscard]] bool knows_growth() const {
    return !growth_column.empty() || !proliferation.empty() || !apoptosis.empty();
  }
};

inline const std::map<std::string, Standardize> standardize_names = {{"none", Standardize::none},
                                                                     {"train", Standardize::train},
                                                                     {"one", Standardize::one},
                                                                     {"all", Standardize::all}};
inline const std::map<std::string, Method> method_names = {{"otcfm", Method::otcfm},
                                                           {"icfm", Method::icfm},
                                                           {"sbcfm", Method::sbcfm},
                                                           {"sf2m", Method::sf2m},
                                                           {"rectified", Method::rectified},
                                                           {"vpcfm", Method::vpcfm},
                                                           {"interpolant", Method::interpolant},
                                                           {"mmfm", Method::mmfm},
                                                           {"mfm", Method::mfm},
                                                           {"vgfm", Method::vgfm},
                                                           {"uotfm", Method::uotfm},
                                                           {"wfrfm", Method::wfrfm},
                                                           {"action", Method::action},
                                                           {"uaction", Method::uaction},
                                                           {"genot", Method::genot},
                                                           {"curly", Method::curly},
                                                           {"simulation", Method::simulation}};
inline const std::map<std::string, Coupling> coupling_names = {
    {"usual", Coupling::usual},
    {"independent", Coupling::independent},
    {"exact", Coupling::exact},
    {"entropic", Coupling::entropic},
    {"semi-relaxed", Coupling::semi_relaxed},
    {"unbalanced", Coupling::unbalanced}};
inline const std::map<std::string, Targets> targets_names = {{"cells", Targets::cells},
                                                             {"mean", Targets::mean}};
inline const std::map<std::string, Metric> metric_names = {
    {"euclidean", Metric::euclidean}, {"land", Metric::land}, {"rbf", Metric::rbf}};
inline const std::map<std::string, GrowthUnit> growth_unit_names = {{"rate", GrowthUnit::rate},
                                                                    {"factor", GrowthUnit::factor}};
inline const std::map<std::string, MassFrom> mass_names = {
    {"usual", MassFrom::usual}, {"counts", MassFrom::counts}, {"rates", MassFrom::rates}};
inline const std::map<std::string, Solver> solver_names = {
    {"dopri5", Solver::dopri5}, {"euler", Solver::euler}, {"sde", Solver::sde}};

/// The name a choice has on the command line.
template <class Choice>
const std::string& name_of(const std::map<std::string, Choice>& names, Choice choice) {
  for (const auto& [name, value] : names) {
    if (value == choice) return name;
  }
  throw std::logic_error("a choice without a name");
}

/// True if every inner time point is to be left out in turn.
inline bool leaves_out_each(const Options& o) {
  return o.hold_out.size() == 1 && o.hold_out[0] == "all";
}

}  // namespace program
