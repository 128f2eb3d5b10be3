// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <vector>

#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/population_fit.hpp>
#include <cytode/fields/kinetics.hpp>
#include <cytode/fields/neural.hpp>
#include <cytode/ode/dopri5.hpp>
#include <cytode/ode/runge_kutta4.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/trainer.hpp>

#include "catch.hpp"
#include "laws/module.hpp"
#include "laws/says.hpp"

using namespace cytode;

namespace {

template <class S>
struct Cells {
  double time;
  Matrix<S> cells;
  std::vector<double> weights{};
};

/// Populations of 7, 5 and 9 cells in 2-D at times 0.5, 1 and 1.8.
template <class S>
std::vector<Cells<S>> three(Index n0 = 7, Index n1 = 5, Index n2 = 9) {
  return {{0.5, laws::normals<S>(2, n0, 1)},
          {1, laws::normals<S>(2, n1, 2)},
          {1.8, laws::normals<S>(2, n2, 3)}};
}

/// x' = p: every cell moves by p a unit of time.
auto drift(double p) {
  return fields::kinetics<double>(1, Vector<double>{{p}},
                                  [](auto, auto, auto q, auto dx) { dx[0] = q[0]; });
}

using Net = fields::Neural<nn::Mlp<double, nn::Tanh>>;
using Loss = adjoint::PopulationFit<Net, ode::RungeKutta4, adjoint::Discrete>;
static_assert(train::Objective<Loss>);

const adjoint::PopulationFitOptions tight{
    .divergence = {.epsilon = 0.5, .tolerance = 1e-13, .passes = 100000}};

}  // namespace

TEST_CASE("populations that are shifted have the loss and gradient of the closed form",
          "[adjoint]") {
  // The same cells moved by h: S = |h|² whatever ε, so L = Σ_k (p t_k − h_k)² + λ p² T.
  auto field = drift(0.6);
  const Matrix<double> x = laws::normals<double>(1, 12, 4);
  const std::vector<Cells<double>> days{
      {1, x}, {2, (x.array() + 1.5).matrix()}, {4, (x.array() + 1.5).matrix()}};
  Workers workers(1);
  auto options = tight;
  Vector<double> gradient;
  for (const double lambda : {0.0, 0.3}) {
    options.energy = lambda;
    adjoint::PopulationFit loss(field, days, ode::RungeKutta4{.steps = 2}, adjoint::Discrete{},
                                options, workers);
    const double value = loss.value_and_gradient(Stream(0), gradient);
    CHECK(value == Approx(0.9 * 0.9 + 0.3 * 0.3 + lambda * 0.36 * 3).epsilon(1e-9));
    CHECK(gradient[0] == Approx(-2 * 0.9 + 2 * 0.3 * 3 + lambda * 1.2 * 3).margin(1e-8));
    CHECK(loss.divergence(1) == Approx(0.81).epsilon(1e-9));
    CHECK(loss.divergence(2) == Approx(0.09).epsilon(1e-8));
    CHECK(loss.status() == Status::ok);
  }
}

TEST_CASE("the gradient of a population fit is that of its value", "[adjoint]") {
  auto field = fields::neural<double>(2, {8}, Stream(1), nn::tanh);
  auto days = three<double>();
  Workers workers(2);
  auto options = tight;
  const auto hold = [&] {
    // Equal steps: the computed solution is a smooth function of θ.
    adjoint::PopulationFit loss(field, days, ode::RungeKutta4{.steps = 3}, adjoint::Discrete{},
                                options, workers);
    const Vector<double> theta = field.parameters(),
                         along = laws::normals<double>(theta.size(), 1, 8);
    Vector<double> gradient;
    const double value = loss.value_and_gradient(Stream(3), gradient);
    CHECK(loss.status() == Status::ok);
    const auto at = [&](double h) {
      field.parameters() = theta + h * along;
      return loss.value(Stream(3));
    };
    const double h = 1e-3;  // differences of order 4
    const double wanted = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    field.parameters() = theta;
    CHECK(gradient.dot(along) == Approx(wanted).epsilon(1e-7));
    Vector<double> again;  // the same bytes, warm
    CHECK(loss.value_and_gradient(Stream(3), again) == value);
    CHECK(again == gradient);
    return value;
  };
  const double plain = hold();
  options.energy = 0.2;
  CHECK(hold() > plain);
  days[0].weights = {1, 2, 0, 1, 3, 1, 1};
  days[2].weights = std::vector<double>(9, 2.0);
  days[2].weights[4] = 20;
  const double weighted = hold();
  options.divergence.penalty = 2;
  hold();
  options.divergence.penalty = tight.divergence.penalty;
  options.batch = 6;  // cells of a stream: another one draws others
  CHECK(hold() != weighted);
  adjoint::PopulationFit drawn(field, days, ode::RungeKutta4{}, adjoint::Discrete{}, options,
                               workers);
  CHECK(drawn.value(Stream(3)) != drawn.value(Stream(4)));
  CHECK(drawn.solution().states.back().cols() == 6);
}

TEST_CASE("cells of weight zero are not there", "[adjoint]") {
  auto field = fields::neural<double>(2, {8}, Stream(1), nn::tanh);
  auto some = three<double>(), all = some;
  Workers workers(1);
  auto options = tight;
  options.energy = 0.1;
  for (auto& day : all) {
    const Index n = day.cells.cols();
    day.weights.assign(static_cast<std::size_t>(n), 1.0);
    day.weights.push_back(0);
    day.cells.conservativeResize(2, n + 1);
    day.cells.col(n).setConstant(50);
  }
  const auto loss = [&](const auto& days, const auto& gradient_method) {
    adjoint::PopulationFit fit(field, days, ode::RungeKutta4{}, gradient_method, options, workers);
    Vector<double> gradient;
    const double value = fit.value_and_gradient(Stream(0), gradient);
    return std::pair{value, gradient};
  };
  const auto [value, gradient] = loss(some, adjoint::Discrete{});
  const auto [with, same] = loss(all, adjoint::Discrete{});
  CHECK(with == Approx(value).epsilon(1e-9));
  CHECK((same - gradient).norm() < 1e-7 * gradient.norm());
  options.batch = 40;  // and are not drawn
  CHECK(loss(all, adjoint::Discrete{}).first < 20);
}

TEST_CASE("training by simulation finds the drift between populations", "[adjoint]") {
  // Two groups of cells that part: (±1, 0) drifts to (±1, ±2), which no single drift can do.
  const Index n = 100;
  Matrix<float> x = 0.1f * laws::normals<float>(2, n, 1), y = 0.1f * laws::normals<float>(2, n, 2),
                middle = 0.1f * laws::normals<float>(2, n, 3);
  for (Index i = 0; i < n; ++i) {
    const float side = i % 2 == 0 ? 1.f : -1.f;
    x(0, i) += side;
    middle(0, i) += side;
    middle(1, i) += side;
    y(0, i) += side;
    y(1, i) += 2 * side;
  }
  const std::vector<Cells<float>> days{{0, x}, {0.5, middle}, {1, y}};
  auto field = fields::neural<float>(2, {16, 16}, Stream(1), nn::selu);
  Workers workers(2);
  adjoint::PopulationFit loss(
      field, days, ode::Dopri5{.relative_tolerance = 1e-3, .absolute_tolerance = 1e-3},
      adjoint::Discrete{}, {.divergence = {.epsilon = 0.1, .tolerance = 1e-3}}, workers);
  CHECK(loss.value(Stream(0)) > 2);
  train::fit(loss, train::AdamW{.learning_rate = 1e-2}, {.steps = 100}).or_throw();
  CHECK(loss.value(Stream(0)) < 0.05);  // in units of the spread within a group, 0.02
  CHECK(loss.status() == Status::ok);
}

TEST_CASE("one and two threads give the same bytes of a population fit", "[adjoint]") {
  auto field = fields::neural<float>(2, {16}, Stream(1));
  const auto days = three<float>(300, 200, 100);
  Workers one(1), two(2);
  const adjoint::PopulationFitOptions options{.batch = 80, .energy = 0.1};
  adjoint::PopulationFit a(field, days, ode::Dopri5{}, adjoint::Discrete{}, options, one);
  adjoint::PopulationFit b(field, days, ode::Dopri5{}, adjoint::Discrete{}, options, two);
  Vector<float> ga, gb;
  CHECK(a.value_and_gradient(Stream(1), ga) == b.value_and_gradient(Stream(1), gb));
  CHECK(ga == gb);
}

TEST_CASE("a population fit says what went wrong", "[adjoint]") {
  // x' = p x² from 1 reaches infinity at t = 1/p.
  auto blows = fields::kinetics<double>(
      1, Vector<double>{{2}}, [](auto, auto x, auto p, auto dx) { dx[0] = p[0] * x[0] * x[0]; });
  const Matrix<double> one = Matrix<double>::Ones(1, 1);
  Workers workers(1);
  const std::vector<Cells<double>> still{{0, one}, {1, one}};
  adjoint::PopulationFit loss(blows, still, ode::Dopri5{}, adjoint::Discrete{}, {}, workers);
  Vector<double> gradient;
  CHECK(std::isnan(loss.value_and_gradient(Stream(0), gradient)));
  CHECK(std::isnan(gradient[0]));
  CHECK(loss.status() != Status::ok);
  auto field = fields::neural<double>(2, {4}, Stream(1), nn::tanh);
  auto days = three<double>();
  adjoint::PopulationFit rushed(field, days, ode::RungeKutta4{}, adjoint::Discrete{},
                                {.divergence = {.epsilon = 1e-3, .tolerance = 1e-14, .passes = 1}},
                                workers);
  rushed.value(Stream(0));
  CHECK(rushed.status() == Status::not_converged);

  const auto make = [&](const adjoint::PopulationFitOptions& options = {}) {
    adjoint::PopulationFit(field, days, ode::RungeKutta4{}, adjoint::Discrete{}, options, workers);
  };
  using Error = std::invalid_argument;
  laws::check_says<Error>([&] { make({.batch = -1}); }, "adjoint::PopulationFit: batch is -1");
  laws::check_says<Error>([&] { make({.energy = -1}); }, "energy is -1");
  laws::check_says<Error>([&] { make({.energy_steps = 0}); }, "energy_steps is 0");
  laws::check_says<Error>([&] { make({.divergence = {.warm = true}}); }, "warm is set");
  days[1].weights = {1, 1};
  laws::check_says<Error>([&] { make(); }, "got 2 weights, wanted 5");
  days[1] = {0.5, laws::normals<double>(2, 5, 2)};
  laws::check_says<Error>([&] { make(); }, "times must increase, got 0.5 after 0.5");
  days[1] = {1, laws::normals<double>(3, 5, 2)};
  laws::check_says<Error>([&] { make(); }, "a population has 3 features, wanted 2");
  days[1].cells = Matrix<double>(2, 0);
  laws::check_says<Error>([&] { make(); }, "a population is empty (2 x 0)");
  days[1].cells = Matrix<double>::Constant(2, 1, NAN);
  laws::check_says<Error>([&] { make(); }, "the population at time 1 holds NaN or infinity");
  days.resize(1);
  laws::check_says<Error>([&] { make(); }, "got 1 populations, wanted 2 or more");
}
