// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include <cytode/ot/assignment.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/warm_duals.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"

using namespace cytode;

TEMPLATE_TEST_CASE("batches after the first start near their optimum", "[ot]", float, double) {
  using S = TestType;
  const Index n = 96;
  const ot::SquaredEuclidean ground;
  ot::WarmDuals<S, ot::SquaredEuclidean> duals;
  ot::CostWorkspace<S> w;
  ot::Assignment<S> cold, warm;
  Matrix<S> cost, x0(5, n), x1(5, n);
  for (std::uint64_t step = 0; step < 4; ++step) {
    Stream(1).at(step).fill_normal(0, x0.data(), x0.size());
    Stream(2).at(step).fill_normal(0, x1.data(), x1.size());
    x1.array() += S(1);
    const ot::Sides<S> sides{x0, x1};
    ground.fill<S>(sides, cost, w);
    cold.solve(cost);
    const auto start = duals.start(ground, sides);
    CHECK(start.empty() == (step == 0));
    if (step > 0) {
      // Whatever the duals, Σ u + Σ v with v_j = min_i c_ij − u_i bounds the optimum from below.
      const auto bound = [&](const Vector<double>& u) {
        return u.sum() + (cost.template cast<double>().colwise() - u).colwise().minCoeff().sum();
      };
      const Eigen::Map<const Vector<double>> u(start.data(), n);
      CHECK(bound(u) <= cold.cost() * (1 + 1e-6));
      // A good start closes most of the gap that no duals at all leave.
      CHECK(cold.cost() - bound(u) < 0.5 * (cold.cost() - bound(Vector<double>::Zero(n))));
      warm.solve(cost, start);
      CHECK(warm.cost() == Approx(cold.cost()).epsilon(1e-14));
    }
    duals.keep(sides, cold.v());
  }
  // Another interval, other features: nothing to start from.
  ot::Sides<S> other{x0, x1};
  other.interval = 1;
  CHECK(duals.start(ground, other).empty());
  const Matrix<S> thin = x0.topRows(2);
  CHECK(duals.start(ground, ot::Sides<S>{thin, thin}).empty());
}

TEMPLATE_TEST_CASE("a warm exact coupling is the optimum of every batch", "[ot]", float, double) {
  using S = TestType;
  const ot::Exact<> cold, warm{.warm = true};
  laws::check_coupling<S>(warm);
  typename ot::Exact<>::template Workspace<S> w, fresh;
  std::uint64_t step = 0;
  // Sizes and features that change, intervals that take turns, cells that come twice.
  for (const Index features : {5, 5, 2, 40}) {
    for (const Index n : {96, 96, 200, 31, 200, 1, 96}) {
      CAPTURE(features, n, step);
      Matrix<S> x0(features, n), x1(features, n);
      Stream(1).at(step).fill_normal(0, x0.data(), x0.size());
      Stream(2).at(step).fill_normal(0, x1.data(), x1.size());
      x1.array() += S(1);
      if (n > 40) x0.rightCols(40) = x0.leftCols(40);
      if (n > 40) x1.rightCols(40) = x1.leftCols(40);
      const ot::Sides<S> sides{.x0 = x0, .x1 = x1, .interval = static_cast<Index>(step % 3 == 2)};
      laws::PairRoom a(n), b(n);
      cold.join<S>(sides, a.list(), Stream(3), fresh);
      warm.join<S>(sides, b.list(), Stream(3), w);
      const auto cost = [&](const laws::PairRoom& pairs) {
        double sum = 0;
        std::vector<bool> seen(static_cast<std::size_t>(n));
        for (std::size_t k = 0; k < pairs.row.size(); ++k) {
          sum += double((x0.col(pairs.row[k]) - x1.col(pairs.col[k])).squaredNorm());
          seen[static_cast<std::size_t>(pairs.col[k])] = true;
        }
        CHECK(std::ranges::find(seen, false) == seen.end());
        return sum;
      };
      CHECK(cost(b) == Approx(cost(a)).epsilon(1e-6));
      ++step;
    }
  }
}
