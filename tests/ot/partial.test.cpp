// SPDX-License-Identifier: MIT
#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include <cytode/ot/cost.hpp>
#include <cytode/ot/partial.hpp>
#include <cytode/ot/partial_coupling.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"
#include "lcg.hpp"

using namespace cytode;

namespace {

void check_certified(const ot::Plan& plan, double scale) {
  CHECK(plan.status == Status::ok);
  CHECK(plan.certificate.marginal_error <= 1e-13);
  CHECK(plan.certificate.duality_gap <= 1e-12 * scale);
  CHECK(plan.certificate.duality_gap >= -1e-12 * scale);
}

double mass(const ot::Plan& plan) {
  double sum = 0;
  for (const ot::PlanEntry& e : plan.entries) sum += e.mass;
  return sum;
}

}  // namespace

TEST_CASE("partial transport costs agree with POT", "[ot]") {
  std::ifstream file(std::string(CYTODE_FIXTURES) + "/ot/partial.csv");
  std::string line;
  std::getline(file, line);
  int cases = 0;
  while (std::getline(file, line)) {
    std::ranges::replace(line, ',', ' ');
    std::istringstream fields(line);
    std::string kind;
    Index n, m, dims;
    int weighted;
    double fraction, expected;
    testing::Lcg u{};
    fields >> kind >> n >> m >> dims >> weighted >> fraction >> u.s >> expected;
    const Matrix<double> x = testing::points(u, kind, n, dims);
    const Matrix<double> y = testing::points(u, kind, m, dims);
    Vector<double> a = Vector<double>::Constant(n, 1.0 / double(n));
    Vector<double> b = Vector<double>::Constant(m, 1.0 / double(m));
    if (weighted == 1) {
      a = (1 + testing::weights(u, n).array()) / 1000;
      b = (1 + testing::weights(u, m).array()) / 1000;
    }
    ot::CostWorkspace<double> w;
    Matrix<double> cost;
    ot::squared_euclidean(x, y, cost, w);
    CAPTURE(line);
    const ot::Plan plan = ot::partial_transport(cost, a, b, {.fraction = fraction});
    CHECK(plan.cost == Approx(expected).epsilon(1e-10).margin(1e-13));
    // Weights are integers of sum 2^52 inside: up to 2^-53 an entry is lost.
    CHECK(mass(plan) == Approx(fraction * std::min(a.sum(), b.sum())).epsilon(1e-12));
    check_certified(plan, std::max(plan.cost, 1e-3 * cost.maxCoeff() * a.sum()));
    ++cases;
  }
  CHECK(cases == 120);
}

TEMPLATE_TEST_CASE("partial transport tends to its limits", "[ot]", float, double) {
  using S = TestType;
  testing::Lcg u{3};
  Matrix<S> cost(12, 9);
  for (S& c : cost.reshaped()) c = static_cast<S>(4 * u() - 1);
  const ot::Plan balanced = ot::transport(cost);
  const ot::Plan whole = ot::partial_transport(cost);
  CHECK(whole.cost == Approx(balanced.cost).epsilon(1e-13));
  check_certified(whole, 1);
  const ot::Plan none = ot::partial_transport(cost, {.fraction = 0});
  CHECK(none.entries.empty());
  CHECK(none.cost == 0);
  check_certified(none, 1);
  // A little mass takes the cheapest pair.
  const ot::Plan little = ot::partial_transport(cost, {.fraction = 1e-3});
  CHECK(little.cost == Approx(1e-3 * static_cast<double>(cost.minCoeff())).epsilon(1e-12));
  // Costs are convex in the fraction: what is moved last is dearest.
  double last = 0, step_before = -std::numeric_limits<double>::infinity();
  for (int k = 1; k <= 10; ++k) {
    const ot::Plan plan = ot::partial_transport(cost, {.fraction = k / 10.0});
    check_certified(plan, 1);
    CHECK(plan.cost - last >= step_before - 1e-12);
    step_before = plan.cost - last;
    last = plan.cost;
  }
  // Unequal masses, all of the smaller: a cell of the larger side is free to stay.
  const Vector<double> a = Vector<double>::Constant(12, 1.0);
  const Vector<double> b = Vector<double>::Constant(9, 0.001);
  const ot::Plan smaller = ot::partial_transport(cost, a, b);
  CHECK(smaller.cost ==
        Approx(0.001 * cost.colwise().minCoeff().template cast<double>().sum()).epsilon(1e-12));
  check_certified(smaller, 0.01);
}

TEST_CASE("forbidden pairs bound what can be moved", "[ot]") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Matrix<double> cost = Matrix<double>::Constant(4, 4, infinity);
  cost.row(0).setConstant(1);
  cost(1, 2) = 7;
  const ot::Plan half = ot::partial_transport(cost, {.fraction = 0.5});
  CHECK(half.cost == Approx(2));  // (1 + 7) / 4
  check_certified(half, 1);
  CHECK_THROWS_WITH(ot::partial_transport(cost, {.fraction = 0.75}),
                    Catch::Matchers::Contains("mass cannot be transported"));
  cost(3, 3) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(ot::partial_transport(cost),
                    Catch::Matchers::Contains("cost has an entry nan"));
}

TEST_CASE("partial transport names what is wrong", "[ot]") {
  const Matrix<double> cost = Matrix<double>::Ones(2, 3);
  const Vector<double> a{{1.0, 2.0}}, b{{1.0, 0.0, 1.0}};
  CHECK_THROWS_WITH(ot::partial_transport(Matrix<double>(0, 2)),
                    "ot::partial_transport: cost is empty (0 x 2)");
  CHECK_THROWS_WITH(ot::partial_transport(cost, {.fraction = 1.5}),
                    "ot::partial_transport: fraction is 1.5, wanted 0 to 1");
  CHECK_THROWS_WITH(ot::partial_transport(cost, a, a),
                    "ot::partial_transport: b has 2 weights, cost has 3 columns");
  CHECK_THROWS_WITH(ot::partial_transport(cost, Vector<double>{{1.0, -1.0}}, b),
                    "ot::partial_transport: a[1] is -1, wanted zero or more");
  CHECK(ot::partial_transport(cost, a, b).cost == Approx(2));
}

TEMPLATE_TEST_CASE("the partial coupling obeys the laws", "[ot]", float, double) {
  laws::check_coupling<TestType>(ot::Partial<>{}, true);
  laws::check_coupling<TestType>(ot::Partial<>{.fraction = 1}, true);
  // One outlier on either side stays alone.
  Matrix<TestType> x0(1, 4), x1(1, 4);
  x0 << 0, 1, 2, 100;
  x1 << -100, 1, 2, 3;
  ot::Partial<>::Workspace<TestType> w;
  laws::PairRoom pairs(500);
  ot::Partial<>{.fraction = 0.75}.join<TestType>({x0, x1}, pairs.list(), Stream(1), w);
  int alone = 0;
  for (std::size_t k = 0; k < 500; ++k) {
    CHECK((pairs.row[k] == 3) == (pairs.col[k] == -1 && pairs.row[k] >= 0));
    CHECK((pairs.col[k] == 0) == (pairs.row[k] == -1));
    alone += pairs.row[k] == 3 || pairs.col[k] == 0;
  }
  CHECK(alone == Approx(200).margin(2));  // 2 of 5 parts
}
