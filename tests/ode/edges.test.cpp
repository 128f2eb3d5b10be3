// SPDX-License-Identifier: MIT
// Times, steps and states at the edge of what numbers can say.
#include <cmath>
#include <limits>
#include <type_traits>

#include <cytode/ode/solve.hpp>

#include "catch.hpp"

using namespace cytode;
using Mat = Matrix<double>;

namespace {
const auto decay = [](auto, const auto& x, auto&& dx) { dx = -x; };
const auto still = [](auto, const auto&, auto& dx) { dx.setZero(); };
}  // namespace

TEMPLATE_TEST_CASE("a field that stands still is soon done", "[ode]", float, double) {
  const Matrix<TestType> x0 = Matrix<TestType>::Constant(2, 3, TestType(0.7));
  const auto out = ode::solve(still, x0, {0.0, 100.0});
  REQUIRE(out.status == Status::ok);
  CHECK(out.last() == x0);
  CHECK(out.counts.accepted < 20);  // from 1e-6 by factors of five
  CHECK(ode::solve(still, Matrix<TestType>(Matrix<TestType>::Zero(2, 3)), {0.0, 1.0}).status ==
        Status::ok);
}

TEMPLATE_TEST_CASE("intervals may be as short as numbers can be", "[ode]", float, double) {
  const Matrix<TestType> x0 = Matrix<TestType>::Ones(1, 2);
  const double tiny = std::numeric_limits<double>::denorm_min();
  for (const double from : {0.0, 1.0, -1e5, 3e30}) {
    const double next = std::nextafter(from, 1e308), after = std::nextafter(next, 1e308);
    for (const auto& times : {std::vector{from, next, after}, std::vector{after, next, from}}) {
      const auto adaptive = ode::solve(still, x0, times);
      CHECK(adaptive.status == Status::ok);
      CHECK(adaptive.states.size() == 3);
      CHECK(adaptive.time == times.back());
      CHECK(ode::solve(still, x0, times, ode::RungeKutta4{}).time == times.back());
    }
  }
  const auto out = ode::solve(decay, x0, {0.0, tiny, 1e-300, 1.0});
  REQUIRE(out.status == Status::ok);
  CHECK(out.states[2] == x0);
  CHECK(std::abs(double(out.last()(1)) - std::exp(-1.0)) < 1e-4);
}

TEST_CASE("a remainder of a few units in the last place is landed on", "[ode]") {
  // Late times that leave all kinds of slivers after steps of a fixed largest size.
  for (int k = 0; k < 200; ++k) {
    const double from = 1e5 + 0.01 * k, to = from + 0.1 + 1.5e-11 * k;
    const auto out = ode::solve(decay, Mat::Ones(1, 1), {from, to},
                                ode::Dopri5{.first_step = 0.01, .max_step = 0.01});
    if (out.status != Status::ok) FAIL("k = " << k << ": " << message(out.status));
    CHECK(std::abs(out.last()(0) - std::exp(from - to)) < 1e-9);
  }
}

TEST_CASE("no evaluation lies outside the interval", "[ode]") {
  for (const std::vector<double>& times : {std::vector{0.0, 1e-9, 2e-9}, std::vector{0.0, 3.0},
                                           std::vector{2.0, 1.0}, std::vector{1.0, 1.0 - 1e-8}}) {
    double low = 1e9, high = -1e9;
    const auto watched = [&](double t, const ConstBatch<double>& x, Batch<double> dx) {
      low = std::min(low, t);
      high = std::max(high, t);
      dx = -1e-3 * x;
    };
    REQUIRE(ode::solve(watched, Mat::Ones(1, 1), times).status == Status::ok);
    const double from = std::min(times.front(), times.back());
    const double to = std::max(times.front(), times.back());
    CHECK(low >= from - 1e-15);
    CHECK(high <= to + 1e-15);
  }
}

TEST_CASE("the largest step is kept, the first step taken, the limit counted", "[ode]") {
  const auto limited =
      ode::solve(still, Mat::Ones(1, 1), {0.0, 10.0}, ode::Dopri5{.max_step = 0.5});
  CHECK(limited.counts.accepted >= 20);
  const auto chosen =
      ode::solve(still, Mat::Ones(1, 1), {0.0, 10.0}, ode::Dopri5{.first_step = 10});
  CHECK(chosen.counts.accepted == 1);
  CHECK(chosen.counts.evaluations == 7);
  const auto backward = ode::solve(decay, Mat::Ones(1, 1), {1.0, 0.0}, ode::Dopri5{.max_steps = 2});
  CHECK(backward.status == Status::step_limit);
  CHECK(backward.counts.accepted + backward.counts.rejected == 2);
  CHECK(backward.time < 1);
  CHECK(backward.time > 0);
  CHECK(backward.state(0) == Approx(std::exp(1 - backward.time)).epsilon(1e-4));
  CHECK_THROWS_AS(ode::solve(decay, Mat::Ones(1, 1), {0, 1}, ode::Dopri5{.max_step = 0}),
                  std::invalid_argument);
  CHECK_THROWS_AS(ode::solve(decay, Mat::Ones(1, 1), {0, 1}, ode::Dopri5{.max_steps = 0}),
                  std::invalid_argument);
  CHECK_THROWS_AS(ode::solve(decay, Mat::Ones(1, 1), {0, 1}, ode::Dopri5{.first_step = -1}),
                  std::invalid_argument);
}

TEST_CASE("float states far from 1 do not upset the first step", "[ode]") {
  // Slopes of 1e18 in units of a tolerance of 1e-5 have squares beyond float.
  const auto steep = [](float, const ConstBatch<float>& x, Batch<float> dx) { dx = -1e18f * x; };
  const auto out = ode::solve(steep, Matrix<float>(Matrix<float>::Ones(1, 1)), {0.0, 5e-18});
  REQUIRE(out.status == Status::ok);
  CHECK(std::abs(out.last()(0) - std::exp(-5.0f)) < 1e-4f);
}

TEST_CASE("the norm maximum keeps one bad cell within tolerance among many good ones", "[ode]") {
  // One of 1000 cells turns 50 times as fast; its error is diluted in the mean, not in the maximum.
  const auto field = [](double, const ConstBatch<double>& x, Batch<double> dx) {
    dx.row(0) = -x.row(1);
    dx.row(1) = x.row(0);
    dx.col(17) *= 50;
  };
  Mat x0 = Mat::Zero(2, 1000);
  x0.row(0).setOnes();
  const auto error = [&](ode::Norm norm) {
    const auto out =
        ode::solve(field, x0, {0.0, 1.0},
                   {.relative_tolerance = 1e-6, .absolute_tolerance = 1e-6, .norm = norm});
    return std::hypot(out.last()(0, 17) - std::cos(50), out.last()(1, 17) - std::sin(50));
  };
  CHECK(error(ode::Norm::maximum) < 1e-4);
  CHECK(error(ode::Norm::maximum) * 5 < error(ode::Norm::rms));
}

TEMPLATE_TEST_CASE("a field that writes the wrong shape is told so", "[ode]", float, double) {
  using M = Matrix<TestType>;
  const M x0 = M::Ones(2, 3);
  const auto says = [&](const auto& field, const char* text) {
    CHECK_THROWS_AS(ode::solve(field, x0, {0.0, 1.0}), std::invalid_argument);
    CHECK_THROWS_WITH(ode::solve(field, x0, {0.0, 1.0}), Catch::Contains(text));
    CHECK_THROWS_WITH(ode::solve(field, x0, {0.0, 1.0}, ode::Euler{}), Catch::Contains(text));
  };
  const M tall = M::Ones(3, 2), wide = M::Ones(1, 2);
  using ConstB = ConstBatch<TestType>;
  using B = Batch<TestType>;
  says([&](auto, const auto& x, auto& dx) { dx = tall * x; },
       "ode::solve: the field assigns 3 x 3 to dx or a part of it, wanted 2 x 3");
  says([&](TestType, const ConstB& x, B dx) { dx = tall * x; }, "assigns 3 x 3 to dx");
  says([&](TestType, const ConstB& x, B dx) { dx.noalias() = tall * x; }, "assigns 3 x 3");
  says([&](TestType, const ConstB& x, B dx) { dx.noalias() += tall * x; }, "assigns 3 x 3");
  says([&](TestType, const ConstB& x, B dx) { dx.noalias() -= tall * x; }, "assigns 3 x 3");
  says([&](auto, const auto& x, auto&& dx) { dx = wide * x; }, "assigns 1 x 3");
  says([&](auto, const auto& x, B dx) { dx = x.transpose(); }, "assigns 3 x 2");
  says([&](auto, const auto& x, auto& dx) { dx = x.col(0); }, "assigns 2 x 1");
  says(
      [&](auto, const auto& x, B dx) {
        dx = -x;
        dx += x.leftCols(2);
      },
      "assigns 2 x 2");
  says(
      [&](auto, const auto& x, auto& dx) {
        dx = -x;
        dx -= x.topRows(1);
      },
      "assigns 1 x 3");
  // Nor to parts of dx.
  says([&](auto, const auto& x, auto& dx) { dx.array() = (tall * x).array(); }, "assigns 3 x 3");
  says([&](TestType, const ConstB& x, B dx) { dx.array() = x.array().row(0); }, "assigns 1 x 3");
  says(
      [&](TestType, const ConstB& x, B dx) {
        for (Index j = 0; j < x.cols(); ++j) dx.col(j) = tall * x.col(j);
      },
      "ode::solve: the field assigns 3 x 1 to dx or a part of it, wanted 2 x 1");
  says(
      [&](auto, const auto& x, auto& dx) {
        dx.row(0) = x.row(1);
        dx.row(1) = -x.row(0).head(2);
      },
      "assigns 1 x 2 to dx or a part of it, wanted 1 x 3");
  says([&](auto, const auto& x, auto& dx) { dx.topRows(1) = x; }, "assigns 2 x 3");
  says([&](auto, const auto& x, auto& dx) { dx.leftCols(2) = x.leftCols(3); }, "assigns 2 x 3");
  says([&](auto, const auto& x, auto& dx) { dx.colwise() = x.row(0).transpose(); },
       "assigns 3 x 1");
  // Nothing of another shape is assigned, but not all is written, or more.
  says([](auto, const ConstB& x, B dx) { dx.row(0) = x.row(0); },
       "ode::solve: the field leaves feature 1 of cell 0 of dx unwritten, wanted all 2 x 3");
  says([](auto, const ConstB& x, B dx) { dx.leftCols(2) = x.leftCols(2); },
       "leaves feature 0 of cell 2");
  says([](auto, const ConstB& x, B dx) { dx += x; }, "unwritten");
  says(
      [](auto, const ConstB& x, B dx) {
        dx = x;
        dx.data()[6] = 1;
      },
      "ode::solve: the field writes 1 numbers behind the end of dx, which is 2 x 3");
  // A NaN of the field itself is another thing, and a value.
  const auto broken = [](auto, const auto&, auto& dx) {
    dx.setConstant(std::numeric_limits<TestType>::quiet_NaN());
  };
  CHECK(ode::solve(broken, x0, {0.0, 1.0}).status == Status::non_finite_field);
  // Later calls are as good as the first.
  int calls = 0;
  says(
      [&](auto, const auto& x, auto& dx) {
        if (++calls % 5 == 0)
          dx = tall * x;
        else
          dx = -x;
      },
      "assigns 3 x 3");
}

TEST_CASE("concepts of solve take what they should", "[ode]") {
  const auto reversed = [](const ConstBatch<double>&, Batch<double>, double) {};
  const auto wrong_type = [](float, const ConstBatch<float>&, Batch<float>) {};
  STATIC_REQUIRE(ode::Solvable<std::remove_const_t<decltype(decay)>, double>);
  STATIC_REQUIRE(!ode::Solvable<decltype(reversed), double>);
  STATIC_REQUIRE(!ode::Solvable<std::remove_const_t<decltype(wrong_type)>, double>);
  STATIC_REQUIRE((ode::Method<ode::Dopri5> && ode::Method<ode::Euler> && !ode::Method<int>));
}
