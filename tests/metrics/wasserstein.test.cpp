// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <cytode/core/random.hpp>
#include <cytode/metrics/wasserstein.hpp>

#include "catch.hpp"

using namespace cytode;
using metrics::wasserstein1;
using metrics::wasserstein2;

namespace {

template <class S = double>
Matrix<S> normal(std::uint64_t seed, Index features, Index cells) {
  Matrix<S> x(features, cells);
  Stream(seed).fill_normal(0, x.data(), x.size());
  return x;
}

/// W1 on the line: the area between the two distribution functions.
double line_w1(std::vector<double> x, std::vector<double> y) {
  std::ranges::sort(x);
  std::ranges::sort(y);
  std::vector<double> all = x;
  all.insert(all.end(), y.begin(), y.end());
  std::ranges::sort(all);
  const auto below = [](const std::vector<double>& s, double t) {
    const auto count = std::upper_bound(s.begin(), s.end(), t) - s.begin();
    return static_cast<double>(count) / static_cast<double>(s.size());
  };
  double area = 0;
  for (std::size_t k = 0; k + 1 < all.size(); ++k) {
    area += std::abs(below(x, all[k]) - below(y, all[k])) * (all[k + 1] - all[k]);
  }
  return area;
}

}  // namespace

TEMPLATE_TEST_CASE("on the line W1 is the area between distribution functions", "[metrics]", float,
                   double) {
  for (const auto& [n, m] : {std::pair<Index, Index>{50, 50}, {31, 77}, {1, 9}, {64, 48}}) {
    const Matrix<TestType> x = normal<TestType>(1, 1, n), y = normal<TestType>(2, 1, m);
    CAPTURE(n, m);
    CHECK(wasserstein1(x, y) ==
          Approx(line_w1({x.data(), x.data() + n}, {y.data(), y.data() + m})).epsilon(1e-12));
  }
}

TEST_CASE("on the line W2 pairs the sorted cells", "[metrics]") {
  Matrix<double> x = normal(1, 1, 60), y = normal(2, 1, 60);
  const double w2 = wasserstein2(x, y);
  std::sort(x.data(), x.data() + 60);
  std::sort(y.data(), y.data() + 60);
  CHECK(w2 == Approx((x - y).norm() / std::sqrt(60.0)).epsilon(1e-12));
}

TEST_CASE("moving all cells by t costs the length of t", "[metrics]") {
  const Matrix<double> x = normal(3, 5, 70);
  const Vector<double> t{{1.0, -2.0, 0.5, 3.0, 0.0}};
  const Matrix<double> moved = x.colwise() + t;
  CHECK(wasserstein1(x, moved) == Approx(t.norm()).epsilon(1e-13));
  CHECK(wasserstein2(x, moved) == Approx(t.norm()).epsilon(1e-13));
  // W2²(x, y + t) = W2²(x, y) + 2 t·(mean y − mean x) + |t|², here with unequal sizes.
  const Matrix<double> y = normal(4, 5, 45);
  const double still = std::pow(wasserstein2(x, y), 2);
  const double shift = 2 * t.dot(y.rowwise().mean() - x.rowwise().mean()) + t.squaredNorm();
  CHECK(std::pow(wasserstein2(x, y.colwise() + t), 2) == Approx(still + shift).epsilon(1e-12));
}

TEST_CASE("the same cells in another order or number are at distance zero", "[metrics]") {
  const Matrix<double> x = normal(5, 3, 40);
  Matrix<double> twice(3, 80);
  twice << x.rowwise().reverse(), x;
  CHECK(wasserstein1(x, x) == 0);
  CHECK(wasserstein2(x, Matrix<double>(x.rowwise().reverse())) == 0);
  CHECK(wasserstein1(x, twice) == 0);
  CHECK(wasserstein2(twice, x) == 0);
  const Matrix<double> one = Matrix<double>::Constant(2, 1, 3.0);
  CHECK(wasserstein1(one, Matrix<double>::Zero(2, 1)) == Approx(std::sqrt(18.0)).epsilon(1e-15));
  CHECK(wasserstein1(one, Matrix<double>::Zero(2, 6)) == Approx(std::sqrt(18.0)).epsilon(1e-15));
}

TEST_CASE("weights count like copies", "[metrics]") {
  const Matrix<double> x = normal(6, 2, 3), y = normal(7, 2, 5);
  Matrix<double> copies(2, 6);
  copies << x.col(0), x.col(1), x.col(1), x.col(2), x.col(2), x.col(2);
  const metrics::Weights w{Vector<double>{{1, 2, 3}}, Vector<double>::Constant(5, 0.25)};
  CHECK(wasserstein1(x, y, w) == Approx(wasserstein1(copies, y)).epsilon(1e-13));
  CHECK(wasserstein2(x, y, w) == Approx(wasserstein2(copies, y)).epsilon(1e-13));
}

TEST_CASE("distances come with a certificate on request", "[metrics]") {
  const Matrix<double> x = normal(8, 4, 60), y = normal(9, 4, 83);
  const ot::Plan plan = metrics::optimal_plan(x, y, metrics::GroundCost::euclidean);
  CHECK(plan.cost == wasserstein1(x, y));
  CHECK(std::abs(plan.certificate.duality_gap) <= 1e-12 * plan.cost);
  CHECK(plan.certificate.marginal_error <= 1e-15);
}

TEST_CASE("distances refuse what they cannot measure", "[metrics]") {
  const Matrix<double> x = normal(1, 2, 4);
  Matrix<double> bad = x;
  bad(1, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(wasserstein1(x, bad),
                    "metrics::optimal_plan: y has NaN or infinite coordinates");
  CHECK_THROWS_WITH(wasserstein1(bad, x),
                    "metrics::optimal_plan: x has NaN or infinite coordinates");
  CHECK_THROWS_WITH(wasserstein2(x, normal(1, 3, 4)),
                    "metrics::optimal_plan: y has 3 features, wanted 2");
  CHECK_THROWS_WITH(wasserstein2(Matrix<double>(2, 0), x),
                    "metrics::optimal_plan: x is empty (2 x 0)");
  const metrics::Weights none{Vector<double>::Zero(4), Vector<double>::Ones(4)};
  CHECK_THROWS_WITH(wasserstein1(x, x, none),
                    "metrics::optimal_plan: the weights of x sum to 0, wanted a positive sum");
  const metrics::Weights few{Vector<double>::Ones(3), Vector<double>::Ones(4)};
  CHECK_THROWS_WITH(wasserstein1(x, x, few), "ot::transport: a has 3 weights, cost has 4 rows");
}

TEST_CASE("baselines on the embryoid bodies", "[metrics]") {
  const std::string data = CYTODE_DATA;
  if (data.empty()) {
    WARN("skipped: CYTODE_DATA is not set");
    return;
  }
  std::ifstream obs(data + "/eb/obs.csv"), values(data + "/eb/X.csv");
  std::string line, cell;
  std::getline(obs, line);
  std::istringstream header(line);
  std::size_t column = 0;
  while (std::getline(header, cell, ',') && cell != "sample_labels") ++column;
  std::vector<std::vector<double>> times(5);
  while (std::getline(obs, line)) {
    std::istringstream fields(line);
    for (std::size_t k = 0; k <= column; ++k) std::getline(fields, cell, ',');
    std::vector<double>& time = times.at(static_cast<std::size_t>(std::stoi(cell)));
    std::getline(values, line);
    std::ranges::replace(line, ',', ' ');
    std::istringstream numbers(line);
    for (double x; numbers >> x;) time.push_back(x);
  }
  const auto cells = [&](std::size_t t) {
    return Eigen::Map<const Matrix<double>>(times[t].data(), 5,
                                            static_cast<Index>(times[t].size()) / 5);
  };
  REQUIRE(cells(0).cols() == 767);
  double previous = 0, interpolated = 0;
  for (const std::size_t t : {1, 2, 3}) {
    previous += wasserstein1(cells(t - 1), cells(t)) / 3;
    const ot::Plan plan =
        metrics::optimal_plan(cells(t - 1), cells(t + 1), metrics::GroundCost::squared_euclidean);
    const auto middle = ot::displacement_interpolate<double>(plan, cells(t - 1), cells(t + 1), 0.5);
    const Vector<double> even = Vector<double>::Ones(cells(t).cols());
    interpolated +=
        wasserstein1(middle.points, cells(t), metrics::Weights{middle.weights, even}) / 3;
  }
  CHECK(previous == Approx(1.276).margin(0.002));
  CHECK(interpolated == Approx(0.851).margin(0.002));
}
