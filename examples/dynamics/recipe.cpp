// SPDX-License-Identifier: MIT
#include "recipe.hpp"

#include <stdexcept>

namespace program {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& reason) {
  throw std::invalid_argument(what + ": " + reason);
}

/// The parts a method is known by.
Recipe parts_of(const Options& o) {
  using P = Recipe::Path;
  using C = Recipe::Coupling;
  const std::string& name = name_of(method_names, o.method);
  switch (o.method) {
    case Method::otcfm:
      return {.name = name, .sigma = o.sigma};
    case Method::icfm:
      return {.name = name, .coupling = C::independent, .sigma = o.sigma};
    case Method::sbcfm:
      return {.name = name, .path = P::bridge, .coupling = C::entropic};
    case Method::sf2m:
      return {.name = name, .path = P::bridge, .coupling = C::entropic, .score = true};
    case Method::rectified:
      return {.name = name, .coupling = C::independent, .sigma = 0, .reflow = o.reflow};
    case Method::interpolant:
      return {.name = name, .path = P::interpolant, .coupling = C::independent, .sigma = o.sigma};
    case Method::vpcfm:
      return {.name = name, .path = P::trigonometric, .coupling = C::independent, .sigma = o.sigma};
    case Method::mmfm:
      return {.name = name, .path = P::spline, .sigma = o.sigma};
    case Method::mfm:
      return {.name = name, .path = P::geodesic, .sigma = o.sigma};
    case Method::vgfm:
      return {.name = name, .coupling = C::semi_relaxed, .growth = true, .sigma = o.sigma};
    case Method::uotfm:
      return {.name = name, .coupling = C::unbalanced, .growth = true, .sigma = o.sigma};
    case Method::wfrfm:
      return {.name = name, .path = P::wfr, .coupling = C::wfr, .growth = true, .sigma = 0};
    case Method::action:
      return {.name = name, .objective = Recipe::Objective::action, .sigma = o.sigma};
    case Method::uaction:
      return {.name = name,
              .objective = Recipe::Objective::action,
              .coupling = C::semi_relaxed,
              .growth = true,
              .sigma = o.sigma};
    case Method::genot:
      return {.name = name,
              .objective = Recipe::Objective::transition,
              .coupling = C::entropic,
              .sigma = o.sigma};
    case Method::curly:
      return {.name = name, .path = P::geodesic, .coupling = C::drift, .sigma = o.sigma};
  }
  throw std::logic_error("a method without parts");
}

/// Turns the coupling into what the user asked for.
void choose_coupling(Recipe& r, Coupling asked) {
  using C = Recipe::Coupling;
  if (asked == Coupling::usual) return;
  if (r.coupling == C::wfr) {
    refuse("--coupling", "wfrfm follows geodesics of its own unbalanced plan and takes no other");
  }
  if (r.drifts()) {
    refuse("--coupling", "curly pairs cells with those their velocity leads to and takes no other");
  }
  const C coupling = asked == Coupling::independent    ? C::independent
                     : asked == Coupling::exact        ? C::exact
                     : asked == Coupling::entropic     ? C::entropic
                     : asked == Coupling::semi_relaxed ? C::semi_relaxed
                                                       : C::unbalanced;
  if (r.reflow > 0 && coupling != C::independent && coupling != C::exact) {
    refuse("--coupling", "rectified flow starts from independent or exact pairs");
  }
  r.coupling = coupling;
}

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

/// Refuses guidance without something to guide by.
void check_guidance(const Recipe& r, const Options& o) {
  if (o.guidance == 0) return;
  if (o.condition.empty()) {
    refuse("--guidance", "it exaggerates what a condition does: name one by --condition COLUMN");
  }
  if (r.objective == Recipe::Objective::action) {
    refuse("--guidance",
           "the action of a potential is least as a whole, so its condition cannot "
           "be left out of a share of the pairs; use otcfm or vgfm");
  }
  if (r.reflow > 0) {
    refuse("--guidance",
           "rectified learns from its own pairs and would be guided twice: add "
           "--reflow 0, or use otcfm");
  }
}

/// Refuses what does not go with paths to the mean of a cell's partners.
void check_targets(const Recipe& r, const Options& o) {
  if (!r.mean_targets) return;
  const std::string me = "--targets mean";
  if (r.objective != Recipe::Objective::matching || r.path != Recipe::Path::linear) {
    refuse(me,
           "the mean of a cell's partners is reached on a straight path: use otcfm, or icfm "
           "with --coupling, without --noise or --metric");
  }
  if (r.growth) refuse(me, "a mean does not say how many cells arrive; vgfm, uotfm, wfrfm do");
  if (r.reflow > 0) refuse(me, "rectified starts from cells, not from their mean");
  if (r.coupling == Recipe::Coupling::independent) {
    refuse(me, "all cells have the same mean by independent pairs; use --coupling entropic");
  }
  if (!o.condition.empty()) {
    refuse(me, "the plan of all cells knows no --condition");
  }
}

/// Adds what --growth, --noise and --metric ask for to the parts of a method.
void compose(Recipe& r, const Options& o) {
  using P = Recipe::Path;
  using C = Recipe::Coupling;
  check_transition(r, o);
  check_drift(r, o);
  check_guidance(r, o);
  if (r.objective == Recipe::Objective::action && o.noise > 0) {
    refuse("--noise", "action matching learns a potential and no score; use sf2m, otcfm or icfm");
  }
  if (r.objective == Recipe::Objective::action && o.metric != Metric::euclidean) {
    refuse("--metric",
           "action matching finds the field of least energy, whatever the paths that "
           "made its samples; use mfm, otcfm or vgfm");
  }
  if (o.growth && !r.growth) {
    if (r.coupling == C::independent) {
      refuse("--growth",
             "independent pairs say nothing of which cells multiply; choose --method "
             "vgfm, uotfm or wfrfm, or --coupling semi-relaxed");
    }
    if (r.path == P::spline) {
      refuse("--growth",
             "mmfm follows tuples of cells through all times, which must neither end "
             "nor begin on the way");
    }
    if (r.reflow > 0) refuse("--growth", "rectified flow straightens balanced pairs");
    r.growth = true;
    if (r.coupling == C::exact || r.coupling == C::entropic) r.coupling = C::semi_relaxed;
  }
  if (r.growth && r.coupling != C::semi_relaxed && r.coupling != C::unbalanced &&
      r.coupling != C::wfr) {
    refuse("--coupling", "a balanced coupling says nothing of growth, which " + r.name +
                             (o.growth ? " with --growth" : "") +
                             " learns; use semi-relaxed or unbalanced");
  }
  if (!r.growth && r.objective != Recipe::Objective::transition &&
      (r.coupling == C::semi_relaxed || r.coupling == C::unbalanced)) {
    refuse("--coupling", "an unbalanced coupling makes and removes mass: add --growth");
  }
  if (o.noise > 0 || r.path == P::bridge) {
    if (r.path == P::wfr || r.path == P::geodesic || r.path == P::spline ||
        o.metric != Metric::euclidean) {
      refuse("--noise",
             "a diffusion's bridge is straight in the mean, so it does not compose with "
             "the paths of wfrfm, mmfm, mfm, curly or --metric");
    }
    if (r.path == P::interpolant || r.path == P::trigonometric || r.reflow > 0) {
      refuse("--noise", r.name + " has a path of its own: use sf2m, otcfm or icfm");
    }
    r.score = r.score || o.noise > 0;
    r.path = P::bridge;
    r.sigma = o.noise > 0 ? o.noise : 1;  // 1: as published
  }
  if (o.metric != Metric::euclidean) {
    if (r.path == P::spline || r.path == P::wfr || r.path == P::trigonometric ||
        r.path == P::interpolant || r.reflow > 0) {
      refuse("--metric", r.name + " has a path of its own, which a metric cannot bend");
    }
    r.path = P::geodesic;
    r.metric = o.metric;
  }
  if (o.solver == Solver::sde && !r.score) {
    refuse("--solver", "sde needs a model with noise and score: --method sf2m, or --noise");
  }
}

}  // namespace

Recipe recipe_of(const Options& o) {
  Recipe r = parts_of(o);
  r.mean_targets = o.targets == Targets::mean;
  choose_coupling(r, o.coupling);
  compose(r, o);
  check_targets(r, o);
  return r;
}

std::string describe(const Recipe& r) {
  using P = Recipe::Path;
  using C = Recipe::Coupling;
  const bool draws = r.objective == Recipe::Objective::transition;
  const char* path = draws                 ? "from noise to the next time"
                     : r.drifts()          ? "paths that go with the measured velocity"
                     : r.mean_targets      ? "straight paths to the mean of each cell's partners"
                     : r.path == P::linear ? "straight paths"
                     : r.path == P::bridge ? "Brownian bridges"
                     : r.path == P::interpolant   ? "straight paths with latent noise"
                     : r.path == P::trigonometric ? "variance-preserving arcs"
                     : r.path == P::spline        ? "splines through all times"
                     : r.path == P::geodesic      ? "geodesics of the cells' own metric"
                                                  : "Wasserstein-Fisher-Rao geodesics";
  const char* coupling = r.coupling == C::independent    ? "independent pairs"
                         : r.coupling == C::exact        ? "pairs by exact transport"
                         : r.coupling == C::entropic     ? "pairs by entropic transport"
                         : r.coupling == C::semi_relaxed ? "pairs by semi-relaxed transport"
                         : r.coupling == C::drift ? "pairs by exact transport after the drift"
                         : r.coupling == C::unbalanced
                             ? "pairs by unbalanced transport"
                             : "pairs by Wasserstein-Fisher-Rao transport";
  std::string text = std::string(path) + ", " + coupling + "; learns " +
                     (draws                                      ? "where each cell may go"
                      : r.objective == Recipe::Objective::action ? "a potential"
                                                                 : "velocity");
  if (r.growth) text += ", growth";
  if (r.score) text += ", score";
  return text;
}

}  // namespace program
