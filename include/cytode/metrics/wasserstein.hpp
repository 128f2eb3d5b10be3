// SPDX-License-Identifier: MIT
/// Exact Wasserstein distances W1 and W2 between two sets of cells, Euclidean ground cost.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>
#include <cytode/metrics/population.hpp>
#include <cytode/ot/cost.hpp>
#include <cytode/ot/plan.hpp>
#include <cytode/ot/transport.hpp>

namespace cytode::metrics {

/// Power of the distance that is moved at least cost.
enum class GroundCost { euclidean, squared_euclidean };

/// The optimal plan between x (features × n) and y (features × m), computed in double with its
/// certificate; without weights every cell of a side counts the same.
///
/// Costs n·m·features for the distances and memory for n × m doubles. Throws std::invalid_argument
/// on empty sets, features that differ, NaN or infinite coordinates and bad weights.
template <class X, class Y>
[[nodiscard]] ot::Plan optimal_plan(const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y,
                                    GroundCost ground,
                                    const std::optional<Weights>& weights = std::nullopt) {
  constexpr std::string_view me = "metrics::optimal_plan";
  const Matrix<deferred_t<double, X>> a = x.template cast<double>(), b = y.template cast<double>();
  check_not_empty(me, "x", a);
  check_not_empty(me, "y", b);
  check_features(me, "y", b, a.rows());
  check(all_finite(a), me, "x has NaN or infinite coordinates");
  check(all_finite(b), me, "y has NaN or infinite coordinates");
  ot::CostWorkspace<double> w;
  Matrix<deferred_t<double, X>> cost;
  ot::squared_euclidean_direct<double>(a, b, cost, w);
  if (ground == GroundCost::euclidean) cost.array() = cost.array().sqrt();
  if (!weights) return ot::transport(cost);
  const auto &p = deferred<X>(weights->x), &q = deferred<X>(weights->y);
  check(p.sum() > 0, me, "the weights of x sum to ", p.sum(), ", wanted a positive sum");
  check(q.sum() > 0, me, "the weights of y sum to ", q.sum(), ", wanted a positive sum");
  return ot::transport(cost, p / p.sum(), q / q.sum());
}

/// W1: the least mean distance by which x can be moved onto y. min Σ π_ij |x_i − y_j|.
///
/// The score of protocols A, B, C and F between all predicted and all observed cells with equal
/// weights, and of E with the weights of the predicted cells. Its mean over samples of one
/// distribution is well above 0 and grows with the dimension: compare on the same cells only.
/// Throws as optimal_plan, and std::runtime_error should the solver reach its limit.
template <class X, class Y>
[[nodiscard]] double wasserstein1(const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y,
                                  const std::optional<Weights>& weights = std::nullopt) {
  const ot::Plan plan = optimal_plan(x, y, GroundCost::euclidean, weights);
  throw_unless_ok(plan.status, "metrics::wasserstein1");
  return plan.cost;
}

/// W2: the square root of the least mean squared distance, √min Σ π_ij |x_i − y_j|².
///
/// The score of the 2-D table of [Tong 2024b], and what TrajectoryNet's evaluation calls EMD.
/// Throws as wasserstein1.
template <class X, class Y>
[[nodiscard]] double wasserstein2(const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y,
                                  const std::optional<Weights>& weights = std::nullopt) {
  const ot::Plan plan = optimal_plan(x, y, GroundCost::squared_euclidean, weights);
  throw_unless_ok(plan.status, "metrics::wasserstein2");
  return std::sqrt(std::max(plan.cost, 0.0));
}

}  // namespace cytode::metrics
