// SPDX-License-Identifier: MIT
// Reversible integration: its order, its memory, and how far undoing carries.
#include <cmath>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/extrapolated.hpp>
#include <cytode/adjoint/reversible.hpp>
#include <cytode/ode/runge_kutta4.hpp>
#include <cytode/ode/solve.hpp>

#include "catalogue_fields.hpp"
#include "catch.hpp"

using namespace cytode;
using namespace cytode::adjoint;

namespace {

const auto field = catalogue::Driven::make();
const Matrix<double> x0{{0.5, 1.0, 2.0}, {0.4, 0.2, 1.1}};
const std::vector<double> times{0, 0.5, 3};
const std::vector<Matrix<double>> cotangents{Matrix<double>(), Matrix<double>::Ones(2, 3),
                                             Matrix<double>{{1, -2, 0.5}, {0.3, 1, 1}}};

double loss(const std::vector<Matrix<double>>& states) {
  double sum = 0;
  for (std::size_t k = 1; k < states.size(); ++k)
    sum += cotangents[k].cwiseProduct(states[k]).sum();
  return sum;
}

/// Distance of the gradient in x0 along a direction from differences of the run's own solution.
double apart(const ode::RungeKutta4& method, const Reversible& gradient) {
  auto run = differentiate(field, x0, times, method, gradient);
  Gradient<double> g;
  run.pullback(cotangents, g);
  const Matrix<double> along{{0.3, -1, 0.2}, {0.8, 0.5, -0.4}};
  const auto wanted = Extrapolated::at_zero(
      [&](double e) {
        run.forward(x0 + e * along, times);
        return loss(run.solution().states);
      },
      0.05);
  return std::abs(g.x0.cwiseProduct(along).sum() - wanted.value) / g.x0.norm();
}

}  // namespace

TEST_CASE("a reversible solve has the order of its method", "[adjoint]") {
  const auto exact = ode::solve(
      field, x0, times, ode::Dopri5{.relative_tolerance = 1e-13, .absolute_tolerance = 1e-13});
  double before = 0;
  // Steps so small that the first term of the error rules.
  for (const Index steps : {80, 160, 320}) {
    const auto run =
        differentiate(field, x0, times, ode::RungeKutta4{.steps = steps}, Reversible{});
    const double error = (run.solution().last() - exact.last()).norm();
    if (before > 0) CHECK(std::abs(std::log2(before / error) - 4) < 0.1);
    before = error;
  }
  CHECK(before < 1e-8);
}

TEST_CASE("the gradient is exact until undoing has grown rounding", "[adjoint]") {
  CHECK(apart({.steps = 40}, {}) < 1e-10);
  CHECK(apart({.steps = 400}, {}) < 1e-10);
  CHECK(apart({.steps = 40}, {.coupling = 1}) < 1e-10);
  // λ^(−100) = 1e30: nothing is left of the states undone.
  CHECK_THROWS_WITH(apart({.steps = 100}, {.coupling = 0.5}), Catch::Contains("cannot be undone"));
}

TEST_CASE("reversible memory: nothing a step of equal size, 16 bytes an adaptive one",
          "[adjoint]") {
  const auto bytes = [&](const auto& method) {
    return differentiate(field, x0, times, method, Reversible{}).report().bytes;
  };
  CHECK(bytes(ode::RungeKutta4{.steps = 10}) == bytes(ode::RungeKutta4{.steps = 1000}));
  // States and twins at three times.
  CHECK(bytes(ode::RungeKutta4{}) == 6 * 6 * sizeof(double));
  const ode::Dopri5 adaptive{.relative_tolerance = 1e-9, .absolute_tolerance = 1e-9};
  const auto run = differentiate(field, x0, times, adaptive, Reversible{});
  CHECK(run.report().bytes ==
        6 * 6 * sizeof(double) + 16 * static_cast<std::size_t>(run.solution().counts.accepted));
}

TEST_CASE("reversible: evaluations, warm runs, and what is refused", "[adjoint]") {
  auto run = differentiate(field, x0, times, ode::RungeKutta4{.steps = 10}, Reversible{});
  Gradient<double> g, again;
  run.pullback(cotangents, g);
  CHECK(run.report().forward.evaluations == 2 * 10 * 8);  // 2 intervals, 2 steps of 4 stages
  CHECK(run.report().backward.evaluations == 2 * 10 * 16);
  CHECK(run.report().backward.pullbacks == 2 * 10 * 8);
  run.pullback(cotangents, again);
  CHECK(g.x0 == again.x0);
  CHECK(g.parameters == again.parameters);

  ode::Dopri5 method;
  for (const double wrong : {0.0, -0.5, 1.1, std::nan("")}) {
    CHECK_THROWS_AS(differentiate(field, x0, times, method, Reversible{wrong}),
                    std::invalid_argument);
  }
  ode::Options<double> options;
  options.samples = 3;
  CHECK_THROWS_AS(differentiate(field, x0, times, method, Reversible{}, options),
                  std::invalid_argument);
  method.clock = ode::Clock::per_cell;
  CHECK_THROWS_AS(differentiate(field, x0, times, method, Reversible{}), std::invalid_argument);
}

TEST_CASE("steps that cannot be undone are an error, not a gradient", "[adjoint]") {
  // Contraction by e^−40 forward is growth by e^40 on the way back: rounding becomes everything.
  const auto decay =
      fields::kinetics<double>(1, Vector<double>::Constant(1, 4.0),
                               [](auto, auto x, auto p, auto dx) { dx[0] = p[0] * (1.0 - x[0]); });
  const Matrix<double> x0 = Matrix<double>::Constant(1, 1, 2.0);
  const ode::Tsit5 method{
      .relative_tolerance = 1e-6, .absolute_tolerance = 1e-9, .max_steps = 100000};
  auto lost = adjoint::differentiate(decay, x0, {0.0, 10.0}, method, adjoint::Reversible{});
  REQUIRE(lost.solution().status == Status::ok);
  CHECK(lost.solution().last()(0) == Approx(1).margin(1e-3));
  std::vector<Matrix<double>> cotangents{Matrix<double>(), Matrix<double>::Ones(1, 1)};
  adjoint::Gradient<double> g;
  CHECK_THROWS_WITH(lost.pullback(cotangents, g), Catch::Contains("cannot be undone"));
  // Times between renew the pair: short segments can be undone.
  std::vector<double> times;
  for (int k = 0; k <= 40; ++k) times.push_back(0.05 * k);
  auto kept = adjoint::differentiate(decay, x0, times, method, adjoint::Reversible{});
  cotangents.assign(times.size(), Matrix<double>());
  cotangents.back() = Matrix<double>::Ones(1, 1);
  kept.pullback(cotangents, g);
  CHECK(g.x0(0) == Approx(std::exp(-8.0)).epsilon(1e-2));
}
