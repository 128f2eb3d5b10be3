// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <vector>

#include <cytode/ot/entropic.hpp>
#include <cytode/ot/unbalanced.hpp>
#include <cytode/ot/wfr_cost.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"

using namespace cytode;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <std::floating_point S>
Matrix<S> normal(Index features, Index cells, std::uint64_t seed) {
  Matrix<S> x(features, cells);
  Stream(seed).fill_normal(0, x.data(), x.size());
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("entropic and unbalanced couplings keep the laws", "[ot]", float, double) {
  laws::check_coupling<TestType>(ot::Entropic{});
  laws::check_coupling<TestType>(ot::Entropic<>{.epsilon = 0.5, .relative = false});
  laws::check_coupling<TestType>(ot::Unbalanced{}, true);
  laws::check_coupling<TestType>(ot::Unbalanced<>{.penalty0 = infinity}, true);
  laws::check_coupling<TestType>(ot::wfr(2.0), true);
}

TEST_CASE("entropic pairs come as often as the plan says", "[ot]") {
  const Matrix<double> x0 = normal<double>(2, 6, 1), x1 = normal<double>(2, 4, 2);
  const std::vector<double> weights0{1, 2, 0, 3, 1, 1}, weights1{1, 1, 5, 1};
  const ot::Entropic<> coupling{.epsilon = 0.3, .tolerance = 1e-9};
  ot::Entropic<>::Workspace<double> w;
  const Index draws = 200000;
  laws::PairRoom pairs(draws);
  const ot::Sides<double> sides{x0, x1, weights0, weights1};
  coupling.join<double>(sides, pairs.list(), Stream(5), w);
  Matrix<double> counts = Matrix<double>::Zero(6, 4), plan;
  for (std::size_t k = 0; k < std::size_t(draws); ++k) {
    counts(pairs.row[k], pairs.col[k]) += 1.0 / double(draws);
    REQUIRE((pairs.mass0[k] == 1 && pairs.mass1[k] == 1));
  }
  w.plan.plan(plan);
  plan /= plan.sum();
  // Standard error of a frequency p: sqrt(p / draws) <= 1e-3.
  CHECK((counts - plan).cwiseAbs().maxCoeff() < 4e-3);
  CHECK(plan.col(2).sum() == Approx(5.0 / 8));
}

TEST_CASE("a Schroedinger bridge between Gaussians has the covariance of its closed form", "[ot]") {
  // Between N(0, 1) and N(0, 1) with |x - y|^2 and epsilon = 2 sigma^2 the plan is Gaussian with
  // covariance (sqrt(sigma^4 + 4) - sigma^2) / 2 [Mallasto 2022].
  const Index n = 2000;
  Matrix<double> x0(1, n);
  for (Index i = 0; i < n; ++i) {  // quantiles of N(0, 1) by Newton's method
    double q = 0;
    const double p = (double(i) + 0.5) / double(n);
    for (int k = 0; k < 60; ++k) {
      const double step = (0.5 * std::erfc(-q / std::sqrt(2.0)) - p) /
                          (std::exp(-q * q / 2) / std::sqrt(2 * 3.141592653589793));
      q -= std::clamp(step, -1.0, 1.0);
    }
    x0(0, i) = q;
  }
  for (const double sigma : {0.5, 1.0}) {
    const ot::Entropic<> coupling{
        .epsilon = 2 * sigma * sigma, .relative = false, .tolerance = 1e-6};
    ot::Entropic<>::Workspace<double> w;
    laws::PairRoom pairs(n);
    coupling.join<double>({x0, x0}, pairs.list(), Stream(1), w);
    Matrix<double> plan;
    w.plan.plan(plan);
    const double s2 = sigma * sigma;
    // Quantiles miss 0.1 % of the variance in the tails.
    CHECK((x0 * plan * x0.transpose())(0, 0) ==
          Approx((std::sqrt(s2 * s2 + 4) - s2) / 2).epsilon(4e-3));
  }
}

TEST_CASE("unbalanced pairs carry the masses of both populations", "[ot]") {
  // Two clusters far apart; the second grows threefold.
  const Index n = 200;
  Matrix<double> x0 = 0.1 * normal<double>(2, n, 1), x1 = 0.1 * normal<double>(2, n, 2);
  x0.row(0).rightCols(100).array() += 10;
  x1.row(0).rightCols(150).array() += 10;  // 50 and 150 cells of mass 2/200 each
  for (const bool semi : {false, true}) {
    ot::Unbalanced<> coupling{.epsilon = 0.01, .penalty0 = 0.3, .penalty1 = 0.3};
    if (semi) coupling.penalty0 = infinity;
    ot::Unbalanced<>::Workspace<double> w;
    laws::PairRoom pairs(n);
    coupling.join<double>({.x0 = x0, .x1 = x1, .mass_ratio = 2}, pairs.list(), Stream(1), w);
    double crossing = 0, first = 0, second = 0, sum0 = 0;
    for (std::size_t k = 0; k < std::size_t(n); ++k) {
      REQUIRE(pairs.col[k] >= 0);
      crossing += (pairs.row[k] < 100) != (pairs.col[k] < 50);
      sum0 += pairs.mass0[k] / double(n);
      (pairs.row[k] < 100 ? first : second) += pairs.mass1[k] / double(n);
    }
    CHECK(crossing == 0);
    CHECK(sum0 == Approx(1));
    CHECK(first == Approx(0.5).epsilon(0.05));   // 50 cells of 2/200
    CHECK(second == Approx(1.5).epsilon(0.05));  // 150 cells of 2/200
  }
}

TEST_CASE("beyond the cut locus mass dies and is born", "[ot]") {
  Matrix<double> x0{{0.0, 1.0, 20.0}}, x1{{0.5, 40.0}};
  const auto coupling = ot::wfr(1.0);
  decltype(ot::wfr(1.0))::Workspace<double> w;
  laws::PairRoom pairs(400);
  coupling.join<double>({.x0 = x0, .x1 = x1, .mass_ratio = 1.5}, pairs.list(), Stream(1), w);
  laws::check_pairs(pairs, 3, 2);
  double start[3] = {}, end[2] = {};
  for (std::size_t k = 0; k < 400; ++k) {
    if (pairs.row[k] >= 0) start[pairs.row[k]] += pairs.mass0[k] / 400;
    if (pairs.col[k] >= 0) end[pairs.col[k]] += pairs.mass1[k] / 400;
    if (pairs.row[k] == 2) CHECK(pairs.col[k] == -1);
    if (pairs.col[k] == 1) CHECK(pairs.row[k] == -1);
  }
  for (const double s : start) CHECK(s == Approx(1.0 / 3).margin(0.006));
  CHECK(end[0] == Approx(0.75).epsilon(0.02));
  CHECK(end[1] == Approx(0.75).epsilon(0.02));
}

TEMPLATE_TEST_CASE(
    "the WFR cost is -2 log cos, infinite from pi delta on, |x - y|^2 at large delta", "[ot]",
    float, double) {
  const double pi = 3.141592653589793;
  const Matrix<TestType> x0{{TestType(0)}};
  const Matrix<TestType> x1{{TestType(1e-3), TestType(1), TestType(4), TestType(2 * pi * 0.999),
                             TestType(2 * pi * 1.001), TestType(50)}};
  ot::WfrCost::Workspace<TestType> w;
  Matrix<TestType> cost;
  ot::WfrCost{.delta = 2}.fill<TestType>({x0, x1}, cost, w);
  for (Index j = 0; j < 4; ++j) {
    const double z = double(x1(0, j)) / 4;
    // cos loses digits at small z; there the series z^2 + z^4 / 6 takes over.
    const double wanted = z < 0.01 ? z * z + z * z * z * z / 6 : -2 * std::log(std::cos(z));
    CHECK(double(cost(0, j)) == Approx(wanted).epsilon(sizeof(TestType) == 4 ? 2e-4 : 1e-9));
  }
  CHECK(std::isinf(cost(0, 4)));
  CHECK(std::isinf(cost(0, 5)));
  ot::WfrCost{.delta = 1e4}.fill<TestType>({x0, x1}, cost, w);
  for (Index j = 0; j < 6; ++j) {
    const double square = double(x1(0, j)) * double(x1(0, j));
    CHECK(4e8 * double(cost(0, j)) == Approx(square).epsilon(1e-5));
  }
  CHECK_THROWS_WITH((ot::WfrCost{.delta = 0}.fill<TestType>({x0, x1}, cost, w)),
                    "ot::WfrCost: delta is 0, wanted a positive number");
}
