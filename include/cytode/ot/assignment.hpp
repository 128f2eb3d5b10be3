// SPDX-License-Identifier: MIT
/// The linear assignment problem: the cheapest pairing of n rows with n columns, with duals.
#pragma once

#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ot {

/// Solves min Σ_i cost(i, partner[i]) over permutations, and owns all the memory it needs: a second
/// problem of the same size allocates nothing.
///
/// Shortest augmenting paths [Jonker & Volgenant 1987] after dual reductions, O(n³) at worst; costs
/// are kept in S, duals and path lengths in double. u_i + v_j ≤ cost_ij with equality on the pairs,
/// to rounding of double.
template <std::floating_point S>
class Assignment {
 public:
  /// Solves for an n × n cost. Throws std::invalid_argument if it is empty, not square, or not
  /// finite.
  void solve(const std::type_identity_t<ConstBatch<S>>& cost) {
    load(cost);
    reduce();
    for (int sweep = 0; sweep < 2; ++sweep) reduce_by_augmenting();
    for (Index k = 0; k < free_count_; ++k) augment(free_[at(k)]);
  }

  /// partner()[i]: the column of row i.
  [[nodiscard]] std::span<const Index> partner() const noexcept { return {owner_.data(), at(n_)}; }
  /// Duals of the rows.
  [[nodiscard]] std::span<const double> u() const noexcept { return {u_.data(), at(n_)}; }
  /// Duals of the columns.
  [[nodiscard]] std::span<const double> v() const noexcept { return {v_.data(), at(n_)}; }
  /// Σ_i cost(i, partner[i]).
  [[nodiscard]] double cost() const noexcept {
    double sum = 0;
    for (Index i = 0; i < n_; ++i) sum += double(column(owner_[at(i)])[i]);
    return sum;
  }

 private:
  static constexpr Index lanes = 8;
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  using Lanes = double __attribute__((vector_size(64)));
  using FloatLanes = float __attribute__((vector_size(32)));
  using Costs = std::conditional_t<sizeof(S) == 4, FloatLanes, Lanes>;

  static std::size_t at(Index i) noexcept { return static_cast<std::size_t>(i); }
  const S* column(Index j) const noexcept { return cost_.data() + j * stride_; }

  void load(const ConstBatch<S>& cost) {
    check_not_empty("ot::Assignment", "cost", cost);
    check(cost.rows() == cost.cols(), "ot::Assignment", "cost is ", cost.rows(), " x ", cost.cols(),
          ", wanted a square matrix");
    check(cost.array().isFinite().all(), "ot::Assignment", "cost has NaN or infinite entries");
    n_ = cost.rows();
    stride_ = (n_ + lanes - 1) / lanes * lanes;
    cost_.resize(stride_, n_);
    cost_.topRows(n_) = cost;
    cost_.bottomRows(stride_ - n_).setConstant(std::numeric_limits<S>::infinity());
    u_.assign(at(stride_), 0.0);
    v_.assign(at(n_), 0.0);
    key_.assign(at(stride_), infinity);
    owner_.assign(at(n_), -1);
    row_of_.assign(at(n_), -1);
    free_.assign(at(n_), 0);
    seen_.assign(at(n_), 0);
    seen_at_.assign(at(n_), 0.0);
  }

  /// Smallest and second smallest reduced cost c_ij − u_i of a column, and the row of the smallest.
  struct TwoSmallest {
    double first, second;
    Index row;
  };
  TwoSmallest two_smallest(Index j) const noexcept {
    const S* c = column(j);
    Lanes one = Lanes{} + infinity, two = one;
    for (Index i = 0; i < stride_; i += lanes) {
      Costs raw;
      Lanes u;
      std::memcpy(&raw, c + i, sizeof raw);
      std::memcpy(&u, u_.data() + i, sizeof u);
      const Lanes t = __builtin_convertvector(raw, Lanes) - u;
      const Lanes larger = t < one ? one : t;
      one = t < one ? t : one;
      two = larger < two ? larger : two;
    }
    TwoSmallest best{one[0], two[0], 0};
    for (Index l = 1; l < lanes; ++l) {
      best.second = std::min({best.second, two[l], std::max(best.first, one[l])});
      best.first = std::min(best.first, one[l]);
    }
    while (double(c[best.row]) - u_[at(best.row)] != best.first) ++best.row;
    return best;
  }

  void reduce() noexcept {
    for (Index i = 0; i < n_; ++i) u_[at(i)] = infinity;
    for (Index j = 0; j < n_; ++j) {
      const S* c = column(j);
      for (Index i = 0; i < n_; ++i) u_[at(i)] = std::min(u_[at(i)], double(c[i]));
    }
    free_count_ = 0;
    for (Index j = 0; j < n_; ++j) {
      const TwoSmallest best = two_smallest(j);
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
    Index budget = 8 * n_;
    for (Index k = 0; k < count; ++k) {
      Index j = free_[at(k)];
      for (;;) {
        const TwoSmallest best = two_smallest(j);
        const Index evicted = owner_[at(best.row)];
        v_[at(j)] = best.second == infinity ? best.first : best.second;
        const bool cheaper = best.first < best.second && best.second < infinity;
        if (evicted >= 0 && !cheaper) {
          free_[at(free_count_++)] = j;  // a tie: left to the shortest paths
          break;
        }
        if (cheaper) u_[at(best.row)] -= best.second - best.first;
        match(best.row, j);
        if (evicted < 0) break;
        j = evicted;
        row_of_[at(j)] = -1;
        if (--budget < 0) {
          free_[at(free_count_++)] = j;
          break;
        }
      }
    }
  }

  /// Scans one column: shortens the path lengths by way of it and returns the smallest left.
  double scan(Index j, double offset) noexcept {
    const S* c = column(j);
    Lanes low = Lanes{} + infinity;
    for (Index i = 0; i < stride_; i += lanes) {
      Costs raw;
      Lanes u, key;
      std::memcpy(&raw, c + i, sizeof raw);
      std::memcpy(&u, u_.data() + i, sizeof u);
      std::memcpy(&key, key_.data() + i, sizeof key);
      const Lanes t = (__builtin_convertvector(raw, Lanes) - u) + offset;
      key = t < key ? t : key;
      low = key < low ? key : low;
      std::memcpy(key_.data() + i, &key, sizeof key);
    }
    double smallest = low[0];
    for (Index l = 1; l < lanes; ++l) smallest = std::min(smallest, low[l]);
    return smallest;
  }

  /// Grows shortest paths from the free column `source` to a free row and flips the best one.
  void augment(Index source) noexcept {
    std::fill(key_.begin(), key_.begin() + n_, infinity);
    Index count = 0;
    Index j = source;
    double offset = -v_[at(source)];
    double length = 0;
    Index end = 0;
    for (;;) {
      length = scan(j, offset);
      end = 0;
      while (key_[at(end)] != length) ++end;
      if (owner_[at(end)] < 0) break;
      // Settle row `end`: a dual of −∞ keeps its key at +∞ from now on.
      seen_[at(count)] = end;
      seen_at_[at(count)] = length;
      seen_u_.resize(at(n_));
      seen_u_[at(count++)] = u_[at(end)];
      u_[at(end)] = -infinity;
      key_[at(end)] = infinity;
      j = owner_[at(end)];
      offset = length - v_[at(j)];
    }
    for (Index k = 0; k < count; ++k) u_[at(seen_[at(k)])] = seen_u_[at(k)];
    flip(source, end, count);
    for (Index k = 0; k < count; ++k) u_[at(seen_[at(k)])] += seen_at_[at(k)] - length;
    for (Index k = 0; k <= count; ++k) {
      const Index i = k < count ? seen_[at(k)] : end;
      const Index owner = owner_[at(i)];
      v_[at(owner)] = double(column(owner)[i]) - u_[at(i)];
    }
  }

  /// Walks back from row `end` to the source, giving every row on the way to its predecessor. The
  /// predecessor of a row is the settled column whose scan gave the row its key.
  void flip(Index source, Index end, Index count) noexcept {
    double key = key_[at(end)];
    Index limit = count;
    for (Index i = end;;) {
      Index k = 0;  // 0: the source; k: the owner of the k-th settled row
      Index j = source;
      double offset = -v_[at(source)];
      while ((double(column(j)[i]) - u_[at(i)]) + offset != key && k < limit) {
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
  Matrix<S> cost_;
  std::vector<double> u_, v_, key_, seen_at_, seen_u_;
  std::vector<Index> owner_, row_of_, free_, seen_;
};

}  // namespace cytode::ot
