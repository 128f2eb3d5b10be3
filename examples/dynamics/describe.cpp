// SPDX-License-Identifier: MIT
#include <string>

#include "recipe.hpp"

namespace program {

std::string describe(const Recipe& r) {
  using P = Recipe::Path;
  using C = Recipe::Coupling;
  if (r.objective == Recipe::Objective::simulation) {
    return std::string(
               "solved paths of the first cells, compared with the cells of every time by ") +
           (r.coupling == C::unbalanced ? "an unbalanced" : "the") +
           " Sinkhorn divergence; learns velocity" + (r.energy > 0 ? " of little energy" : "");
  }
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
  if (r.growth) text += r.rates ? ", growth from known rates" : ", growth";
  if (r.score) text += ", score";
  return text;
}

}  // namespace program
