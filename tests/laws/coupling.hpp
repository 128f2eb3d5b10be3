// SPDX-License-Identifier: MIT
/// Laws of every coupling: valid pairs, masses that add up, the same pairs again, a reusable
/// workspace, clear errors.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <cytode/ot/coupling.hpp>

#include "catch.hpp"

namespace cytode::laws {

/// Room for n pairs.
struct PairRoom {
  explicit PairRoom(Index n)
      : row(static_cast<std::size_t>(n), -2), col(row), mass0(row.size()), mass1(row.size()) {}
  ot::PairList list() { return {row, col, mass0, mass1}; }
  friend bool operator==(const PairRoom&, const PairRoom&) = default;

  std::vector<Index> row, col;
  std::vector<double> mass0, mass1;
};

/// Pairs are cells or, with no mass at that end, −1.
inline void check_pairs(const PairRoom& pairs, Index rows, Index cols) {
  for (std::size_t k = 0; k < pairs.row.size(); ++k) {
    const bool starts = pairs.row[k] >= 0, ends = pairs.col[k] >= 0;
    CHECK((starts || ends));
    CHECK((pairs.row[k] >= -1 && pairs.row[k] < rows && pairs.col[k] >= -1 && pairs.col[k] < cols));
    CHECK((pairs.mass0[k] >= 0 && pairs.mass1[k] >= 0));
    CHECK((starts || pairs.mass0[k] == 0));
    CHECK((ends || pairs.mass1[k] == 0));
  }
}

/// Means of mass0 and mass1 over pairs that hold a cell are its share of either population, the
/// second one in units of the first: mass_ratio in all if the coupling follows it, else 1.
template <std::floating_point S, ot::Coupling C>
void check_marginals(const C& coupling, bool follows_mass) {
  const Stream stream(1);
  Matrix<S> x0(2, 3), x1(2, 5);
  stream.fork(2).fill_normal(0, x0.data(), x0.size());
  stream.fork(3).fill_normal(0, x1.data(), x1.size());
  const std::vector<double> a{1, 0, 3}, b{2, 1, 0, 4, 1};
  const double ratio = 2, total = follows_mass ? ratio : 1;
  const Index n = 40000;
  PairRoom pairs(n);
  typename C::template Workspace<S> w;
  coupling.template join<S>({.x0 = x0, .x1 = x1, .weights0 = a, .weights1 = b, .mass_ratio = ratio},
                            pairs.list(), stream, w);
  check_pairs(pairs, 3, 5);
  const auto hold = [&](const std::vector<Index>& cell, const std::vector<double>& mass, Index i,
                        double share) {
    double sum = 0, squares = 0;
    for (std::size_t k = 0; k < cell.size(); ++k) {
      if (cell[k] != i) continue;
      sum += mass[k] / double(n);
      squares += mass[k] * mass[k] / double(n);
    }
    // Five standard errors of an independent draw, and the tolerance of entropic plans.
    CAPTURE(i);
    CHECK(sum == Approx(share).margin(5 * std::sqrt(squares / double(n)) + 3e-4));
  };
  for (Index i = 0; i < 3; ++i) hold(pairs.row, pairs.mass0, i, a[std::size_t(i)] / 4);
  for (Index j = 0; j < 5; ++j) hold(pairs.col, pairs.mass1, j, total * b[std::size_t(j)] / 8);
}

/// What any value of a type that models ot::Coupling must do, in S. `follows_mass`: mass_ratio is
/// the mass its pairs arrive with; balanced couplings ignore it.
template <std::floating_point S, ot::Coupling C>
void check_coupling(const C& coupling, bool follows_mass = false) {
  typename C::template Workspace<S> used;
  for (const Index n : {17, 1, 64, 3}) {  // a workspace that has seen other sizes
    for (const Index features : {1, 5, 40}) {
      CAPTURE(n, features);
      const Stream stream = Stream(3).at(static_cast<std::uint64_t>(n));
      Matrix<S> x0(features, n), x1(features, n);
      stream.fork(0).fill_normal(0, x0.data(), x0.size());
      stream.fork(1).fill_normal(0, x1.data(), x1.size());
      const ot::Sides<S> sides{x0, x1};
      PairRoom pairs(n), again(n);
      coupling.template join<S>(sides, pairs.list(), stream, used);
      check_pairs(pairs, n, n);
      typename C::template Workspace<S> fresh;
      coupling.template join<S>(sides, again.list(), stream, fresh);
      CHECK(pairs == again);
      if (std::ranges::find(pairs.row, -1) == pairs.row.end()) {
        for (std::size_t k = 0; k < pairs.row.size(); ++k) {
          CHECK(pairs.row[k] == static_cast<Index>(k));
        }
      }
    }
  }
  // Sides of other sizes, weights: sources come as often as their weights say.
  const Stream stream(1);
  Matrix<S> x0(2, 3), x1(2, 5);
  stream.fork(0).fill_normal(0, x0.data(), x0.size());
  stream.fork(1).fill_normal(0, x1.data(), x1.size());
  const std::vector<double> weights0{1, 0, 3};
  PairRoom many(400);
  coupling.template join<S>({.x0 = x0, .x1 = x1, .weights0 = weights0}, many.list(), stream, used);
  check_pairs(many, 3, 5);
  double start[3] = {0, 0, 0};
  for (std::size_t k = 0; k < 400; ++k) {
    if (many.row[k] >= 0) start[many.row[k]] += many.mass0[k] / 400;
  }
  // One in each 400th of the mass: counts are off by one at most.
  CHECK(start[0] == Approx(0.25).margin(0.006));
  CHECK(start[1] == 0);
  CHECK(start[2] == Approx(0.75).margin(0.006));

  check_marginals<S>(coupling, follows_mass);

  const Matrix<S> x = Matrix<S>::Ones(2, 4);
  PairRoom four(4);
  using Catch::Matchers::EndsWith;
  const auto join = [&](const ot::Sides<S>& sides, const ot::PairList& list) {
    coupling.template join<S>(sides, list, stream, used);
  };
  CHECK_THROWS_WITH(join({Matrix<S>(2, 0), x}, four.list()), EndsWith("x0 is empty (2 x 0)"));
  CHECK_THROWS_WITH(join({x, Matrix<S>(2, 0)}, four.list()), EndsWith("x1 is empty (2 x 0)"));
  CHECK_THROWS_WITH(join({x, Matrix<S>::Ones(3, 4)}, four.list()),
                    EndsWith("x1 has 3 features, wanted 2"));
  CHECK_THROWS_WITH(join({.x0 = x, .x1 = x, .weights1 = weights0}, four.list()),
                    EndsWith("weights1 has 3 entries, wanted 4"));
  CHECK_THROWS_WITH(join({.x0 = x, .x1 = x, .mass_ratio = 0}, four.list()),
                    EndsWith("mass_ratio is 0, wanted a positive number"));
  const std::vector<double> negative{1, -2, 0, 1}, broken{1, NAN, 0, 1}, zero(4, 0.0);
  CHECK_THROWS_WITH(join({.x0 = x, .x1 = x, .weights0 = negative}, four.list()),
                    EndsWith(": weights0[1] is -2, wanted zero or more"));
  CHECK_THROWS_WITH(join({.x0 = x, .x1 = x, .weights1 = negative}, four.list()),
                    EndsWith(": weights1[1] is -2, wanted zero or more"));
  CHECK_THROWS_WITH(join({.x0 = x, .x1 = x, .weights0 = broken}, four.list()),
                    EndsWith(": weights0[1] is nan, wanted zero or more"));
  CHECK_THROWS_WITH(join({.x0 = x, .x1 = x, .weights0 = zero}, four.list()),
                    EndsWith(": weights0 sums to 0, wanted a positive number"));
  CHECK_THROWS_WITH(join({.x0 = x, .x1 = x, .weights1 = zero}, four.list()),
                    EndsWith(": weights1 sums to 0, wanted a positive number"));
  ot::PairList torn = four.list();
  torn.col = torn.col.first(3);
  CHECK_THROWS_WITH(join({x, x}, torn), Catch::Matchers::Contains("4 rows, 3 columns"));
}

}  // namespace cytode::laws
