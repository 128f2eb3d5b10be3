// SPDX-License-Identifier: MIT
// The classic problems without stiffness: references reached, error in proportion to tolerance.
#include <cmath>
#include <vector>

#include <cytode/ode/dop853.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"
#include "problems/detest_a.hpp"
#include "problems/detest_b.hpp"
#include "problems/detest_c.hpp"
#include "problems/detest_d.hpp"
#include "problems/detest_e.hpp"
#include "problems/diffusion.hpp"
#include "problems/nonstiff.hpp"
#include "problems/orbits.hpp"

using namespace cytode;

namespace {

template <class P>
double error(const P& problem, const ode::ExplicitTableau& tableau, double tolerance) {
  Workers alone(1);
  ode::FieldSystem<std::decay_t<decltype(problem.field)>> system(problem.field, alone);
  ode::Integration<double, ode::ExplicitStep<double>> run(
      system, ode::ExplicitStep<double>(tableau),
      {.relative_tolerance = tolerance, .absolute_tolerance = tolerance, .max_steps = 1000000});
  run.start(problem.x0, {problem.t0, problem.t1});
  while (run.advance()) {
  }
  const auto out = run.finish();
  REQUIRE(out.status == Status::ok);
  return problem.error(out.last());
}

// Six decades of tolerance, from `loose` on, give about six of error, and the last a small error.
template <class P>
void check(const P& problem, double loose = 1e-5, double last = 1e-8) {
  INFO(problem.name);
  for (const auto* tableau :
       {&ode::tableaus::dopri5, &ode::tableaus::tsit5, &ode::tableaus::dop853}) {
    INFO(tableau->name);
    const double first_error = error(problem, *tableau, loose);
    const double last_error = error(problem, *tableau, loose * 1e-6);
    const double decades = std::log10(first_error / last_error);
    CHECK(last_error <= last);
    CHECK(decades >= 4);
    CHECK(decades <= 9);  // B2's transient is over before a high order can err
  }
}

}  // namespace

TEST_CASE("DETEST A: single equations", "[ode]") {
  check(problems::detest_a1());
  check(problems::detest_a2());
  check(problems::detest_a3());
  check(problems::detest_a4());
  check(problems::detest_a5());
}

TEST_CASE("DETEST B: small systems", "[ode]") {
  check(problems::detest_b1());
  check(problems::detest_b2());
  check(problems::detest_b3());
  check(problems::detest_b4());
  check(problems::detest_b5());
}

TEST_CASE("DETEST C: moderate systems", "[ode]") {
  check(problems::detest_c1());
  check(problems::detest_c2());
  check(problems::detest_c3());
  check(problems::detest_c4());
  check(problems::detest_c5());
}

TEST_CASE("DETEST D: orbits", "[ode]") {
  check(problems::detest_d1());
  check(problems::detest_d2());
  check(problems::detest_d3());
  check(problems::detest_d4());
  check(problems::detest_d5());
}

TEST_CASE("DETEST E: equations of higher order", "[ode]") {
  check(problems::detest_e1());
  check(problems::detest_e2());
  check(problems::detest_e3());
  check(problems::detest_e4());
  check(problems::detest_e5());
}

TEST_CASE("orbits, a reaction, and chaos to short times", "[ode]") {
  check(problems::arenstorf(), 1e-7, 1e-6);
  check(problems::pleiades(), 1e-6, 1e-7);
  check(problems::brusselator());
  check(problems::lorenz(), 1e-6, 1e-7);
  check(problems::brusselator_diffusion());
}
