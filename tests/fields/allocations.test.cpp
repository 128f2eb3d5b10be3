// SPDX-License-Identifier: MIT
#include "laws/allocations.hpp"

#include "catalogue_fields.hpp"
#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;

TEMPLATE_LIST_TEST_CASE("a warm field allocates nothing", "[fields]", catalogue::Fields) {
  INFO(TestType::name);
  if (!laws::allocations_are_counted) WARN("allocations are not counted here");
  const auto field = TestType::make();
  const Index d = field.dims(), n = 7;
  const Matrix<double> x = laws::normals<double>(d, n, 1), u = laws::normals<double>(d, n, 2);
  Matrix<double> out(d, n), ax(d, n), adot(d, n);
  Row<double> at(n);
  Vector<double> atheta(field.parameters().size());
  typename std::decay_t<decltype(field)>::Cache cache;
  const Times<double> t(0.4), tdot(1.0);
  const auto once = [&] {
    field.forward(t, x, out, cache);
    field.vjp(t, x, u, atheta, cache);
    field.vjp(t, x, u, at, ax, atheta, cache);
    field.jvp(t, x, tdot, u, out, cache);
    field.jvp_vjp(t, x, tdot, u, u, u, at, ax, adot, atheta, cache);
  };
  once();
  const std::size_t before = laws::allocations();
  once();
  CHECK(laws::allocations() == before);
}
