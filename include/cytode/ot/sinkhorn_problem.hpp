// SPDX-License-Identifier: MIT
/// What an entropic transport problem is made of, checked: weights, masks, penalties and ε.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/lanes.hpp>

namespace cytode::ot {

/// Parameters of Sinkhorn.
struct SinkhornOptions {
  double epsilon = 0.05;            ///< Weight of the entropy, in the units of the cost.
  bool relative = false;            ///< True: epsilon counts in means of |cost| over allowed pairs.
  bool relative_penalties = false;  ///< True: the penalties, too.
  /// τ of the row and column marginals, in the units of the cost; ∞ keeps the marginal.
  double row_penalty = std::numeric_limits<double>::infinity();
  double column_penalty = std::numeric_limits<double>::infinity();
  double tolerance = 1e-6;  ///< Largest marginal error, as a share of the plan's mass.
  Index passes = 10000;     ///< Limit at the final ε.
  Index memory = 16;        ///< Passes that Anderson's mixing looks back; 0: plain Sinkhorn.
  bool symmetric =
      false;          ///< Of a set with itself: the cost is symmetric, a = b, and so τ. Faster.
  bool warm = false;  ///< Start from the potentials of the solve before, if they fit.
};

/// One side of the problem: weights padded with zeros, and the penalty of its marginal.
struct SinkhornSide {
  Vector<double> weight;  ///< 0 where a cell has no weight or no partner.
  Vector<double> log2;    ///< log₂ weight, −∞ for none.
  double penalty = 0;     ///< τ
  double given = 0;       ///< Σ of the weights as given.
  Index size = 0;

  [[nodiscard]] bool strict() const noexcept { return std::isinf(penalty); }
  /// τ/(τ + ε), the factor that relaxing the marginal puts before an update of its potential.
  [[nodiscard]] double damping(double epsilon) const noexcept {
    return strict() ? 1 : penalty / (penalty + epsilon);
  }
  /// Σ w f, or −τ Σ w (exp(−f/τ) − 1): this side's part of the dual value.
  template <class D = void>
  [[nodiscard]] double value(const Vector<double>& potential) const {
    const auto &w = deferred<D>(weight), &f = deferred<D>(potential);
    if (strict()) return w.dot(f);
    return -penalty * (w.array() * (f.array() * (-1 / penalty)).expm1()).sum();
  }
  /// Σ w exp(−f/τ): what the marginal sums to at the optimum.
  template <class D = void>
  [[nodiscard]] double target_mass(const Vector<double>& potential) const {
    const auto &w = deferred<D>(weight), &f = deferred<D>(potential);
    if (strict()) return w.sum();
    return (w.array() * (f.array() * (-1 / penalty)).exp()).sum();
  }
};

/// Cost statistics and both sides, padded to whole vectors; see Sinkhorn::solve for what is
/// checked.
class SinkhornProblem {
 public:
  template <std::floating_point S>
  void load(const ConstBatch<S>& cost, std::span<const double> a, std::span<const double> b,
            const SinkhornOptions& options, Index row_padding, Index column_padding) {
    check_not_empty(me, "cost", cost);
    check_positive(me, "epsilon", options.epsilon);
    check_positive(me, "tolerance", options.tolerance);
    check(options.row_penalty > 0, me, "row_penalty is ", options.row_penalty,
          ", wanted a positive number or infinity");
    check(options.column_penalty > 0, me, "column_penalty is ", options.column_penalty,
          ", wanted a positive number or infinity");
    check(options.memory >= 0 && options.passes >= 1, me, "memory is ", options.memory,
          ", passes is ", options.passes, ", wanted at least 0 and 1");
    check(!options.symmetric || (cost.rows() == cost.cols() && a.size() == b.size() &&
                                 options.row_penalty == options.column_penalty),
          me, "symmetric is set for ", cost.rows(), " x ", cost.cols(),
          " costs, wanted as many rows as columns, equal weights and penalties");
    row.penalty = options.row_penalty;
    column.penalty = options.column_penalty;
    take_weights("a", a, cost.rows(), "rows", row_padding, row);
    take_weights("b", b, cost.cols(), "columns", column_padding, column);
    if (row.strict() && column.strict()) {
      check(std::abs(row.given - column.given) <= 1e-9 * std::max(row.given, column.given), me,
            "a sums to ", row.given, ", b to ", column.given, ", wanted equal sums");
      column.weight *= row.given / column.given;
    }
    scan<S>(cost, row.strict() && column.strict() && !options.warm);
    for (auto* side : {&row, &column}) {
      side->log2 = deferred<S>(side->weight).array().log() * std::numbers::log2e;
    }
    const double unit = scale_ > 0 ? scale_ : 1;
    epsilon_ = options.epsilon * (options.relative ? unit : 1);
    if (options.relative_penalties) row.penalty *= unit, column.penalty *= unit;
  }

  [[nodiscard]] Index rows() const noexcept { return row.size; }
  [[nodiscard]] Index cols() const noexcept { return column.size; }
  /// ε in the units of the cost.
  [[nodiscard]] double epsilon() const noexcept { return epsilon_; }
  /// Mean of |cost| over allowed pairs.
  [[nodiscard]] double scale() const noexcept { return scale_; }
  /// False if nothing can be moved at all.
  [[nodiscard]] bool alive() const noexcept { return alive_; }

  /// Row potentials to start from, into f of as many numbers as padded rows: the row means of the
  /// cost less half their mean, which is f of the f_i + g_j nearest to the cost by least squares.
  /// The first kernel then holds most of the plan, where 0 would have it built again.
  ///
  /// 0 where a marginal is relaxed, whose potentials are small, where the solve was to be warm,
  /// where pairs are forbidden, and where the means are so many ε, in the units of the cost, that a
  /// potential would lose its digits.
  template <class = void>
  void first_potentials(double epsilon, Vector<double>& f) const {
    f.setZero();
    if (!has_means_) return;
    const double half = row_sums_.sum() / static_cast<double>(2 * row.size);
    const double largest = row_sums_.cwiseAbs().maxCoeff() + std::abs(half);
    const auto m = static_cast<double>(column.size);
    if (!(largest <= 1e5 * epsilon * m)) return;
    for (Index i = 0; i < row.size; ++i) {
      if (row.weight[i] > 0) f[i] = (row_sums_[i] - half) / m;
    }
  }

  /// λ that makes the dual value largest along (f + λ, g − λ); 0 between strict marginals, where
  /// the value does not depend on it [Séjourné 2022].
  template <class = void>
  [[nodiscard]] double best_shift(const Vector<double>& f, const Vector<double>& g) const {
    if (row.strict() && column.strict()) return 0;
    const double width = 1 / (1 / row.penalty + 1 / column.penalty);
    const double shift = width * std::log(row.target_mass(f) / column.target_mass(g));
    return std::isfinite(shift) ? shift : 0;
  }

  SinkhornSide row, column;

 private:
  static constexpr std::string_view me = "ot::Sinkhorn";

  template <class D = void>
  static void take_weights(std::string_view name, std::span<const double> w, Index n,
                           std::string_view cells, Index padding, SinkhornSide& side) {
    side.size = n;
    side.weight.setZero((n + padding - 1) / padding * padding);
    if (w.empty()) {
      deferred<D>(side.weight).head(n).setConstant(1.0 / static_cast<double>(n));
      side.given = 1;
      return;
    }
    check(static_cast<Index>(w.size()) == n, me, name, " has ", w.size(), " weights, cost has ", n,
          " ", cells);
    for (Index i = 0; i < n; ++i) {
      const double x = w[static_cast<std::size_t>(i)];
      check(std::isfinite(x) && x >= 0, me, name, "[", i, "] is ", x, ", wanted zero or more");
      side.weight[i] = x;
    }
    side.given = side.weight.sum();
    check(side.given > 0 && std::isfinite(side.given), me, name, " sums to ", side.given,
          ", wanted a positive sum");
  }

  /// Mean of |cost|; cells whose every pair is forbidden lose their weight or are an error.
  template <std::floating_point S>
  void scan(const ConstBatch<S>& cost, bool starts_from_means) {
    double sum = 0;
    Index pairs = 0;
    bool masked = false;
    if (starts_from_means) row_sums_.setZero(row.weight.size());
    for (Index j = 0; j < cost.cols(); ++j) {
      const auto c = cost.col(j);
      const auto total = static_cast<double>(c.cwiseAbs().sum());
      if (std::isfinite(total)) {
        sum += total;
        if (starts_from_means) add_column<S>(&c.coeffRef(0), cost.rows());
        pairs += cost.rows();
        continue;
      }
      for (Index i = 0; i < cost.rows(); ++i) {
        const auto x = static_cast<double>(c[i]);
        check(x > -std::numeric_limits<double>::infinity(), me, "cost(", i, ", ", j, ") is ", x,
              ", wanted a number or +infinity");
        if (std::isinf(x)) {
          masked = true;
        } else {
          sum += std::abs(x);
          ++pairs;
        }
      }
    }
    scale_ = pairs > 0 ? sum / static_cast<double>(pairs) : 0;
    has_means_ = starts_from_means && pairs == cost.size();
    alive_ = true;
    if (masked) drop_lonely<S>(cost);
  }

  /// Adds a column of n costs to the row sums.
  template <std::floating_point S>
  void add_column(const S* c, Index n) {
    const Index whole = n - n % lanes::doubles;
    for (Index i = 0; i < whole; i += lanes::doubles) {
      lanes::Doubles sum, add;
      lanes::load(sum, row_sums_.data() + i);
      lanes::load_as_double(add, c + i);
      sum += add;
      lanes::store(row_sums_.data() + i, sum);
    }
    for (Index i = whole; i < n; ++i) row_sums_[i] += static_cast<double>(c[i]);
  }

  template <std::floating_point S>
  void drop_lonely(const ConstBatch<S>& cost) {
    row.log2.setZero(row.weight.size());  // 1 where a partner was found
    column.log2.setZero(column.weight.size());
    for (Index j = 0; j < cost.cols(); ++j) {
      for (Index i = 0; i < cost.rows(); ++i) {
        if (!(row.weight[i] > 0 && column.weight[j] > 0) || std::isinf(cost(i, j))) continue;
        row.log2[i] = column.log2[j] = 1;
      }
    }
    drop_lonely("row", row);
    drop_lonely("column", column);
    alive_ = row.weight.sum() > 0;
  }
  template <class = void>
  static void drop_lonely(std::string_view name, SinkhornSide& side) {
    for (Index i = 0; i < side.size; ++i) {
      if (side.log2[i] > 0 || !(side.weight[i] > 0)) continue;
      check(!side.strict(), me, name, " ", i,
            " has weight but no partner: its cost to every cell with weight is infinite");
      side.weight[i] = 0;
    }
  }

  Vector<double> row_sums_;  // of the cost, where has_means_
  double epsilon_ = 0, scale_ = 0;
  bool alive_ = true, has_means_ = false;
};

}  // namespace cytode::ot
