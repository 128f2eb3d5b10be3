// SPDX-License-Identifier: MIT
// The classic stiff problems against their published ends.
#include <array>
#include <cmath>

#include <cytode/ode/esdirk3.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/esdirk5.hpp>
#include <cytode/ode/rodas3p.hpp>
#include <cytode/ode/rodas4.hpp>
#include <cytode/ode/rodas5p.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"
#include "problems/ring_modulator.hpp"
#include "problems/stiff.hpp"

using namespace cytode;

namespace {

constexpr std::array<double, 4> tolerances{1e-3, 1e-5, 1e-7, 1e-9};

template <class M, class P>
double error(const P& problem, double tolerance) {
  const auto out = ode::solve(problem.field, problem.x0, {problem.t0, problem.t1},
                              M{.relative_tolerance = tolerance,
                                .absolute_tolerance = tolerance * problem.floor,
                                .max_steps = 200000});
  CHECK(out.status == Status::ok);
  return out.status == Status::ok ? problem.error(out.last()) : 1;
}

/// Errors fall as the tolerance does: the slope of log error against log tolerance over six decades
/// is near 1, and no error is more than `most` tolerances.
template <class M, class P>
void check_proportional(const P& problem, double most) {
  double xy = 0, xx = 0, worst = 0;
  for (const double tolerance : tolerances) {
    const double e = error<M>(problem, tolerance), x = std::log10(tolerance) + 6;
    worst = std::max(worst, e / tolerance);
    xy += x * std::log10(e);
    xx += x * x;
  }
  CAPTURE(problem.name, M::tableau.name, worst, xy / xx);
  CHECK(worst < most);
  CHECK(xy / xx > 0.5);  // some are exact far beyond a loose tolerance
  CHECK(xy / xx < 1.3);
}

}  // namespace

TEMPLATE_TEST_CASE("errors on stiff problems are proportional to the tolerance", "[ode]",
                   ode::Rodas3P, ode::Rodas4, ode::Rodas5P, ode::Esdirk3, ode::Esdirk4,
                   ode::Esdirk5) {
  check_proportional<TestType>(problems::robertson(), 3);
  check_proportional<TestType>(problems::hires(), 300);
  check_proportional<TestType>(problems::van_der_pol(), 30);
  check_proportional<TestType>(problems::oregonator(), 300);
}

TEMPLATE_TEST_CASE("Robertson's reaction is followed to its equilibrium", "[ode]", ode::Rodas4,
                   ode::Rodas5P, ode::Esdirk4, ode::Esdirk5) {
  CHECK(error<TestType>(problems::robertson_long(), 1e-6) < 1e-4);
}

TEMPLATE_TEST_CASE("the ring modulator is solved", "[ode]", ode::Rodas4, ode::Esdirk5) {
  CHECK(error<TestType>(problems::ring_modulator(), 1e-5) < 1e-2);
}
