// SPDX-License-Identifier: MIT
/// Approximate duals of an assignment problem by a few entropic sweeps: where exact solvers start.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

#include <cytode/core/types.hpp>
#include <cytode/ot/lanes.hpp>

namespace cytode::ot {

/// Row duals close to optimal ones, by Sinkhorn's iteration in the log domain at a temperature ε
/// that falls from sweep to sweep [Sinkhorn 1967, Kosowsky & Yuille 1994].
///
/// One sweep: v_j ← −ε log Σ_i exp((u_i − c_ij)/ε), then u_i so that the rows sum to one, both from
/// a single pass over the cost. In single precision and with a rough exponential: the result
/// shortens an exact search, it never decides it.
template <std::floating_point S>
class SoftDuals {
 public:
  /// Improves the row duals u of an n × n cost whose columns begin `stride` numbers apart and are
  /// padded with +∞ to a multiple of lanes::floats. Duals that fail to be finite are left alone.
  void improve(const S* cost, Index n, Index stride, double* u) {
    const Index rows = (n + lanes::floats - 1) / lanes::floats * lanes::floats;
    u_.setZero(rows);
    u_.head(n) = Eigen::Map<const Vector<double>>(u, n).template cast<float>();
    v_.resize(n);
    sums_.resize(rows);
    kernel_.resize(rows);
    column_.resize(rows);
    const double spread = start(cost, n, stride);
    if (!(spread > 0 && spread < 1e30)) return;
    // Schedule found by counting what the exact search has left to do: mixtures of Gaussians in 2,
    // 5 and 50 dimensions, n from 64 to 2048.
    const int sweeps = std::max(3, static_cast<int>(std::bit_width(std::uint64_t(n))) - 4);
    for (int k = 0; k < sweeps; ++k) {
      const double fall = static_cast<double>(k) / (sweeps - 1);
      sweep(cost, n, stride, static_cast<float>(spread * 0.3 * std::pow(0.02 / 0.3, fall)));
    }
    for (Index i = 0; i < n; ++i) {
      const auto x = static_cast<double>(u_[i]);
      if (std::isfinite(x)) u[i] = x;
    }
  }

 private:
  /// Column j in single precision.
  const float* column(const S* cost, Index j, Index stride) {
    const S* c = cost + j * stride;
    if constexpr (std::is_same_v<S, float>) {
      return c;
    } else {
      for (Index i = 0; i < column_.size(); ++i) {
        column_[i] = static_cast<float>(c[i]);
      }
      return column_.data();
    }
  }

  /// v_j = min_i c_ij − u_i; returns the mean of c_ij − u_i − v_j over a sample of columns.
  double start(const S* cost, Index n, Index stride) {
    double spread = 0;
    Index sampled = 0;
    for (Index j = 0; j < n; ++j) {
      const Eigen::Map<const Eigen::ArrayXf> c(column(cost, j, stride), n), u(u_.data(), n);
      const float least = (c - u).minCoeff();
      v_[j] = least;
      if (j % 8 != 0) continue;
      spread += static_cast<double>((c - u).mean() - least);
      ++sampled;
    }
    return spread / static_cast<double>(sampled);
  }

  void sweep(const S* cost, Index n, Index stride, float epsilon) {
    const Index rows = u_.size();
    const float inverse = 1.44269504f / epsilon;
    const float* u = u_.data();
    float* sums = sums_.data();
    float* kernel = kernel_.data();
    sums_.setConstant(1e-8f);  // a row without mass may rise by 18 ε, which 2ˣ can still hold
    for (Index j = 0; j < n; ++j) {
      const float* c = column(cost, j, stride);
      const float shift = v_[j] * inverse;
      lanes::Floats total{};
      for (Index i = 0; i < rows; i += lanes::floats) {
        lanes::Floats ui, k;
        lanes::load(ui, u + i);
        lanes::load(k, c + i);
        k = (ui - k) * inverse + shift;
        lanes::rough_exp2(k);
        total += k;
        lanes::store(kernel + i, k);
      }
      float sum = 0;
      for (int l = 0; l < lanes::floats; ++l) sum += total[l];
      v_[j] -= epsilon * std::log(sum);
      const float share = 1 / sum;
      for (Index i = 0; i < rows; i += lanes::floats) {
        lanes::Floats r, k;
        lanes::load(r, sums + i);
        lanes::load(k, kernel + i);
        r += k * share;
        lanes::store(sums + i, r);
      }
    }
    u_.head(n).array() -= epsilon * sums_.head(n).array().log();
  }

  Vector<float> u_, v_, sums_, kernel_, column_;
};

}  // namespace cytode::ot
