// SPDX-License-Identifier: MIT
// Curly flow matching: drifts from measured velocities, paths and pairs that go with them.
#include <cmath>
#include <numbers>

#include <cytode/fields/neural.hpp>
#include <cytode/flow/drift_cost.hpp>
#include <cytode/flow/drift_energy.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/flow/metric.hpp>
#include <cytode/flow/velocity_kernel.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/objective.hpp>
#include <cytode/train/trainer.hpp>

#include "catch.hpp"
#include "laws/module.hpp"
#include "laws/says.hpp"

using namespace cytode;

namespace {

template <std::floating_point S>
struct Point {
  double time;
  Matrix<S> cells;
};
using Kernel = flow::VelocityKernel<double>;
using Net = nn::Mlp<float, nn::Silu>;
static_assert(flow::Drift<Kernel> && flow::Drift<fields::Neural<Net>>);
static_assert(ot::GroundCost<flow::DriftCost<flow::VelocityKernel<float>>>);
static_assert(train::Objective<flow::DriftEnergy<Net, flow::VelocityKernel<float>>>);

constexpr double omega = 1.5;  // radians per unit of time

/// n cells of the unit circle, evenly spread from a phase on, with a little scatter.
Matrix<float> circle(Index n, double phase, std::uint64_t seed) {
  Matrix<float> x = 0.03f * laws::normals<float>(2, n, seed);
  for (Index i = 0; i < n; ++i) {
    const double angle = phase + 2 * std::numbers::pi * static_cast<double>(i) / double(n);
    x(0, i) += static_cast<float>(std::cos(angle));
    x(1, i) += static_cast<float>(std::sin(angle));
  }
  return x;
}
Matrix<float> rotation(const Matrix<float>& x, double rate = omega) {
  Matrix<float> v(2, x.cols());
  v.row(0) = static_cast<float>(-rate) * x.row(1);
  v.row(1) = static_cast<float>(rate) * x.row(0);
  return v;
}
/// Mean cosine between a field soon after the start and the rotation.
template <class F>
double cosine(const F& field, const Matrix<float>& x) {
  Matrix<float> v(2, x.cols());
  typename F::Cache cache;
  field.forward(Times<float>(0.05f), x, v, cache);
  const Matrix<float> truth = rotation(x);
  return ((v.array() * truth.array()).colwise().sum() /
          (v.colwise().norm().array() * truth.colwise().norm().array() + 1e-12f))
      .mean();
}
/// The middle of the curves between the columns of two batches.
template <class P>
Matrix<float> middle(const P& path, const Matrix<float>& x0, const Matrix<float>& x1) {
  const Row<float> half = Row<float>::Constant(x0.cols(), 0.5f);
  Matrix<float> x(2, x0.cols()), u = x;
  typename P::template Workspace<float> w;
  path.template curve<float>({0, 1, half, x0, x1, x0, half, half}, x, u, w);
  return x;
}
template <class Loss>
void train_on(Loss& loss, long steps) {
  train::fit(loss, train::AdamW{.learning_rate = 3e-3},
             {.steps = steps, .seed = 1, .schedule = train::Cosine{}})
      .or_throw();
}

}  // namespace

TEST_CASE("the velocity kernel is the weighted mean of what was measured", "[flow]") {
  const Matrix<double> cells = laws::normals<double>(3, 20, 1), v = laws::normals<double>(3, 20, 2);
  std::vector<double> times;
  for (Index i = 0; i < 20; ++i) times.push_back(0.1 * static_cast<double>(i));
  const Matrix<double> x = laws::normals<double>(3, 6, 3), a = laws::normals<double>(3, 6, 4);
  const Matrix<double> dx = laws::normals<double>(3, 6, 5);
  const Row<double> t = Row<double>::LinSpaced(6, 0, 2);
  Kernel::Cache w;
  for (const double time_bandwidth : {0., 0.7}) {
    const Kernel f(cells, v, {.bandwidth = 0.8, .time_bandwidth = time_bandwidth},
                   time_bandwidth > 0 ? times : std::vector<double>{});
    const auto value = [&](const Matrix<double>& at, const Row<double>& when) {
      Matrix<double> out(3, 6);
      f.forward(Times<double>(when), at, out, w);
      return out;
    };
    // One cell at a time, as the formula says.
    const Matrix<double> got = value(x, t);
    for (Index j = 0; j < 6; ++j) {
      Vector<double> sum = Vector<double>::Zero(3);
      double total = 0;
      for (Index i = 0; i < 20; ++i) {
        double far = (x.col(j) - cells.col(i)).squaredNorm() / 1.28;
        if (time_bandwidth > 0) far += std::pow(t[j] - 0.1 * double(i), 2) / 0.98;
        sum += std::exp(-far) * v.col(i);
        total += std::exp(-far);
      }
      CHECK((got.col(j) - sum / total).norm() < 1e-12);
    }
    Matrix<double> ax = Matrix<double>::Ones(3, 6);
    Row<double> at = Row<double>::Ones(6);
    Vector<double> none;
    f.vjp(Times<double>(t), x, a, at, ax, none, w);
    const double h = 1e-6;  // central differences: h² and 1e-16/h
    const auto slope = [&](const Matrix<double>& up, const Matrix<double>& down) {
      return (a.array() * (up - down).array()).sum() / (2 * h);
    };
    CHECK(((ax.array() - 1) * dx.array()).sum() ==
          Approx(slope(value(x + h * dx, t), value(x - h * dx, t))).epsilon(1e-7));
    const Row<double> hs = Row<double>::Constant(6, h);
    CHECK((at.array() - 1).sum() ==
          Approx(slope(value(x, t + hs), value(x, t - hs))).epsilon(1e-7).margin(1e-9));
  }
  // Far away: the nearest cell's velocity, not 0/0.
  const Kernel f(cells, v, {.bandwidth = 0.1});
  const Matrix<double> far = cells.col(4) * 1e4;
  Matrix<double> out(3, 1);
  f.forward(Times<double>(0.), far, out, w);
  CHECK(out.allFinite());
}

TEST_CASE("the gradient of the drift energy is its derivative, for any threads", "[flow]") {
  const std::vector<Point<double>> points = {{0, laws::normals<double>(2, 30, 1)},
                                             {1, laws::normals<double>(2, 40, 2)},
                                             {3, laws::normals<double>(2, 50, 3)}};
  auto path = flow::geodesic_path<double>(2, {8, 8}, Stream(3));
  path.parameters() += 0.3 * laws::normals<double>(path.parameters().size(), 1, 4);
  Workers one(1), three(3);
  const auto check = [&](const auto& drift) {
    flow::DriftEnergy energy(path, points, drift, ot::Exact<>{}, 301, one);
    Vector<double> gradient(path.parameters().size()), other(gradient);
    const Stream stream = Stream(5).at(7);
    const double value = energy.value_and_gradient(stream, gradient);
    const Vector<double> along = laws::normals<double>(gradient.size(), 1, 8);
    const double h = 1e-5;
    const Vector<double> centre = path.parameters();
    path.parameters() = centre + h * along;
    const double up = energy.value_and_gradient(stream, other);
    path.parameters() = centre - h * along;
    const double down = energy.value_and_gradient(stream, other);
    path.parameters() = centre;
    CHECK(gradient.dot(along) == Approx((up - down) / (2 * h)).epsilon(1e-6));
    flow::DriftEnergy threaded(path, points, drift, ot::Exact<>{}, 301, three);
    CHECK(threaded.value_and_gradient(stream, other) == value);
    CHECK(other == gradient);
  };
  check(Kernel(laws::normals<double>(2, 50, 6), laws::normals<double>(2, 50, 7), {}));
  check(fields::neural<double>(2, {8}, Stream(2), nn::tanh));
}

TEST_CASE("a straight motion with the drift costs nothing, and none costs its displacement",
          "[flow]") {
  const Matrix<double> origin = Matrix<double>::Zero(2, 3);
  const std::vector<Point<double>> points = {{1, origin}, {3, Matrix<double>::Constant(2, 3, 4)}};
  auto path = flow::geodesic_path<double>(2, {8}, Stream(1));
  Workers workers(1);
  Vector<double> gradient;
  const auto energy = [&](double speed) {
    const Kernel drift(origin, Matrix<double>::Constant(2, 3, speed), {});
    flow::DriftEnergy loss(path, points, drift, ot::Independent{}, 20, workers);
    return loss.value_and_gradient(Stream(1), gradient);
  };
  CHECK(energy(2) == Approx(0).margin(1e-24));  // |(4, 4) − 2 (2, 2)|²
  CHECK(energy(0) == Approx(32));
  CHECK(energy(-1) == Approx(72));
}

TEST_CASE("pairs by drift are where the drift leads", "[flow]") {
  const Matrix<float> cells = circle(200, 0, 1);
  const flow::VelocityKernel<float> drift(cells, rotation(cells), {.bandwidth = 0.1});
  const Matrix<float> x0 = circle(40, 0, 2), x1 = circle(40, omega, 3);
  const flow::DriftCost<flow::VelocityKernel<float>> cost{&drift};
  flow::DriftCost<flow::VelocityKernel<float>>::Workspace<float> w;
  Matrix<float> c;
  cost.fill<float>({.x0 = x0, .x1 = x1}, c, w);
  for (Index i = 0; i < 40; ++i) {
    Index best = 0;
    c.row(i).minCoeff(&best);
    CHECK((best - i + 41) % 40 <= 2);  // the scatter is a fifth of the distance of neighbours
  }
  // A constant drift: |x1 − x0 − D f|².
  const flow::VelocityKernel<float> even(cells, Matrix<float>::Constant(2, 200, 0.5f), {});
  flow::DriftCost<flow::VelocityKernel<float>>{&even}.fill<float>(
      {.x0 = x0, .x1 = x1, .duration = 3}, c, w);
  const Vector<float> rest = x1.col(7) - x0.col(3) - Vector<float>::Constant(2, 1.5f);
  CHECK(c(3, 7) == Approx(rest.squaredNorm()));
}

TEST_CASE("a population that turns and stands still as a whole is seen to turn", "[flow]") {
  const std::vector<Point<float>> points = {{0, circle(150, 0, 1)}, {1, circle(150, 0.3, 2)}};
  const Matrix<float> cells = flow::pooled_cells<float>(points), probe = circle(50, 0.1, 9);
  const flow::VelocityKernel<float> drift(cells, rotation(cells), {.bandwidth = 0.15});
  Workers workers(1);

  auto blind = fields::neural<float>(2, {32, 32}, Stream(1), nn::silu);
  flow::Matching plain(blind, points, flow::LinearPath{0.05}, ot::Exact<>{}, 64, workers);
  train_on(plain, 250);
  CHECK(std::abs(cosine(blind, probe)) < 0.2);

  const ot::Exact by_drift{flow::DriftCost<flow::VelocityKernel<float>>{&drift}};
  auto path = flow::geodesic_path<float>(2, {32, 32}, Stream(2), 0.05);
  flow::DriftEnergy energy(path, points, drift, by_drift, 64, workers);
  Vector<float> gradient;
  const double before = energy.value_and_gradient(Stream(9), gradient);
  train_on(energy, 300);
  // Half of the way the chord of ω = 1.5 is at a radius of cos 0.75 = 0.73.
  CHECK(middle(path, circle(50, 0, 5), circle(50, omega, 6)).colwise().norm().mean() > 0.9f);
  CHECK(energy.value_and_gradient(Stream(9), gradient) < 0.4 * before);
  auto curly = fields::neural<float>(2, {32, 32}, Stream(1), nn::silu);
  flow::Matching matching(curly, points, path, by_drift, 64, workers);
  train_on(matching, 250);
  CHECK(cosine(curly, probe) > 0.95);
}

TEST_CASE("without a drift bent paths become straight", "[flow]") {
  const std::vector<Point<float>> points = {{0, circle(100, 0, 1)}, {1, circle(100, 2, 2)}};
  const Matrix<float> none = Matrix<float>::Zero(2, 1);
  const flow::VelocityKernel<float> still(none, none, {});
  Workers workers(1);
  auto path = flow::geodesic_path<float>(2, {16, 16}, Stream(2));
  path.parameters() += 0.3f * laws::normals<float>(path.parameters().size(), 1, 4);
  const auto bend = [&] {
    const Matrix<float>&x0 = points[0].cells, &x1 = points[1].cells;
    return (middle(path, x0, x1) - (x0 + x1) / 2).colwise().norm().mean();
  };
  const float before = bend();
  flow::DriftEnergy energy(path, points, still, ot::Independent{}, 64, workers);
  train_on(energy, 300);
  CHECK(bend() < 0.1f * before);
}

TEST_CASE("bad input to curly flow matching says what is wrong", "[flow]") {
  using Bad = std::invalid_argument;
  const Matrix<double> x = laws::normals<double>(2, 5, 1), wide = laws::normals<double>(3, 5, 1);
  const auto kernel = [&](const Matrix<double>& v, Kernel::Options o, std::vector<double> t = {}) {
    return [&, v, o, t] { Kernel(x, v, o, t); };
  };
  laws::check_says<Bad>(kernel(wide, {}), "flow::VelocityKernel", "velocities is 3 x 5");
  laws::check_says<Bad>(kernel(x / 0., {}), "a velocity is NaN");
  laws::check_says<Bad>(kernel(x, {.bandwidth = 0}), "bandwidth is 0");
  laws::check_says<Bad>(kernel(x, {.time_bandwidth = 1}), "got 0 times for 5 cells");
  laws::check_says<Bad>(kernel(x, {}, {1, 2}), "got 2 times");
  const Kernel drift(x, x, {});
  const std::vector<Point<double>> points = {{0, wide}, {1, wide}};
  auto path = flow::geodesic_path<double>(3, {4}, Stream(1));
  Workers workers(1);
  laws::check_says<Bad>([&] { flow::DriftEnergy(path, points, drift, ot::Exact<>{}, 8, workers); },
                        "flow::DriftEnergy", "the drift has 2 features, the path 3");
  Matrix<double> c;
  flow::DriftCost<Kernel>::Workspace<double> w;
  const auto fill = [&](const flow::DriftCost<Kernel>& cost, const Matrix<double>& cells,
                        Index interval = 0) {
    return [&, cost, interval] {
      cost.fill<double>({.x0 = cells, .x1 = cells, .interval = interval}, c, w);
    };
  };
  laws::check_says<Bad>(fill({}, x), "flow::DriftCost", "there is no drift");
  laws::check_says<Bad>(fill({&drift, 0}, x), "steps is 0");
  laws::check_says<Bad>(fill({&drift}, wide), "3 features, wanted 2");
  laws::check_says<Bad>(fill({&drift, 8, {0.}}, x, 1), "the start of interval 1");
}
