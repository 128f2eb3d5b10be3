// SPDX-License-Identifier: MIT
#include <cmath>
#include <numbers>
#include <stdexcept>

#include <cytode/flow/geodesic_energy.hpp>
#include <cytode/flow/land_metric.hpp>
#include <cytode/flow/rbf_metric.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/trainer.hpp>

#include "catch.hpp"
#include "laws/module.hpp"
#include "laws/path.hpp"
#include "laws/says.hpp"

using namespace cytode;
static_assert(flow::Path<flow::GeodesicPath<>>);

namespace {

template <std::floating_point S>
struct Point {
  double time;
  Matrix<S> cells;
};

/// A path with parameters that bend it.
auto bent(Index d, double sigma = 0.2) {
  auto path = flow::geodesic_path<double>(d, {8, 8}, Stream(3), sigma);
  path.parameters() += 0.3 * laws::normals<double>(path.parameters().size(), 1, 4);
  return path;
}

/// The middle of the curve between two points.
template <class P, class S = typename P::Scalar>
Matrix<S> middle(const P& path, const Matrix<S>& x0, const Matrix<S>& x1) {
  const Index n = x0.cols();
  const Row<S> half = Row<S>::Constant(n, S(0.5)), ones = Row<S>::Ones(n);
  Matrix<S> x(x0.rows(), n), u(x0.rows(), n);
  typename P::template Workspace<S> w;
  path.template curve<S>({0, 1, half, x0, x1, x0, ones, ones}, x, u, w);
  return x;
}

/// Two neighbouring clusters of the unit circle at angles −a and a, and cells all along the arc
/// between as the metric's.
struct Arc {
  std::vector<Point<float>> ends;
  Matrix<float> cells;
};
Arc arc() {
  const double reach = 1.2;
  const auto at = [&](double angle, std::uint64_t seed, Index n) {
    Matrix<float> x = 0.03f * laws::normals<float>(2, n, seed);
    x.row(0).array() += static_cast<float>(std::cos(angle));
    x.row(1).array() += static_cast<float>(std::sin(angle));
    return x;
  };
  Arc made{{{0, at(-reach, 1, 60)}, {1, at(reach, 2, 60)}},
           0.03f * laws::normals<float>(2, 400, 3)};
  for (Index i = 0; i < 400; ++i) {
    const double angle = reach * (static_cast<double>(i) / 200 - 1);
    made.cells(0, i) += static_cast<float>(std::cos(angle));
    made.cells(1, i) += static_cast<float>(std::sin(angle));
  }
  return made;
}

template <class Objective>
void train_path(Objective& energy, long steps) {
  train::fit(energy, train::AdamW{.learning_rate = 3e-3}, {.steps = steps}).or_throw();
}

}  // namespace

TEST_CASE("the geodesic path keeps the law of paths, whatever its network is", "[flow]") {
  laws::check_path(bent(3, 0), 0);
  laws::check_path(bent(3, 0.2), 0.2);
}

TEST_CASE("the geodesic path starts straight", "[flow]") {
  const auto path = flow::geodesic_path<double>(3, {8}, Stream(1), 0.1);
  const Matrix<double> x0 = laws::normals<double>(3, 5, 1), x1 = laws::normals<double>(3, 5, 2);
  CHECK((middle(path, x0, x1) - (x0 + x1) / 2).norm() <= 1e-15);
  laws::check_says<std::invalid_argument>(
      [] {
        flow::GeodesicPath<>(nn::Mlp<float, nn::Silu>({4, {8}, 2}), Stream(0));
      },
      "flow::GeodesicPath", "4 inputs and 2 outputs");
  laws::check_says<std::invalid_argument>(
      [] { (void)flow::geodesic_path<float>(2, {8}, Stream(0), -1); }, "sigma is -1");
}

TEST_CASE("the gradient of the energy is its derivative, for any number of threads", "[flow]") {
  const std::vector<Point<double>> points = {{0, laws::normals<double>(2, 30, 1)},
                                             {1, laws::normals<double>(2, 40, 2)},
                                             {3, laws::normals<double>(2, 50, 3)}};
  const flow::LandMetric<double> metric(flow::pooled_cells<double>(points),
                                        {.sigma = 0.5, .epsilon = 0.1});
  auto path = bent(2);
  Workers one(1), three(3);
  flow::GeodesicEnergy energy(path, points, metric, ot::Exact<>{}, 301, one);
  Vector<double> gradient(path.parameters().size()), other(gradient), direction(gradient);
  const Stream stream = Stream(5).at(7);
  const double value = energy.value_and_gradient(stream, gradient);
  direction = laws::normals<double>(gradient.size(), 1, 8);
  const double h = 1e-5;
  const Vector<double> centre = path.parameters();
  path.parameters() = centre + h * direction;
  const double up = energy.value_and_gradient(stream, other);
  path.parameters() = centre - h * direction;
  const double down = energy.value_and_gradient(stream, other);
  path.parameters() = centre;
  const double slope = (up - down) / (2 * h);
  CHECK(gradient.dot(direction) == Approx(slope).epsilon(1e-6));

  flow::GeodesicEnergy threaded(path, points, metric, ot::Exact<>{}, 301, three);
  CHECK(threaded.value_and_gradient(stream, other) == value);
  CHECK(other == gradient);
}

TEST_CASE("in a flat metric the energy is the squared length of straight lines", "[flow]") {
  const std::vector<Point<double>> points = {{0, Matrix<double>::Zero(2, 3)},
                                             {2, Matrix<double>::Constant(2, 3, 2)}};
  const flow::LandMetric<double> flat(flow::pooled_cells<double>(points), {.alpha = 0});
  auto path = flow::geodesic_path<double>(2, {8}, Stream(1));
  Workers workers(1);
  flow::GeodesicEnergy energy(path, points, flat, ot::Independent{}, 20, workers);
  Vector<double> gradient(path.parameters().size());
  CHECK(energy.value_and_gradient(Stream(1), gradient) == Approx(8));  // |(2, 2)|²
}

TEST_CASE("between cells on a circle the learned path bends along the cells", "[flow]") {
  const Arc data = arc();
  const Matrix<float> x0 = data.ends[0].cells, x1 = data.ends[1].cells;
  Workers workers(1);
  const auto learned = [&](const auto& metric) {
    auto path = flow::geodesic_path<float>(2, {32, 32}, Stream(1));
    flow::GeodesicEnergy energy(path, data.ends, metric, ot::Exact<>{}, 64, workers);
    train_path(energy, 600);
    return middle(path, x0, x1).colwise().norm().mean();
  };
  // The chord passes the centre at cos 1.2 = 0.36; the cells lie at 1. A little inside them is
  // shorter, and h of LAND, a scatter, is largest about σ away from cells.
  const flow::LandMetric<float> land(data.cells, {.sigma = 0.2, .epsilon = 0.03});
  const flow::RbfMetric<float> rbf(data.cells, {.centres = 30, .kappa = 2, .epsilon = 0.03});
  CHECK(learned(land) > 0.7f);
  CHECK(learned(rbf) > 0.7f);
}

TEST_CASE("between cells on a line the learned path stays on it", "[flow]") {
  const auto line = [](float from, float to, Index n) {
    Matrix<float> x(2, n);
    x.row(0) = Row<float>::LinSpaced(n, from, to);
    x.row(1) = 0.5f * x.row(0);
    return x;
  };
  const std::vector<Point<float>> ends = {{0, line(-1.f, -0.8f, 30)}, {1, line(0.8f, 1.f, 30)}};
  const Matrix<float> cells = line(-1, 1, 300);
  const auto farthest = [&](const auto& metric) {
    auto path = flow::geodesic_path<float>(2, {16, 16}, Stream(1));
    Workers workers(1);
    flow::GeodesicEnergy energy(path, ends, metric, ot::Exact<>{}, 64, workers);
    train_path(energy, 300);
    const Matrix<float> x = middle(path, ends[0].cells, ends[1].cells);
    return (x.row(1) - 0.5f * x.row(0)).cwiseAbs().maxCoeff();
  };
  // Against a length of 2. h of RBF is largest on the line, that of LAND, a scatter, at about σ
  // from it.
  CHECK(farthest(flow::RbfMetric<float>(cells, {.centres = 30, .kappa = 2, .epsilon = 0.03})) <
        0.05f);
  CHECK(farthest(flow::LandMetric<float>(cells, {.sigma = 0.1, .epsilon = 0.03})) < 0.15f);
}

TEST_CASE("the energy refuses what does not fit", "[flow]") {
  const std::vector<Point<double>> points = {{0, laws::normals<double>(2, 5, 1)},
                                             {1, laws::normals<double>(2, 5, 2)}};
  auto path = bent(2);
  Workers workers(1);
  const flow::LandMetric<double> metric(points[0].cells), wide(laws::normals<double>(3, 5, 1));
  using Bad = std::invalid_argument;
  laws::check_says<Bad>(
      [&] { flow::GeodesicEnergy(path, points, wide, ot::Exact<>{}, 8, workers); },
      "flow::GeodesicEnergy", "the metric has 3 features, the path 2");
  laws::check_says<Bad>(
      [&] { flow::GeodesicEnergy(path, points, metric, ot::Exact<>{}, 0, workers); }, "batch is 0");
  const std::vector<Point<double>> single = {points[0]};
  laws::check_says<Bad>(
      [&] { flow::GeodesicEnergy(path, single, metric, ot::Exact<>{}, 8, workers); },
      "wanted 2 or more");
}
