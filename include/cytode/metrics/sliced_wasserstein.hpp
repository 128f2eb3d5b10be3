// SPDX-License-Identifier: MIT
/// Sliced Wasserstein distance: exact transport of many projections of the cells onto lines.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include <cytode/core/product.hpp>
#include <cytode/core/random.hpp>
#include <cytode/metrics/line.hpp>

namespace cytode::metrics {

/// How many lines, and which power of the distance.
struct SlicedOptions {
  Index projections = 50;
  double power = 2;  ///< p ≥ 1.
};

/// Distances over the directions used.
struct SlicedWasserstein {
  double mean = 0;            ///< (mean over directions of W_p^p)^(1/p): the sliced distance.
  double largest = 0;         ///< Largest W_p of a direction: a lower bound of the max-sliced one.
  double standard_error = 0;  ///< Of `mean`, from the scatter over the directions.
};

/// `count` directions uniform on the unit sphere, dims × count; direction k depends on (stream, k).
template <class D = void>
[[nodiscard]] inline Matrix<double> random_directions(Index dims, Index count,
                                                      const Stream& stream) {
  Matrix<deferred_t<double, D>> directions(dims, count);
  stream.fill_normal(0, directions.data(), directions.size());
  directions.colwise().normalize();
  return directions;
}

/// Sliced distance of x (features × n) and y (features × m) along given directions (features ×
/// count), taken as they are, of length 1 or not.
///
/// (1/L Σ_l W_p^p(θ_lᵀx, θ_lᵀy))^(1/p) [Bonneel 2015]. Cost L (n + m) (features + log n), memory
/// for the cells and 16 projections of them. Throws std::invalid_argument on empty sets or
/// directions, features that differ, NaN or infinite numbers, bad weights and a power below 1.
template <class X, class Y>
[[nodiscard]] SlicedWasserstein sliced_wasserstein(
    const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y, const Matrix<double>& directions,
    double power = 2, const std::optional<Weights>& weights = std::nullopt) {
  constexpr std::string_view me = "metrics::sliced_wasserstein";
  constexpr Index block = 16;
  const auto p = populations(me, x, y, weights);
  check(std::isfinite(power) && power >= 1, me, "power is ", power, ", wanted 1 or more");
  check_not_empty(me, "directions", directions);
  check_features(me, "directions", directions, p.x.cells.rows());
  check(all_finite(directions), me, "directions has NaN or infinite numbers");
  const auto mass = line_masses(p.x, p.y, weights.has_value());
  const Index n = p.x.cells.cols(), m = p.y.cells.cols(), lines = directions.cols();
  Matrix<deferred_t<double, X>> on_x(n, block), on_y(m, block);
  Vector<deferred_t<double, X>> costs(lines);
  LineTransport transport;
  for (Index first = 0; first < lines; first += block) {
    const Index count = std::min(block, lines - first);
    const auto some = deferred<X>(directions).middleCols(first, count);
    set_product(on_x.leftCols(count), p.x.cells.transpose(), some);
    set_product(on_y.leftCols(count), p.y.cells.transpose(), some);
    for (Index l = 0; l < count; ++l) {
      costs[first + l] =
          transport.cost(on_x.col(l), mass.x, on_y.col(l), mass.y, power) / mass.total;
    }
  }
  const double mean = costs.mean();
  SlicedWasserstein r{std::pow(mean, 1 / power), std::pow(costs.maxCoeff(), 1 / power), 0};
  if (lines > 1 && mean > 0) {
    const auto l = static_cast<double>(lines);
    const double error = std::sqrt((costs.array() - mean).square().sum() / (l - 1) / l);
    r.standard_error = r.mean * error / mean / power;  // of a root, to first order
  }
  return r;
}

/// Sliced distance along random directions: 50 and p = 2 unless told otherwise, as POT's
/// sliced_wasserstein_distance.
///
/// `mean` is the SWD of protocol D (DMSB, MSBM: POT's defaults, standardised space), `largest` its
/// max-sliced companion as POT takes it. The directions are a function of the stream alone: use
/// one stream for all methods that are compared. Throws as above, and if projections is below 1.
template <class X, class Y>
[[nodiscard]] SlicedWasserstein sliced_wasserstein(
    const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y, const Stream& stream,
    const SlicedOptions& options = {}, const std::optional<Weights>& weights = std::nullopt) {
  check(options.projections >= 1, "metrics::sliced_wasserstein", "projections is ",
        options.projections, ", wanted 1 or more");
  return sliced_wasserstein(x, y, random_directions(x.rows(), options.projections, stream),
                            options.power, weights);
}

}  // namespace cytode::metrics
