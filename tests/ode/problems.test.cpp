// SPDX-License-Identifier: MIT
// The test problems themselves: their right-hand sides reach their references through Odeint's own
// steppers, which share nothing with the program that computed the references.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>
#include <string>
#include <string_view>
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
#include "problems/ring_modulator.hpp"
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

/// The numbers of a line in references.csv; four fields come before them.
std::vector<double> line_of(std::string_view name) {
  std::ifstream in(std::string(CYTODE_FIXTURES) + "/ode/references.csv");
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string field;
    std::getline(fields, field, ',');
    if (field != name) continue;
    for (int skip = 0; skip < 3; ++skip) std::getline(fields, field, ',');
    std::vector<double> numbers;
    while (std::getline(fields, field, ',')) numbers.push_back(std::stod(field));
    return numbers;
  }
  return {};
}

template <class P>
void check_reference(const P& problem) {
  INFO(problem.name);
  const std::vector<double> wanted = line_of(problem.name);
  REQUIRE(static_cast<Index>(wanted.size()) == problem.dims());
  CHECK(problem.reference.rows() == problem.dims());
  CHECK(std::equal(wanted.begin(), wanted.end(), problem.reference.data()));
}

template <class P>
void check_end(const P& problem, double tolerance, double allowed) {
  INFO(problem.name);
  check_reference(problem);
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

TEST_CASE("problems too stiff for that hold what their file says", "[ode]") {
  check_reference(problems::robertson_long());
  check_reference(problems::oregonator());
  const auto ring = problems::ring_modulator();
  check_reference(ring);
  // At rest only the two inputs act: sin(2000 πt)/2 on the last but one current, 2 sin(20000 πt) on
  // the diodes, which are linear near 0 (δ · 1e-3 = 0.02), and opposite pairs cancel in the sum.
  decltype(ring.field)::Cache cache;
  Matrix<double> dx(15, 1);
  const double t = 1e-3 / (2e4 * std::numbers::pi) / 2;  // where the second input is 1e-3
  ring.field.forward(Times<double>(t), ring.x0, dx, cache);
  const double q = 40.67286402e-9 * std::expm1(17.7493332e-3);
  const double back = 40.67286402e-9 * std::expm1(-17.7493332e-3);
  CHECK(dx(2, 0) == Approx((q - back) / 2e-12).epsilon(1e-6));
  CHECK(dx(4, 0) == Approx((back - q) / 2e-12).epsilon(1e-6));
  CHECK(dx(6, 0) == Approx(2 * (back - q) / 1e-8).epsilon(1e-6));
  CHECK(dx(13, 0) == Approx(0.5 * std::sin(2e3 * std::numbers::pi * t) / 2e-3).epsilon(1e-6));
  CHECK(dx(14, 0) == 0);
}
