// SPDX-License-Identifier: MIT
// Controllers, norms and tolerances: what they promise and what they refuse.
#include <cmath>
#include <limits>
#include <vector>

#include <cytode/ode/dop853.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"

using namespace cytode;
using Mat = Matrix<double>;

namespace {

// A slow feature and a fast one that do not know of each other.
const auto pair = [](Times<double>, const ConstBatch<double>& x, Batch<double> dx) {
  dx.row(0) = -x.row(0);
  dx.row(1) = -20 * x.row(1);
};
// Van der Pol's oscillator, mu = 5: corners that a controller must take.
const auto corners = [](double, const ConstBatch<double>& x, Batch<double> dx) {
  dx.row(0) = x.row(1);
  dx.row(1) = 5 * (1 - x.row(0).array().square()) * x.row(1).array() - x.row(0).array();
};

}  // namespace

TEST_CASE("I, PI and PID control meet the tolerance, and PI rejects less at corners", "[ode]") {
  const Mat x0 = (Mat(2, 1) << 2, 0).finished();
  const auto run = [&](const ode::Controller& c, double tolerance) {
    return ode::solve(
        corners, x0, {0.0, 20.0},
        ode::Dopri5{
            .relative_tolerance = tolerance, .absolute_tolerance = tolerance, .controller = c});
  };
  const Mat truth =
      ode::solve(corners, x0, {0.0, 20.0},
                 ode::Dop853{.relative_tolerance = 1e-13, .absolute_tolerance = 1e-13})
          .last();
  for (const auto& c : {ode::Controller::i(), ode::Controller::pi(), ode::Controller::pid()}) {
    const auto out = run(c, 1e-7);
    REQUIRE(out.status == Status::ok);
    CHECK((out.last() - truth).norm() < 1e-4);
  }
  CHECK(run(ode::Controller::pi(), 1e-7).counts.rejected <
        run(ode::Controller::i(), 1e-7).counts.rejected);
}

TEST_CASE("the error follows the tolerance over six decades", "[ode]") {
  const Mat x0 = (Mat(2, 1) << 2, 0).finished();
  const Mat truth =
      ode::solve(corners, x0, {0.0, 3.0},
                 ode::Dop853{.relative_tolerance = 1e-14, .absolute_tolerance = 1e-14})
          .last();
  std::vector<double> logs;
  for (int k = 4; k <= 10; ++k) {
    const double tolerance = std::pow(10.0, -k);
    const auto out =
        ode::solve(corners, x0, {0.0, 3.0},
                   ode::Dopri5{.relative_tolerance = tolerance, .absolute_tolerance = tolerance});
    logs.push_back(std::log10((out.last() - truth).norm()));
  }
  // Six decades of tolerance, six of error, give or take a third.
  CHECK(logs.front() - logs.back() == Approx(6).margin(2));
  for (std::size_t k = 1; k < logs.size(); ++k) CHECK(logs[k] < logs[k - 1]);
}

TEST_CASE("each feature may have a tolerance of its own", "[ode]") {
  const Mat x0 = Mat::Ones(2, 1);
  const auto steps = [&](std::vector<double> absolute) {
    return ode::solve(pair, x0, {0.0, 1.0},
                      ode::Dopri5{.relative_tolerance = 1e-12,
                                  .absolute_tolerances = std::move(absolute),
                                  .norm = ode::Norm::maximum})
        .counts.accepted;
  };
  // Leaving the fast feature to a loose tolerance saves steps, leaving the slow one does not.
  CHECK(steps({1e-9, 1.0}) * 2 < steps({1e-9, 1e-9}));
  CHECK(steps({1.0, 1e-9}) + 2 >= steps({1e-9, 1e-9}));
  CHECK(steps({1e-6, 1e-6}) == ode::solve(pair, x0, {0.0, 1.0},
                                          ode::Dopri5{.relative_tolerance = 1e-12,
                                                      .absolute_tolerance = 1e-6,
                                                      .norm = ode::Norm::maximum})
                                   .counts.accepted);
}

TEST_CASE("the norm of a batch is that of all its numbers", "[ode]") {
  // Two equal cells have the norm of one; the maximum sees the worst cell, the mean both.
  for (const ode::Norm norm : {ode::Norm::rms, ode::Norm::maximum}) {
    ode::ErrorNorm<double> of({.relative_tolerance = 1, .absolute_tolerance = 1, .norm = norm}, 2);
    const Mat error = (Mat(2, 3) << 3, 0, 1, 4, 0, 1).finished(), zero = Mat::Zero(2, 3);
    std::vector<double> cells(3);
    of.of_cells(error, zero, zero, cells.data());
    const bool rms = norm == ode::Norm::rms;
    CHECK(cells[0] == Approx(rms ? 5 / std::sqrt(2.0) : 4));
    CHECK(cells[1] == 0);
    CHECK(of.of_batch(cells.data(), 3) == Approx(rms ? std::sqrt(27.0 / 6) : 4).epsilon(1e-14));
  }
}

TEST_CASE("options that make no sense are refused by name", "[ode]") {
  const Mat x0 = Mat::Ones(2, 1);
  const auto refused = [&](const ode::Dopri5& m, const std::string& why) {
    CHECK_THROWS_WITH(ode::solve(pair, x0, {0, 1}, m), "ode::solve: " + why);
  };
  refused({.relative_tolerance = -1}, "relative_tolerance is -1, wanted a positive number");
  refused({.absolute_tolerance = 0}, "absolute_tolerance is 0, wanted a positive number");
  refused({.absolute_tolerances = {1e-3}}, "absolute_tolerances has 1 numbers, wanted 2");
  refused({.absolute_tolerances = {1e-3, -1}},
          "absolute_tolerances is -1, wanted a positive number");
  refused({.first_step = -0.1}, "first_step is -0.1, wanted zero or more");
  refused({.min_step = 2, .max_step = 1}, "max_step 1 is below min_step 2");
  refused({.max_steps = 0}, "max_steps is 0, wanted a positive number");
  refused({.controller = {.safety = 0}}, "controller.safety is 0, wanted a positive number");
  refused({.controller = {.min_factor = 2}},
          "controller.min_factor is 2, wanted a number between 0 and 1");
  refused({.controller = {.max_factor = 1}}, "controller.max_factor is 1, wanted a number above 1");
}

TEST_CASE("a step that all but lands is made to land, unless that is longer than steps may be",
          "[ode]") {
  const auto steps = [](double first, double longest) {
    const auto decay = [](double, const ConstBatch<double>& x, Batch<double> dx) { dx = -x; };
    return ode::solve(decay, Matrix<double>::Ones(1, 1), {0.0, 1.0},
                      ode::Dopri5{.relative_tolerance = 1e-2,
                                  .absolute_tolerance = 1e-2,
                                  .first_step = first,
                                  .max_step = longest})
        .counts.accepted;
  };
  const double any = std::numeric_limits<double>::infinity();
  CHECK(steps(0.92, any) == 1);  // not 0.92 and a stub of 0.08
  CHECK(steps(0.9, any) == 2);   // a tenth more is 0.99
  CHECK(steps(0.92, 0.92) == 2);
  CHECK(steps(0.5, 0.5) == 2);
}

TEST_CASE("a landing that is rejected is not tried again, however bold the controller", "[ode]") {
  const auto decay = [](double, const ConstBatch<double>& x, Batch<double> dx) { dx = -x; };
  for (double tolerance = 1e-2; tolerance > 1e-6; tolerance *= 0.8) {
    const auto out = ode::solve(decay, Matrix<double>::Ones(1, 1), {0.0, 1.0},
                                ode::Dopri5{.relative_tolerance = tolerance,
                                            .absolute_tolerance = tolerance,
                                            .controller = {.safety = 0.99},
                                            .first_step = 0.95});
    CHECK(out.status == Status::ok);
    CHECK(out.counts.accepted + out.counts.rejected < 20);
  }
}
