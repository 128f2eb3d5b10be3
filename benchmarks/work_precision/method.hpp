// SPDX-License-Identifier: MIT
/// The methods of the comparison, chosen at run time.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <cytode/ode/control.hpp>
#include <cytode/ode/esdirk_tableau.hpp>
#include <cytode/ode/rosenbrock_tableau.hpp>
#include <cytode/ode/tableau.hpp>

#include "measurement.hpp"

namespace work_precision {

/// An explicit method that goes over to a stiff one: tsit5, then rodas4.
struct Switching {};

/// A method by its tableau: steps are compiled once for all tableaus of a kind.
struct Method {
  std::string name;
  std::variant<const ode::ExplicitTableau*, const ode::RosenbrockTableau*,
               const ode::EsdirkTableau*, Switching>
      tableau;
  int order = 0;
  bool usual = true;  ///< Runs unless other methods are named.

  /// True if it is made for stiff problems.
  [[nodiscard]] bool stiff() const { return tableau.index() > 0; }
};

/// All adaptive methods.
[[nodiscard]] const std::vector<Method>& methods();

/// A controller and its name.
struct NamedController {
  std::string name;
  ode::Controller controller;
};
[[nodiscard]] std::vector<NamedController> controllers();

/// The run of a solve. The problem must outlive it.
[[nodiscard]] std::unique_ptr<Run> solve_run(const Problem& problem, const Method& method,
                                             const NamedController& controller, ode::Clock clock,
                                             double tolerance);

/// What is common to all runs at a tolerance.
[[nodiscard]] inline ode::Control control_at(double tolerance) {
  ode::Control c;
  c.relative_tolerance = c.absolute_tolerance = tolerance;
  c.max_steps = 1000000;
  return c;
}

}  // namespace work_precision
