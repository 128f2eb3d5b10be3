// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <vector>

#include <cytode/adjoint/continuous.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/time_series.hpp>
#include <cytode/fields/kinetics.hpp>
#include <cytode/fields/neural.hpp>
#include <cytode/ode/runge_kutta4.hpp>
#include <cytode/ode/tsit5.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/trainer.hpp>

#include "catch.hpp"
#include "laws/module.hpp"
#include "laws/says.hpp"

using namespace cytode;

namespace {

const double missing = std::numeric_limits<double>::quiet_NaN();

/// x' = −p x, so that x(t) = x0 exp(−p t).
auto decay(double p) {
  return fields::kinetics<double>(1, Vector<double>{{p}},
                                  [](auto, auto x, auto q, auto dx) { dx[0] = -q[0] * x[0]; });
}

template <class S>
std::vector<Matrix<S>> some_states(std::size_t times, Index d, Index n) {
  std::vector<Matrix<S>> out;
  for (std::size_t k = 0; k < times; ++k) out.push_back(laws::normals<S>(d, n, 20 + k));
  return out;
}

using Net = fields::Neural<nn::Mlp<double, nn::Tanh>>;
using Loss = adjoint::TimeSeries<Net, ode::Tsit5, adjoint::Discrete>;
static_assert(train::Objective<Loss>);

}  // namespace

TEST_CASE("loss and gradient of exponential decay are those of the closed form", "[adjoint]") {
  auto field = decay(0.7);
  const std::vector<double> times{0.5, 0.9, 1.6, 2.5};  // x0 is the state at 0.5
  const Matrix<double> x0{{2.0, -1.0}};
  // At 0.9 the second cell is missing; at 1.6 everything.
  const std::vector<Matrix<double>> observed{Matrix<double>{{1.5, -1.25}},
                                             Matrix<double>{{1.0, missing}},
                                             {},
                                             Matrix<double>{{0.5, 0.25}}};
  double loss = 0, slope = 0;
  for (const std::size_t k : {0, 1, 3}) {
    for (Index j = 0; j < 2; ++j) {
      const double y = observed[k](0, j), t = times[k] - 0.5;
      if (std::isnan(y)) continue;
      const double x = x0(0, j) * std::exp(-0.7 * t);
      loss += (x - y) * (x - y) / 5;
      slope += 2 * (x - y) * (-t * x) / 5;
    }
  }
  const ode::Tsit5 method{.relative_tolerance = 1e-12, .absolute_tolerance = 1e-12};
  adjoint::TimeSeries series(field, x0, times, observed, method, adjoint::Discrete{});
  CHECK(series.observations() == 5);
  Vector<double> gradient;
  CHECK(series.value_and_gradient(Stream(0), gradient) == Approx(loss).epsilon(1e-10));
  REQUIRE(gradient.size() == 1);
  CHECK(gradient[0] == Approx(slope).epsilon(1e-10));
  CHECK(series.value() == Approx(loss).epsilon(1e-10));
  // In x0: ∂L/∂x0 of the second cell, seen at the start and the end only.
  const double end = std::exp(-1.4);
  CHECK(series.gradient().x0(0, 1) ==
        Approx(2. / 5 * (-1 + 1.25 + (-end - 0.25) * end)).epsilon(1e-10));
}

TEST_CASE("the gradient of a time series is that of its value", "[adjoint]") {
  auto field = fields::neural<double>(3, {8}, Stream(1), nn::tanh);
  const std::vector<double> times{0, 0.3, 0.35, 1.1};
  auto observed = some_states<double>(4, 3, 5);
  observed[0] = {};
  observed[1](2, 3) = observed[3](0, 0) = missing;
  observed[2].setConstant(missing);
  const auto x0 = laws::normals<double>(3, 5, 9);
  // Equal steps: the computed solution is a smooth function of θ, whose differences are exact.
  adjoint::TimeSeries loss(field, x0, times, observed, ode::RungeKutta4{.steps = 3},
                           adjoint::Discrete{});
  CHECK(loss.observations() == 2 * 15 - 2);
  Vector<double> gradient;
  const double value = loss.value_and_gradient(Stream(0), gradient);
  CHECK(std::isfinite(value));
  const Vector<double> theta = field.parameters(),
                       along = laws::normals<double>(theta.size(), 1, 8);
  const auto at = [&](double h) {
    field.parameters() = theta + h * along;
    return loss.value();
  };
  const double h = 1e-3;  // differences of order 4: h⁴ = 1e-12
  const double wanted = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  CHECK(gradient.dot(along) == Approx(wanted).epsilon(1e-9));

  // A number that is missing says nothing, whatever else stands beside it.
  field.parameters() = theta;
  Vector<double> again;
  CHECK(loss.value_and_gradient(Stream(7), again) == value);  // no randomness, warm memory
  CHECK(again == gradient);
  observed[2] = {};
  adjoint::TimeSeries empty(field, x0, times, observed, ode::RungeKutta4{.steps = 3},
                            adjoint::Discrete{});
  CHECK(empty.value_and_gradient(Stream(0), again) == value);
  CHECK(again == gradient);
}

TEST_CASE("a fit certifies its gradient against dual numbers and differences", "[adjoint]") {
  auto field = fields::neural<double>(2, {5}, Stream(1), nn::tanh);
  const std::vector<double> times{0, 0.5, 1.1, 2};
  auto observed = some_states<double>(4, 2, 3);
  observed[1](1, 2) = missing;
  observed[2] = Matrix<double>();
  const auto x0 = laws::normals<double>(2, 3, 4);
  const adjoint::CertificateOptions duals{.reference = adjoint::Reference::dual_numbers};
  const auto of = [&](const auto& gradient, const adjoint::CertificateOptions& how) {
    adjoint::TimeSeries loss(field, x0, times, observed, ode::Tsit5{}, gradient);
    Vector<double> g;
    static_cast<void>(loss.value_and_gradient(Stream(0), g));
    const Vector<double> before = field.parameters();
    const auto found = loss.certificate(how);
    CHECK(field.parameters() == before);
    CHECK(found.lines.size() == 9);
    CHECK(found.lines[0].size == g.norm());
    CHECK(found.report.backward.pullbacks > 0);
    return found.worst();
  };
  CHECK(of(adjoint::Discrete{}, duals) < 1e-12);
  CHECK(of(adjoint::Discrete{}, {}) < 1e-10);
  CHECK(of(adjoint::Continuous{}, duals) > 1e-9);  // says that it is not exact
  CHECK(of(adjoint::Continuous{}, duals) < 1e-2);
}

TEST_CASE("another gradient method and float give the same gradient of a time series",
          "[adjoint]") {
  auto field = fields::neural<double>(2, {6}, Stream(2), nn::tanh);
  const std::vector<double> times{1, 0.6, 0};  // backward in time
  const auto x0 = laws::normals<double>(2, 3, 9);
  const auto observed = some_states<double>(3, 2, 3);
  const ode::Tsit5 method{.relative_tolerance = 1e-9, .absolute_tolerance = 1e-9};
  Vector<double> exact, continuous;
  adjoint::TimeSeries a(field, x0, times, observed, method, adjoint::Discrete{});
  adjoint::TimeSeries b(field, x0, times, observed, method, adjoint::Continuous{});
  a.value_and_gradient(Stream(0), exact);
  b.value_and_gradient(Stream(0), continuous);
  CHECK((exact - continuous).norm() < 1e-7 * exact.norm());  // 100 tolerances

  auto single = fields::neural<float>(2, {6}, Stream(2), nn::tanh);
  single.parameters() = field.parameters().cast<float>();
  std::vector<Matrix<float>> rounded;
  for (const auto& y : observed) rounded.push_back(y.cast<float>());
  Vector<float> rough;
  adjoint::TimeSeries c(single, x0.cast<float>(), times, rounded, ode::RungeKutta4{},
                        adjoint::Discrete{});
  c.value_and_gradient(Stream(0), rough);
  CHECK((exact - rough.cast<double>()).norm() < 1e-5 * exact.norm());  // 100 roundings
}

TEST_CASE("training on a time series finds the rate it was made with", "[adjoint]") {
  auto field = decay(0.2);
  const std::vector<double> times{0, 0.4, 1, 2.2};
  std::vector<Matrix<double>> observed;
  for (const double t : times)
    observed.push_back(Matrix<double>::Constant(1, 1, std::exp(-0.9 * t)));
  adjoint::TimeSeries loss(field, Matrix<double>::Ones(1, 1), times, observed,
                           ode::Tsit5{.relative_tolerance = 1e-8, .absolute_tolerance = 1e-8},
                           adjoint::Discrete{});
  train::fit(loss, train::AdamW{.learning_rate = 0.05, .weight_decay = 0},
             {.steps = 300, .schedule = train::Cosine{}})
      .or_throw();
  CHECK(field.parameters()[0] == Approx(0.9).epsilon(1e-5));
  CHECK(loss.value() < 1e-10);
}

TEST_CASE("one and two threads give the same bytes on a time series", "[adjoint]") {
  auto field = fields::neural<float>(3, {16}, Stream(1));
  const auto x0 = laws::normals<float>(3, 300, 9);
  const auto observed = some_states<float>(3, 3, 300);
  Workers one(1), two(2);
  const std::vector<double> times{0, 0.5, 1};
  adjoint::TimeSeries a(field, x0, times, observed, ode::Tsit5{}, adjoint::Discrete{}, {}, one);
  adjoint::TimeSeries b(field, x0, times, observed, ode::Tsit5{}, adjoint::Discrete{}, {}, two);
  Vector<float> ga, gb;
  CHECK(a.value_and_gradient(Stream(0), ga) == b.value_and_gradient(Stream(0), gb));
  CHECK(ga == gb);
}

TEST_CASE("a solve that fails makes loss and gradient NaN and ends a fit with a status",
          "[adjoint]") {
  // x' = p x² from 1 reaches infinity at t = 1/p.
  auto field = fields::kinetics<double>(
      1, Vector<double>{{2}}, [](auto, auto x, auto p, auto dx) { dx[0] = p[0] * x[0] * x[0]; });
  const Matrix<double> one = Matrix<double>::Ones(1, 1);
  adjoint::TimeSeries loss(field, one, {0, 1}, {one, one}, ode::Tsit5{}, adjoint::Discrete{});
  Vector<double> gradient;
  CHECK(std::isnan(loss.value_and_gradient(Stream(0), gradient)));
  REQUIRE(gradient.size() == 1);
  CHECK(std::isnan(gradient[0]));
  CHECK(std::isnan(loss.value()));
  CHECK(loss.solution().status != Status::ok);
  CHECK_FALSE(loss.solution().diagnosis.text().empty());
  CHECK(train::fit(loss, train::AdamW{}, {.steps = 5}).status == Status::non_finite_loss);
  CHECK(field.parameters()[0] == 2);
  field.parameters()[0] = 0.5;  // and it recovers
  CHECK(loss.value_and_gradient(Stream(0), gradient) == Approx(0.5).epsilon(1e-3));  // (2 − 1)²/2
  CHECK(std::isfinite(gradient[0]));
}

TEST_CASE("bad input to a time series says what is wrong", "[adjoint]") {
  Net field(nn::Mlp<double, nn::Tanh>({3, {4}, 2}, nn::tanh), Stream(1));
  const Matrix<double> x0 = Matrix<double>::Ones(2, 3);
  const auto make = [&](const std::vector<double>& times,
                        const std::vector<Matrix<double>>& observed) {
    Loss(field, x0, times, observed, {}, {});
  };
  using Error = std::invalid_argument;
  laws::check_says<Error>(
      [&] {
        make({0, 1}, {x0});
      },
      "adjoint::TimeSeries: observed has 1 matrices, times has 2 times");
  laws::check_says<Error>(
      [&] {
        make({0, 1}, {x0, x0.leftCols(2)});
      },
      "adjoint::TimeSeries: observed[1] is 2 x 2, wanted 2 x 3 as x0, or empty");
  Matrix<double> infinite = x0;
  infinite(1, 2) = std::numeric_limits<double>::infinity();
  laws::check_says<Error>(
      [&] {
        make({0, 1}, {x0, infinite});
      },
      "adjoint::TimeSeries: observed[1] holds inf, wanted finite numbers, or NaN "
      "where one is missing");
  laws::check_says<Error>(
      [&] {
        make({0, 1}, {{}, Matrix<double>::Constant(2, 3, missing)});
      },
      "adjoint::TimeSeries: nothing was observed");
  laws::check_says<Error>([&] { make({0, 1, 1}, {x0, x0, x0}); }, "ode::solve: ", "times");
  laws::check_says<Error>([&] { make({}, {}); }, "ode::solve: ", "times");
}
