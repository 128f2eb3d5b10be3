// SPDX-License-Identifier: MIT
/// The linear assignment problem: the cheapest pairing of n rows with n columns, with duals.
#pragma once

#include <algorithm>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/scan.hpp>
#include <cytode/ot/soft_duals.hpp>

namespace cytode::ot {

/// Solves min Σ_i cost(i, partner[i]) over permutations, and owns all the memory it needs: a second
/// problem of the same size allocates nothing.
///
/// Duals of a sample of the cells, soft duals, column reduction, short bidding chains, then
/// shortest augmenting paths [Jonker & Volgenant 1987], O(n³) at worst. Costs are read in S, duals
/// and path lengths are double: u_i + v_j ≤ cost_ij with equality on the pairs, to rounding of
/// double. A cost of +∞ forbids its pair.
template <std::floating_point S>
class Assignment {
 public:
  /// Solves for an n × n cost. Throws std::invalid_argument if it is empty or not square, has an
  /// entry that is NaN or −∞, a row or column without an allowed partner, or no pairing that avoids
  /// the forbidden pairs.
  void solve(const std::type_identity_t<ConstBatch<S>>& cost) {
    load(cost);
    least_in_rows();
    solve_sample();
    soften();
    finish();
  }
  /// The same from given duals of the rows, any finite numbers, in place of those of a sample: the
  /// answer is as exact, the way to it shorter if they are good, as WarmDuals makes them. Throws
  /// std::invalid_argument in addition if there is not one dual a row or one is not finite.
  void solve(const std::type_identity_t<ConstBatch<S>>& cost, std::span<const double> start) {
    load(cost);
    check(start.size() == at(n_), "ot::Assignment", "start has ", start.size(), " duals, wanted ",
          n_);
    check(all_finite(start.data(), n_), "ot::Assignment", "start has NaN or infinite duals");
    least_in_rows();  // names a row without partner
    u_ = Eigen::Map<const Vector<double>>(start.data(), n_);
    soften();
    finish();
  }

  /// partner()[i]: the column of row i.
  [[nodiscard]] std::span<const Index> partner() const noexcept { return {owner_.data(), at(n_)}; }
  /// Duals of the rows.
  [[nodiscard]] std::span<const double> u() const noexcept { return {u_.data(), at(n_)}; }
  /// Duals of the columns.
  [[nodiscard]] std::span<const double> v() const noexcept { return {v_.data(), at(n_)}; }
  /// Σ_i cost(i, partner[i]).
  [[nodiscard]] double cost() const noexcept { return total_; }

 private:
  static constexpr Index least_sampled = 128;  // cells from which on a sample pays
  static constexpr int chain = 8;              // longest series of evictions before paths take over
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  static std::size_t at(Index i) noexcept { return static_cast<std::size_t>(i); }
  const S* column(Index j) const noexcept { return cost_ + j * stride_; }

  void load(const ConstBatch<S>& cost) {
    check_not_empty("ot::Assignment", "cost", cost);
    check(cost.rows() == cost.cols(), "ot::Assignment", "cost is ", cost.rows(), " x ", cost.cols(),
          ", wanted a square matrix");
    n_ = cost.rows();
    for (Index j = 0; j < n_; ++j) {
      const S* c = &cost.coeffRef(0, j);
      if (all_finite(c, n_)) continue;
      for (Index i = 0; i < n_; ++i) {
        check(c[i] > -std::numeric_limits<S>::infinity(), "ot::Assignment", "cost(", i, ", ", j,
              ") is ", c[i], ", wanted a finite number, or inf to forbid the pair");
      }
    }
    cost_ = cost.data();
    stride_ = cost.outerStride();
    v_.assign(at(n_), 0.0);
    key_.resize(n_);
    owner_.assign(at(n_), -1);
    row_of_.assign(at(n_), -1);
    free_.assign(at(n_), 0);
    seen_.assign(at(n_), 0);
    seen_at_.assign(at(n_), 0.0);
    seen_u_.assign(at(n_), 0.0);
  }

  TwoSmallest two_smallest_of(Index j) const noexcept {
    return two_smallest(column(j), u_.data(), n_);
  }

  void least_in_rows() {
    least_ = Eigen::Map<const Vector<S>>(column(0), n_);
    for (Index j = 1; j < n_; ++j) {
      least_ = least_.cwiseMin(Eigen::Map<const Vector<S>>(column(j), n_));
    }
    u_ = least_.template cast<double>();
    for (Index i = 0; i < n_; ++i) {
      check(u_[i] < infinity, "ot::Assignment", "row ", i, " has no allowed partner");
    }
  }

  /// Optimal duals of every eighth row and column, extended to all rows: two-dimensional problems
  /// take half the time then, fifty-dimensional ones the same.
  void solve_sample() {
    if (n_ < least_sampled) return;
    const Index size = n_ / 8;
    const auto cell = [this, size](Index k) { return k * n_ / size; };
    sample_cost_.resize(size, size);
    for (Index k = 0; k < size; ++k) {
      for (Index l = 0; l < size; ++l) sample_cost_(l, k) = column(cell(k))[cell(l)];
    }
    if (!all_finite(sample_cost_)) return;  // forbidden pairs: the sample may have no solution
    if (sample_.empty()) sample_.resize(1);
    sample_[0].solve(sample_cost_);
    u_.setConstant(infinity);
    for (Index k = 0; k < size; ++k) {
      const double v = sample_[0].v()[at(k)];
      const Eigen::Map<const Vector<S>> c(column(cell(k)), n_);
      u_ = deferred<S>(u_).array().min(c.template cast<double>().array() - v);
    }
  }

  void soften() {
    soft_.improve({Eigen::Map<const Matrix<S>, 0, Eigen::OuterStride<>>(
                      cost_, n_, n_, Eigen::OuterStride<>(stride_))},
                  Vector<double>(), Vector<double>(), u_);
  }

  void finish() {
    reduce();
    reduce_by_augmenting();
    for (Index k = 0; k < free_count_; ++k) augment(free_[at(k)]);
    total_ = 0;
    for (Index i = 0; i < n_; ++i) total_ += static_cast<double>(column(owner_[at(i)])[i]);
  }

  /// Every column prefers its cheapest row; the first to come gets it.
  void reduce() {
    free_count_ = 0;
    for (Index j = 0; j < n_; ++j) {
      const TwoSmallest best = two_smallest_of(j);
      check(best.first < infinity, "ot::Assignment", "column ", j, " has no allowed partner");
      v_[at(j)] = best.first;
      if (owner_[at(best.row)] < 0) {
        match(best.row, j);
      } else {
        free_[at(free_count_++)] = j;
      }
    }
  }

  void match(Index i, Index j) noexcept {
    owner_[at(i)] = j;
    row_of_[at(j)] = i;
  }

  void reduce_by_augmenting() noexcept {
    const Index count = free_count_;
    free_count_ = 0;
    for (Index k = 0; k < count; ++k) {
      Index j = free_[at(k)];
      for (int bids = 0;;) {
        const TwoSmallest best = two_smallest_of(j);
        const Index evicted = owner_[at(best.row)];
        v_[at(j)] = best.second == infinity ? best.first : best.second;
        const bool cheaper = best.first < best.second && best.second < infinity;
        if (evicted >= 0 && !cheaper) {
          free_[at(free_count_++)] = j;  // a tie: left to the shortest paths
          break;
        }
        if (cheaper) u_[best.row] -= best.second - best.first;
        match(best.row, j);
        if (evicted < 0) break;
        j = evicted;
        row_of_[at(j)] = -1;
        if (++bids == chain) {
          free_[at(free_count_++)] = j;
          break;
        }
      }
    }
  }

  /// Grows shortest paths from the free column `source` to a free row and flips the best one.
  void augment(Index source) {
    key_.setConstant(infinity);
    Index count = 0;
    Index j = source;
    double offset = -v_[at(source)];
    double length = 0;
    Index end = 0;
    for (;;) {
      const Smallest nearest = shorten(column(j), u_.data(), key_.data(), n_, offset);
      length = nearest.value;
      end = nearest.row;
      // Columns that have been tried, one more than rows: Hall's condition fails.
      check(length < infinity, "ot::Assignment", "mass cannot be transported: column ", source,
            " and ", count, " more have ", count, " rows as allowed partners in all");
      if (owner_[at(end)] < 0) break;
      // Settle row `end`: a dual of −∞ keeps its key at +∞ from now on.
      seen_[at(count)] = end;
      seen_at_[at(count)] = length;
      seen_u_[at(count++)] = u_[end];
      u_[end] = -infinity;
      key_[end] = infinity;
      j = owner_[at(end)];
      offset = length - v_[at(j)];
    }
    for (Index k = 0; k < count; ++k) u_[seen_[at(k)]] = seen_u_[at(k)];
    flip(source, end, count);
    for (Index k = 0; k < count; ++k) u_[seen_[at(k)]] += seen_at_[at(k)] - length;
    for (Index k = 0; k <= count; ++k) {
      const Index i = k < count ? seen_[at(k)] : end;
      const Index owner = owner_[at(i)];
      v_[at(owner)] = double(column(owner)[i]) - u_[i];
    }
  }

  /// Walks back from row `end` to the source, giving every row on the way to its predecessor. The
  /// predecessor of a row is the settled column whose scan gave the row its key.
  void flip(Index source, Index end, Index count) noexcept {
    double key = key_[end];
    Index limit = count;
    for (Index i = end;;) {
      Index k = 0;  // 0: the source; k: the owner of the k-th settled row
      Index j = source;
      double offset = -v_[at(source)];
      while ((double(column(j)[i]) - u_[i]) + offset != key && k < limit) {
        j = owner_[at(seen_[at(k)])];
        offset = seen_at_[at(k)] - v_[at(j)];
        ++k;
      }
      const Index next = row_of_[at(j)];
      match(i, j);
      if (j == source) return;
      i = next;
      limit = k - 1;
      key = seen_at_[at(limit)];
    }
  }

  Index n_ = 0, stride_ = 0, free_count_ = 0;
  const S* cost_ = nullptr;  // the caller's numbers, read during solve only
  Vector<S> least_;
  double total_ = 0;
  SoftDuals<S> soft_;
  Matrix<S> sample_cost_;
  std::vector<Assignment> sample_;  // none or one
  Vector<double> u_, key_;  // aligned, unlike a std::vector: read and written by whole lanes
  std::vector<double> v_, seen_at_, seen_u_;
  std::vector<Index> owner_, row_of_, free_, seen_;
};

}  // namespace cytode::ot
