// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <cytode/core/product.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;

namespace {

/// The same chain, one element at a time: fused where the machine fuses.
template <class S>
S chain(S sum, const Matrix<S>& a, const Matrix<S>& b, Index i, Index j) {
  using Packet = typename Eigen::internal::packet_traits<S>::type;
  for (Index p = 0; p < a.cols(); ++p) {
    sum = Eigen::internal::pfirst(Eigen::internal::pmadd(Eigen::internal::pset1<Packet>(a(i, p)),
                                                         Eigen::internal::pset1<Packet>(b(p, j)),
                                                         Eigen::internal::pset1<Packet>(sum)));
  }
  return sum;
}

}  // namespace

TEMPLATE_TEST_CASE("a product sums in order, whatever its shape and memory", "[core]", float,
                   double) {
  using S = TestType;
  using M = Matrix<S>;
  // All remainders of rows; a deep, a tall, wide products; nothing to sum;
  // nothing at all.
  std::vector<std::array<Index, 3>> shapes = {
      {3, 700, 5},   {300, 9, 3},  {70, 140, 33}, {5, 0, 4},    {0, 5, 3},    {4, 3, 0},
      {1, 1, 1},     {5, 64, 70},  {8, 3, 33},    {1, 9, 130},  {50, 70, 35}, {18, 3, 130},
      {67, 130, 40}, {64, 300, 9}, {7, 600, 37},  {54, 300, 45}};
  for (Index m = 1; m <= 67; ++m) shapes.push_back({m, m % 7 + 1, m % 15 + 1});
  for (const auto& [m, k, n] : shapes) {
    const M a = laws::normals<S>(m, k, 1), b = laws::normals<S>(k, n, 2);
    const M start = laws::normals<S>(m, n, 3), bias = laws::normals<S>(m, 1, 4);
    M wanted_set(m, n), wanted_add(m, n), wanted_plus(m, n);
    for (Index j = 0; j < n; ++j) {
      for (Index i = 0; i < m; ++i) {
        wanted_set(i, j) = chain(S(0), a, b, i, j);
        wanted_add(i, j) = chain(start(i, j), a, b, i, j);
        wanted_plus(i, j) = chain(bias(i, 0), a, b, i, j);
      }
    }
    // a and b as they are, transposed, and as blocks of larger matrices off any
    // alignment.
    const M at = a.transpose(), bt = b.transpose();
    M big_a = M::Constant(m + 3, k + 1, S(NAN)), big_b = M::Constant(k + 5, n + 1, S(NAN));
    big_a.block(1, 1, m, k) = a;
    big_b.block(3, 0, k, n) = b;
    const Strided<const S> as[] = {strided(a), strided(at.transpose()),
                                   strided(big_a.block(1, 1, m, k))};
    const Strided<const S> bs[] = {strided(b), strided(bt.transpose()),
                                   strided(big_b.block(3, 0, k, n))};
    for (const auto& pa : as) {
      for (const auto& pb : bs) {
        M c = M::Constant(m, n, S(NAN));
        set_product<S>(strided(c), pa, pb);
        CHECK(c == wanted_set);
        set_product_plus<S>(strided(c), pa, pb, bias.data());
        CHECK(c == wanted_plus);
        M frame = M::Constant(m + 2, n + 2, S(7));
        auto inner = frame.block(1, 1, m, n);
        inner = start;
        add_product<S>(strided(inner), pa, pb);
        CHECK(M(inner) == wanted_add);
        inner.setConstant(S(7));
        CHECK(frame == M::Constant(m + 2, n + 2, S(7)));  // nothing beside c was written
      }
    }
  }
}

TEST_CASE("products take Eigen's matrices, maps, blocks and transposes", "[core]") {
  const Matrix<double> a = laws::normals<double>(4, 3, 1), b = laws::normals<double>(5, 3, 2);
  Matrix<double> c = Matrix<double>::Ones(6, 5), d(4, 5);
  add_product(c.topRows(4), a, b.transpose());
  set_product(d, a, b.transpose());
  CHECK(c.topRows(4).isApprox(a.lazyProduct(b.transpose()) + Matrix<double>::Ones(4, 5)));
  CHECK(d.isApprox(a.lazyProduct(b.transpose())));
  CHECK(c.bottomRows(2) == Matrix<double>::Ones(2, 5));
}

TEST_CASE("a product is near the exact one", "[core]") {
  const Index k = 259;
  const Matrix<float> a = laws::normals<float>(65, k, 1), b = laws::normals<float>(k, 31, 2);
  Matrix<float> c(65, 31);
  set_product<float>(strided(c), strided(a), strided(b));
  const Matrix<double> exact = a.cast<double>().lazyProduct(b.cast<double>());
  // Partial sums of k products of normals reach √k and round √k times in the
  // mean: k units.
  CHECK((c.cast<double>() - exact).cwiseAbs().maxCoeff() <=
        2 * std::numeric_limits<float>::epsilon() * static_cast<double>(k));
}
