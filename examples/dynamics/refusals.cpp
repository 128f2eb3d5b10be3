// SPDX-License-Identifier: MIT
#include "refusals.hpp"

#include <stdexcept>

namespace program {

void refuse(const std::string& what, const std::string& reason) {
  throw std::invalid_argument(what + ": " + reason);
}

namespace {

/// Refuses what does not go with the law of where cells go.
void check_transition(const Recipe& r, const Options& o) {
  if (r.objective != Recipe::Objective::transition) return;
  if (o.growth) {
    refuse("--growth",
           "genot learns where each cell goes, not how many it becomes; --coupling unbalanced lets "
           "it leave out cells that die, and vgfm, uotfm, wfrfm learn a growth rate");
  }
  if (o.noise > 0) {
    refuse("--noise",
           "the futures genot draws differ already, as --epsilon says; a diffusion on "
           "the way is learned by sf2m");
  }
  if (o.metric != Metric::euclidean) {
    refuse("--metric", "genot learns where a cell arrives and has no path on the way; use mfm");
  }
  if (o.sigma >= 1) refuse("--sigma", "genot leaves a share of its noise, wanted below 1");
}

/// Refuses what does not go with measured velocities.
void check_drift(const Recipe& r, const Options& o) {
  if (!r.drifts()) {
    const char* option = o.velocity_scale > 0 ? "--velocity-scale"
                         : o.bandwidth > 0    ? "--bandwidth"
                                              : nullptr;
    if (option != nullptr) refuse(option, "only curly follows measured velocities");
    return;
  }
  if (o.growth) {
    refuse("--growth",
           "curly pairs every cell with one that its velocity leads to, so that none multiplies "
           "or dies; use vgfm, uotfm or wfrfm");
  }
  if (o.metric != Metric::euclidean) {
    refuse("--metric", "the measured velocities bend curly's paths already; use mfm");
  }
}

/// Refuses what is said of a condition where there is none, and guidance that has no effect.
void check_condition(const Recipe& r, const Options& o) {
  if (o.condition.empty() && o.condition_as != ConditionAs::automatic) {
    refuse("--condition-as", "it says what the column of --condition is: name one");
  }
  if (o.guidance == 0) return;
  if (o.condition.empty()) {
    refuse("--guidance", "it exaggerates what a condition does: name one by --condition COLUMN");
  }
  if (r.objective == Recipe::Objective::action) {
    refuse("--guidance",
           "the action of a potential is least as a whole, so its condition cannot "
           "be left out of a share of the pairs; use otcfm or vgfm");
  }
  if (r.objective == Recipe::Objective::simulation) {
    refuse("--guidance",
           "simulation carries every cell with its condition, which no share of them can leave "
           "out; use otcfm or vgfm");
  }
  if (r.reflow > 0) {
    refuse("--guidance",
           "rectified learns from its own pairs and would be guided twice: add "
           "--reflow 0, or use otcfm");
  }
}

/// Refuses what does not go with paths to the mean of a cell's partners.
void check_targets(const Recipe& r) {
  if (!r.mean_targets) return;
  const std::string me = "--targets mean";
  if (r.objective != Recipe::Objective::matching || r.path != Recipe::Path::linear) {
    refuse(me,
           "the mean of a cell's partners is reached on a straight path: use otcfm, or icfm "
           "with --coupling, without --noise or --metric");
  }
  if (r.growth) {
    refuse(me, "a mean does not say how many cells arrive: learn growth with --targets cells");
  }
  if (r.reflow > 0) refuse(me, "rectified starts from cells, not from their mean");
  if (r.coupling == Recipe::Coupling::independent) {
    refuse(me, "all cells have the same mean by independent pairs; use --coupling entropic");
  }
}

/// Refuses what does not go with fitting by simulation.
void check_simulation(const Recipe& r, const Options& o) {
  if (r.objective != Recipe::Objective::simulation) {
    if (o.energy > 0) {
      refuse("--energy",
             "only simulation follows whole paths while it learns; action and mfm are "
             "known for paths of little energy");
    }
    return;
  }
  if (o.growth) {
    refuse("--growth",
           "simulation carries every cell with its weight; --coupling unbalanced lets it leave out "
           "cells that die, and vgfm, uotfm, wfrfm learn a growth rate");
  }
  if (o.noise > 0) {
    refuse("--noise", "simulation solves an ODE; a diffusion is learned by sf2m, otcfm or icfm");
  }
  if (o.metric != Metric::euclidean) {
    refuse("--metric",
           "simulation's paths are those of its own field and no metric bends them; --energy "
           "straightens them, and mfm follows a metric");
  }
}

/// Refuses known growth rates where nothing can be done with them, and parts of them alone.
void check_rates(const Recipe& r, const Options& o) {
  const bool genes = !o.proliferation.empty() || !o.apoptosis.empty();
  if (!o.growth_column.empty() && genes) {
    refuse("--growth-column", "growth rates come from a column or from genes: leave one out");
  }
  if (o.growth_unit == GrowthUnit::factor && o.growth_column.empty()) {
    refuse("--growth-unit", "it says what the numbers of --growth-column are: name one");
  }
  if (o.units_per_day > 0 && !genes) {
    refuse("--units-per-day",
           "it turns the rates of --proliferation and --apoptosis, which are per day, into those "
           "of --time: name genes");
  }
  if (o.mass == MassFrom::rates && !o.knows_growth()) {
    refuse("--mass rates", "name --growth-column, or --proliferation and --apoptosis");
  }
  if (!r.rates) return;
  if (!o.knows_growth()) {
    refuse("known growth rates", "name --growth-column, or --proliferation and --apoptosis");
  }
  const std::string me = genes ? "--proliferation, --apoptosis" : "--growth-column";
  if (!r.growth) {
    const bool may = r.objective == Recipe::Objective::matching && !r.drifts() && r.reflow == 0 &&
                     r.path != Recipe::Path::spline;
    refuse(me,
           r.name + " learns no growth: " + (may ? "add --growth, or " : "") + "use vgfm or uotfm");
  }
  if (r.coupling == Recipe::Coupling::wfr) {
    refuse(me, "wfrfm finds the growth from its own distance; use vgfm or uotfm");
  }
}

}  // namespace

void check_parts(const Recipe& r, const Options& o) {
  check_transition(r, o);
  check_simulation(r, o);
  check_drift(r, o);
  check_condition(r, o);
}

void check_composed(const Recipe& r, const Options& o) {
  check_targets(r);
  check_rates(r, o);
}

}  // namespace program
