// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include <cytode/fields/neural.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;
using Mat = Matrix<double>;

namespace {

// Rotation with angular speed 1: x(t) = (cos t, sin t) from (1, 0); every column its own radius.
const auto rotation = [](double, const ConstBatch<double>& x, Batch<double> dx) {
  dx.row(0) = -x.row(1);
  dx.row(1) = x.row(0);
};
// dx/dt = x cos t, so x(t) = x0 exp(sin t): the clock matters.
const auto driven = [](double t, const ConstBatch<double>& x, Batch<double> dx) {
  dx = std::cos(t) * x;
};

Mat rotated(const Mat& x0, double t) {
  return (Eigen::Matrix2d() << std::cos(t), -std::sin(t), std::sin(t), std::cos(t)).finished() * x0;
}

template <class Method>
double slope_of_error(int first) {
  const Mat x0 = Mat::Constant(2, 3, 0.7);
  std::vector<double> errors;
  for (const int steps : {first, 2 * first}) {
    const auto out = ode::solve(driven, x0, {0.0, 1.5}, Method{steps});
    errors.push_back((out.last() - x0 * std::exp(std::sin(1.5))).norm());
  }
  return std::log2(errors[0] / errors[1]);
}

}  // namespace

TEST_CASE("fixed-step methods have their order", "[ode]") {
  CHECK(std::abs(slope_of_error<ode::Euler>(400) - ode::Euler::order) < 0.02);
  CHECK(std::abs(slope_of_error<ode::RungeKutta4>(40) - ode::RungeKutta4::order) < 0.1);
}

TEST_CASE("fixed steps land on the requested times and count themselves", "[ode]") {
  const Mat x0 = laws::normals<double>(2, 4, 1);
  const auto out = ode::solve(rotation, x0, {0.0, 0.5, 2.0}, ode::RungeKutta4{100});
  REQUIRE(out.status == Status::ok);
  REQUIRE(out.states.size() == 3);
  CHECK(out.states[0] == x0);
  CHECK((out.states[1] - rotated(x0, 0.5)).norm() < 1e-8);
  CHECK((out.states[2] - rotated(x0, 2.0)).norm() < 1e-7);
  CHECK(out.counts.accepted == 200);
  CHECK(out.counts.evaluations == 800);
}

TEST_CASE("Dormand-Prince meets its tolerance, forward and backward", "[ode]") {
  const Mat x0 = laws::normals<double>(2, 5, 2);
  double previous = 1;
  for (const double tolerance : {1e-4, 1e-6, 1e-8, 1e-10}) {
    const ode::Dopri5 method{.relative_tolerance = tolerance, .absolute_tolerance = tolerance};
    for (const double end : {7.0, -7.0}) {
      const auto out = ode::solve(rotation, x0, {0.0, end / 3, end}, method);
      REQUIRE(out.status == Status::ok);
      const double error = (out.last() - rotated(x0, end)).norm();
      // The global error gathers local ones: within a factor of the time span and the norm.
      CHECK(error < 100 * tolerance);
      CHECK((out.states[1] - rotated(x0, end / 3)).norm() < 100 * tolerance);
      CHECK(error < previous);
      // One evaluation at the start, one for the first step, six a trial.
      CHECK(out.counts.evaluations == 2 + 6 * (out.counts.accepted + out.counts.rejected));
      if (end < 0) previous = error * 10;
    }
  }
}

TEST_CASE("a solve over many times costs little more than one", "[ode]") {
  const Mat x0 = laws::normals<double>(2, 1, 3);
  const auto whole = ode::solve(rotation, x0, {0.0, 6.0});
  const auto cut = ode::solve(rotation, x0, {0.0, 2.0, 2.001, 4.0, 6.0});
  CHECK(cut.counts.accepted <= whole.counts.accepted + 4);
}

TEST_CASE("equal start and end give the start", "[ode]") {
  const Mat x0 = laws::normals<double>(2, 3, 4);
  CHECK(ode::solve(rotation, x0, {1.0, 1.0}).last() == x0);
  CHECK(ode::solve(rotation, x0, {1.0, 1.0}, ode::Euler{}).last() == x0);
  CHECK(ode::solve(rotation, x0, {1.0}).states.size() == 1);
}

TEST_CASE("float keeps small steps at a late time", "[ode]") {
  // At t = 1e5 a float clock resolves 0.008; the solve below needs steps of about that size.
  const auto fast = [](float, const ConstBatch<float>& x, Batch<float> dx) {
    dx.row(0) = -20 * x.row(1);
    dx.row(1) = 20 * x.row(0);
  };
  const Matrix<float> x0 = Matrix<float>::Identity(2, 2);
  const auto out = ode::solve(fast, x0, {1e5, 1e5 + 1});
  REQUIRE(out.status == Status::ok);
  CHECK((out.last().cast<double>() - rotated(Mat::Identity(2, 2), 20)).norm() < 1e-2);
}

TEST_CASE("a neural field is solved in chunks, the same for any number of threads", "[ode]") {
  const auto field = fields::neural<float>(3, {16, 16}, Stream(5), nn::silu);
  const Matrix<float> x0 = laws::normals<float>(3, 300, 6);
  const auto lambda = [&](float t, const ConstBatch<float>& x, Batch<float> dx) {
    fields::Neural<nn::Mlp<float, nn::Silu>>::Cache cache;
    field.forward(Times<float>(t), x, dx, cache);
  };
  Workers one(1), two(2);
  const auto a = ode::solve(field, x0, {0.0, 0.5, 1.0}, ode::Dopri5{}, one);
  const auto b = ode::solve(field, x0, {0.0, 0.5, 1.0}, ode::Dopri5{}, two);
  const auto whole = ode::solve(lambda, x0, {0.0, 0.5, 1.0});
  REQUIRE(a.status == Status::ok);
  CHECK(a.last() == b.last());
  CHECK((a.last() - whole.last()).norm() < 1e-5f * a.last().norm());
}

TEST_CASE("bad input to solve says what is wrong", "[ode]") {
  const Mat x0 = Mat::Ones(2, 3);
  const auto field = fields::neural<double>(3, {4}, Stream(0));
  CHECK_THROWS_WITH(ode::solve(field, x0, {0, 1}), "ode::solve: x0 has 2 features, wanted 3");
  CHECK_THROWS_WITH(ode::solve(rotation, Mat(2, 0), {0, 1}), "ode::solve: x0 is empty (2 x 0)");
  CHECK_THROWS_WITH(ode::solve(rotation, x0, {}), "ode::solve: times is empty");
  CHECK_THROWS_WITH(ode::solve(rotation, x0, {0, 2, 1}),
                    "ode::solve: times[2] = 1 does not continue the order of the times before");
  CHECK_THROWS_WITH(ode::solve(rotation, x0, {0, 1, 1}),
                    "ode::solve: times[2] = 1 does not continue the order of the times before");
  CHECK_THROWS_WITH(ode::solve(rotation, x0, {0, std::nan("")}), "ode::solve: times[1] is nan");
  CHECK_THROWS_WITH(ode::solve(rotation, x0, {0, 1}, ode::Dopri5{.relative_tolerance = 0}),
                    "ode::solve: relative_tolerance is 0, wanted a positive number");
  CHECK_THROWS_WITH(ode::solve(rotation, x0, {0, 1}, ode::Euler{0}),
                    "ode::solve: steps is 0, wanted a positive number");
  Mat bad = x0;
  bad(1, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(ode::solve(rotation, bad, {0, 1}),
                    "ode::solve: x0 has a coefficient that is NaN or infinite");
}
