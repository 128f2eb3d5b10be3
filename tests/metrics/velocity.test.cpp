// SPDX-License-Identifier: MIT
#include <cmath>

#include <cytode/metrics/velocity.hpp>

#include "catch.hpp"

using namespace cytode;

TEMPLATE_TEST_CASE("velocities of known angle and length", "[metrics]", float, double) {
  // Right, half as long; orthogonal; at rest in truth; opposed; learned at rest.
  const Matrix<TestType> learned{{1, 0, 5, -3, 0}, {0, 2, 5, -4, 0}};
  const Matrix<TestType> truth{{2, 1, 0, 3, 7}, {0, 0, 0, 4, 0}};
  const auto r = metrics::velocity_agreement(learned, truth);
  CHECK(r.compared == 4);
  CHECK(r.skipped == 1);
  CHECK(r.mean_cosine == Approx((1.0 + 0.0 - 1.0 + 0.0) / 4).margin(1e-15));
  CHECK(r.mean_relative_error == Approx((0.5 + std::sqrt(5.0) + 2.0 + 1.0) / 4).epsilon(1e-15));
}

TEST_CASE("velocities too small or large to square are compared all the same", "[metrics]") {
  for (const double scale : {1e-200, 1e200}) {
    const Matrix<double> truth = Matrix<double>::Constant(3, 2, scale);
    const auto r = metrics::velocity_agreement(truth * 2, truth);
    CHECK(r.mean_cosine == Approx(1).epsilon(1e-14));
    CHECK(r.mean_relative_error == Approx(1).epsilon(1e-14));
  }
}

TEST_CASE("velocities without anything to compare", "[metrics]") {
  const Matrix<double> rest = Matrix<double>::Zero(2, 3);
  const auto r = metrics::velocity_agreement(rest, rest);
  CHECK(r.compared == 0);
  CHECK(r.skipped == 3);
  CHECK(std::isnan(r.mean_cosine));
  CHECK(std::isnan(r.mean_relative_error));
  CHECK_THROWS_WITH(metrics::velocity_agreement(rest, Matrix<double>::Zero(2, 4)),
                    "metrics::velocity_agreement: learned is 2 x 3, wanted 2 x 4");
  CHECK_THROWS_WITH(metrics::velocity_agreement(Matrix<double>(2, 0), Matrix<double>(2, 0)),
                    "metrics::velocity_agreement: truth is empty (2 x 0)");
}
