// SPDX-License-Identifier: MIT
/// The exact optimal-transport coupling of two batches.
#pragma once

#include <algorithm>
#include <type_traits>

#include <cytode/ot/assignment.hpp>
#include <cytode/ot/cost.hpp>
#include <cytode/ot/coupling.hpp>

namespace cytode::ot {

/// Pairs the cells of two equal batches so that Σ_i |x0_i − x1_partner(i)|² is smallest: minibatch
/// optimal transport [Pooladian 2023, Tong 2024].
///
/// Between uniform weights on equally many cells an optimal plan is a permutation, so no plan has
/// to be sampled and the stream is not used.
struct Exact {
  /// Cost matrix and solver, reused from batch to batch.
  template <std::floating_point S>
  struct Workspace {
    Matrix<S> cost;
    CostWorkspace<S> cells;
    Assignment<S> assignment;
  };

  /// partner[i] = column of x1 that goes with column i of x0. Throws std::invalid_argument on
  /// shapes that do not fit and on NaN or infinite coordinates.
  template <std::floating_point S>
  void pair(const std::type_identity_t<ConstBatch<S>>& x0,
            const std::type_identity_t<ConstBatch<S>>& x1, std::span<Index> partner,
            const Stream& /*stream*/, Workspace<S>& w) const {
    check_pair<S>("ot::Exact", x0, x1, partner);
    squared_euclidean<S>(x0, x1, w.cost, w.cells);
    w.assignment.solve(w.cost);
    std::ranges::copy(w.assignment.partner(), partner.begin());
  }
};
static_assert(Coupling<Exact>);

}  // namespace cytode::ot
