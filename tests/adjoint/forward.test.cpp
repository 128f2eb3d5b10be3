// SPDX-License-Identifier: MIT
// Forward sensitivity: what it keeps, what its pullbacks cost, and its edges.
#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/forward.hpp>
#include <cytode/adjoint/reversible.hpp>
#include <cytode/ode/bosh3.hpp>
#include <cytode/ode/dopri5.hpp>
#include <cytode/ode/runge_kutta4.hpp>

#include "catalogue_fields.hpp"
#include "catch.hpp"
#include "laws/gradient.hpp"

using namespace cytode;
using namespace cytode::adjoint;

namespace {

const Matrix<double> x0{{0.5, 1.0, 2.0}, {0.4, 0.2, 1.1}};
const std::vector<double> times{0, 0.5, 1.2, 3};
const auto cotangents = laws::some_cotangents<double>(4, 2, 3);

}  // namespace

TEST_CASE("sensitivities are kept a stop, not a step, and pullbacks evaluate nothing",
          "[adjoint]") {
  const auto field = catalogue::Toggle::make();
  auto few = differentiate(field, x0, times, ode::RungeKutta4{.steps = 5}, Forward{});
  const auto many = differentiate(field, x0, times, ode::RungeKutta4{.steps = 50}, Forward{});
  CHECK(few.report().bytes == many.report().bytes);
  // Of 15 steps of 4 stages and three cells: the solve's own, and one a stage and cell.
  CHECK(few.report().forward.evaluations == 15 * 4 + 15 * 4 * 3);
  CHECK(few.report().forward.pullbacks == 15 * 4 * 3 * 2);
  Gradient<double> g;
  few.pullback(cotangents, g);
  CHECK(few.report().backward == ode::Counts{});
}

TEST_CASE("one solve gives the whole Jacobian, a pullback a row", "[adjoint]") {
  const auto field = catalogue::Toggle::make();
  auto forward = differentiate(field, x0, times, ode::Bosh3{}, Forward{});
  auto discrete = differentiate(field, x0, times, ode::Bosh3{}, Discrete{});
  Gradient<double> row, wanted;
  for (std::size_t k = 1; k < 4; ++k) {
    for (Index i = 0; i < x0.size(); ++i) {
      std::vector<Matrix<double>> unit(4);
      unit[k].setZero(2, 3);
      unit[k].data()[i] = 1;
      forward.pullback(unit, row);
      discrete.pullback(unit, wanted);
      CHECK(laws::apart(row, wanted) < 1e-12);
    }
  }
}

TEST_CASE("forward sensitivity: threads, and float", "[adjoint]") {
  const auto field = catalogue::Toggle::make();
  Workers crew(3);
  const Matrix<double> many = x0.replicate(1, 50);
  const auto some = laws::some_cotangents<double>(2, 2, 150);
  Gradient<double> alone, together;
  differentiate(field, many, {0, 1}, ode::Dopri5{}, Forward{}).pullback(some, alone);
  differentiate(field, many, {0, 1}, ode::Dopri5{}, Forward{}, crew).pullback(some, together);
  CHECK(alone.parameters == together.parameters);
  CHECK(alone.x0 == together.x0);
  CHECK(alone.times == together.times);

  const auto light = fields::neural<float>(2, {4}, Stream(3), nn::tanh);
  const Matrix<float> start = x0.cast<float>();
  const auto lighter = laws::some_cotangents<float>(4, 2, 3);
  Gradient<float> g, wanted;
  differentiate(light, start, times, ode::Dopri5{}, Discrete{}).pullback(lighter, wanted);
  differentiate(light, start, times, ode::Dopri5{}, Forward{}).pullback(lighter, g);
  CHECK(laws::apart(g, wanted) < 1e-5);
}

TEST_CASE("exact methods at their edges: one time, no interval, a wrong cotangent", "[adjoint]") {
  const auto field = catalogue::Driven::make();
  const Matrix<double> one = Matrix<double>::Ones(2, 3);
  const auto check = [&](const auto& how) {
    Gradient<double> g;
    auto run = differentiate(field, x0, {0.3}, ode::Dopri5{}, how);
    run.pullback({one}, g);
    CHECK(g.x0 == one);
    CHECK(g.times == std::vector<double>{0});
    run.forward(x0, {0.3, 0.3});
    run.pullback({one, 2 * one}, g);
    CHECK(g.x0 == 3 * one);
    CHECK(g.parameters.isZero(0));
    Matrix<double> slope(2, 3);
    decltype(catalogue::Driven::make())::Cache cache;
    field.forward(Times<double>(0.3), x0, slope, cache);
    CHECK(std::abs(g.times[1] - 2 * slope.sum()) < 1e-12);
    CHECK(g.times[0] == -g.times[1]);
    run.forward(x0, {0.3, 0.1});  // and then a real solve again, backward in time
    run.pullback({one, Matrix<double>()}, g);
    CHECK(g.x0 == one);
    CHECK_THROWS_AS(run.pullback({one}, g), std::invalid_argument);
    CHECK_THROWS_AS(run.pullback({one, x0.leftCols(2)}, g), std::invalid_argument);
    CHECK_THROWS_AS(run.forward(Matrix<double>::Ones(3, 1), {0, 1}), std::invalid_argument);
  };
  check(Forward{});
  check(Reversible{});
  const auto broken = fields::kinetics<double>(
      2, Vector<double>{{1.0}},
      [](const auto&, auto x, auto p, auto dx) { dx[0] = p[0] * x[0] * x[0]; });
  Gradient<double> g;
  auto run = differentiate(broken, one, {0, 2}, ode::Dopri5{}, Forward{});  // blows up at 1
  CHECK(run.solution().status != Status::ok);
  CHECK_THROWS_AS(run.pullback({one, one}, g), std::runtime_error);
}
