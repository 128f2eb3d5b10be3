// SPDX-License-Identifier: MIT
/// Carries the duals of one batch over to the next, other cells of the same two populations.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/coupling.hpp>
#include <cytode/ot/ground_cost.hpp>

namespace cytode::ot {

/// Keeps some cells y_k of the second side with their duals v_k, and starts a new batch of the same
/// interval at u_i = min_k c(x0_i, y_k) − v_k, the potential they stand for.
///
/// The optimum is found whatever the start; where several pairings are optimal, which one is
/// returned may depend on the batch before. Memory and time: `kept` cells, a `kept`/n part of a
/// cost matrix.
template <std::floating_point S, GroundCost G>
class WarmDuals {
 public:
  static constexpr Index kept = 32;

  /// Duals of the rows of a new batch; empty if there is nothing to start from.
  std::span<const double> start(const G& cost, const Sides<S>& sides) {
    if (cells_.cols() == 0 || cells_.rows() != sides.x1.rows() || interval_ != sides.interval) {
      return {};
    }
    Sides<S> old{.x0 = sides.x0, .x1 = cells_, .mass_ratio = sides.mass_ratio};
    old.cells0 = sides.cells0;
    old.cells1 = names_;
    old.interval = interval_;
    cost.template fill<S>(old, cost_, workspace_);
    u_ = cost_.col(0).template cast<double>().array() - v_[0];
    for (Index k = 1; k < cost_.cols(); ++k) {
      u_ = deferred<S>(u_).array().min(cost_.col(k).template cast<double>().array() - v_[k]);
    }
    if (!all_finite(u_)) return {};  // forbidden pairs: a row may have no partner among them
    return {u_.data(), static_cast<std::size_t>(u_.size())};
  }

  /// Keeps cells of a batch that is solved; v are the duals of its columns.
  void keep(const Sides<S>& sides, std::span<const double> v) {
    const Index m = sides.x1.cols(), size = std::min(kept, m);
    cells_.resize(sides.x1.rows(), size);
    names_.resize(static_cast<std::size_t>(size));
    v_.resize(size);
    for (Index k = 0; k < size; ++k) {
      const Index j = k * m / size;
      cells_.col(k) = sides.x1.col(j);
      names_[static_cast<std::size_t>(k)] = sides.cell1(j);
      v_[k] = v[static_cast<std::size_t>(j)];
    }
    interval_ = sides.interval;
  }

 private:
  Matrix<S> cells_, cost_;
  typename G::template Workspace<S> workspace_;  // its own: of other sizes than the batches'
  std::vector<Index> names_;
  Vector<double> u_, v_;
  Index interval_ = 0;
};

}  // namespace cytode::ot
