// SPDX-License-Identifier: MIT
/// Butcher's order conditions: a Runge–Kutta method is of order p if and only if, for every rooted
/// tree of up to p vertices, Σ_i b_i Φ_i(tree) = 1 / γ(tree) [Hairer 1993, II.2].
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace cytode::laws {

/// A rooted tree: what hangs from its root, as positions in the list of all trees.
struct RootedTree {
  int vertices = 1;
  double density = 1;  // γ: vertices times the densities of the subtrees
  std::vector<std::size_t> branches;
};

/// All rooted trees of up to `most` vertices, smaller ones first: 1, 1, 2, 4, 9, 20, 48, 115, ….
inline std::vector<RootedTree> rooted_trees(int most) {
  std::vector<RootedTree> trees{{}};
  for (int n = 2; n <= most; ++n) {
    std::vector<RootedTree> grown;
    const std::size_t known = trees.size();
    // Multisets of branches with n − 1 vertices, in falling order of their positions.
    const std::function<void(int, std::size_t, std::vector<std::size_t>&)> hang =
        [&](int left, std::size_t top, std::vector<std::size_t>& branches) {
          if (left == 0) {
            double density = n;
            for (const std::size_t b : branches) density *= trees[b].density;
            grown.push_back({n, density, branches});
            return;
          }
          for (std::size_t b = 0; b <= top && b < known; ++b) {
            if (trees[b].vertices > left) continue;
            branches.push_back(b);
            hang(left - trees[b].vertices, b, branches);
            branches.pop_back();
          }
        };
    std::vector<std::size_t> none;
    hang(n - 1, known - 1, none);
    trees.insert(trees.end(), grown.begin(), grown.end());
  }
  return trees;
}

/// The largest |Σ_i b_i(θ) Φ_i − θ^n / γ| over all trees of exactly n vertices. a(i, j) is the
/// Butcher matrix, weight(i) the weight of stage i of a step of relative size θ.
template <class A, class B>
double worst_order_condition(int stages, A a, B weight, int n, double theta = 1) {
  const std::vector<RootedTree> trees = rooted_trees(n);
  std::vector<std::vector<double>> phi(trees.size(), std::vector<double>(stages, 1.0));
  double worst = 0;
  for (std::size_t k = 0; k < trees.size(); ++k) {
    for (int i = 0; i < stages; ++i) {
      double product = 1;
      for (const std::size_t b : trees[k].branches) {
        double inner = 0;
        for (int j = 0; j < stages; ++j) inner += a(i, j) * phi[b][static_cast<std::size_t>(j)];
        product *= inner;
      }
      phi[k][static_cast<std::size_t>(i)] = product;
    }
    if (trees[k].vertices != n) continue;
    double sum = 0;
    for (int i = 0; i < stages; ++i) sum += weight(i) * phi[k][static_cast<std::size_t>(i)];
    worst = std::max(worst, std::abs(sum - std::pow(theta, n) / trees[k].density));
  }
  return worst;
}

}  // namespace cytode::laws
