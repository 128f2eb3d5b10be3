// SPDX-License-Identifier: MIT
// A batch and its parts take matrices of their own shape alone, in every build.
#include <utility>

#include <cytode/core/types.hpp>

#include "catch.hpp"

using namespace cytode;

TEMPLATE_TEST_CASE("a batch takes matrices of its own shape alone", "[core]", float, double) {
  using M = Matrix<TestType>;
  M m = M::Zero(3, 4), other = M::Ones(4, 3), vector = M::Ones(3, 1);
  const M same = M::Constant(3, 4, TestType(2)), square = M::Identity(3, 3);
  Batch<TestType> batch(m), again(batch);
  batch = same;
  CHECK(m == same);
  batch += same.leftCols(4);
  batch -= M::Ones(3, 4);
  CHECK(m == M::Constant(3, 4, TestType(3)));
  batch = square * same;
  batch.noalias() += square * same;
  batch.noalias() -= square * same;
  CHECK(m == same);
  batch.noalias() = same * M::Identity(4, 4);
  again = Batch<TestType>(other.topRows(3).leftCols(2)).rowwise().sum().replicate(1, 4);
  CHECK(m == M::Constant(3, 4, TestType(2)));

  CHECK_THROWS_AS(batch = other, ShapeError);
  CHECK_THROWS_WITH(batch = other, "Batch: assigned 4 x 3, wanted 3 x 4");
  CHECK_THROWS_WITH(batch = Batch<TestType>(other), "Batch: assigned 4 x 3, wanted 3 x 4");
  CHECK_THROWS_WITH(batch = vector, "Batch: assigned 3 x 1, wanted 3 x 4");
  CHECK_THROWS_AS(batch += vector, ShapeError);
  CHECK_THROWS_AS(batch -= vector, ShapeError);
  CHECK_THROWS_AS(batch = same.transpose() * square, ShapeError);
  CHECK_THROWS_AS(batch.noalias() = square * vector, ShapeError);
  CHECK_THROWS_AS(batch.noalias() += square * vector, ShapeError);
  CHECK_THROWS_AS(batch.noalias() -= square * vector, ShapeError);
  CHECK(m == M::Constant(3, 4, TestType(2)));  // and nothing was written
}

namespace {

template <class S>
struct Parts {
  using M = Matrix<S>;
  M m = M::Zero(2, 3);
  Batch<S> dx{m};

  // What is assigned fits, and is written.
  template <class Assign>
  void takes(const char* what, Assign assign) {
    INFO(what);
    m.setZero();
    CHECK_NOTHROW(assign(dx));
    CHECK(m != M::Zero(2, 3));
  }
  // It does not fit, and nothing is written.
  template <class Assign>
  void refuses(const char* what, Assign assign) {
    INFO(what);
    m.setConstant(7);
    CHECK_THROWS_AS(assign(dx), ShapeError);
    CHECK(m == M::Constant(2, 3, 7));
  }
};

}  // namespace

#define TAKES(...) parts.takes(#__VA_ARGS__, [&](auto& dx) { __VA_ARGS__; })
#define REFUSES(...) parts.refuses(#__VA_ARGS__, [&](auto& dx) { __VA_ARGS__; })

TEMPLATE_TEST_CASE("so do the blocks, rows and columns of a batch", "[core]", float, double) {
  using S = TestType;
  Parts<S> parts;
  const auto ones = [](Index rows, Index cols) { return Matrix<S>::Ones(rows, cols).eval(); };
  const Vector<S> two = ones(2, 1), three = ones(3, 1);

  TAKES(dx.col(1) = two);
  REFUSES(dx.col(1) = three);
  REFUSES(dx.col(1) = ones(1, 2));
  REFUSES(dx.col(1) += ones(2, 2) * ones(2, 3));
  TAKES(dx.row(1) = three.transpose());
  REFUSES(dx.row(1) = two.transpose());
  REFUSES(dx.row(1) -= ones(2, 3));
  // As with Eigen, vectors lie down and stand up.
  TAKES(dx.row(1) = three);
  REFUSES(dx.row(1) = two);
  TAKES(dx.col(0) = two.transpose());

  TAKES(dx.topRows(1) = ones(1, 3));
  REFUSES(dx.topRows(1) = ones(2, 3));
  REFUSES(dx.template topRows<1>() = ones(2, 3));
  REFUSES(dx.middleRows(0, 1) = ones(2, 3));
  REFUSES(dx.template bottomRows<1>() = ones(1, 2));
  TAKES(dx.leftCols(2) += ones(2, 2));
  REFUSES(dx.leftCols(2) += ones(2, 3));
  REFUSES(dx.template middleCols<1>(1) = ones(2, 3));
  REFUSES(dx.rightCols(2) = ones(3, 2));
  TAKES(dx.block(0, 1, 2, 2) = ones(2, 2));
  TAKES((dx.template block<1, 2>(0, 1)) = ones(1, 2));
  REFUSES(dx.block(0, 1, 2, 2) = ones(2, 3));
  REFUSES((dx.template block<1, 2>(0, 1)) = ones(1, 3));
  REFUSES(dx.topLeftCorner(1, 1) = ones(2, 1));
  REFUSES(dx.topRightCorner(1, 2) = ones(2, 2));
  REFUSES(dx.bottomLeftCorner(1, 1) = ones(1, 2));
  REFUSES(dx.bottomRightCorner(2, 2) = ones(2, 3));
  // Parts of parts as well, and those that have a name.
  TAKES(dx.leftCols(2).col(1).head(1) = ones(1, 1));
  REFUSES(dx.leftCols(2).col(1).head(1) = two);
  REFUSES(dx.row(0).segment(1, 2) = three);
  REFUSES(dx.row(0).template tail<2>() = three);
  REFUSES(auto part = dx.leftCols(2); part = ones(2, 3));
  REFUSES(const auto some = Eigen::seq(0, 1); dx(Eigen::all, some) = ones(2, 3));
  TAKES(const auto some = Eigen::seq(0, 1); dx(Eigen::all, some) = ones(2, 2));

  TAKES(dx.transpose() = ones(3, 2));
  REFUSES(dx.transpose() = ones(2, 3));
  TAKES(dx.diagonal() = two);
  REFUSES(dx.diagonal() = three);
  TAKES(dx.topRows(1).noalias() = ones(1, 2) * ones(2, 3));
  REFUSES(dx.topRows(1).noalias() = ones(2, 2) * ones(2, 3));
  TAKES(dx.leftCols(2) = two.asDiagonal());
  REFUSES(dx = two.asDiagonal());
  CHECK_THROWS_WITH(parts.dx.col(1) = three, "Batch: assigned 3 x 1, wanted 2 x 1");
}

TEMPLATE_TEST_CASE("so do a batch as an array and what is written to every column", "[core]", float,
                   double) {
  using S = TestType;
  using A = Eigen::Array<S, Eigen::Dynamic, Eigen::Dynamic>;
  Parts<S> parts;
  const auto ones = [](Index rows, Index cols) { return A::Ones(rows, cols).eval(); };
  const Vector<S> two = ones(2, 1).matrix(), three = ones(3, 1).matrix();

  TAKES(dx.array() = ones(2, 3));
  REFUSES(dx.array() = ones(3, 3));
  REFUSES(dx.array() = ones(2, 3).transpose());
  REFUSES(dx.array() += ones(2, 2));
  REFUSES(dx.array() -= ones(1, 3));
  REFUSES(dx.array() *= ones(3, 3));
  REFUSES(dx.array() /= ones(2, 4));
  TAKES(dx.array() = 1; dx.array() *= ones(2, 3); dx.array() /= ones(2, 3));
  CHECK(parts.m == Matrix<S>::Ones(2, 3));
  TAKES(dx.array() += 3; dx.array() -= 2; dx.array() *= 6; dx.array() /= 2; dx *= 2; dx /= 3);
  CHECK(parts.m == Matrix<S>::Constant(2, 3, 2));
  TAKES(dx.col(2).array() = 5);
  REFUSES(dx.col(2).array() = ones(3, 1));
  REFUSES(dx.array().row(0) = ones(1, 2));
  REFUSES(dx.array().matrix() = ones(3, 3).matrix());

  TAKES(dx.colwise() = two);
  TAKES(dx.colwise() += two; dx.colwise() -= 3 * two);
  TAKES(dx.rowwise() += three.transpose());
  TAKES(dx.setOnes(); dx.array().rowwise() *= three.transpose().array());
  TAKES(dx.setOnes(); dx.array().colwise() /= two.array());
  REFUSES(dx.colwise() = three);
  REFUSES(dx.colwise() += three);
  REFUSES(dx.rowwise() -= two.transpose());
  REFUSES(dx.array().rowwise() *= two.transpose().array());
  REFUSES(dx.array().colwise() /= three.array());

  // What does not assign is Eigen's own.
  parts.m << 1, 2, 3, 4, 5, 6;
  CHECK(parts.dx.colwise().sum().eval() == parts.m.colwise().sum().eval());
  CHECK(std::as_const(parts.dx).rowwise().maxCoeff().eval() == parts.m.rowwise().maxCoeff().eval());
  CHECK(std::as_const(parts.dx).leftCols(2).array().sum() == parts.m.leftCols(2).sum());
  CHECK(std::as_const(parts.dx).template topRows<1>().sum() == 6);
  CHECK(&parts.dx(1, 2) == &parts.m(1, 2));
}
