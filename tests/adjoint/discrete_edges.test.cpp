// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/fields/kinetics.hpp>
#include <cytode/fields/neural.hpp>

#include "catch.hpp"
#include "laws/gradient.hpp"
#include "laws/says.hpp"

using namespace cytode;

namespace {

template <class S>
auto network() {
  return fields::neural<S>(3, {8, 8}, Stream(1));
}
template <class S>
Matrix<S> cells(Index n) {
  Matrix<S> x0(3, n);
  Stream(2).fill_normal(0, x0.data(), x0.size());
  return x0;
}
const std::vector<double> times{0.0, 0.3, 1.0};

}  // namespace

TEST_CASE("one, two and three threads give the same bits") {
  const auto field = network<float>();
  const Matrix<float> x0 = cells<float>(700);  // 6 chunks, the last one partly full
  const auto cotangents = laws::some_cotangents<float>(3, 3, 700);
  ode::Dopri5 method;
  for (const ode::Clock clock : {ode::Clock::shared, ode::Clock::per_cell}) {
    method.clock = clock;
    adjoint::Gradient<float> alone, g;
    adjoint::differentiate(field, x0, times, method, adjoint::Discrete{})
        .pullback(cotangents, alone);
    for (const int threads : {2, 3}) {
      Workers workers(threads);
      adjoint::differentiate(field, x0, times, method, adjoint::Discrete{}, workers)
          .pullback(cotangents, g);
      CHECK(g.parameters == alone.parameters);
      CHECK(g.x0 == alone.x0);
      CHECK(g.times == alone.times);
    }
  }
}

TEST_CASE("float gradients are those of double to the rounding of float") {
  const auto coarse = network<float>();
  auto fine = network<double>();
  fine.parameters() = coarse.parameters().cast<double>();
  const Matrix<float> x0 = cells<float>(20);
  const auto cotangents = laws::some_cotangents<float>(3, 3, 20);
  std::vector<Matrix<double>> wide;
  for (const auto& c : cotangents) wide.push_back(c.cast<double>());
  adjoint::Gradient<float> g;
  adjoint::Gradient<double> wanted, rounded;
  const ode::RungeKutta4 method{20};  // the same steps in both
  adjoint::differentiate(coarse, x0, times, method, adjoint::Discrete{}).pullback(cotangents, g);
  adjoint::differentiate(fine, Matrix<double>(x0.cast<double>()), times, method,
                         adjoint::Discrete{})
      .pullback(wide, wanted);
  rounded = {g.parameters.cast<double>(), g.x0.cast<double>(), g.times};
  CHECK(laws::apart(rounded, wanted) < 2e-5);  // 40 steps of 6e-8, and sums over 20 cells
}

TEST_CASE("cells side by side have the gradients they have alone") {
  const auto field = network<double>();
  const Matrix<double> x0 = cells<double>(5);
  ode::Dopri5 method{.clock = ode::Clock::per_cell};
  const auto cotangents = laws::some_cotangents<double>(3, 3, 5);
  adjoint::Gradient<double> all, one;
  adjoint::differentiate(field, x0, times, method, adjoint::Discrete{}).pullback(cotangents, all);
  Vector<double> parameters = Vector<double>::Zero(all.parameters.size());
  for (Index j = 0; j < 5; ++j) {
    std::vector<Matrix<double>> own;
    for (const auto& c : cotangents) own.push_back(c.size() ? Matrix<double>(c.col(j)) : c);
    adjoint::differentiate(field, Matrix<double>(x0.col(j)), times, method, adjoint::Discrete{})
        .pullback(own, one);
    CHECK(laws::apart(Matrix<double>(all.x0.col(j)), one.x0) < 1e-14);
    parameters += one.parameters;
  }
  CHECK(laws::apart(all.parameters, parameters) < 1e-13);
}

TEST_CASE("a solve from t to t moves with its end as the field says") {
  const auto field = network<double>();
  const Matrix<double> x0 = cells<double>(2);
  auto run = adjoint::differentiate(field, x0, {0.4, 0.4}, ode::Dopri5{}, adjoint::Discrete{});
  adjoint::Gradient<double> g;
  const Matrix<double> a = cells<double>(2) * 2;
  run.pullback({a, a}, g);
  CHECK(g.x0 == 2 * a);
  CHECK(g.parameters.isZero(0));
  Matrix<double> dx(3, 2);
  decltype(network<double>())::Cache cache;
  field.forward(Times<double>(0.4), x0, dx, cache);
  CHECK(g.times[1] == Approx(a.cwiseProduct(dx).sum()).epsilon(1e-14));
  CHECK(g.times[0] == -g.times[1]);

  auto still = adjoint::differentiate(field, x0, {0.4}, ode::Dopri5{}, adjoint::Discrete{});
  still.pullback({a}, g);
  CHECK(g.x0 == a);
  CHECK(g.times == std::vector<double>{0});
}

TEST_CASE("no cotangents, no gradient; the last time may be asked for alone") {
  const auto field = network<double>();
  const Matrix<double> x0 = cells<double>(4);
  auto run = adjoint::differentiate(field, x0, times, ode::Tsit5{}, adjoint::Discrete{});
  adjoint::Gradient<double> g{Vector<double>::Ones(3), Matrix<double>::Ones(9, 9), {1, 2}};
  run.pullback(std::vector<Matrix<double>>(3), g);
  CHECK(g.parameters.size() == field.parameters().size());
  CHECK(g.parameters.isZero(0));
  CHECK((g.x0.rows() == 3 && g.x0.cols() == 4 && g.x0.isZero(0)));
  CHECK(g.times == std::vector<double>(3, 0.0));
}

TEST_CASE("another shape, other parameters and other times in a run that is warm") {
  auto field = network<double>();
  auto run =
      adjoint::differentiate(field, cells<double>(9), times, ode::Dopri5{}, adjoint::Discrete{});
  adjoint::Gradient<double> g, wanted;
  run.pullback(laws::some_cotangents<double>(3, 3, 9), g);
  field.parameters() *= 1.1;
  const std::vector<double> others{1.0, 0.5, 0.4, -0.2};
  const auto cotangents = laws::some_cotangents<double>(4, 3, 4);
  run.forward(cells<double>(4), others);
  run.pullback(cotangents, g);
  auto fresh =
      adjoint::differentiate(field, cells<double>(4), others, ode::Dopri5{}, adjoint::Discrete{});
  fresh.pullback(cotangents, wanted);
  CHECK(g.parameters == wanted.parameters);
  CHECK(g.x0 == wanted.x0);
  CHECK(g.times == wanted.times);
}

TEST_CASE("a solve that an observer stops is differentiated as far as it came") {
  const auto field = network<double>();
  const Matrix<double> x0 = cells<double>(4);
  const std::vector<double> all{0.0, 0.2, 0.5, 1.0};
  ode::Options<double> options;
  options.observer = [](const ode::Progress<double>& p) { return p.times[0] < 0.5; };
  auto run =
      adjoint::differentiate(field, x0, all, ode::RungeKutta4{4}, adjoint::Discrete{}, options);
  auto whole = adjoint::differentiate(field, x0, all, ode::RungeKutta4{4}, adjoint::Discrete{});
  REQUIRE(run.solution().status == Status::stopped);
  REQUIRE(run.solution().states.size() == 3);
  auto cotangents = laws::some_cotangents<double>(3, 3, 4);
  adjoint::Gradient<double> g, wanted;
  run.pullback(cotangents, g);
  cotangents.emplace_back();
  whole.pullback(cotangents, wanted);
  CHECK(g.parameters == wanted.parameters);
  CHECK(g.x0 == wanted.x0);
  CHECK(g.times == wanted.times);
}

TEST_CASE("cotangents of the wrong number or shape are named") {
  const auto field = network<double>();
  auto run =
      adjoint::differentiate(field, cells<double>(4), times, ode::Dopri5{}, adjoint::Discrete{});
  adjoint::Gradient<double> g;
  const auto pull = [&](const std::vector<Matrix<double>>& c,
                        const std::vector<adjoint::PassageCotangent<double>>& p = {}) {
    return [&run, &g, c, p] { run.pullback(c, p, g); };
  };
  using Wrong = std::invalid_argument;
  laws::check_says<Wrong>(pull(std::vector<Matrix<double>>(2)),
                          "adjoint::pullback: 2 cotangents for 3 states");
  std::vector<Matrix<double>> c(3);
  c[2].setZero(3, 5);
  laws::check_says<Wrong>(pull(c), "cotangents[2] is 3 x 5, wanted 3 x 4 or empty");
  laws::check_says<Wrong>(pull(std::vector<Matrix<double>>(3), {{1.0, {}}}),
                          "1 passage cotangents for 0 passages");
  laws::check_says<Wrong>([&] { run.forward(Matrix<double>::Zero(2, 4), times); },
                          "adjoint::differentiate", "x0");
  CHECK_THROWS_AS(run.forward(cells<double>(4), {0.0, 1.0, 0.5}), Wrong);
  laws::check_says<Wrong>(pull(std::vector<Matrix<double>>(3)), "the last forward threw");
  run.forward(cells<double>(4), times);
  run.pullback(std::vector<Matrix<double>>(3), g);
}

TEST_CASE("a failed solve has no gradient, but a diagnosis") {
  const auto field = fields::kinetics<double>(
      1, Vector<double>{{1.0}}, [](auto, auto x, auto p, auto dx) { dx[0] = p[0] * x[0] * x[0]; });
  auto run = adjoint::differentiate(field, Matrix<double>::Constant(1, 1, 1.0), {0.0, 2.0},
                                    ode::Dopri5{}, adjoint::Discrete{});
  CHECK(run.solution().status != Status::ok);
  adjoint::Gradient<double> g;
  laws::check_says<std::runtime_error>(
      [&] { run.pullback(std::vector<Matrix<double>>(run.solution().states.size()), g); },
      "ode::solve: ");
  run.forward(Matrix<double>::Constant(1, 1, 0.1), {0.0, 2.0});
  run.pullback({{}, Matrix<double>::Ones(1, 1)}, g);
  CHECK(g.x0(0, 0) == Approx(1 / (0.8 * 0.8)).epsilon(1e-4));  // x = x₀ / (1 − x₀ t)
}
