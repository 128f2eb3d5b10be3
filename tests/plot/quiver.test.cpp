// SPDX-License-Identifier: MIT
#include <cmath>

#include <cytode/core/random.hpp>
#include <cytode/plot/quiver.hpp>

#include "catch.hpp"

using namespace cytode;
using namespace cytode::plot;

TEMPLATE_TEST_CASE("a constant field gives equal arrows as long as a place", "[plot]", float,
                   double) {
  using S = TestType;
  const Index n = 2000;
  Matrix<S> at(3, n), to(3, n);
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::uint64_t>(i);
    at.col(i) << static_cast<S>(8 * Stream(1).uniform(k)), static_cast<S>(4 * Stream(2).uniform(k)),
        S(9);
    to.col(i) << S(3), S(4), S(-7);
  }
  const Arrows arrows = quiver(at, to, {.cells = 8, .span = 1});
  REQUIRE(arrows.x.size() >= 8 * 4);  // a place is 1 × 1
  REQUIRE(arrows.x.size() <= 8 * 5);
  for (std::size_t i = 0; i < arrows.x.size(); ++i) {
    CHECK(arrows.u[i] == Approx(3).epsilon(1e-6));
    CHECK(arrows.v[i] == Approx(4).epsilon(1e-6));
  }
  CHECK(arrows.used_scale() * 5 == Approx(1).epsilon(0.02));  // the box is a little under 8 wide
}

TEST_CASE("a rotation is seen as a rotation, the longest arrow spans a place", "[plot]") {
  const Index n = 5000;
  Matrix<double> at(2, n), to(2, n);
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::uint64_t>(i);
    at.col(i) << 2 * Stream(3).uniform(k) - 1, 2 * Stream(4).uniform(k) - 1;
    to.col(i) << -at(1, i), at(0, i);
  }
  const Arrows a = quiver(at, to, {.cells = 10, .span = 0.9});
  double longest = 0;
  for (std::size_t i = 0; i < a.x.size(); ++i) {
    const double r = std::hypot(a.x[i], a.y[i]);
    // Averages over a neighbourhood of one place (0.2); at the rim it is one-sided.
    CHECK(std::hypot(a.u[i] + a.y[i], a.v[i] - a.x[i]) < 0.12);
    if (r > 0.5) CHECK(a.u[i] * -a.y[i] + a.v[i] * a.x[i] > 0.9 * r * std::hypot(a.u[i], a.v[i]));
    longest = std::max(longest, a.used_scale() * std::hypot(a.u[i], a.v[i]));
  }
  CHECK(longest > 1.05 * 0.9 * 0.2);  // 5 % of the samples are faster; places are 0.2 wide
  CHECK(longest < 1.3 * 0.9 * 0.2);
}

TEST_CASE("one odd place does not shrink all other arrows", "[plot]") {
  const Index n = 1002;
  Matrix<double> at(2, n), to = Matrix<double>::Ones(2, n);
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::uint64_t>(i);
    at.col(i) << Stream(5).uniform(k), Stream(6).uniform(k);
  }
  at.rightCols(2).setConstant(1.5);  // far from the others
  to.rightCols(2).setConstant(40);
  const Arrows a = quiver(at, to, {.cells = 10, .fewest = 0.5, .span = 1});
  double shortest = 1e9, longest = 0;
  for (std::size_t i = 0; i < a.x.size(); ++i) {
    const double places = a.used_scale() * std::hypot(a.u[i], a.v[i]) / 0.15;
    CHECK(a.u[i] == Approx(a.v[i]));
    shortest = std::min(shortest, places);
    longest = std::max(longest, places);
  }
  CHECK(shortest == Approx(1).epsilon(0.01));
  CHECK(longest == Approx(1.3).epsilon(0.01));
  CHECK_THROWS_AS(quiver(at, to, {.longest = 0.5}), std::invalid_argument);
}

TEST_CASE("places with few samples stay empty, bad samples are left out", "[plot]") {
  Matrix<double> at(2, 7), to = Matrix<double>::Ones(2, 7);
  at << 0, 0, 0, 0, 10, 5, std::nan(""),  //
      0, 0, 0, 0, 10, 5, 0;
  to(0, 5) = INFINITY;
  CHECK(quiver(at, to, {.cells = 4, .fewest = 1.5}).x.size() == 1);
  CHECK(quiver(at, to, {.cells = 4, .fewest = 0.3}).x.size() == 2);
  CHECK(quiver(at, to, {.cells = 4, .fewest = 99}).x.empty());
  CHECK(quiver(at.leftCols(0), to.leftCols(0)).x.empty());
  CHECK(quiver(at.leftCols(4), to.leftCols(4)).x.size() == 1);  // all on one spot
  CHECK_THROWS_AS(quiver(at, to.leftCols(3)), std::invalid_argument);
  CHECK_THROWS_AS(quiver(at.topRows(1), to.topRows(1)), std::invalid_argument);
  CHECK_THROWS_AS(quiver(at, to, {.cells = 0}), std::invalid_argument);
  CHECK_THROWS_AS(quiver(at, to, {.reach = 0}), std::invalid_argument);
}
