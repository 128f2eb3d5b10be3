// SPDX-License-Identifier: MIT
// The test problems themselves: their right-hand sides reach their references through Odeint's own
// steppers, which share nothing with the program that computed the references.
#include <vector>

#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <boost/numeric/odeint/stepper/generation.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include "catch.hpp"
#include "problems/detest_a.hpp"
#include "problems/detest_b.hpp"
#include "problems/detest_c.hpp"
#include "problems/detest_d.hpp"
#include "problems/detest_e.hpp"
#include "problems/diffusion.hpp"
#include "problems/nonstiff.hpp"
#include "problems/orbits.hpp"
#include "problems/stiff.hpp"

using namespace cytode;

namespace {

using State = std::vector<double>;

/// x(t1) by Fehlberg's 8(7) pair.
template <class P>
Matrix<double> end_of(const P& problem, double tolerance) {
  namespace odeint = boost::numeric::odeint;
  typename std::decay_t<decltype(problem.field)>::Cache cache;
  const auto size = problem.dims();
  const auto system = [&](const State& x, State& dx, double t) {
    Eigen::Map<Matrix<double>> out(dx.data(), size, 1);
    problem.field.forward(Times<double>(t), Eigen::Map<const Matrix<double>>(x.data(), size, 1),
                          out, cache);
  };
  State x(problem.x0.data(), problem.x0.data() + size);
  odeint::integrate_adaptive(
      odeint::make_controlled(tolerance, tolerance, odeint::runge_kutta_fehlberg78<State>()),
      system, x, problem.t0, problem.t1, (problem.t1 - problem.t0) * 1e-5);
  return Eigen::Map<const Matrix<double>>(x.data(), size, 1);
}

template <class P>
void check_end(const P& problem, double tolerance, double allowed) {
  INFO(problem.name);
  const double error = problem.error(end_of(problem, tolerance));
  CAPTURE(error);
  CHECK(error <= allowed);
}

}  // namespace

TEST_CASE("the DETEST problems end where their references say", "[ode]") {
  // Tolerance 1e-13 a step, summed over 20 units of time: 1e-15 (decays) to 2e-11 (orbits) in the
  // end.
  const double tolerance = 1e-13, allowed = 1e-10;
  check_end(problems::detest_a1(), tolerance, allowed);
  check_end(problems::detest_a2(), tolerance, allowed);
  check_end(problems::detest_a3(), tolerance, allowed);
  check_end(problems::detest_a4(), tolerance, allowed);
  check_end(problems::detest_a5(), tolerance, allowed);
  check_end(problems::detest_b1(), tolerance, allowed);
  check_end(problems::detest_b2(), tolerance, allowed);
  check_end(problems::detest_b3(), tolerance, allowed);
  check_end(problems::detest_b4(), tolerance, allowed);
  check_end(problems::detest_b5(), tolerance, allowed);
  check_end(problems::detest_c1(), tolerance, allowed);
  check_end(problems::detest_c2(), tolerance, allowed);
  check_end(problems::detest_c3(), tolerance, allowed);
  check_end(problems::detest_c4(), tolerance, allowed);
  check_end(problems::detest_c5(), tolerance, allowed);
  check_end(problems::detest_d1(), tolerance, allowed);
  check_end(problems::detest_d2(), tolerance, allowed);
  check_end(problems::detest_d3(), tolerance, allowed);
  check_end(problems::detest_d4(), tolerance, allowed);
  check_end(problems::detest_d5(), tolerance, allowed);
  check_end(problems::detest_e1(), tolerance, allowed);
  check_end(problems::detest_e2(), tolerance, allowed);
  check_end(problems::detest_e3(), tolerance, allowed);
  check_end(problems::detest_e4(), tolerance, allowed);
  check_end(problems::detest_e5(), tolerance, allowed);
}

TEST_CASE("the other problems without stiffness end where their references say", "[ode]") {
  check_end(problems::arenstorf(), 1e-14, 1e-8);  // errors grow by 1e5 on the way
  check_end(problems::pleiades(), 1e-14, 1e-9);
  check_end(problems::brusselator(), 1e-13, 1e-10);
  check_end(problems::lorenz(), 1e-13, 1e-9);
  check_end(problems::brusselator_diffusion(), 1e-12, 1e-10);
}

TEST_CASE("stiff problems short enough for an explicit method end where they should", "[ode]") {
  check_end(problems::robertson(), 1e-11, 1e-6);  // absolute, and the second component is 1e-5
  check_end(problems::hires(), 1e-12, 1e-8);
  check_end(problems::van_der_pol(), 1e-9, 1e-5);
}
