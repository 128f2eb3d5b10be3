// SPDX-License-Identifier: MIT
#include <fstream>
#include <sstream>
#include <string>

#include <Eigen/LU>

#include <cytode/core/expm.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

double worst(const Matrix<double>& got, const Matrix<double>& wanted) {
  return (got - wanted).cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("exponentials have their closed forms", "[core]") {
  Matrix<double> rotation(2, 2), jordan(3, 3), zero = Matrix<double>::Zero(4, 4);
  for (const double angle : {1e-3, 0.1, 0.5, 1.0, 3.0, 40.0}) {
    CAPTURE(angle);
    rotation << 0, -angle, angle, 0;
    Matrix<double> wanted(2, 2);
    wanted << std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle);
    CHECK(worst(expm(rotation), wanted) < 1e-15 * (4 + 2 * angle));  // each squaring adds its own
  }
  const double l = -0.7;
  jordan << l, 1, 0, 0, l, 1, 0, 0, l;
  Matrix<double> wanted(3, 3);
  wanted << 1, 1, 0.5, 0, 1, 1, 0, 0, 1;
  CHECK(worst(expm(jordan), std::exp(l) * wanted) < 1e-15);
  CHECK(expm(zero) == Matrix<double>::Identity(4, 4));
  CHECK(std::abs(expm(Matrix<double>::Constant(1, 1, 2.5))(0, 0) / std::exp(2.5) - 1) < 1e-15);
}

TEST_CASE("a fast decay beside a slow one is exact", "[core]") {
  Matrix<double> basis(2, 2), fast = Matrix<double>::Zero(2, 2);
  basis << 1, 1, 1, -1;  // eigenvectors of rates −1e6 and −1
  fast.diagonal() << -1e6, -1;
  const Matrix<double> a = basis * fast * basis.inverse();
  Matrix<double> wanted = Matrix<double>::Zero(2, 2);
  wanted(1, 1) = std::exp(-1.0);
  // The rate −1 is the difference of entries of size 5e5: known to 5e5 ε, and so is its
  // exponential.
  CHECK(worst(expm(a), basis * wanted * basis.inverse()) < 5e5 * 4.4e-16);
}

TEST_CASE("exponentials agree with scipy's", "[core]") {
  std::ifstream file(CYTODE_FIXTURES "/core/expm.csv");
  std::string line, cell;
  int cases = 0;
  while (std::getline(file, line)) {
    std::istringstream row(line);
    std::string name;
    std::getline(row, name, ',');
    CAPTURE(name);
    std::getline(row, cell, ',');
    const Index d = std::stol(cell);
    Matrix<double> a(d, d), e(d, d);
    for (Matrix<double>* m : {&a, &e}) {
      for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j < d; ++j) {
          std::getline(row, cell, ',');
          (*m)(i, j) = std::stod(cell);
        }
      }
    }
    CHECK(worst(expm(a), e) < 2e-13 * e.cwiseAbs().maxCoeff());
    ++cases;
  }
  CHECK(cases == 8);
}

TEST_CASE("the flow of a linear equation is exact, with A singular and b of any size", "[core]") {
  Matrix<double> a(2, 2);
  a << -2, 0, 0, 0;
  for (const double size : {1e-12, 1.0, 1e9}) {
    CAPTURE(size);
    const Vector<double> b = size * Vector<double>::Ones(2);
    for (const double h : {-0.5, 1e-9, 0.25, 4.0}) {
      CAPTURE(h);
      const AffineFlow flow = affine_flow(a, b, h);
      CHECK(std::abs(flow.linear(0, 0) / std::exp(-2 * h) - 1) < 1e-14);
      CHECK(flow.linear(1, 1) == 1);
      CHECK(std::abs(flow.offset[0] / (size * -std::expm1(-2 * h) / 2) - 1) < 1e-14);
      CHECK(std::abs(flow.offset[1] / (size * h) - 1) < 1e-14);
    }
  }
  const AffineFlow free = affine_flow(Matrix<double>::Zero(2, 2), Eigen::Vector2d(3, 0), 2);
  CHECK(free.linear == Matrix<double>::Identity(2, 2));
  CHECK(worst(free.offset, Eigen::Vector2d(6, 0)) < 1e-14);
}

TEST_CASE("numbers that are none stay none, and shapes are checked", "[core]") {
  Matrix<double> a = Matrix<double>::Zero(2, 2);
  a(0, 1) = std::nan("");
  CHECK(expm(a).array().isNaN().all());
  CHECK(expm(Matrix<double>(0, 0)).size() == 0);
  CHECK_THROWS_WITH(expm(Matrix<double>::Zero(2, 3)),
                    "expm: the matrix is 2 x 3, wanted a square one");
  CHECK_THROWS_WITH(affine_flow(Matrix<double>::Zero(2, 2), Vector<double>::Zero(3), 1),
                    "affine_flow: b has 3 features, wanted 2");
}
