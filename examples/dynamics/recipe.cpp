// SPDX-License-Identifier: MIT
#include "recipe.hpp"

#include <stdexcept>

#include "refusals.hpp"

namespace program {
namespace {

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
    case Method::simulation:
      return {.name = name, .objective = Recipe::Objective::simulation, .energy = o.energy};
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
  if (r.objective == Recipe::Objective::simulation && coupling != C::unbalanced) {
    refuse("--coupling",
           "simulation compares whole populations by the Sinkhorn divergence and pairs no cells; "
           "unbalanced lets it leave out cells that die or are born");
  }
  if (r.reflow > 0 && coupling != C::independent && coupling != C::exact) {
    refuse("--coupling", "rectified flow starts from independent or exact pairs");
  }
  r.coupling = coupling;
}

/// True if every cell of either side keeps its share.
bool balanced(Recipe::Coupling c) {
  return c == Recipe::Coupling::exact || c == Recipe::Coupling::entropic;
}

/// Adds what --growth, --noise and --metric ask for to the parts of a method.
void compose(Recipe& r, const Options& o) {
  using P = Recipe::Path;
  using C = Recipe::Coupling;
  check_parts(r, o);
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
    // What is asked for is kept, or refused below.
    if (balanced(r.coupling) && o.coupling == Coupling::usual) r.coupling = C::semi_relaxed;
  }
  if (r.growth && !(r.rates && balanced(r.coupling)) && r.coupling != C::semi_relaxed &&
      r.coupling != C::unbalanced && r.coupling != C::wfr) {
    refuse("--coupling", "a balanced coupling says nothing of growth, which " + r.name +
                             (o.growth ? " with --growth" : "") +
                             " learns, unless growth is known; use semi-relaxed or unbalanced");
  }
  if (!r.growth && r.objective != Recipe::Objective::transition &&
      r.objective != Recipe::Objective::simulation &&
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
  r.rates = o.rates;
  compose(r, o);
  check_composed(r, o);
  return r;
}

}  // namespace program
