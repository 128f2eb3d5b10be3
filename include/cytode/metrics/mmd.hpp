// SPDX-License-Identifier: MIT
/// Maximum mean discrepancy (MMD) between two sets of cells with Gaussian kernels.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <cytode/metrics/distance_tiles.hpp>

namespace cytode::metrics {

/// Which pairs within a set count: all, each cell with itself included (never negative), or only
/// pairs of different cells (mean zero for equal distributions, so it may come out negative).
enum class MmdEstimator { biased, unbiased };

/// Kernel and estimator. No bandwidths: those of multiscale_bandwidths.
struct MmdOptions {
  std::vector<double> bandwidths = {};  ///< σ of each kernel, in units of the coordinates.
  MmdEstimator estimator = MmdEstimator::biased;
};

/// The five bandwidths of protocol D: σ² = s/8, s/4, s/2, s, 2s, where s is the mean squared
/// distance between different cells of both sets together, so that exp(−|x − y|² / (2σ²)) has the
/// denominators s/4 … 4s of the code of [Chen 2023]. 0 if all cells are the same. Cost linear.
template <class X, class Y>
[[nodiscard]] std::array<double, 5> multiscale_bandwidths(const Eigen::MatrixBase<X>& x,
                                                          const Eigen::MatrixBase<Y>& y) {
  const auto p = populations("metrics::multiscale_bandwidths", x, y);
  const auto n = static_cast<double>(x.cols()), m = static_cast<double>(y.cols());
  // Mean and spread of both together: Σ_ij |z_i − z_j|² = 2 N Σ |z_i − z̄|².
  const Vector<double> centre = (p.x.cells.rowwise().sum() + p.y.cells.rowwise().sum()) / (n + m);
  const double spread =
      (p.x.cells.colwise() - centre).squaredNorm() + (p.y.cells.colwise() - centre).squaredNorm();
  const double mean_square = 2 * spread / (n + m - 1);
  std::array<double, 5> sigma{};
  for (std::size_t i = 0; i < 5; ++i)
    sigma[i] = std::sqrt(mean_square * std::ldexp(1.0, static_cast<int>(i) - 3));
  return sigma;
}

/// The median distance between different cells of both sets together (the lower one of two), a
/// usual choice of one bandwidth [Gretton 2012].
///
/// Exact, in four passes over the pairs that count leading bits: time as four distances of all
/// pairs, memory linear in the cells. Weights play no part.
template <class X, class Y>
[[nodiscard]] double median_distance(const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y) {
  const auto p = populations("metrics::median_distance", x, y);
  Matrix<deferred_t<double, X>> all(x.rows(), x.cols() + y.cols());
  all << p.x.cells, p.y.cells;
  const auto n = static_cast<std::uint64_t>(all.cols());
  std::uint64_t rank = (n * (n - 1) / 2 - 1) / 2, prefix = 0;
  DistanceTiles tiles(all, all);
  // Numbers that are not negative are ordered as their bits are.
  for (int shift = 48; shift >= 0; shift -= 16) {
    std::vector<std::uint64_t> count(std::size_t{1} << 16);
    const auto add = [&](double d) {
      const auto bits = std::bit_cast<std::uint64_t>(d);
      if (shift == 48 || bits >> (shift + 16) == prefix) ++count[(bits >> shift) & 0xffff];
    };
    tiles.visit_upper([&](Index i, Index j, const Matrix<double>& tile) {
      for (Index c = 0; c < tile.cols(); ++c) {
        const Index rows = i == j ? c : tile.rows();
        for (Index r = 0; r < rows; ++r) add(tile(r, c));
      }
    });
    std::uint64_t digit = 0;
    while (rank >= count[digit]) rank -= count[digit++];
    prefix = (prefix << 16) | digit;
  }
  return std::sqrt(std::bit_cast<double>(prefix));
}

/// MMD²(x, y) = E k(x, x′) + E k(y, y′) − 2 E k(x, y), k(x, y) = Σ_σ exp(−|x − y|² / (2σ²))
/// [Gretton 2012].
///
/// x: features × n, y: features × m; a sum over the kernels, so at most twice their number. The
/// MMD of protocol D (DMSB, MSBM) is this square with the biased estimator and the bandwidths of
/// multiscale_bandwidths (the default), on 1000 cells drawn from each side in the standardised
/// space. Cost (n + m)² · (features + kernels) / 2, memory linear in the cells; a bandwidth √2
/// times the next costs no exponential of its own. Throws std::invalid_argument on empty sets,
/// features that differ, NaN or infinite coordinates, bad weights, bandwidths that are not
/// positive, and for the unbiased estimator on a side with mass on one cell only.
template <class X, class Y>
[[nodiscard]] double mmd_squared(const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y,
                                 const MmdOptions& options = {},
                                 const std::optional<Weights>& weights = std::nullopt) {
  constexpr std::string_view me = "metrics::mmd_squared";
  const auto p = populations(me, x, y, weights);
  std::vector<double> rates;  // 1 / (2σ²), ascending
  for (const double sigma : options.bandwidths) {
    check_positive(me, "a bandwidth", sigma);
    rates.push_back(0.5 / sigma / sigma);
  }
  if (rates.empty()) {
    for (const double sigma : multiscale_bandwidths(x, y)) {
      if (sigma == 0) return 0;  // all cells are the same
      rates.push_back(0.5 / sigma / sigma);
    }
  }
  std::ranges::sort(rates);
  Matrix<deferred_t<double, X>> sum, power;
  const auto kernel = [&](auto& tile) {
    for (std::size_t i = 0; i < rates.size(); ++i) {
      if (i > 0 && std::abs(rates[i] - 2 * rates[i - 1]) <= 1e-14 * rates[i]) {
        power.array() = power.array().square();
      } else {
        power = (tile.array() * -rates[i]).exp().matrix();
      }
      if (i == 0) {
        sum = power;
      } else {
        sum += power;
      }
    }
    tile.swap(sum);
  };
  const auto within = [&](const auto& one, std::string_view side) {
    const double all = self_mean(one, kernel);
    if (options.estimator == MmdEstimator::biased) return all;
    const double same = one.shares.squaredNorm();
    check((one.shares.array() > 0).count() > 1, me,
          "the unbiased estimator wants mass on two cells of ", side, " or more");
    return (all - static_cast<double>(rates.size()) * same) / (1 - same);
  };
  const double within_x = within(p.x, "x"), within_y = within(p.y, "y");
  const double value = within_x + within_y - 2 * pair_mean(p.x, p.y, kernel);
  return options.estimator == MmdEstimator::biased ? std::max(value, 0.0) : value;
}

}  // namespace cytode::metrics
