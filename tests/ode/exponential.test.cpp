// SPDX-License-Identifier: MIT
#include <cmath>

#include <cytode/fields/linear.hpp>
#include <cytode/ode/dop853.hpp>
#include <cytode/ode/exponential.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"

using namespace cytode;

TEST_CASE("linear fields are solved exactly, however stiff", "[ode]") {
  const Matrix<double> a{{-1e6, 0}, {0, -1}};
  const fields::Linear<double> field(a, Vector<double>{{2e6, 3}});
  const Matrix<double> x0{{5, 2, 0}, {1, 3, 0}};
  const auto out = ode::solve(field, x0, {0, 1e-6, 1, 30}, ode::Exponential{});
  REQUIRE(out.status == Status::ok);
  REQUIRE(out.states.size() == 4);
  for (std::size_t k = 0; k < 4; ++k) {
    const double t = out.times[k];
    // Rounding of hA moves the slow rate by ε ‖hA‖.
    const double slow = 2.2e-16 * (10 + 1e6 * t);
    for (Index j = 0; j < 3; ++j) {
      CHECK(std::abs(out.states[k](0, j) - (2 + (x0(0, j) - 2) * std::exp(-1e6 * t))) < 1e-12);
      CHECK(std::abs(out.states[k](1, j) - (3 + (x0(1, j) - 3) * std::exp(-t))) < slow);
    }
  }
  CHECK(out.counts.accepted == 3);
  CHECK(out.time == 30);
}

TEMPLATE_TEST_CASE("exponential and Runge-Kutta solutions agree, in both directions", "[ode]",
                   float, double) {
  using S = TestType;
  const Matrix<S> a{{S(-0.3), S(1), S(0.2)}, {S(-1.1), S(-0.2), S(0)}, {S(0.1), S(0.4), S(-0.7)}};
  const Matrix<S> x0 = Matrix<S>::Random(3, 20);
  const S tolerance = std::is_same_v<S, float> ? S(1e-5) : S(1e-11);
  for (const bool offset : {false, true}) {
    const fields::Linear<S> field =
        offset ? fields::Linear<S>(a, Vector<S>{{S(0.5), S(-0.2), S(0.3)}}) : fields::Linear<S>(a);
    for (const std::vector<double>& times : {std::vector<double>{1, 1.5, 4}, {4, 0, -1}}) {
      const auto exact = ode::solve(field, x0, times, ode::Exponential{});
      const auto other = ode::solve(field, x0, times, ode::FixedStep<ode::tableaus::dop853>{50});
      for (std::size_t k = 0; k < times.size(); ++k) {
        const S size = other.states[k].cwiseAbs().maxCoeff();
        CHECK((exact.states[k] - other.states[k]).cwiseAbs().maxCoeff() < tolerance * size);
      }
    }
  }
}

TEST_CASE("an exponential that overflows is a value, and misuse throws", "[ode]") {
  const fields::Linear<double> field(Matrix<double>::Constant(1, 1, 1.0));
  const Matrix<double> x0{{0, 1}};
  const auto out = ode::solve(field, x0, {0, 1, 1000}, ode::Exponential{});
  CHECK(out.status == Status::non_finite_state);
  CHECK(out.states.size() == 2);
  CHECK(out.time == 1);
  CHECK_THROWS_AS(out.or_throw(), std::runtime_error);
  CHECK(ode::solve(field, x0, {2, 2}, ode::Exponential{}).last() == x0);
  CHECK_THROWS_AS(ode::solve(field, x0, {0, 2, 1}, ode::Exponential{}), std::invalid_argument);
  CHECK_THROWS_AS(ode::solve(field, Matrix<double>(0, 2), {0, 1}, ode::Exponential{}),
                  std::invalid_argument);
  CHECK_THROWS_AS(ode::solve(field, Matrix<double>::Zero(2, 1), {0, 1}, ode::Exponential{}),
                  std::invalid_argument);
}
