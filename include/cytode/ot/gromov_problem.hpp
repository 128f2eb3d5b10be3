// SPDX-License-Identifier: MIT
/// The quadratic form of fused Gromov-Wasserstein transport: objective, gradient, start plans.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/cost.hpp>
#include <cytode/ot/integer_weights.hpp>
#include <cytode/ot/plan.hpp>

namespace cytode::ot {

/// f(T) = (1 − α) Σ M T + α Σ_ijkl (C1_ik − C2_jl)² T_ij T_kl over plans with marginals a and b.
///
/// C1 (n × n) and C2 (m × m) symmetric, M n × m. The square loss factors: with K = C1 T C2 the
/// quadratic part is aᵀC1²a + bᵀC2²b − 2 Σ K T, squares by entry, so everything is O(n² m + n m²)
/// [Peyré 2016, Vayer 2020]. +∞ in M forbids a pair.
template <std::floating_point Real = double>
class GromovProblem {
 public:
  /// M may be empty (0 × 0) where α = 1. Weights of any sums are brought to 1. Throws
  /// std::invalid_argument on shapes that do not fit, C1 or C2 not symmetric or not finite, NaN or
  /// −∞ in M, α outside [0, 1], and bad weights.
  template <std::floating_point S>
  GromovProblem(std::string_view me, const Matrix<S>& features, const Matrix<S>& c1,
                const Matrix<S>& c2, double alpha, const ConstVectorView<Real>& a,
                const ConstVectorView<Real>& b)
      : alpha_(alpha), c1_(c1.template cast<double>()), c2_(c2.template cast<double>()) {
    check_structure(me, "c1", c1_);
    check_structure(me, "c2", c2_);
    check(alpha >= 0 && alpha <= 1, me, "alpha is ", alpha, ", wanted 0 to 1");
    const Index n = c1.rows(), m = c2.rows();
    a_ = a / sum_of_weights(me, "a", a, n, "rows");
    b_ = b / sum_of_weights(me, "b", b, m, "columns");
    const Vector<Real> left = c1_.cwiseAbs2() * a_, right = c2_.cwiseAbs2() * b_;
    constant_ = alpha * (a_.dot(left) + b_.dot(right));
    linear_ = alpha * (left.rowwise().replicate(m) + right.transpose().colwise().replicate(n));
    features_ = Matrix<Real>::Zero(n, m);
    if (alpha == 1 && features.size() == 0) return;
    check_shape(me, "features", features, n, m);
    for (Index j = 0; j < m; ++j) {
      for (Index i = 0; i < n; ++i) {
        const auto c = static_cast<double>(features(i, j));
        check(c > -infinity, me, "features(", i, ", ", j, ") is ", c,
              ", wanted a finite number, or inf to forbid the pair");
        if (c == infinity) forbidden_.emplace_back(i, j);
        features_(i, j) = c == infinity ? 0 : (1 - alpha) * c;
      }
    }
  }

  [[nodiscard]] Index rows() const noexcept { return a_.size(); }
  [[nodiscard]] Index cols() const noexcept { return b_.size(); }
  [[nodiscard]] const Vector<Real>& a() const noexcept { return a_; }
  [[nodiscard]] const Vector<Real>& b() const noexcept { return b_; }
  [[nodiscard]] bool masked() const noexcept { return !forbidden_.empty(); }

  /// K = C1 T C2, of a dense plan and of one with few entries.
  [[nodiscard]] Matrix<Real> image(const Matrix<Real>& t) const {
    Matrix<Real> half(rows(), cols()), k(rows(), cols());
    half.noalias() = c1_ * t;
    k.noalias() = half * c2_;
    return k;
  }
  [[nodiscard]] Matrix<Real> image(const Plan& t) const {
    Matrix<Real> half = Matrix<Real>::Zero(rows(), cols()), k(rows(), cols());
    for (const PlanEntry& e : t.entries) half.col(e.col) += e.mass * c1_.col(e.row);
    k.noalias() = half * c2_;
    return k;
  }

  /// f(T), given K = C1 T C2.
  [[nodiscard]] double value(const Matrix<Real>& t, const Matrix<Real>& k) const {
    return features_.cwiseProduct(t).sum() + constant_ - 2 * alpha_ * k.cwiseProduct(t).sum();
  }
  /// Second derivative of f along D, halved: −2α Σ (C1 D C2) D.
  [[nodiscard]] double curvature(const Matrix<Real>& d, const Matrix<Real>& kd) const {
    return -2 * alpha_ * kd.cwiseProduct(d).sum();
  }
  /// Gradient (1 − α) M + 2α (C1² a 1ᵀ + 1 (C2² b)ᵀ − 2 K); +∞ on forbidden pairs.
  void gradient(const Matrix<Real>& k, Matrix<Real>& g) const {
    g = features_ + 2 * linear_ - (4 * alpha_) * k;
    for (const auto& [i, j] : forbidden_) g(i, j) = infinity;
  }
  /// Σ G T over the pairs T may use.
  [[nodiscard]] double inner(const Matrix<Real>& g, const Matrix<Real>& t) const {
    if (!masked()) return g.cwiseProduct(t).sum();
    return (t.array() > 0).select(g.array() * t.array(), 0).sum();
  }

  /// Costs whose plan is a start: for each pair of cells the squared W2 distance of their profiles,
  /// the distributions of their distances to all cells (the third lower bound of [Mémoli 2011]),
  /// with M. Isometric copies are found by it unless cells share their profiles.
  [[nodiscard]] Matrix<Real> profile_costs() const {
    CostWorkspace<Real> w;
    Matrix<Real> g;
    squared_euclidean_direct<Real>(profiles(c1_, a_), profiles(c2_, b_), g, w);
    g = features_ + (alpha_ / levels) * g;
    forbid(g);
    return g;
  }
  /// Costs whose plan is a random vertex.
  [[nodiscard]] Matrix<Real> random_costs(const Stream& stream) const {
    Matrix<Real> g(rows(), cols());
    for (Index k = 0; k < g.size(); ++k) {
      g.data()[k] = stream.uniform(static_cast<std::uint64_t>(k));
    }
    forbid(g);
    return g;
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr Index levels = 32;  // quantiles a profile

  static void check_structure(std::string_view me, std::string_view name, const Matrix<Real>& c) {
    check_not_empty(me, name, c);
    check(c.rows() == c.cols(), me, name, " is ", c.rows(), " x ", c.cols(),
          ", wanted a square matrix");
    check(all_finite(c), me, name, " has NaN or infinite entries");
    const double largest = c.cwiseAbs().maxCoeff();
    const double error = (c - c.transpose()).cwiseAbs().maxCoeff();
    check(error <= 1e-5 * largest, me, name, " is not symmetric, it differs by ", error);
  }

  void forbid(Matrix<Real>& g) const {
    for (const auto& [i, j] : forbidden_) g(i, j) = infinity;
  }

  /// Quantiles of each column of c under weights w, levels × cells.
  static Matrix<Real> profiles(const Matrix<Real>& c, const Vector<Real>& w) {
    Matrix<Real> q(levels, c.cols());
    std::vector<Index> order(static_cast<std::size_t>(c.rows()));
    for (Index i = 0; i < c.cols(); ++i) {
      for (Index k = 0; k < c.rows(); ++k) order[static_cast<std::size_t>(k)] = k;
      std::ranges::sort(order, {}, [&](Index k) { return std::pair(c(k, i), k); });
      double sum = 0;
      std::size_t at = 0;
      for (Index l = 0; l < levels; ++l) {
        const double level = (static_cast<double>(l) + 0.5) / static_cast<double>(levels);
        while (at + 1 < order.size() && sum + w[order[at]] < level) sum += w[order[at++]];
        q(l, i) = c(order[at], i);
      }
    }
    return q;
  }

  double alpha_, constant_ = 0;
  Matrix<Real> c1_, c2_, features_, linear_;  // features_ holds (1 − α) M
  Vector<Real> a_, b_;
  std::vector<std::pair<Index, Index>> forbidden_;
};

}  // namespace cytode::ot
