// SPDX-License-Identifier: MIT
// Gradients beside those of torchdiffeq and diffrax: on equal steps the same to rounding, on steps
// of their own to the tolerance.
#include <string>
#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/ode/midpoint.hpp>
#include <cytode/ode/three_eighths.hpp>

#include "catch.hpp"
#include "problems/fixture.hpp"

using namespace cytode;

namespace {

// Gradient of the sum of squares of all states at the asked times; `grid` adds times on the way.
template <class Field, class Method>
adjoint::Gradient<double> gradient(const Field& field, const Matrix<double>& x0,
                                   const Vector<double>& asked, const Vector<double>& grid,
                                   const Method& method) {
  const std::vector<double> times(grid.data(), grid.data() + grid.size());
  auto run = adjoint::differentiate(field, x0, times, method, adjoint::Discrete{});
  std::vector<Matrix<double>> cotangents(times.size());
  for (const double t : asked) {
    for (std::size_t k = 0; k < times.size(); ++k) {
      if (times[k] == t) cotangents[k] = 2 * run.solution().states[k];
    }
  }
  adjoint::Gradient<double> g;
  run.pullback(cotangents, g);
  return g;
}
void check(const adjoint::Gradient<double>& g, const problems::PeerRun& theirs, double tolerance) {
  REQUIRE(theirs.has_gradient);
  CHECK((g.x0 - theirs.gradient_x0).norm() <= tolerance * theirs.gradient_x0.norm());
  CHECK((g.parameters - theirs.gradient_theta).norm() <= tolerance * theirs.gradient_theta.norm());
}

template <class Field>
void check_all(const Field& field, const char* name, const std::string& size) {
  INFO(name);
  const problems::Peers peers;
  const auto p = peers.problem(name);
  const double h = std::stod(size.substr(2));  // "h=…", a power of two
  const auto steps = static_cast<Index>(p.times.tail(1)(0) / h);
  const Vector<double> grid =
      Vector<double>::LinSpaced(steps + 1, 0, static_cast<double>(steps)) * h;
  check(gradient(field, p.x0, p.times, grid, ode::Midpoint{.steps = 1}),
        peers.run(name, "torchdiffeq", "midpoint", size), 1e-11);
  check(gradient(field, p.x0, p.times, grid, ode::ThreeEighths{.steps = 1}),
        peers.run(name, "torchdiffeq", "rk4", size), 1e-11);
  const ode::Dopri5 tight{.relative_tolerance = 1e-9, .absolute_tolerance = 1e-9};
  const auto mine = gradient(field, p.x0, p.times, p.times, tight);
  check(mine, peers.run(name, "torchdiffeq", "dopri5", "1e-09"), 1e-6);
  check(mine, peers.run(name, "diffrax", "tsit5", "1e-09"), 1e-6);
}

}  // namespace

TEST_CASE("gradients are those of torchdiffeq and diffrax", "[adjoint]") {
  const problems::Peers peers;
  check_all(problems::spiral(peers.problem("spiral").theta), "spiral", "h=0.0078125");
  check_all(problems::lotka_volterra(peers.problem("lotka_volterra").theta), "lotka_volterra",
            "h=0.015625");
  check_all(problems::mlp(peers.problem("mlp").theta), "mlp", "h=0.0625");
}
