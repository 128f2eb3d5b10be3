// SPDX-License-Identifier: MIT
#include <cmath>

#include <cytode/fields/kinetics.hpp>
#include <cytode/ode/dop853.hpp>
#include <cytode/ode/exponential_euler.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"

using namespace cytode;

TEST_CASE("exponential steps are exact for fields linear in state and time", "[ode]") {
  // x' = -1e4 (x - s) + 1, s' = 1 - s + t: slow and fast, with the time.
  const auto field = fields::kinetics<double>(2, {}, [](const auto& t, auto x, auto, auto dx) {
    dx[0] = -1e4 * (x[0] - x[1]) + 1.0;
    dx[1] = 1.0 - x[1] + t;
  });
  const Matrix<double> x0{{1, -2}, {1, 3}};
  for (const Index steps : {1, 3}) {
    const auto out = ode::solve(field, x0, {0, 2}, ode::ExponentialEuler{steps});
    REQUIRE(out.status == Status::ok);
    for (Index j = 0; j < 2; ++j) {
      const double r = 1e4, t = 2, c = x0(1, j);  // s = t + c e^{-t}
      const double fast = (t - 1 / r) + r * c * std::exp(-t) / (r - 1) + 1 / r;
      // The exponential of 1e4 costs 1e4 roundings; the fast transient is long gone.
      CHECK(std::abs(out.last()(1, j) - (t + c * std::exp(-t))) < 1e-10);
      CHECK(std::abs(out.last()(0, j) - fast) < 1e-10);
    }
  }
}

TEST_CASE("exponential steps have order 2, within steps too", "[ode]") {
  const auto field = fields::kinetics<double>(2, {}, [](const auto& t, auto x, auto, auto dx) {
    dx[0] = x[1] - 0.2 * x[0] * x[0];
    dx[1] = -sin(x[0]) + cos(1.7 * t) * (1.0 + 0.1 * x[1]);
  });
  const Matrix<double> x0{{0.5, -1}, {0.2, 0.7}};
  const ode::Options<double> dense{.dense = true};
  const auto truth =
      ode::solve(field, x0, {0, 2}, ode::FixedStep<ode::tableaus::dop853>{200}, dense);
  double before[2] = {}, ratio[2] = {};
  for (const Index steps : {100, 200}) {
    const auto out = ode::solve(field, x0, {0, 2}, ode::ExponentialEuler{steps}, dense);
    double inside = 0;
    for (int k = 1; k < 200; ++k) {
      const double t = 2 * k / 201.0;
      inside =
          std::max(inside, (out.dense.evaluate(t) - truth.dense.evaluate(t)).cwiseAbs().maxCoeff());
    }
    const double now[2] = {(out.last() - truth.last()).cwiseAbs().maxCoeff(), inside};
    for (int k = 0; k < 2; ++k) {
      ratio[k] = std::log2(before[k] / now[k]);
      before[k] = now[k];
    }
  }
  CHECK(std::abs(ratio[0] - 2) < 0.1);
  CHECK(std::abs(ratio[1] - 2) < 0.1);
}

TEST_CASE("a stiff linear part does not bound the steps of an exponential method", "[ode]") {
  const auto field = fields::kinetics<double>(2, {}, [](auto, auto x, auto, auto dx) {
    dx[0] = -1e5 * (x[0] - x[1]);
    dx[1] = x[1] * (1.0 - x[1]) + 0.1 * sin(x[0]);
  });
  const Matrix<double> x0{{0.1}, {0.1}};
  const auto out = ode::solve(field, x0, {0, 5}, ode::ExponentialEuler{50});
  // On the slow curve the fast state is the slow one, a 1e-5 late.
  const auto slow = fields::kinetics<double>(
      1, {}, [](auto, auto x, auto, auto dx) { dx[0] = x[0] * (1.0 - x[0]) + 0.1 * sin(x[0]); });
  const auto truth =
      ode::solve(slow, Matrix<double>{{0.1}}, {0, 5}, ode::FixedStep<ode::tableaus::dop853>{100});
  REQUIRE(out.status == Status::ok);
  CHECK((out.last().array() - truth.last()(0, 0)).abs().maxCoeff() < 3e-3);
}
