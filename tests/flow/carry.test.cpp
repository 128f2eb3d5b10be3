// SPDX-License-Identifier: MIT
// Weights carried along: known growth, exactly; conservation; deaths; resampled cells.
#include <numeric>

#include <cytode/fields/neural_map.hpp>
#include <cytode/flow/carry.hpp>
#include <cytode/flow/growth_rates.hpp>
#include <cytode/flow/resample.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;
using Catch::Matchers::Contains;

namespace {

constexpr fields::Heads one_dim{.dims = 1, .growth = true};

/// An affine map of [x; t] with given weights: outputs × 2 and outputs.
template <class S>
auto affine(const Matrix<S>& weights, const Vector<S>& bias) {
  fields::NeuralMap<nn::Mlp<S>> map(nn::Mlp<S>({weights.cols(), {}, weights.rows()}), Stream(0));
  Matrix<S> all(weights.rows(), weights.cols() + 1);
  all << weights, bias;
  map.parameters() = all.reshaped();
  return map;
}

template <class S>
Matrix<S> one_row(std::initializer_list<S> x) {
  return Eigen::Map<const Row<S>>(x.begin(), static_cast<Index>(x.size()));
}

}  // namespace

TEMPLATE_TEST_CASE("constant growth carries log-weights exactly", "[flow]", float, double) {
  using S = TestType;
  auto map = affine<S>(Matrix<S>::Zero(2, 2), (Vector<S>(2) << S(2), S(0.5)).finished());
  const Matrix<S> cells = one_row<S>({0, 1, 4});
  const std::vector<double> weights{1, 0, 3};
  Workers workers(1);
  const auto run =
      flow::carry(map, one_dim, {.time = 1, .cells = &cells, .weights = weights, .mass = 8}, {2, 4},
                  ode::RungeKutta4{.steps = 4}, workers);
  REQUIRE(run.solution().status == Status::ok);
  REQUIRE(run.size() == 3);
  const double rounding = 40 * std::numeric_limits<S>::epsilon();
  CHECK((run.weights(0) - Eigen::Vector3d(2, 0, 6)).norm() == 0);
  CHECK((run.weights(1) - std::exp(0.5) * Eigen::Vector3d(2, 0, 6)).norm() < 8 * rounding);
  CHECK((run.weights(2) - std::exp(1.5) * Eigen::Vector3d(2, 0, 6)).norm() < 40 * rounding);
  CHECK(run.mass(2) == Approx(8 * std::exp(1.5)).epsilon(rounding));
  CHECK(run.masses().size() == 3);
  CHECK(run.time(2) == 4);
  CHECK((run.cells(2) - one_row<S>({6, 7, 10})).norm() < 40 * rounding);
  CHECK(run.survival(2) == Vector<double>::Ones(3));
  CHECK(run.deaths(2).empty());
}

TEST_CASE("growth by position meets its closed form", "[flow]") {
  // v = a x, g = c + d x along x = x0 e^{at}: ∫ g = c t + d x0 (e^{at} − 1)/a.
  const double a = 0.7, c = -0.4, d = 1.3;
  auto map = affine<double>((Matrix<double>(2, 2) << a, 0, d, 0).finished(),
                            (Vector<double>(2) << 0, c).finished());
  const Matrix<double> cells = laws::normals<double>(1, 40, 4);
  Workers workers(2);
  const auto run =
      flow::carry(map, one_dim, {.cells = &cells, .mass = 40}, {0.5, 2},
                  ode::Dopri5{.relative_tolerance = 1e-10, .absolute_tolerance = 1e-10}, workers);
  for (Index k = 0; k < 3; ++k) {
    const double t = run.time(k);
    const Vector<double> exact =
        c * t + (d * (std::exp(a * t) - 1) / a) * cells.row(0).transpose().array();
    CHECK((run.log_growth(k) - exact).cwiseAbs().maxCoeff() < 1e-8);
    CHECK((run.weights(k).array().log().matrix() - exact).cwiseAbs().maxCoeff() < 1e-8);
  }
  // The growth rates are the head's, and no rate of a chunk depends on the others.
  const Matrix<double> at = run.cells(1);
  const Vector<double> rates =
      flow::growth_rates(map, one_dim, {.time = 0.5, .cells = &at}, workers);
  CHECK((rates - (c + d * at.row(0).transpose().array()).matrix()).norm() < 1e-12);
}

TEST_CASE("zero growth keeps every weight to the last bit, and so does a balanced map", "[flow]") {
  auto still =
      affine<float>((Matrix<float>(2, 2) << 0.3f, 1, 0, 0).finished(), Vector<float>::Zero(2));
  auto balanced =
      affine<float>((Matrix<float>(1, 2) << 0.3f, 1).finished(), Vector<float>::Zero(1));
  const Matrix<float> cells = laws::normals<float>(1, 30, 4);
  Workers workers(1);
  const flow::Population<float> start{.cells = &cells, .mass = 3};
  const auto one = flow::carry(still, one_dim, start, {1, 3}, ode::Dopri5{}, workers);
  const auto two = flow::carry(balanced, {.dims = 1}, start, {1, 3}, ode::Dopri5{}, workers);
  for (Index k = 0; k < 3; ++k) {
    CHECK(one.weights(k) == one.weights(0));
    CHECK(two.weights(k) == one.weights(0));
    CHECK(one.survival(k) == Vector<double>::Ones(30));
    CHECK(two.survival(k) == Vector<double>::Ones(30));
    CHECK(two.births(k) == Vector<double>::Zero(30));
  }
  CHECK(one.mass(0) == Approx(3));
}

TEST_CASE("mass is conserved where what some cells lose others gain", "[flow]") {
  // Selection among cells N(0, 1) that drift at speed 1: g = c (x − t) − c² t has mean zero over
  // N(t + c t, 1) at all times, so the mass stays 1 and the mean runs at 1 + c. On a grid weighted
  // by the normal density sums are integrals to far below 1e-10 (the trapezoid rule).
  const double c = 0.8;
  auto map = affine<double>((Matrix<double>(2, 2) << 0, 0, c, -c - c * c).finished(),
                            (Vector<double>(2) << 1, 0).finished());
  const Matrix<double> cells = Row<double>::LinSpaced(201, -10, 10);
  const Vector<double> density = (-cells.row(0).array().square() / 2).exp().transpose();
  Workers workers(1);
  const ode::Dopri5 method{.relative_tolerance = 1e-10, .absolute_tolerance = 1e-10};
  const auto there = flow::carry(map, one_dim, {.cells = &cells, .weights = {density.data(), 201}},
                                 {1, 1.5}, method, workers);
  for (Index k = 0; k < 3; ++k) {
    CHECK(there.mass(k) == Approx(1).epsilon(1e-8));
    CHECK(there.cells(k).row(0).dot(there.weights(k)) ==
          Approx((1 + c) * there.time(k)).margin(1e-8));
  }
  // Carried back, every cell has its weight again.
  const Matrix<double> moved = there.cells(2);
  const Vector<double> grown = there.weights(2);
  const auto back = flow::carry(
      map, one_dim,
      {.time = 1.5, .cells = &moved, .weights = {grown.data(), 201}, .mass = there.mass(2)}, {0},
      method, workers);
  CHECK((back.weights(1) - there.weights(0)).cwiseAbs().maxCoeff() < 1e-9);
  CHECK_THROWS_WITH(back.survival(1), Contains("from time 1.5 back to 0"));
  CHECK_THROWS_WITH(back.births(1), Contains("from time 1.5 back to 0"));
}

TEST_CASE("survival counts losses, not gains that follow them", "[flow]") {
  // g = x and x runs from −1 to 1 at speed 1: loses ½ in the exponent, and gains it back.
  auto map = affine<double>((Matrix<double>(2, 2) << 0, 0, 1, 0).finished(),
                            (Vector<double>(2) << 1, 0).finished());
  const Matrix<double> cells = one_row<double>({-1, 0, -3, -2});
  Workers workers(1);
  const auto run =
      flow::carry(map, one_dim, {.cells = &cells}, {2},
                  ode::Dopri5{.relative_tolerance = 1e-9, .absolute_tolerance = 1e-9}, workers);
  const Vector<double> alive = run.survival(1);
  CHECK(run.log_growth(1)[0] == Approx(0).margin(1e-8));
  // The kink of max(−g, 0) is where the step size shrinks: 1e-6.
  CHECK(alive[0] == Approx(std::exp(-0.5)).epsilon(1e-6));
  CHECK(alive[1] == Approx(1));
  CHECK(alive[2] == Approx(std::exp(-4)).epsilon(1e-6));
  CHECK(alive[3] == Approx(std::exp(-2)).epsilon(1e-6));
  // Births are ∫ max(x, 0): ½ of the first cell, 2 of the second, none of those that stay below 0.
  CHECK((run.births(1) - Eigen::Vector4d(0.5, 2, 0, 0)).cwiseAbs().maxCoeff() < 1e-6);
  CHECK(run.births(0) == Vector<double>::Zero(4));
  CHECK(run.deaths(1) == std::vector<Index>{2, 3});
  CHECK(run.deaths(1, 0.7) == std::vector<Index>{2, 3, 0});
}

TEST_CASE("conditions travel with the cells", "[flow]") {
  // Inputs x, c, t: v = c, g = −c.
  auto map = affine<double>((Matrix<double>(2, 3) << 0, 1, 0, 0, -1, 0).finished(),
                            Vector<double>::Zero(2));
  const fields::Heads heads{.dims = 1, .conditions = 1, .growth = true};
  const Matrix<double> cells = one_row<double>({5, 5}), condition = one_row<double>({1, -2});
  Workers workers(1);
  const flow::Population<double> start{.cells = &cells, .conditions = &condition, .mass = 2};
  const auto run = flow::carry(map, heads, start, {1}, ode::Dopri5{}, workers);
  CHECK((Matrix<double>(run.cells(1)) - one_row<double>({6, 3})).norm() < 1e-9);
  CHECK((run.log_growth(1) - Eigen::Vector2d(-1, 2)).norm() < 1e-9);
  CHECK((run.survival(1) - Eigen::Vector2d(std::exp(-1), 1)).norm() < 1e-9);
  CHECK(flow::growth_rates(map, heads, start, workers) == Eigen::Vector2d(-1, 2));
  const flow::Population<double> bare{.cells = &cells};
  CHECK_THROWS_WITH(flow::carry(map, heads, bare, {1}, ode::Dopri5{}, workers),
                    "flow::carry: the population has no conditions, the map wants 1");
}

TEST_CASE("resampling turns weights into counts with the least scatter", "[flow]") {
  const Vector<double> weights = (Vector<double>(5) << 0.5, 0, 3, 1.25, 0.25).finished();
  std::vector<double> mean(5);
  const int draws = 2000;
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    std::vector<double> count(5);
    for (const Index i : flow::resample(weights, 7, Stream(seed))) count[std::size_t(i)] += 1;
    for (std::size_t i = 0; i < 5; ++i) {
      const double expected = 7 * weights[Index(i)] / 5;
      CHECK((count[i] >= std::floor(expected) && count[i] <= std::ceil(expected)));
      mean[i] += count[i] / draws;
    }
  }
  // A count scatters by at most ½: five standard errors are 5/(2 √2000).
  for (Index i = 0; i < 5; ++i) {
    CHECK(mean[std::size_t(i)] == Approx(7 * weights[i] / 5).margin(0.056));
  }
  std::vector<Index> all(6);
  std::iota(all.begin(), all.end(), Index{0});
  CHECK(flow::resample(Vector<double>::Constant(6, 0.3), 6, Stream(1)) == all);
  CHECK_THROWS_WITH(flow::resample(weights, 0, Stream(1)),
                    "flow::resample: n is 0, wanted 1 or more");
  CHECK_THROWS_WITH(flow::resample(Vector<double>::Zero(3), 2, Stream(1)), Contains("sum to 0"));
}

TEST_CASE("what cannot be carried is refused", "[flow]") {
  auto map = affine<double>(Matrix<double>::Zero(2, 2), Vector<double>::Zero(2));
  const Matrix<double> cells = one_row<double>({0, 1}), wide = Matrix<double>::Zero(2, 2);
  const std::vector<double> three(3, 1.0), zero(2, 0.0), negative{1, -1};
  Workers workers(1);
  const auto run = [&](const flow::Population<double>& p) {
    return flow::carry(map, one_dim, p, {1}, ode::Dopri5{}, workers);
  };
  CHECK_THROWS_WITH(run({}), "flow::carry: the population has no cells");
  CHECK_THROWS_WITH(run({.cells = &wide}), "flow::carry: the population has 2 features, wanted 1");
  CHECK_THROWS_WITH(run({.cells = &cells, .weights = three}),
                    "flow::carry: got 3 weights for 2 cells");
  CHECK_THROWS_WITH(run({.cells = &cells, .weights = zero}), "flow::carry: all weights are zero");
  CHECK_THROWS_WITH(run({.cells = &cells, .weights = negative}), Contains("a weight is -1"));
  CHECK_THROWS_WITH(run({.cells = &cells, .mass = 0}), Contains("the mass of the population is 0"));
  CHECK_THROWS_WITH(run({.time = 1, .cells = &cells, .mass = 1}).mass(2), Contains("time 2 of 2"));
  CHECK_THROWS_WITH(flow::growth_rates(map, {.dims = 2}, {.cells = &wide}, workers),
                    Contains("the map has 1 inputs"));
  auto balanced = affine<double>(Matrix<double>::Zero(1, 2), Vector<double>::Zero(1));
  CHECK_THROWS_WITH(flow::growth_rates(balanced, {.dims = 1}, {.cells = &cells}, workers),
                    "flow::growth_rates: the map has no growth head");
}
