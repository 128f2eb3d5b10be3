// SPDX-License-Identifier: MIT
// The same problems solved by torchdiffeq and diffrax: equal steps give equal numbers, adaptive
// ones agree to the tolerance.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <cytode/ode/solve.hpp>

#include "catalogue_methods.hpp"
#include "catch.hpp"
#include "problems/fixture.hpp"

using namespace cytode;

namespace {

template <class Field>
std::vector<Matrix<double>> solve(const Field& field, const problems::PeerProblem& p,
                                  const ode::ExplicitTableau& tableau, ode::Control control) {
  Workers alone(1);
  ode::FieldSystem<Field> system(field, alone);
  ode::Integration<double, ode::ExplicitStep<double>> run(
      system, ode::ExplicitStep<double>(tableau), std::move(control));
  run.start(p.x0, {p.times.data(), p.times.data() + p.times.size()});
  while (run.advance()) {
  }
  return run.finish().or_throw().states;
}
double distance(const std::vector<Matrix<double>>& a, const std::vector<Matrix<double>>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    worst = std::max(worst, (a[k] - b[k]).cwiseAbs().maxCoeff());
  }
  return worst;
}

struct Case {
  const char *package, *name;
  const ode::ExplicitTableau* tableau;
};

template <class Field>
void check_fixed(const Field& field, const problems::Peers& peers, const char* name,
                 const std::string& size) {
  auto p = peers.problem(name);
  const Vector<double> asked = p.times;
  const double h = std::stod(size.substr(2));  // "h=…", a power of two
  const auto steps = static_cast<Index>(asked.tail(1)(0) / h);
  p.times = Vector<double>::LinSpaced(steps + 1, 0, static_cast<double>(steps)) * h;
  for (const Case& c : {Case{"torchdiffeq", "euler", &ode::tableaus::euler},
                        Case{"torchdiffeq", "midpoint", &ode::tableaus::midpoint},
                        Case{"torchdiffeq", "rk4", &ode::tableaus::three_eighths},
                        Case{"torchdiffeq", "heun2", &ode::tableaus::heun},
                        Case{"diffrax", "euler", &ode::tableaus::euler},
                        Case{"diffrax", "heun", &ode::tableaus::heun},
                        Case{"diffrax", "midpoint", &ode::tableaus::midpoint},
                        Case{"diffrax", "ralston", &ode::tableaus::ralston},
                        Case{"diffrax", "bosh3", &ode::tableaus::bosh3},
                        Case{"diffrax", "dopri5", &ode::tableaus::dopri5},
                        Case{"diffrax", "tsit5", &ode::tableaus::tsit5}}) {
    CAPTURE(name, c.package, c.name);
    const auto theirs = peers.run(name, c.package, c.name, size).states;
    const auto all = solve(field, p, *c.tableau, {.fixed_steps = 1});
    std::vector<Matrix<double>> mine;
    for (const double t : asked) mine.push_back(all[static_cast<std::size_t>(t / h)]);
    CHECK(distance(mine, theirs) <= 1e-12);
  }
}

template <class Field>
void check_adaptive(const Field& field, const problems::Peers& peers, const char* name,
                    const std::string& fine) {
  const auto p = peers.problem(name);
  const auto truth = peers.run(name, "diffrax", "dopri8", fine).states;
  for (const auto& [text, tolerance] : {std::pair{"1e-06", 1e-6}, std::pair{"1e-09", 1e-9}}) {
    for (const Case& c : {Case{"torchdiffeq", "dopri5", &ode::tableaus::dopri5},
                          Case{"torchdiffeq", "bosh3", &ode::tableaus::bosh3},
                          Case{"diffrax", "dopri5", &ode::tableaus::dopri5},
                          Case{"diffrax", "tsit5", &ode::tableaus::tsit5},
                          Case{"diffrax", "dopri8", &ode::tableaus::dop853}}) {
      CAPTURE(name, c.package, c.name, text);
      const auto theirs = peers.run(name, c.package, c.name, text).states;
      const auto mine = solve(
          field, p, *c.tableau,
          {.relative_tolerance = tolerance, .absolute_tolerance = tolerance, .max_steps = 100000});
      // Errors of single steps add up over the way: a few hundred tolerances
      // here, for all of us.
      CHECK(distance(mine, truth) <= 1000 * tolerance);
      // What a peer reads off between its steps may be worse than its steps.
      CHECK(distance(mine, theirs) <= distance(theirs, truth) + 1000 * tolerance);
    }
  }
}

}  // namespace

TEST_CASE("equal steps give the numbers of torchdiffeq and diffrax", "[ode]") {
  const problems::Peers peers;
  const auto spiral = peers.problem("spiral");
  check_fixed(problems::spiral(spiral.theta), peers, "spiral", "h=0.0078125");
  const auto prey = peers.problem("lotka_volterra");
  check_fixed(problems::lotka_volterra(prey.theta), peers, "lotka_volterra", "h=0.015625");
  const auto mlp = peers.problem("mlp");
  check_fixed(problems::mlp(mlp.theta), peers, "mlp", "h=0.0625");
}

TEST_CASE("adaptive solutions agree with torchdiffeq and diffrax to the tolerance", "[ode]") {
  const problems::Peers peers;
  const auto spiral = peers.problem("spiral");
  check_adaptive(problems::spiral(spiral.theta), peers, "spiral", "h=0.001953125");
  const auto prey = peers.problem("lotka_volterra");
  check_adaptive(problems::lotka_volterra(prey.theta), peers, "lotka_volterra", "h=0.00390625");
  const auto mlp = peers.problem("mlp");
  check_adaptive(problems::mlp(mlp.theta), peers, "mlp", "h=0.015625");
}
