// SPDX-License-Identifier: MIT
/// Entropic plans as a Plan, with a certificate that trusts no solver.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>

#include <cytode/core/types.hpp>
#include <cytode/ot/plan.hpp>
#include <cytode/ot/sinkhorn.hpp>

namespace cytode::ot {

/// A lower bound of the transport cost min Σ c π without entropy, from any row potentials: Σ a f +
/// Σ b g with g_j = min_i c_ij − f_i over allowed pairs of cells with weight. a and b are the
/// weights (n and m, equal sums). O(n m).
template <std::floating_point S>
[[nodiscard]] double transport_lower_bound(const Matrix<S>& cost, const ConstVectorView<double>& a,
                                           const ConstVectorView<double>& b,
                                           const ConstVectorView<double>& f) {
  constexpr auto me = "ot::transport_lower_bound";
  check_shape(me, "a", a, cost.rows(), 1);
  check_shape(me, "b", b, cost.cols(), 1);
  check_shape(me, "f", f, cost.rows(), 1);
  double sum = 0;
  for (Index i = 0; i < cost.rows(); ++i) sum += a[i] > 0 ? a[i] * f[i] : 0;
  for (Index j = 0; j < cost.cols(); ++j) {
    if (!(b[j] > 0)) continue;
    double least = std::numeric_limits<double>::infinity();
    for (Index i = 0; i < cost.rows(); ++i) {
      if (a[i] > 0) least = std::min(least, static_cast<double>(cost(i, j)) - f[i]);
    }
    sum += b[j] * least;
  }
  return sum;
}

namespace entropic_plan_detail {

/// p log(p/q) − p + q
inline double divergence(double p, double q) {
  return p > 0 ? p * std::log(p / q) - p + q : q;
}

/// Value of the regularised problem at a matrix, from its definition; infinite where a forbidden
/// pair or one without weight carries mass.
template <std::floating_point S, class P, class V>
double value(const Matrix<S>& cost, const P& plan, const V& a, const V& b, double epsilon,
             double row_penalty, double column_penalty) {
  double sum = 0;
  for (Index j = 0; j < plan.cols(); ++j) {
    for (Index i = 0; i < plan.rows(); ++i) {
      if (plan(i, j) > 0) sum += plan(i, j) * static_cast<double>(cost(i, j));
      sum += epsilon * divergence(plan(i, j), a[i] * b[j]);
    }
    if (std::isfinite(column_penalty)) sum += column_penalty * divergence(plan.col(j).sum(), b[j]);
  }
  for (Index i = 0; i < plan.rows() && std::isfinite(row_penalty); ++i) {
    sum += row_penalty * divergence(plan.row(i).sum(), a[i]);
  }
  return sum;
}

/// Makes the strict marginals exact: rows, then columns are cut down to their weights and what is
/// missing is added in proportion to both [Altschuler 2017].
template <class P, class V>
void repair(P& plan, const V& a, const V& b, bool rows, bool columns) {
  const auto cut = [](double sum, double weight) { return sum > weight ? weight / sum : 1.0; };
  for (Index i = 0; i < plan.rows() && rows; ++i) {
    const double sum = plan.row(i).sum();
    if (sum > 0) plan.row(i) *= columns ? cut(sum, a[i]) : a[i] / sum;
  }
  for (Index j = 0; j < plan.cols() && columns; ++j) {
    const double sum = plan.col(j).sum();
    if (sum > 0) plan.col(j) *= rows ? cut(sum, b[j]) : b[j] / sum;
  }
  if (!rows || !columns) return;
  const V p = (a - plan.rowwise().sum()).cwiseMax(0);
  const V q = (b - plan.colwise().sum().transpose()).cwiseMax(0);
  // Below rounding there is nothing to add, and an addition would touch forbidden pairs.
  if (p.sum() > 1e-15 * a.sum()) plan += p * q.transpose() / q.sum();
}

}  // namespace entropic_plan_detail

/// The plan of Sinkhorn::solve with its cost Σ c π, potentials and certificate.
///
/// marginal_error is the largest miss of a row or column sum, of a relaxed marginal that of its
/// optimality condition Σ_j π_ij = a_i exp(−f_i/τ). duality_gap is the regularised problem's: its
/// value at this plan, repaired to meet the strict marginals, minus the dual value, so the optimum
/// lies in between; it is +∞ if the repair needs a forbidden pair. Entries below
/// `smallest` times the plan's mass over n m are left out. Throws as Sinkhorn::solve.
template <std::floating_point S>
[[nodiscard]] Plan entropic_plan(const Matrix<S>& cost, std::span<const double> a = {},
                                 std::span<const double> b = {},
                                 const SinkhornOptions& options = {}, double smallest = 1e-12) {
  namespace d = entropic_plan_detail;
  using Weights = Vector<deferred_t<double, S>>;
  Sinkhorn<S> solver;
  const SinkhornResult result = solver.solve(cost, a, b, options);
  const Index n = cost.rows(), m = cost.cols();
  const auto weights = [](std::span<const double> w, Index size) {
    Weights out = Weights::Constant(size, 1.0 / static_cast<double>(size));
    if (!w.empty()) out = Eigen::Map<const Weights>(w.data(), size);
    return out;
  };
  const Weights p = weights(a, n), q = weights(b, m);
  Matrix<S> raw;
  solver.plan(raw);
  Matrix<deferred_t<double, S>> dense = raw.template cast<double>();
  Plan plan{.rows = n, .cols = m, .u = solver.f(), .v = solver.g(), .status = result.status};
  const double cut = smallest * result.mass / (static_cast<double>(n) * static_cast<double>(m));
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < m; ++j) {
      if (!(dense(i, j) > 0)) continue;
      plan.cost += dense(i, j) * static_cast<double>(cost(i, j));
      if (dense(i, j) > cut) plan.entries.push_back({i, j, dense(i, j)});
    }
  }
  const double unit = options.relative_penalties && solver.scale() > 0 ? solver.scale() : 1;
  const double row_penalty = options.row_penalty * unit;
  const double column_penalty = options.column_penalty * unit;
  double& error = plan.certificate.marginal_error;
  for (Index i = 0; i < n; ++i) {
    const double wanted = p[i] > 0 ? p[i] * std::exp(-plan.u[i] / row_penalty) : 0;
    error = std::max(error, std::abs(dense.row(i).sum() - wanted));
  }
  for (Index j = 0; j < m; ++j) {
    const double wanted = q[j] > 0 ? q[j] * std::exp(-plan.v[j] / column_penalty) : 0;
    error = std::max(error, std::abs(dense.col(j).sum() - wanted));
  }
  d::repair(dense, p, q, std::isinf(row_penalty), std::isinf(column_penalty));
  plan.certificate.duality_gap =
      d::value<S>(cost, dense, p, q, result.epsilon, row_penalty, column_penalty) -
      result.objective;
  return plan;
}

}  // namespace cytode::ot
