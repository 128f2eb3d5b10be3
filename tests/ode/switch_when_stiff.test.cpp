// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include <cytode/fields/kinetics.hpp>
#include <cytode/ode/rodas5p.hpp>
#include <cytode/ode/switch_when_stiff.hpp>

#include "catch.hpp"
#include "problems/stiff.hpp"

using namespace cytode;

namespace {

/// A cascade of 50 steps whose rates grow from 1 to 1e4, driven by a slow wave.
auto cascade() {
  return fields::kinetics<double>(50, {}, [](const auto& t, auto x, auto, auto dx) {
    dx[0] = cos(t) - x[0];
    for (std::size_t i = 1; i < 50; ++i) {
      const double rate = std::pow(10.0, 4.0 * static_cast<double>(i) / 49);
      dx[i] = rate * (tanh(x[i - 1]) + 0.1 * x[i - 1] - x[i]);
    }
  });
}

}  // namespace

TEST_CASE("a stiff cascade of 50 costs a stiff method hundreds of times fewer steps", "[ode]") {
  const auto field = cascade();
  const Matrix<double> x0 = Matrix<double>::Constant(50, 1, 0.5);
  const std::vector<double> times{0, 10};
  const auto explicitly =
      ode::solve(field, x0, times, ode::Dopri5{.relative_tolerance = 1e-5, .max_steps = 100000});
  const auto stiffly = ode::solve(field, x0, times, ode::Rodas4{.relative_tolerance = 1e-5});
  const auto truth = ode::solve(
      field, x0, times, ode::Rodas5P{.relative_tolerance = 1e-10, .absolute_tolerance = 1e-10});
  REQUIRE(explicitly.status == Status::ok);
  REQUIRE(stiffly.status == Status::ok);
  CHECK(explicitly.counts.accepted > 10000);
  CHECK(stiffly.counts.accepted + stiffly.counts.rejected < 200);
  CHECK((stiffly.last() - truth.last()).cwiseAbs().maxCoeff() < 1e-4);
  CHECK((explicitly.last() - truth.last()).cwiseAbs().maxCoeff() < 1e-4);

  const auto both =
      ode::solve(field, x0, times, ode::SwitchWhenStiff{ode::Tsit5{.relative_tolerance = 1e-5}});
  REQUIRE(both.status == Status::ok);
  CHECK(both.counts.accepted + both.counts.rejected < 400);
  CHECK(both.counts.jacobians > 0);
  CHECK((both.last() - truth.last()).cwiseAbs().maxCoeff() < 1e-4);
}

TEST_CASE("what is not stiff is solved by the explicit method alone, to the bit", "[ode]") {
  auto field = problems::van_der_pol().field;
  field.parameters()[0] = 1;
  const Matrix<double> x0{{2, 1, -1}, {0, 0.5, 2}};
  const std::vector<double> times{0, 5, 10};
  const ode::Tsit5 method{.relative_tolerance = 1e-7};
  const auto plain = ode::solve(field, x0, times, method);
  const auto ready = ode::solve(field, x0, times, ode::SwitchWhenStiff{method});
  CHECK(ready.counts.jacobians == 0);
  CHECK(ready.states == plain.states);
}

TEST_CASE("with a clock per cell only the stiff cells switch", "[ode]") {
  // x' = r (cos t − x): the rate is a state of its own that does not change.
  const auto field = fields::kinetics<double>(2, {}, [](const auto& t, auto x, auto, auto dx) {
    dx[0] = x[1] * (cos(t) - x[0]);
    dx[1] = 0.0 * x[1];
  });
  Matrix<double> x0(2, 6);
  x0.row(0).setConstant(2);
  x0.row(1) << 1, 1e5, 0.5, 3e4, 2, 1e6;
  const std::vector<double> times{0, 1, 3};
  const ode::Dopri5 method{.relative_tolerance = 1e-6, .clock = ode::Clock::per_cell};
  const auto both = ode::solve(field, x0, times, ode::SwitchWhenStiff<ode::Dopri5>{method});
  REQUIRE(both.status == Status::ok);
  CHECK(both.counts.jacobians > 0);
  long most = 0;
  for (const auto& cell : both.cells) {
    CHECK(cell.status == Status::ok);
    CHECK(cell.time == 3);
    most = std::max(most, cell.accepted + cell.rejected);
  }
  CHECK(most < 300);
  for (std::size_t k = 0; k < times.size(); ++k) {
    for (Index j = 0; j < 6; ++j) {
      const double t = times[k], r = x0(1, j), s = 1 + r * r;
      const double wave = (r * r * std::cos(t) + r * std::sin(t)) / s;
      const double exact = wave + (2 - r * r / s) * std::exp(-r * t);
      CHECK(std::abs(both.states[k](0, j) - exact) < 2e-5);
    }
  }
  // The others are what they are without them.
  Matrix<double> calm(2, 3);
  calm << x0.col(0), x0.col(2), x0.col(4);
  const auto plain = ode::solve(field, calm, times, method);
  for (Index j = 0; j < 3; ++j) CHECK(both.last().col(2 * j) == plain.last().col(j));
}

TEST_CASE("a failure after the switch keeps what was reached before", "[ode]") {
  const auto field = fields::kinetics<double>(1, {}, [](const auto& t, auto x, auto, auto dx) {
    dx[0] = 1e5 * (cos(t) - x[0]) + log(1.5 - t);
  });
  const Matrix<double> x0{{2, 1, 3}};
  for (const std::vector<double>& times : {std::vector<double>{0, 3}, {0, 1e-5, 3}, {0, 1, 3}}) {
    const auto out = ode::solve(field, x0, times, ode::SwitchWhenStiff{ode::Tsit5{}});
    CHECK(out.status == Status::non_finite_field);
    CHECK(out.counts.jacobians > 0);
    REQUIRE(out.states.size() == times.size() - 1);
    CHECK(out.states[0] == x0);
    CHECK(std::abs(out.time - 1.5) < 1e-3);
    CHECK((out.state.array() - std::cos(1.5)).abs().maxCoeff() < 1e-3);
  }
}
