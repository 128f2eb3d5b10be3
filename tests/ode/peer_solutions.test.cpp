// SPDX-License-Identifier: MIT
// The same problems solved by torchdiffeq and diffrax: equal steps give equal numbers, adaptive
// ones agree to the tolerance.
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <cytode/ode/esdirk3.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/esdirk5.hpp>
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

/// Heun's method of order 3, which the library does not have: any tableau runs [Hairer 1993, II.1].
constexpr std::array<double, 3> heun3_a{1.0 / 3, 0, 2.0 / 3}, heun3_b{0.25, 0, 0.75};
constexpr ode::ExplicitTableau heun3{
    .name = "Heun 3", .order = 3, .stages = 3, .a = heun3_a, .b = heun3_b};
static_assert(ode::consistent(heun3));

template <class Field>
void check_fixed(const Field& field, const problems::Peers& peers, const char* name,
                 const std::string& size) {
  auto p = peers.problem(name);
  const Vector<double> asked = p.times;
  const double h = std::stod(size.substr(2));  // "h=…", a power of two
  const auto steps = static_cast<Index>(asked.tail(1)(0) / h);
  p.times = Vector<double>::LinSpaced(steps + 1, 0, static_cast<double>(steps)) * h;
  for (const Case& c :
       {Case{"torchdiffeq", "euler", &ode::tableaus::euler},
        Case{"torchdiffeq", "midpoint", &ode::tableaus::midpoint},
        Case{"torchdiffeq", "rk4", &ode::tableaus::three_eighths},
        Case{"torchdiffeq", "heun2", &ode::tableaus::heun}, Case{"torchdiffeq", "heun3", &heun3},
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

/// An adaptive method beside a peer's, with the largest errors of a number allowed, in tolerances:
/// three times what was measured. Errors of single steps add up over the way.
struct Adaptive {
  const char *package, *name;
  const ode::ExplicitTableau* tableau;  ///< None: ESDIRK of this order.
  int order;
  double truth;  ///< Of ours.
  double apart;  ///< Ours to the peer's, which has errors of its own, above all between steps.
};

template <class Field>
std::vector<Matrix<double>> solve_implicit(const Field& field, const problems::PeerProblem& p,
                                           int order, double tolerance) {
  const std::vector<double> times(p.times.begin(), p.times.end());
  const auto by = [&](auto method) {
    method.relative_tolerance = method.absolute_tolerance = tolerance;
    method.max_steps = 100000;
    return ode::solve(field, p.x0, times, method).or_throw().states;
  };
  if (order == 3) return by(ode::Esdirk3{});
  return order == 4 ? by(ode::Esdirk4{}) : by(ode::Esdirk5{});
}

template <class Field>
void check_adaptive(const Field& field, const problems::Peers& peers, const char* name,
                    const std::string& fine, const std::vector<Adaptive>& cases) {
  const auto p = peers.problem(name);
  const auto truth = peers.run(name, "diffrax", "dopri8", fine).states;
  for (const auto& [text, tolerance] : {std::pair{"1e-06", 1e-6}, std::pair{"1e-09", 1e-9}}) {
    for (const Adaptive& c : cases) {
      CAPTURE(name, c.package, c.name, text);
      const auto theirs = peers.run(name, c.package, c.name, text).states;
      const auto mine = c.tableau ? solve(field, p, *c.tableau,
                                          {.relative_tolerance = tolerance,
                                           .absolute_tolerance = tolerance,
                                           .max_steps = 100000})
                                  : solve_implicit(field, p, c.order, tolerance);
      CHECK(distance(mine, truth) <= c.truth * tolerance);
      CHECK(distance(mine, theirs) <= c.apart * tolerance);
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
  check_adaptive(problems::spiral(spiral.theta), peers, "spiral", "h=0.001953125",
                 {{"torchdiffeq", "dopri5", &ode::tableaus::dopri5, 5, 53, 53},
                  {"torchdiffeq", "bosh3", &ode::tableaus::bosh3, 3, 1200, 3000},
                  {"torchdiffeq", "dopri8", &ode::tableaus::dop853, 8, 110, 3800},
                  {"diffrax", "dopri5", &ode::tableaus::dopri5, 5, 53, 53},
                  {"diffrax", "bosh3", &ode::tableaus::bosh3, 3, 1200, 120},
                  {"diffrax", "tsit5", &ode::tableaus::tsit5, 5, 57, 12},
                  {"diffrax", "dopri8", &ode::tableaus::dop853, 8, 110, 51},
                  {"diffrax", "kvaerno3", nullptr, 3, 130, 390},
                  {"diffrax", "kvaerno4", nullptr, 4, 69, 110},
                  {"diffrax", "kvaerno5", nullptr, 5, 330, 1900}});
  const auto prey = peers.problem("lotka_volterra");
  check_adaptive(problems::lotka_volterra(prey.theta), peers, "lotka_volterra", "h=0.00390625",
                 {{"torchdiffeq", "dopri5", &ode::tableaus::dopri5, 5, 75, 70},
                  {"torchdiffeq", "bosh3", &ode::tableaus::bosh3, 3, 130, 23000},
                  {"torchdiffeq", "dopri8", &ode::tableaus::dop853, 8, 44, 4000},
                  {"diffrax", "dopri5", &ode::tableaus::dopri5, 5, 75, 52},
                  {"diffrax", "bosh3", &ode::tableaus::bosh3, 3, 130, 6},
                  {"diffrax", "tsit5", &ode::tableaus::tsit5, 5, 27, 18},
                  {"diffrax", "dopri8", &ode::tableaus::dop853, 8, 44, 74},
                  {"diffrax", "kvaerno3", nullptr, 3, 35, 42},
                  {"diffrax", "kvaerno4", nullptr, 4, 53, 69},
                  {"diffrax", "kvaerno5", nullptr, 5, 26, 1100}});
  const auto mlp = peers.problem("mlp");
  check_adaptive(problems::mlp(mlp.theta), peers, "mlp", "h=0.015625",
                 {{"torchdiffeq", "dopri5", &ode::tableaus::dopri5, 5, 18, 30},
                  {"torchdiffeq", "bosh3", &ode::tableaus::bosh3, 3, 51, 20000},
                  {"torchdiffeq", "dopri8", &ode::tableaus::dop853, 8, 21, 3600},
                  {"diffrax", "dopri5", &ode::tableaus::dopri5, 5, 18, 24},
                  {"diffrax", "bosh3", &ode::tableaus::bosh3, 3, 51, 3},
                  {"diffrax", "tsit5", &ode::tableaus::tsit5, 5, 3, 21},
                  {"diffrax", "dopri8", &ode::tableaus::dop853, 8, 21, 24},
                  {"diffrax", "kvaerno3", nullptr, 3, 5, 6},
                  {"diffrax", "kvaerno4", nullptr, 4, 4, 7},
                  {"diffrax", "kvaerno5", nullptr, 5, 12, 1800}});
}
