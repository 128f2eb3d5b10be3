// SPDX-License-Identifier: MIT
// The continuous and the interpolating adjoint: convergence, seminorm, edges, failures.
#include <cmath>

#include <cytode/adjoint/continuous.hpp>
#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/interpolating.hpp>
#include <cytode/ode/rodas4.hpp>

#include "catalogue_fields.hpp"
#include "catch.hpp"
#include "laws/gradient.hpp"

using namespace cytode;
using namespace cytode::adjoint;

namespace {

using Field = decltype(catalogue::Toggle::make());
const Matrix<double> x0{{0.5, 1.0, 2.0}, {0.4, 0.2, 1.1}};
const std::vector<double> times{0, 0.5, 1.2, 3};
const auto cotangents = laws::some_cotangents<double>(4, 2, 3);

ode::Dopri5 tolerance(double t) {
  return {.relative_tolerance = t, .absolute_tolerance = t, .max_steps = 100000};
}

template <class F, class M, class G>
Gradient<double> gradient(const F& field, const M& method, const G& how, double scale = 1,
                          Report* report = nullptr) {
  auto run = differentiate(field, x0, times, method, how);
  auto scaled = cotangents;
  for (auto& c : scaled) c *= scale;
  Gradient<double> g;
  run.pullback(scaled, g);
  if (report != nullptr) *report = run.report();
  return g;
}

}  // namespace

TEST_CASE("the continuous adjoint converges to the exact gradient as the tolerance", "[adjoint]") {
  const auto field = catalogue::Toggle::make();
  const auto exact = gradient(field, tolerance(1e-13), Discrete{});
  const auto falls = [&](const auto& how) {
    const double loose = laws::apart(gradient(field, tolerance(1e-4), how), exact);
    const double tight = laws::apart(gradient(field, tolerance(1e-10), how), exact);
    CHECK(loose < 1e-2);
    CHECK(tight < 1e-8);
    // Six decades of tolerance: six of error, but for the first steps' luck.
    CHECK(loose / tight > 1e5);
    CHECK(loose / tight < 1e7);
  };
  falls(Continuous{});
  falls(Interpolating{});
}

TEST_CASE("parameters never enter the state of the backward equation", "[adjoint]") {
  const auto field = fields::neural<double>(2, {50}, Stream(1), nn::tanh);  // 302 parameters
  auto run = differentiate(field, x0, times, ode::Dopri5{}, Continuous{});
  auto along = differentiate(field, x0, times, ode::Dopri5{}, Interpolating{});
  Gradient<double> g;
  run.pullback(cotangents, g);
  along.pullback(cotangents, g);
  CHECK(run.backward_rows() == 4);
  CHECK(along.backward_rows() == 2);
  CHECK(g.parameters.size() == 302);
}

TEST_CASE("the seminorm saves evaluations, and changes nothing beyond the tolerance", "[adjoint]") {
  const auto field = catalogue::Toggle::make();
  const auto method = tolerance(1e-7);
  const auto exact = gradient(field, tolerance(1e-13), Discrete{});
  Report semi, full;
  const auto with = gradient(field, method, Continuous{}, 1, &semi);
  const auto without = gradient(field, method, Continuous{.seminorm = false}, 1, &full);
  CHECK(laws::apart(with, exact) < 1e-5);
  CHECK(laws::apart(without, exact) < 1e-5);
  CHECK(5 * full.backward.evaluations > 6 * semi.backward.evaluations);
  CHECK(full.backward.cell_evaluations > 2 * semi.backward.cell_evaluations);
  // The quadrature does take part: on a field that is at rest and whose parameters' integrand
  // oscillates, only its error makes steps short.
  const auto wave = fields::kinetics<double>(
      2, Vector<double>{{0.0}},
      [](const auto& t, auto, auto p, auto dx) { dx[0] = p[0] * sin(40.0 * t); });
  gradient(wave, method, Continuous{}, 1, &semi);
  const auto g = gradient(wave, method, Continuous{.seminorm = false}, 1, &full);
  CHECK(full.backward.accepted > 4 * semi.backward.accepted);
  double wanted = 0;  // x_0(t) = x_0(0) + p (1 − cos 40 t)/40
  for (std::size_t k = 2; k < 4; ++k) {
    wanted += cotangents[k].row(0).sum() * (1 - std::cos(40 * times[k])) / 40;
  }
  CHECK(std::abs(g.parameters[0] - wanted) < 1e-5);
}

TEST_CASE("a gradient does not depend on the scale of the loss", "[adjoint]") {
  const auto field = catalogue::Toggle::make();
  const auto same = [&](const auto& how) {
    const auto one = gradient(field, ode::Dopri5{}, how);
    const auto small = gradient(field, ode::Dopri5{}, how, std::ldexp(1.0, -30));
    CHECK(small.parameters == one.parameters * std::ldexp(1.0, -30));
    CHECK(small.x0 == one.x0 * std::ldexp(1.0, -30));
    CHECK(gradient(field, ode::Dopri5{}, how, 0).parameters.isZero(0));
  };
  same(Continuous{});
  same(Interpolating{});
}

TEST_CASE("observations at the start, one time, and no interval", "[adjoint]") {
  const auto field = catalogue::Driven::make();
  const Matrix<double> one = Matrix<double>::Ones(2, 3), none;
  const auto check = [&](const auto& how) {
    Gradient<double> g;
    auto run = differentiate(field, x0, {0.3, 0.7}, tolerance(1e-9), how);
    run.pullback({one, none}, g);
    CHECK(g.x0 == one);
    CHECK(g.parameters.isZero(0));
    CHECK(g.times == std::vector<double>{0, 0});
    run.forward(x0, {0.3});
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
    CHECK_THROWS_AS(run.pullback({one}, g), std::invalid_argument);
    CHECK_THROWS_AS(run.pullback({one, x0.leftCols(2)}, g), std::invalid_argument);
  };
  check(Continuous{});
  check(Interpolating{});
}

TEST_CASE("where backsolve explodes it says so, and the dense solution still serves", "[adjoint]") {
  const auto decay =
      fields::kinetics<double>(2, Vector<double>{{50.0}}, [](const auto&, auto x, auto p, auto dx) {
        dx[0] = -p[0] * (x[0] - 1.0);
        dx[1] = -p[0] * x[1];
      });
  Gradient<double> g, exact;
  const std::vector<double> span{0, 20};
  const std::vector<Matrix<double>> end{Matrix<double>(), Matrix<double>::Ones(2, 3)};
  auto continuous = differentiate(decay, x0, span, ode::Dopri5{}, Continuous{});
  CHECK_THROWS_AS(continuous.pullback(end, g), std::runtime_error);
  auto along = differentiate(decay, x0, span, tolerance(1e-8), Interpolating{});
  along.pullback(end, g);
  auto discrete = differentiate(decay, x0, span, tolerance(1e-8), Discrete{});
  discrete.pullback(end, exact);
  CHECK((g.x0 - exact.x0).norm() < 1e-6);
  CHECK((g.parameters - exact.parameters).norm() < 1e-6);

  // A stiff solve, an explicit way back.
  auto stiff =
      differentiate(decay, x0, {0, 1}, ode::Rodas4{}, Interpolating{.method = ode::Dopri5{}});
  stiff.pullback(end, g);
  CHECK(std::abs(g.x0(1, 1) - std::exp(-50.0)) < 1e-4);
  CHECK_THROWS_AS(differentiate(decay, x0, {0, 1}, ode::Rodas4{}, Interpolating{}),
                  std::invalid_argument);
}

TEST_CASE("other methods for the way back, other clocks, threads, float", "[adjoint]") {
  const auto field = fields::neural<double>(2, {8}, Stream(3), nn::tanh);
  const auto exact = gradient(field, tolerance(1e-10), Discrete{});
  const ode::Tsit5 back{.relative_tolerance = 1e-10, .absolute_tolerance = 1e-10};
  CHECK(laws::apart(gradient(field, tolerance(1e-10), Continuous{.method = back}), exact) < 1e-7);
  // Equal steps: fourth order both ways.
  const auto coarse =
      laws::apart(gradient(field, ode::RungeKutta4{.steps = 4}, Continuous{}), exact);
  const auto fine =
      laws::apart(gradient(field, ode::RungeKutta4{.steps = 16}, Continuous{}), exact);
  CHECK(fine < coarse / 64);

  const Matrix<double> many = x0.replicate(1, 100);
  const std::vector<Matrix<double>> ones{Matrix<double>(), Matrix<double>::Ones(2, 300)};
  Workers crew(3);
  Gradient<double> alone, together;
  differentiate(field, many, {0, 1}, ode::Dopri5{}, Continuous{}).pullback(ones, alone);
  differentiate(field, many, {0, 1}, ode::Dopri5{}, Continuous{}, crew).pullback(ones, together);
  CHECK(alone.parameters == together.parameters);
  CHECK(alone.x0 == together.x0);

  const auto light = fields::neural<float>(2, {8}, Stream(3), nn::tanh);
  const Matrix<float> start = x0.cast<float>();
  const auto some = laws::some_cotangents<float>(4, 2, 3);
  Gradient<float> f, g, wanted;
  differentiate(light, start, times, ode::Dopri5{}, Discrete{}).pullback(some, wanted);
  differentiate(light, start, times, ode::Dopri5{}, Continuous{}).pullback(some, f);
  differentiate(light, start, times, ode::Dopri5{}, Interpolating{}).pullback(some, g);
  CHECK(laws::apart(f, wanted) < 1e-3);
  CHECK(laws::apart(g, wanted) < 1e-3);
}

TEST_CASE("what the adjoint equation cannot do is refused", "[adjoint]") {
  const Field field = catalogue::Toggle::make();
  ode::Options<double> options;
  options.land = false;
  CHECK_THROWS_AS(differentiate(field, x0, times, ode::Dopri5{}, Continuous{}, options),
                  std::invalid_argument);
  options = {};
  options.events.push_back({[](double, const ConstVectorView<double>& x) { return x[0] - 1; }});
  CHECK_THROWS_AS(differentiate(field, x0, times, ode::Dopri5{}, Interpolating{}, options),
                  std::invalid_argument);
  CHECK_THROWS_AS(differentiate(field, x0, times, ode::Dopri5{.clock = ode::Clock::per_cell},
                                Continuous{.seminorm = false}),
                  std::invalid_argument);
}
