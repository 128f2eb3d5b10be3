// SPDX-License-Identifier: MIT
/// What a method is made of, and which combinations make sense.
#pragma once

#include <string>

#include "options.hpp"

namespace program {

/// The parts of a method: path × coupling × heads.
struct Recipe {
  enum class Path { linear, bridge, interpolant, trigonometric, spline, geodesic, wfr };
  enum class Coupling { independent, exact, entropic, semi_relaxed, unbalanced, wfr, drift };

  enum class Objective { matching, action, transition, simulation };

  std::string name;
  Objective objective = Objective::matching;
  Path path = Path::linear;
  Coupling coupling = Coupling::exact;
  Metric metric = Metric::euclidean;
  bool growth = false;
  bool score = false;
  bool mean_targets = false;
  double sigma = 0.1;  // width of the path, or noise of the bridge
  long reflow = 0;     // rounds of learning from the model's own pairs
  bool rates = false;  // growth rates are known before
  double energy = 0;   // λ of the energy of paths beside the divergences

  /// True if it needs velocities that were measured.
  [[nodiscard]] bool drifts() const { return coupling == Coupling::drift; }
};

/// What the options ask for. Throws std::invalid_argument with the reason where a combination makes
/// no sense.
[[nodiscard]] Recipe recipe_of(const Options& o);

/// One line for people: the parts by name.
[[nodiscard]] std::string describe(const Recipe& r);

}  // namespace program
