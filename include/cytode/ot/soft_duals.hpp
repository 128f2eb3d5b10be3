// SPDX-License-Identifier: MIT
/// Approximate duals of a transport problem by a few entropic sweeps: where exact solvers start.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <cytode/core/types.hpp>
#include <cytode/ot/lanes.hpp>

namespace cytode::ot {

/// Row duals close to optimal ones, by Sinkhorn's iteration in the log domain at a temperature ε
/// that falls from sweep to sweep [Sinkhorn 1967, Kosowsky & Yuille 1994].
///
/// One sweep: v_j ← −ε log Σ_i a_i exp((u_i − c_ij)/ε), then u_i so that every row carries its
/// weight, both from a single pass over the cost. In single precision and with a rough exponential:
/// the result shortens an exact search, it never decides it.
template <std::floating_point S>
class SoftDuals {
  using Single = deferred_t<float, S>;
  using Double = deferred_t<double, S>;

 public:
  /// Improves the row duals u of an n × m cost. a and b are the weights of rows and columns, or
  /// empty if all rows weigh the same and all columns do; a must be positive. Duals that fail to be
  /// finite are left alone.
  void improve(const ConstBatch<S>& cost, const ConstVectorView<Double>& a,
               const ConstVectorView<Double>& b, VectorView<Double> u) {
    const Index n = cost.rows(), m = cost.cols();
    const Index rows = (n + lanes::floats - 1) / lanes::floats * lanes::floats;
    u_.setZero(rows);
    u_.head(n) = u.template cast<Single>();
    shifted_ = u_;
    v_.resize(m);
    sums_.resize(rows);
    kernel_.resize(rows);
    column_.setConstant(rows, std::numeric_limits<float>::infinity());
    const double spread = start(cost);
    if (!(spread > 0 && spread < 1e30)) return;
    // Schedule found by counting what the exact search has left to do: mixtures of Gaussians in 2,
    // 5 and 50 dimensions, n from 64 to 8192. From 4096 on that is most of the work, and worth
    // twice the sweeps.
    const auto size = static_cast<std::uint64_t>(std::max(n, m));
    const bool many = size >= 4096;
    const int sweeps = (many ? 2 : 1) * std::max(3, static_cast<int>(std::bit_width(size)) - 4);
    const double last = many ? 0.005 : 0.02;
    for (int k = 0; k < sweeps; ++k) {
      const double fall = static_cast<double>(k) / (sweeps - 1);
      sweep(cost, a, b, static_cast<float>(spread * 0.5 * std::pow(last / 0.5, fall)));
    }
    for (Index i = 0; i < n; ++i) {
      if (std::isfinite(u_[i])) u[i] = static_cast<double>(u_[i]);
    }
  }

 private:
  /// Column j in single precision, padded with +∞ to whole lanes.
  const float* column(const ConstBatch<S>& cost, Index j) {
    if constexpr (std::is_same_v<S, float>) {
      if (cost.rows() == column_.size()) return &cost.coeffRef(0, j);
    }
    const S* c = &cost.coeffRef(0, j);
    for (Index i = 0; i < cost.rows(); ++i) column_[i] = static_cast<float>(c[i]);
    return column_.data();
  }

  using Column = Eigen::Map<const Eigen::Array<Single, Eigen::Dynamic, 1>>;

  /// Mean of c − u where c is finite: +∞ forbids a pair.
  static float mean_of_allowed(const Column& c, const Column& u) {
    float sum = 0, count = 0;
    for (Index i = 0; i < c.size(); ++i) {
      if (!std::isfinite(c[i] - u[i])) continue;
      sum += c[i] - u[i];
      ++count;
    }
    return sum / count;
  }

  /// v_j = min_i c_ij − u_i; returns the mean of c_ij − u_i − v_j over a sample of columns.
  double start(const ConstBatch<S>& cost) {
    double spread = 0;
    Index sampled = 0;
    const Index n = cost.rows(), m = cost.cols();
    for (Index j = 0; j < m; ++j) {
      const Column c(column(cost, j), n), u(u_.data(), n);
      v_[j] = (c - u).minCoeff();
      if (j % 8 != 0) continue;
      const float mean = (c - u).mean();
      spread += static_cast<double>((std::isfinite(mean) ? mean : mean_of_allowed(c, u)) - v_[j]);
      ++sampled;
    }
    return spread / static_cast<double>(sampled);
  }

  void sweep(const ConstBatch<S>& cost, const ConstVectorView<Double>& a,
             const ConstVectorView<Double>& b, float epsilon) {
    const Index n = cost.rows(), m = cost.cols(), rows = u_.size();
    const float inverse = 1.44269504f / epsilon;  // base 2
    shifted_ = u_;
    if (a.size() > 0) {
      const auto mean = static_cast<float>(a.sum() / static_cast<double>(n));
      shifted_.head(n).array() += epsilon * (a.template cast<Single>().array() / mean).log();
    }
    const double b_mean = b.size() > 0 ? b.sum() / static_cast<double>(m) : 1;
    const float* u = shifted_.data();
    float* sums = sums_.data();
    float* kernel = kernel_.data();
    sums_.setConstant(1e-8f);  // a row without mass may rise by 18 ε, which 2ˣ can still hold
    for (Index j = 0; j < m; ++j) {
      const float* c = column(cost, j);
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
      const float share = (b.size() > 0 ? static_cast<float>(b[j] / b_mean) : 1.0f) / sum;
      for (Index i = 0; i < rows; i += lanes::floats) {
        lanes::Floats r, k;
        lanes::load(r, sums + i);
        lanes::load(k, kernel + i);
        r += k * share;
        lanes::store(sums + i, r);
      }
    }
    // Row sums of the plan are sums_, wanted: a_i. Their common factor is of no account.
    const float scale = static_cast<float>(n) / static_cast<float>(m);
    u_.head(n) = shifted_.head(n).array() - epsilon * (sums_.head(n).array() * scale).log();
  }

  Vector<Single> u_, shifted_, v_, sums_, kernel_, column_;
};

}  // namespace cytode::ot
