// SPDX-License-Identifier: MIT
// A column's result does not depend, to the last bit, on its company, its place
// or its alignment.
#include <vector>

#include <cytode/nn/mlp.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;

namespace {

/// forward, jvp, and the state cotangents of vjp and jvp_vjp, one under the
/// other.
template <class Net>
auto results(const Net& net, const Vector<typename Net::Scalar>& theta,
             const ConstBatch<typename Net::Scalar>& all) {
  using S = typename Net::Scalar;
  const Index in = net.inputs(), out = net.outputs(), n = all.cols();
  const ConstBatch<S> x = all.topRows(in), dx = all.middleRows(in, in);
  const ConstBatch<S> a = all.middleRows(2 * in, out), b = all.bottomRows(out);
  typename Net::Cache cache;
  Vector<S> atheta = Vector<S>::Zero(theta.size());
  Matrix<S> r = Matrix<S>::Zero(2 * out + 3 * in, n);
  net.forward(theta, x, r.topRows(out), cache);
  net.jvp(theta, x, dx, r.middleRows(out, out), cache);
  net.vjp(theta, x, a, r.middleRows(2 * out, in), atheta, cache);
  net.jvp_vjp(theta, x, dx, a, b, r.middleRows(2 * out + in, in), r.bottomRows(in), atheta, cache);
  return r;
}

template <class S, class A>
void check_columns(Index in, Index width, Index out) {
  const nn::Mlp<S, A> net({in, {width, width}, out});
  Vector<S> theta(net.layout().size());
  net.initialise(Stream(1), theta);
  constexpr Index most = 70;
  const Matrix<S> all = laws::normals<S>(2 * (in + out), most, 2);
  Matrix<S> alone(2 * out + 3 * in, most);
  for (Index j = 0; j < most; ++j) alone.col(j) = results(net, theta, all.col(j));
  for (Index n = 1; n <= most; ++n) {
    const Index first = (7 * n) % (most - n + 1);
    CHECK(results(net, theta, all.middleCols(first, n)) == alone.middleCols(first, n));
  }
  Matrix<S> shuffled(all.rows(), most), wanted(alone.rows(), most);
  for (Index j = 0; j < most; ++j) {
    shuffled.col(j) = all.col((j * 29 + 5) % most);  // 29 and 70 have no common factor
    wanted.col(j) = alone.col((j * 29 + 5) % most);
  }
  CHECK(results(net, theta, shuffled) == wanted);
}

}  // namespace

TEMPLATE_TEST_CASE("a column does not depend on the others", "[nn]", float, double) {
  for (const Index width : {1, 7, 16, 33, 48, 64, 70})
    check_columns<TestType, nn::Selu>(3, width, 2);
  check_columns<TestType, nn::Relu>(19, 24, 18);
  check_columns<TestType, nn::Tanh>(5, 130, 66);
  check_columns<TestType, nn::Gelu>(5, 37, 4);
}

TEMPLATE_TEST_CASE("the cotangent of the parameters sums over cells in order", "[nn]", float,
                   double) {
  using S = TestType;
  const nn::Mlp<S> net({6, {33}, 5});
  Vector<S> theta(net.layout().size());
  net.initialise(Stream(1), theta);
  const Matrix<S> x = laws::normals<S>(6, 23, 2), a = laws::normals<S>(5, 23, 3);
  Matrix<S> y(5, 23);
  typename nn::Mlp<S>::Cache cache;
  Vector<S> together = Vector<S>::Zero(theta.size()), one_by_one = together;
  net.forward(theta, x, y, cache);
  net.vjp(theta, x, a, together, cache);
  for (Index j = 0; j < 23; ++j) {
    net.forward(theta, x.col(j), y.col(j), cache);
    net.vjp(theta, x.col(j), a.col(j), one_by_one, cache);
  }
  CHECK(together == one_by_one);
}
