// SPDX-License-Identifier: MIT
/// Plans between all neighbouring time points, composed: ancestors, descendants and fates.
#pragma once

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/plan.hpp>

namespace cytode::ot {

/// A chain of plans π_0 (time 0 to 1), π_1 (1 to 2), …, joined at the cells they share.
///
/// Between times s < t it means the coupling C = π_s D_{s+1} π_{s+1} D_{s+2} … π_{t−1}, where D_k
/// is diagonal with one over the column sums of π_{k−1}: the Markov chain through the cells seen
/// [Schiebinger 2019]. Where the row sums of π_k differ from the column sums of π_{k−1}, as with
/// growth marginals or unbalanced plans, cells between grow or die by that factor, and C counts the
/// mass they leave. Everything is done on the entries of the plans, O(entries · sets).
class Chain {
 public:
  /// Throws std::invalid_argument if there is no plan, sizes do not fit, or a mass is negative or
  /// not finite.
  template <class D = void>
  explicit Chain(std::vector<Plan> plans) : plans_(std::move(plans)) {
    constexpr auto me = "ot::Chain";
    check(!plans_.empty(), me, "there are no plans");
    for (std::size_t k = 0; k < plans_.size(); ++k) {
      const Plan& plan = plans_[k];
      check(plan.rows > 0 && plan.cols > 0, me, "plan ", k, " is empty (", plan.rows, " x ",
            plan.cols, ")");
      check(k == 0 || plan.rows == plans_[k - 1].cols, me, "plan ", k, " has ", plan.rows,
            " rows, the one before ", k == 0 ? 0 : plans_[k - 1].cols, " columns");
      using Masses = Vector<deferred_t<double, D>>;
      Masses row = Masses::Zero(plan.rows), col = Masses::Zero(plan.cols);
      for (const PlanEntry& e : plan.entries) {
        check_not_negative(me, "a mass", e.mass);
        row[e.row] += e.mass;
        col[e.col] += e.mass;
      }
      if (k == 0) mass_.push_back(row);
      mass_.push_back(col);
    }
  }

  /// Time points, one more than plans.
  [[nodiscard]] Index times() const noexcept { return std::ssize(plans_) + 1; }
  /// Cells of a time point.
  [[nodiscard]] Index cells(Index t) const { return mass(t).size(); }
  [[nodiscard]] const Plan& plan(Index k) const { return plans_[at(k)]; }
  /// Mass of every cell of time t as it arrives there; of time 0: as it leaves.
  template <class = void>
  [[nodiscard]] const Vector<double>& mass(Index t) const {
    check(t >= 0 && t < times(), "ot::Chain", "time is ", t, ", wanted 0 to ", times() - 1);
    return mass_[at(t)];
  }

  /// Mass Cᵀ p (cells of `to` × sets) that the descendants of sets p (cells of `from` × sets, 1 for
  /// a member, or a part of one) have at the later time; divided by mass(to) it is the part of each
  /// cell whose ancestors are in the set.
  template <class D = void>
  [[nodiscard]] Matrix<double> descendants(Index from, Index to, const Matrix<double>& p) const {
    check_interval("ot::Chain::descendants", from, to, p, from);
    using Sets = Matrix<deferred_t<double, D>>;
    Sets x = p;
    for (Index k = from; k < to; ++k) {
      if (k > from) divide_by_mass(x, k);
      Sets y = Sets::Zero(plan(k).cols, x.cols());
      for (const PlanEntry& e : plan(k).entries) y.row(e.col) += e.mass * x.row(e.row);
      x = std::move(y);
    }
    return x;
  }

  /// Mass C q (cells of `from` × sets) that the ancestors of sets q (cells of `to` × sets) send to
  /// them.
  template <class D = void>
  [[nodiscard]] Matrix<double> ancestors(Index from, Index to, const Matrix<double>& q) const {
    check_interval("ot::Chain::ancestors", from, to, q, to);
    using Sets = Matrix<deferred_t<double, D>>;
    Sets x = q;
    for (Index k = to - 1; k >= from; --k) {
      Sets y = Sets::Zero(plan(k).rows, x.cols());
      for (const PlanEntry& e : plan(k).entries) y.row(e.row) += e.mass * x.row(e.col);
      x = std::move(y);
      if (k > from) divide_by_mass(x, k);
    }
    return x;
  }

  /// Fates: the part of each cell's descendants at the later time that is in each set,
  /// (C q)_i / (C 1)_i, cells of `from` × sets. Over sets that share out all cells the rows sum to
  /// 1; a cell without descendants has a row of zeros.
  template <class D = void>
  [[nodiscard]] Matrix<double> fates(Index from, Index to, const Matrix<double>& q) const {
    check_interval("ot::Chain::fates", from, to, q, to);
    using Double = deferred_t<double, D>;
    Matrix<Double> all(q.rows(), q.cols() + 1);
    all << q, Vector<Double>::Ones(q.rows());
    const Matrix<Double> x = ancestors(from, to, all);
    Matrix<Double> f = x.leftCols(q.cols());
    for (Index i = 0; i < f.rows(); ++i) {
      const double left = x(i, q.cols());
      f.row(i) = left > 0 ? Row<Double>(f.row(i) / left) : Row<Double>::Zero(q.cols());
    }
    return f;
  }

  /// The coupling C of two times, dense.
  template <class D = void>
  [[nodiscard]] Matrix<double> coupling(Index from, Index to) const {
    check(to >= 0 && to < times(), "ot::Chain::coupling", "to is ", to, ", wanted 0 to ",
          times() - 1);
    return ancestors(from, to, Matrix<deferred_t<double, D>>::Identity(cells(to), cells(to)));
  }

 private:
  static std::size_t at(Index i) noexcept { return static_cast<std::size_t>(i); }

  template <class = void>
  void check_interval(std::string_view me, Index from, Index to, const Matrix<double>& sets,
                      Index side) const {
    check(from >= 0 && from < to && to < times(), me, "times are ", from, " and ", to,
          ", wanted increasing ones from 0 to ", times() - 1);
    check(sets.rows() == cells(side), me, "the sets have ", sets.rows(), " rows, time ", side,
          " has ", cells(side), " cells");
  }

  template <class M>
  void divide_by_mass(M& x, Index t) const {
    for (Index i = 0; i < x.rows(); ++i) {
      const double m = mass_[at(t)][i];
      if (m > 0) {
        x.row(i) /= m;
      } else {
        x.row(i).setZero();  // nothing arrives here
      }
    }
  }

  std::vector<Plan> plans_;
  std::vector<Vector<double>> mass_;  // by time
};

/// Sets by label: cells × labels, 1 where a cell has the label; −1 is in no set. Throws
/// std::invalid_argument on labels below −1 or not below `labels`.
template <class D = void>
[[nodiscard]] inline Matrix<double> label_sets(std::span<const Index> label, Index labels) {
  Matrix<double> sets = Matrix<deferred_t<double, D>>::Zero(std::ssize(label), labels);
  for (std::size_t i = 0; i < label.size(); ++i) {
    check(label[i] >= -1 && label[i] < labels, "ot::label_sets", "label ", i, " is ", label[i],
          ", wanted -1 to ", labels - 1);
    if (label[i] >= 0) sets(static_cast<Index>(i), label[i]) = 1;
  }
  return sets;
}

}  // namespace cytode::ot
