// SPDX-License-Identifier: MIT
#include <limits>

#include <Eigen/LU>

#include <cytode/core/random.hpp>
#include <cytode/core/small_lu.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

template <class S>
Matrix<S> normal(std::uint64_t seed, Index rows, Index cols) {
  Matrix<S> m(rows, cols);
  Stream(seed).fill_normal(0, m.data(), m.size());
  return m;
}

}  // namespace

TEMPLATE_TEST_CASE("factors and solves agree with Eigen's", "[core]", float, double) {
  using S = TestType;
  const S eps = std::numeric_limits<S>::epsilon();
  BatchedLu<S> lu;
  for (const Index d : {1, 2, 3, 5, 16, 50, 100}) {
    CAPTURE(d);
    const Index n = 3;
    Matrix<S> a = normal<S>(static_cast<std::uint64_t>(d), d, d * n);
    // The second cell is badly scaled: rows from 1e-8 to 1e8.
    for (Index i = 0; i < d; ++i) {
      a.middleCols(d, d).row(i) *= std::pow(S{10}, static_cast<S>(i % 17 - 8));
    }
    lu.shape(d, n) = a;
    for (Index j = 0; j < n; ++j) {
      REQUIRE(lu.factor(j));
      const Matrix<S> cell = a.middleCols(j * d, d);
      const Vector<S> b = normal<S>(99, d, 1);
      Vector<S> x = b, y = b;
      lu.solve(j, x.data());
      lu.solve_transposed(j, y.data());
      const Eigen::PartialPivLU<Matrix<S>> eigen(cell);
      // Backward stable: |A x - b| <= c d ε |L| |U| |x|, row by row; growth is small on random A.
      const S slack = 20 * static_cast<S>(d) * eps;
      const Matrix<S> size = cell.cwiseAbs();
      const Vector<S> bound = slack * (size * x.cwiseAbs() + b.cwiseAbs());
      CHECK(((cell * x - b).cwiseAbs().array() <= bound.array() * static_cast<S>(d)).all());
      const Vector<S> bound_t = slack * (size.transpose() * y.cwiseAbs() + b.cwiseAbs());
      const Vector<S> residual = cell.transpose() * y - b;
      CHECK((residual.cwiseAbs().array() <= bound_t.array() * static_cast<S>(d)).all());
      // The factors themselves: same pivots, so the same L and U to rounding.
      const Vector<S> diagonal = lu.matrix(j).diagonal();
      CHECK((diagonal - eigen.matrixLU().diagonal()).cwiseAbs().maxCoeff() <=
            100 * static_cast<S>(d) * eps * cell.cwiseAbs().maxCoeff());
    }
  }
}

TEST_CASE("a permutation and a matrix that needs pivots are solved exactly", "[core]") {
  BatchedLu<double> lu;
  auto a = lu.shape(3, 1);
  a << 0, 2, 0, 0, 0, 4, 8, 0, 0;
  REQUIRE(lu.factor(0));
  Vector<double> x(3);
  x << 2, 8, 32;  // A (4, 1, 2)ᵀ
  lu.solve(0, x.data());
  CHECK(x == Vector<double>(Eigen::Vector3d(4, 1, 2)));
  x << 16, 2, 16;  // Aᵀ (1, 4, 2)ᵀ
  lu.solve_transposed(0, x.data());
  CHECK(x == Vector<double>(Eigen::Vector3d(1, 4, 2)));
}

TEST_CASE("singular and non-finite matrices are a value", "[core]") {
  BatchedLu<double> lu;
  auto a = lu.shape(2, 4);
  a << 1, 2, 0, 0, 1, 0, std::nan(""), 1,  //
      2, 4, 0, 0, 0, 1, 1, 1;
  CHECK_FALSE(lu.factor(0));
  CHECK_FALSE(lu.factor(1));
  CHECK(lu.factor(2));
  CHECK_FALSE(lu.factor(3));
  Vector<double> x = Vector<double>::Ones(2);
  lu.solve(0, x.data());
  CHECK_FALSE(x.allFinite());
}

TEMPLATE_TEST_CASE("a cell's numbers do not depend on its place", "[core]", float, double) {
  using S = TestType;
  for (const Index d : {1, 2, 3, 5, 7, 9, 33}) {
    CAPTURE(d);
    const Matrix<S> a = normal<S>(5, d, d);
    const Vector<S> b = normal<S>(6, d, 1);
    BatchedLu<S> alone, many;
    alone.shape(d, 1) = a;
    REQUIRE(alone.factor(0));
    Vector<S> x = b, y = b;
    alone.solve(0, x.data());
    alone.solve_transposed(0, y.data());
    const Index n = 6;
    many.shape(d, n).setConstant(std::numeric_limits<S>::quiet_NaN());
    for (Index j = 1; j < n; ++j) {
      many.matrix(j) = a;
      many.factor(j);
      Vector<S> padded(d + j), padded_t(d + j);  // another alignment each time
      padded.tail(d) = b;
      padded_t.tail(d) = b;
      many.solve(j, padded.data() + j);
      many.solve_transposed(j, padded_t.data() + j);
      CHECK(padded.tail(d) == x);
      CHECK(padded_t.tail(d) == y);
    }
    many.copy(n - 1, 0);
    Vector<S> again = b;
    many.solve(0, again.data());
    CHECK(again == x);
  }
}
