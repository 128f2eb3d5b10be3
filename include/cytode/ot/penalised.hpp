// SPDX-License-Identifier: MIT
/// A ground cost plus a penalty that depends on the labels of the two cells.
#pragma once

#include <limits>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/ground_cost.hpp>
#include <cytode/ot/labels.hpp>

namespace cytode::ot {

/// c_ij + P(label_i, label_j): transitions between types, batches or donors made dear, or forbidden
/// by +∞, one by one.
template <GroundCost G = SquaredEuclidean>
struct Penalised {
  Labels labels{};
  Matrix<double> penalty{};  ///< Labels × labels, from the earlier to the later time; cost units.
  double unlabelled = 0;     ///< Where either cell has no label.
  G cost{};

  template <std::floating_point S>
  using Workspace = typename G::template Workspace<S>;

  /// A table of `labels` labels: nothing to stay, `other` to change.
  [[nodiscard]] static Matrix<double> to_other(Index labels, double other) {
    using Table = Matrix<deferred_t<double, G>>;
    Table table = Table::Constant(labels, labels, other);
    table.diagonal().setZero();
    return table;
  }

  /// Throws std::invalid_argument where a cell is not in the labels or a label not in the table, on
  /// penalties that are NaN or −∞, and as G does.
  template <std::floating_point S>
  void fill(const Sides<S>& sides, Matrix<S>& costs, Workspace<S>& w) const {
    constexpr auto me = "ot::Penalised";
    check_shape(me, "penalty", penalty, labels.size(), labels.size());
    for (const double p : penalty.reshaped()) {
      check(p > -std::numeric_limits<double>::infinity(), me, "penalty has an entry ", p,
            ", wanted a finite number, or inf to forbid the pair");
    }
    check(unlabelled > -std::numeric_limits<double>::infinity(), me, "unlabelled is ", unlabelled,
          ", wanted a finite number, or inf to forbid the pair");
    cost.template fill<S>(sides, costs, w);
    labels.for_each_pair(me, sides, [&](Index i, Index j, Index first, Index second) {
      const bool known = first != Labels::none && second != Labels::none;
      costs(i, j) += static_cast<S>(known ? penalty(first, second) : unlabelled);
    });
  }
};
static_assert(GroundCost<Penalised<>>);

}  // namespace cytode::ot
