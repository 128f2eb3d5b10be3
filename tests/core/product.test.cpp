// SPDX-License-Identifier: MIT
#include <limits>

#include <cytode/core/product.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;

TEMPLATE_TEST_CASE("a product in pieces is the product", "[core]", float, double) {
  using M = Matrix<TestType>;
  // One piece; cut along the depth, the rows, the columns; all at once, with remainders.
  const Index shapes[][3] = {{3, 4, 5},    {64, 64, 128},   {10, 4000, 12},  {700, 90, 3},
                             {3, 90, 700}, {300, 300, 300}, {513, 259, 257}, {1, 1, 1},
                             {0, 5, 3},    {4, 0, 3}};
  for (const auto& [m, k, n] : shapes) {
    const M a = laws::normals<TestType>(m, k, 1), b = laws::normals<TestType>(k, n, 2);
    const M start = laws::normals<TestType>(m, n, 3);
    const M tall = a.transpose();
    M c = start, d = M::Zero(m + 2, n);
    d.middleRows(1, m) = start;
    add_product(c, a, b);
    add_product(d.middleRows(1, m), tall.transpose(), b);
    const Matrix<double> wanted =
        start.template cast<double>() + a.template cast<double>() * b.template cast<double>();
    // Partial sums of k products of normals reach √k and round √k times in the mean: k units.
    const double tolerance = 2 * static_cast<double>(std::numeric_limits<TestType>::epsilon()) *
                             static_cast<double>(k + 8);
    const auto worst = [&](const auto& got) {
      return m * n == 0 ? 0. : (got.template cast<double>() - wanted).cwiseAbs().maxCoeff();
    };
    CHECK(worst(c) <= tolerance);
    CHECK(worst(M(d.middleRows(1, m))) <= tolerance);
    CHECK(d.row(0).isZero());
    CHECK(d.row(m + 1).isZero());
  }
}
