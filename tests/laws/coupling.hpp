// SPDX-License-Identifier: MIT
/// Laws of every coupling: valid pairs, the same pairs again, a reusable workspace, clear errors.
#pragma once

#include <algorithm>
#include <vector>

#include <cytode/ot/coupling.hpp>

#include "catch.hpp"

namespace cytode::laws {

/// What any value of a type that models ot::Coupling must do, in S.
template <std::floating_point S, ot::Coupling C>
void check_coupling(const C& coupling) {
  typename C::template Workspace<S> used;
  for (const Index n : {17, 1, 64, 3}) {  // a workspace that has seen other sizes
    for (const Index features : {1, 5, 40}) {
      CAPTURE(n, features);
      const Stream stream = Stream(3).at(static_cast<std::uint64_t>(n));
      Matrix<S> x0(features, n), x1(features, n);
      stream.fork(0).fill_normal(0, x0.data(), x0.size());
      stream.fork(1).fill_normal(0, x1.data(), x1.size());
      std::vector<Index> partner(static_cast<std::size_t>(n), -1), again = partner;
      coupling.pair(x0, x1, partner, stream, used);
      CHECK(std::ranges::all_of(partner, [n](Index j) { return j >= 0 && j < n; }));
      typename C::template Workspace<S> fresh;
      coupling.pair(x0, x1, again, stream, fresh);
      CHECK(partner == again);
    }
  }
  const Stream stream(1);
  const Matrix<S> x = Matrix<S>::Ones(2, 4);
  std::vector<Index> four(4), three(3);
  using Catch::Matchers::EndsWith;
  CHECK_THROWS_WITH(coupling.pair(Matrix<S>(2, 0), x, four, stream, used),
                    EndsWith("x0 is empty (2 x 0)"));
  CHECK_THROWS_WITH(coupling.pair(x, Matrix<S>::Ones(3, 4), four, stream, used),
                    EndsWith("x1 has 3 features, wanted 2"));
  CHECK_THROWS_WITH(coupling.pair(x, Matrix<S>::Ones(2, 5), four, stream, used),
                    EndsWith("x0 has 4 cells, x1 has 5"));
  CHECK_THROWS_WITH(coupling.pair(x, x, three, stream, used),
                    EndsWith("partner has 3 entries, wanted 4"));
}

}  // namespace cytode::laws
