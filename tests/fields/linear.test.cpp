// SPDX-License-Identifier: MIT
#include <cytode/fields/linear.hpp>

#include "catch.hpp"
#include "laws/field.hpp"

using namespace cytode;

static_assert(DifferentiableField<fields::Linear<float>>);
static_assert(DifferentiableField<fields::Linear<double>>);

TEST_CASE("a linear field keeps the law with and without an offset", "[fields]") {
  const Matrix<double> a = laws::normals<double>(3, 3, 11);
  const Vector<double> b = laws::normals<double>(3, 1, 12);
  laws::check_field(fields::Linear<double>(a, b), 4);
  laws::check_field(fields::Linear<double>(a), 1);
}

TEMPLATE_TEST_CASE("a linear field is A x + b, and A and b are its parameters", "[fields]", float,
                   double) {
  const Matrix<TestType> a{{1, 2}, {3, 4}};
  const Vector<TestType> b{{10, 20}};
  fields::Linear<TestType> field(a, b);
  const Matrix<TestType> x{{1, 0, -1}, {1, 1, 2}};
  typename fields::Linear<TestType>::Cache cache;
  Matrix<TestType> dx(2, 3);
  field.forward(Times<TestType>(0), x, dx, cache);
  CHECK(dx == Matrix<TestType>{{13, 12, 13}, {27, 24, 25}});
  CHECK(field.matrix() == a);
  CHECK(field.offset() == b);
  CHECK(field.layout().at("matrix").rows == 2);
  CHECK(field.layout().at("offset").offset == 4);
  field.parameters()[2] = 7;  // A(0, 1)
  CHECK(field.matrix()(0, 1) == 7);

  const fields::Linear<TestType> plain(a);
  CHECK(plain.layout().size() == 4);
  CHECK(plain.offset().size() == 0);
  plain.forward(Times<TestType>(0), x, dx, cache);
  CHECK(dx == a * x);
}

TEST_CASE("a matrix that is not square and an offset that does not fit are misuse", "[fields]") {
  const Matrix<double> a = Matrix<double>::Ones(2, 2);
  CHECK_THROWS_WITH(fields::Linear<double>(Matrix<double>(2, 3)),
                    "fields::Linear: matrix is 2 x 3, wanted 2 x 2");
  CHECK_THROWS_WITH(fields::Linear<double>(Matrix<double>(0, 0)),
                    "fields::Linear: matrix is empty (0 x 0)");
  CHECK_THROWS_WITH(fields::Linear<double>(a, Vector<double>::Ones(3)),
                    "fields::Linear: offset is 3 x 1, wanted 2 x 1");
  const fields::Linear<double> field(a);
  fields::Linear<double>::Cache cache;
  Matrix<double> out(2, 2);
  CHECK_THROWS_WITH(field.forward(Times<double>(0.0), Matrix<double>::Ones(3, 2), out, cache),
                    "fields::Linear::forward: x has 3 features, wanted 2");
}
