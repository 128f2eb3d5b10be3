// SPDX-License-Identifier: MIT
/// A ground cost that knows which cells are related: clones, and distances in a lineage tree.
#pragma once

#include <limits>
#include <span>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/ground_cost.hpp>
#include <cytode/ot/labels.hpp>

namespace cytode::ot {

/// Path lengths between all nodes of a forest given by parents: D(k, l), infinite between trees.
///
/// parent[k] < k, or −1 for a root; length[k] is that of the branch above node k, empty: all 1.
/// O(nodes²). Throws std::invalid_argument on other parents, or lengths that are negative, not
/// finite or of the wrong number.
template <class D = void>
[[nodiscard]] inline Matrix<double> lineage_distances(std::span<const Index> parent,
                                                      std::span<const double> length = {}) {
  constexpr auto me = "ot::lineage_distances";
  const auto n = static_cast<Index>(parent.size());
  check(length.empty() || length.size() == parent.size(), me, "length has ", length.size(),
        " entries, wanted ", n);
  using Square = Matrix<deferred_t<double, D>>;
  Square d = Square::Constant(n, n, std::numeric_limits<double>::infinity());
  for (Index k = 0; k < n; ++k) {
    const auto at = static_cast<std::size_t>(k);
    const Index p = parent[at];
    check(p >= -1 && p < k, me, "parent[", k, "] is ", p, ", wanted -1 to ", k - 1);
    d(k, k) = 0;
    if (p < 0) continue;
    const double above = length.empty() ? 1 : length[at];
    check_not_negative(me, "a length", above);
    d.col(k).head(k) = d.col(p).head(k).array() + above;
    d.row(k).head(k) = d.col(k).head(k).transpose();
  }
  return d;
}

/// Cost of a pair of clones k, l (labels; −1 unknown) and ground cost c: same · c within one clone,
/// c + weight · D(k, l) between two, c + weight · unknown where either has none.
///
/// D is `distance`, or 1 between different clones if that is empty: cells move on within their
/// clone where there are any, and near in the tree before far.
template <GroundCost G = SquaredEuclidean>
struct LineageCost {
  Labels clones{};
  double weight = 1;          ///< Zero or more, in units of the ground cost.
  double same = 1;            ///< Factor within a clone, zero or more.
  double unknown = 0;         ///< In place of D where a clone is unknown, zero or more.
  Matrix<double> distance{};  ///< Clones × clones, as lineage_distances makes it; +∞ forbids.
  G cost{};

  template <std::floating_point S>
  using Workspace = typename G::template Workspace<S>;

  /// Throws std::invalid_argument where a cell is not among the clones, on numbers below zero, on a
  /// table of another size or with NaN or negative entries, and as G does.
  template <std::floating_point S>
  void fill(const Sides<S>& sides, Matrix<S>& costs, Workspace<S>& w) const {
    constexpr auto me = "ot::LineageCost";
    check_not_negative(me, "weight", weight);
    check_not_negative(me, "same", same);
    check_not_negative(me, "unknown", unknown);
    if (distance.size() > 0) {
      check(distance.rows() == distance.cols() && distance.rows() >= clones.size(), me,
            "distance is ", distance.rows(), " x ", distance.cols(), ", wanted ", clones.size(),
            " clones or more both ways");
      for (const double d : distance.reshaped()) {
        check(d >= 0, me, "distance has an entry ", d, ", wanted zero or more");
      }
    }
    cost.template fill<S>(sides, costs, w);
    clones.for_each_pair(me, sides, [&](Index i, Index j, Index first, Index second) {
      S& c = costs(i, j);
      if (first == Labels::none || second == Labels::none) {
        c += static_cast<S>(weight * unknown);
      } else if (first == second) {
        if (c < std::numeric_limits<S>::infinity()) c *= static_cast<S>(same);
      } else if (weight > 0) {
        c += static_cast<S>(weight * (distance.size() > 0 ? distance(first, second) : 1.0));
      }
    });
  }
};
static_assert(GroundCost<LineageCost<>>);

}  // namespace cytode::ot
