// SPDX-License-Identifier: MIT
/// A good feasible transport plan by greed at soft duals: where the simplex starts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/ot/scan.hpp>
#include <cytode/ot/soft_duals.hpp>

namespace cytode::ot {

/// Integer mass moved from a source to a sink.
struct Flow {
  Index source, sink;
  std::int64_t mass;
};

/// A feasible plan and duals, feasible as well, that are close to optimal.
struct GreedyStart {
  std::vector<Flow> plan;
  Vector<double> u, v;
};

/// Every sink first draws on its cheapest source at soft duals; what is then still missing comes
/// from the cheapest sources with mass left. Supply and demand are positive with equal sums.
///
/// The simplex needs about half the pivots it needs from greed at the plain cost. Successive
/// shortest paths would end at the optimum, but unequal masses cut their flows into thousands of
/// pieces.
template <std::floating_point S>
[[nodiscard]] GreedyStart greedy_start(const ConstBatch<S>& cost, std::vector<std::int64_t> supply,
                                       std::vector<std::int64_t> demand) {
  const auto at = [](Index i) { return static_cast<std::size_t>(i); };
  const Index n = cost.rows(), m = cost.cols();
  Vector<double> a(n), b(m);
  std::ranges::copy(supply, a.begin());
  std::ranges::copy(demand, b.begin());
  GreedyStart start;
  start.u = cost.rowwise().minCoeff().template cast<double>();
  start.v.resize(m);
  SoftDuals<S>().improve(cost, a, b, start.u);
  const auto give = [&](Index i, Index j) {
    const std::int64_t mass = std::min(supply[at(i)], demand[at(j)]);
    if (mass == 0) return;
    supply[at(i)] -= mass;
    demand[at(j)] -= mass;
    start.plan.push_back({i, j, mass});
  };
  for (Index j = 0; j < m; ++j) {
    const Smallest best = smallest(&cost.coeffRef(0, j), start.u.data(), n);
    start.v[j] = best.value;
    give(best.row, j);
  }
  std::vector<Index> open;
  for (Index i = 0; i < n; ++i) {
    if (supply[at(i)] > 0) open.push_back(i);
  }
  for (Index j = 0; j < m; ++j) {
    while (demand[at(j)] > 0) {
      std::size_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t k = 0; k < open.size(); ++k) {
        const double reduced = static_cast<double>(cost(open[k], j)) - start.u[open[k]];
        if (reduced < least) least = reduced, best = k;
      }
      const Index i = open[best];
      give(i, j);
      if (supply[at(i)] == 0) {
        open[best] = open.back();
        open.pop_back();
      }
    }
  }
  return start;
}

}  // namespace cytode::ot
