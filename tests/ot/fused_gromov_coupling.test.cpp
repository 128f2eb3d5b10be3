// SPDX-License-Identifier: MIT
#include <cytode/ot/fused_gromov_coupling.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"

using namespace cytode;

TEMPLATE_TEST_CASE("fused Gromov couplings obey the laws", "[ot]", float, double) {
  laws::check_coupling<TestType>(ot::FusedGromov<>{});
  laws::check_coupling<TestType>(ot::FusedGromov<>{.alpha = 1});
}

TEMPLATE_TEST_CASE("cells are joined across spaces of different dimension", "[ot]", float, double) {
  using S = TestType;
  // x1 is x0 seen from the side, in other order; x0 has a third feature that is zero.
  const Index n = 30;
  Matrix<S> flat(2, n), x0 = Matrix<S>::Zero(3, n), x1(3, n);
  Stream(1).fill_normal(0, flat.data(), flat.size());
  x0.topRows(2) = flat;
  for (Index i = 0; i < n; ++i) {
    const Index j = (11 * i + 4) % n;
    x1.col(j) << S(3), flat(1, i), flat(0, i) - S(8);
  }
  laws::PairRoom pairs(n);
  typename ot::FusedGromov<>::template Workspace<S> w;
  ot::FusedGromov<>{.alpha = 1}.join<S>({x0, x1}, pairs.list(), Stream(2), w);
  for (Index i = 0; i < n; ++i) {
    CHECK(pairs.col[static_cast<std::size_t>(i)] == (11 * i + 4) % n);
  }
}
