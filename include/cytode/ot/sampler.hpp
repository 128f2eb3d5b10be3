// SPDX-License-Identifier: MIT
/// Draws pairs of cells from a plan, with the masses they start and arrive with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/ot/coupling.hpp>
#include <cytode/ot/plan.hpp>
#include <cytode/ot/weight_sampler.hpp>

namespace cytode::ot {

/// Draws pairs so that sources come in proportion to their weights a, and partners of source i in
/// proportion to π_i·, with the two ends' shares of the populations' masses (semi-couplings):
///
///   mass0 = Q,   mass1 = Q r b_j (π_ij / π_·j) / q_ij,   q_ij = a_i π_ij / π_i·,
///
/// a and b summing to 1, r = mass_ratio, Q = 1 + r Σ b_j over columns the plan does not reach.
/// Where the plan has the marginals a and r·b both masses are 1 and r. A source the plan moves
/// nothing from is drawn with col = −1 and mass1 = 0; a column it does not reach with row = −1,
/// mass0 = 0, mass1 = Q. [Chizat 2018, semi-couplings; Peng 2026]
class PlanSampler {
 public:
  PlanSampler() = default;
  /// See load.
  template <class = void>
  explicit PlanSampler(const Plan& plan, std::span<const double> weights0 = {},
                       std::span<const double> weights1 = {}, double mass_ratio = 1) {
    load(plan, weights0, weights1, mass_ratio);
  }

  /// Takes a plan whose entries are ordered by row; empty weights: all cells of the side alike.
  /// Allocates only if it is larger than any before. Throws std::invalid_argument if the plan moves
  /// no mass, or on weights that do not fit.
  template <class = void>
  void load(const Plan& plan, std::span<const double> weights0 = {},
            std::span<const double> weights1 = {}, double mass_ratio = 1) {
    constexpr auto me = "ot::PlanSampler";
    check(std::ranges::any_of(plan.entries, [](const PlanEntry& e) { return e.mass > 0; }), me,
          "the plan moves no mass");
    check(std::isfinite(mass_ratio) && mass_ratio > 0, me, "mass_ratio is ", mass_ratio,
          ", wanted a positive number");
    normalise(me, "weights0", weights0, plan.rows, a_);
    normalise(me, "weights1", weights1, plan.cols, b_);
    row_.assign(a_.size(), 0);
    col_.assign(b_.size(), 0);
    for (const PlanEntry& e : plan.entries) {
      row_[at(e.row)] += e.mass;
      col_[at(e.col)] += e.mass;
    }
    entries_.clear();
    measure_.clear();
    first_.assign(a_.size() + 1, 0);
    std::size_t next = 0;
    for (Index i = 0; i < plan.rows; ++i) {
      first_[at(i)] = entries_.size();
      if (!(row_[at(i)] > 0)) add({i, -1, 0, 0}, a_[at(i)]);
      for (; next < plan.entries.size() && plan.entries[next].row <= i; ++next) {
        const PlanEntry& e = plan.entries[next];
        check(e.row == i, me, "the entries of the plan are not ordered by row");
        if (!(e.mass > 0)) continue;
        const double q = a_[at(i)] * e.mass / row_[at(i)];
        const double end = mass_ratio * b_[at(e.col)] * e.mass / col_[at(e.col)];
        if (q > 0) add({i, e.col, 1, end / q}, q);
      }
    }
    first_.back() = entries_.size();
    for (Index j = 0; j < plan.cols; ++j) {
      const double born = mass_ratio * b_[at(j)];
      if (!(col_[at(j)] > 0) && born > 0) add({-1, j, 0, 1}, born);
    }
    double total = 0;
    for (const double q : measure_) total += q;
    for (Entry& e : entries_) e.mass0 *= total, e.mass1 *= total;
    sampler_.load(measure_, static_cast<Index>(measure_.size()));
  }

  /// A pair of cells and its masses.
  struct Entry {
    Index row, col;
    double mass0, mass1;
  };

  /// Pair number `i` of the stream.
  template <class = void>
  [[nodiscard]] const Entry& draw(const Stream& stream, std::uint64_t i) const noexcept {
    return entries_[at(sampler_.draw(stream.uniform(i)))];
  }
  /// A list of n pairs, one in each n-th of the mass: with equal weights and as many pairs as rows,
  /// pair k starts in row k.
  template <class = void>
  void draw_evenly(const Stream& stream, const PairList& pairs) const {
    const auto n = static_cast<double>(pairs.size());
    for (std::size_t k = 0; k < pairs.row.size(); ++k) {
      const double u = (static_cast<double>(k) + stream.uniform(k)) / n;
      write(entries_[at(sampler_.draw(u))], pairs, k);
    }
  }
  /// The partner of a given row at u ∈ [0, 1) of its mass; −1 if it has none.
  [[nodiscard]] Index partner(Index row, double u) const noexcept {
    const std::size_t begin = first_[at(row)], end = first_[at(row) + 1];
    double sum = 0;
    for (std::size_t k = begin; k < end; ++k) sum += measure_[k];
    double left = u * sum;
    for (std::size_t k = begin; k < end; ++k) {
      left -= measure_[k];
      if (left < 0 || k + 1 == end) return entries_[k].col;
    }
    return -1;
  }

 private:
  static std::size_t at(Index i) noexcept { return static_cast<std::size_t>(i); }

  template <class = void>
  static void normalise(std::string_view me, std::string_view what, std::span<const double> w,
                        Index n, std::vector<double>& out) {
    check(w.empty() || static_cast<Index>(w.size()) == n, me, what, " has ", w.size(),
          " entries, wanted ", n);
    out.assign(static_cast<std::size_t>(n), 1.0 / static_cast<double>(n));
    if (w.empty()) return;
    double sum = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      check(std::isfinite(w[i]) && w[i] >= 0, me, what, "[", i, "] is ", w[i],
            ", wanted zero or more");
      sum += w[i];
    }
    check(sum > 0 && std::isfinite(sum), me, what, " sums to ", sum, ", wanted a positive number");
    for (std::size_t i = 0; i < w.size(); ++i) out[i] = w[i] / sum;
  }
  template <class = void>
  void add(const Entry& entry, double measure) {
    entries_.push_back(entry);
    entries_.back().mass0 = entry.row < 0 ? 0 : 1;
    measure_.push_back(measure);
  }
  static void write(const Entry& e, const PairList& pairs, std::size_t k) {
    pairs.row[k] = e.row;
    pairs.col[k] = e.col;
    pairs.mass0[k] = e.mass0;
    pairs.mass1[k] = e.mass1;
  }

  std::vector<Entry> entries_;
  std::vector<double> measure_, a_, b_, row_, col_;
  std::vector<std::size_t> first_;
  WeightSampler sampler_;
};

}  // namespace cytode::ot
