// SPDX-License-Identifier: MIT
/// The LAND metric: distances measured by the local scatter of the cells, feature by feature.
#pragma once

#include <algorithm>
#include <numeric>
#include <type_traits>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>
#include <cytode/flow/metric.hpp>
#include <cytode/nn/lanes.hpp>

namespace cytode::flow {

/// Shape of the LAND metric; the defaults are those of Kapusniak 2024 for whitened cells.
struct LandOptions {
  double sigma = 0.125;   ///< Reach of a cell, in data units; below the distance of neighbours.
  double epsilon = 1e-3;  ///< What h is given where there are no cells; smaller: dearer.
  double alpha = 1;       ///< Power of the tensor.
};

/// G(x) = (diag h(x) + ε I)^−α,  h_k(x) = Σ_i (x_i,k − x_k)² exp(−|x − x_i|²/2σ²)  over the cells
/// x_i; kernels below e⁻⁴⁰ count as none. [Arvanitidis 2016; Kapusniak 2024]
///
/// Needs no fit. Cells lie in blocks of 16 neighbours, and a block out of reach is left out: the
/// cost of energy is 7 d multiply-adds and an exponential for each point and cell in reach. For few
/// features, to about ten: in many all distances are alike, and RbfMetric costs less.
template <std::floating_point S>
class LandMetric {
 public:
  using Scalar = S;
  /// The kernels of one point with the blocks in reach, differences to one of them, sums.
  struct Workspace {
    Buffer<S> away, kernel, delta, parts, sums;
  };

  /// `cells` is d × N, copied. Throws std::invalid_argument on no cells, NaN or infinity, σ or ε
  /// that is not positive, a negative α.
  explicit LandMetric(const std::type_identity_t<ConstBatch<S>>& cells, LandOptions options = {})
      : options_(options) {
    constexpr auto me = "flow::LandMetric";
    check_not_empty(me, "cells", cells);
    check_positive(me, "sigma", options.sigma);
    check_positive(me, "epsilon", options.epsilon);
    check_not_negative(me, "alpha", options.alpha);
    const Matrix<S> all = cells;
    check(all_finite(all), me, "cells hold NaN or infinity");
    std::vector<Index> order(static_cast<std::size_t>(cells.cols()));
    std::iota(order.begin(), order.end(), Index{0});
    const Index blocks = (cells.cols() + lanes - 1) / lanes;
    cells_.resize(lanes * cells.rows(), blocks);
    counts_.resize(lanes, blocks);
    low_.resize(blocks, cells.rows());
    high_.resize(blocks, cells.rows());
    divide(all, order, 0, cells.cols());
  }

  [[nodiscard]] Index dims() const noexcept { return low_.cols(); }
  [[nodiscard]] const LandOptions& options() const noexcept { return options_; }

  void tensor(const ConstBatch<S>& x, Batch<S> g, Workspace& w) const {
    for (Index j = 0; j < x.cols(); ++j) {
      add_up(x.col(j), w);
      g.col(j) = (w.sums.view().col(0).array() + epsilon()).pow(-alpha()).matrix();
    }
  }

  void energy(const ConstBatch<S>& x, const ConstBatch<S>& v, RowView<S> e, Batch<S> ax,
              Batch<S> av, Workspace& w) const {
    for (Index j = 0; j < x.cols(); ++j) {
      add_up(x.col(j), w);
      auto sums = w.sums.view();
      const auto h = sums.col(0).array() + epsilon();
      auto ah = sums.col(2).array();  // ∂e/∂h
      av.col(j) = (h.pow(-alpha()) * v.col(j).array()).matrix();
      e[j] = av.col(j).dot(v.col(j));
      ah = -alpha() * av.col(j).array() * v.col(j).array() / h;
      av.col(j) *= S(2);
      ax.col(j) = (S(-2) * ah * sums.col(1).array()).matrix();
      add_pull(x.col(j), sums.col(2), ax.col(j), w);
    }
  }

 private:
  using Lanes = nn::Lanes<S>;
  static constexpr Index lanes = 16;  // cells of a block
  static constexpr S cut = 40;        // kernels below e^−cut count as none

  [[nodiscard]] S epsilon() const noexcept { return static_cast<S>(options_.epsilon); }
  [[nodiscard]] S alpha() const noexcept { return static_cast<S>(options_.alpha); }
  [[nodiscard]] S half_precision() const noexcept {
    return static_cast<S>(0.5 / (options_.sigma * options_.sigma));
  }

  // Halves cells [first, last) of the order along their widest feature until they make a block.
  void divide(const Matrix<S>& all, std::vector<Index>& order, Index first, Index last) {
    const auto cell = [&](Index i) { return all.col(order[static_cast<std::size_t>(i)]); };
    Vector<S> low = cell(first), high = low;
    for (Index i = first; i < last; ++i) {
      low = low.cwiseMin(cell(i));
      high = high.cwiseMax(cell(i));
    }
    if (const Index count = last - first; count > lanes) {
      Index widest = 0;
      (high - low).maxCoeff(&widest);
      const Index half = (count / 2 + lanes - 1) / lanes * lanes;
      const auto begin = order.begin() + first;
      std::nth_element(begin, begin + half, order.begin() + last, [&](Index a, Index b) {
        return all(widest, a) < all(widest, b) || (all(widest, a) == all(widest, b) && a < b);
      });
      divide(all, order, first, first + half);
      divide(all, order, first + half, last);
      return;
    }
    const Index b = first / lanes;
    low_.row(b) = low.transpose();
    high_.row(b) = high.transpose();
    for (Index i = 0; i < lanes; ++i) {  // a block that is not full repeats a cell, uncounted
      for (Index k = 0; k < dims(); ++k) {
        cells_(k * lanes + i, b) =
            all(k, order[static_cast<std::size_t>(std::min(first + i, last - 1))]);
      }
      counts_(i, b) = first + i < last ? S(1) : S(0);
    }
  }

  // δ_k = x_i,k − x_k of the cells i of a block into column k.
  Lanes subtract(const ConstVectorView<S>& x, Index block, Batch<S> delta) const {
    Lanes squares = Lanes::Zero();
    for (Index k = 0; k < dims(); ++k) {
      const Lanes own = Lanes::Map(cells_.col(block).data() + k * lanes) - x[k];
      Lanes::Map(delta.col(k).data()) = own;
      squares += own.square();
    }
    return squares;
  }

  // With K_i the kernel of cell i: h_k = Σ K_i δ_ik² and Σ K_i δ_ik as the first two columns of
  // `sums`; leaves K of the blocks in reach in the workspace, and which these are.
  void add_up(const ConstVectorView<S>& x, Workspace& w) const {
    const Index d = dims(), blocks = cells_.cols();
    auto away = w.away.shape(blocks, 1).col(0).array();
    away.setZero();
    for (Index k = 0; k < d; ++k) {
      away += (low_.col(k).array() - x[k]).max(x[k] - high_.col(k).array()).max(S(0)).square();
    }
    auto delta = w.delta.shape(lanes, d), kernel = w.kernel.shape(lanes, blocks);
    auto parts = w.parts.shape(lanes, 2 * d);
    parts.setZero();
    for (Index b = 0; b < blocks; ++b) {
      if (!(away[b] * half_precision() < cut)) continue;
      const Lanes far = (subtract(x, b, delta) * -half_precision()).max(S(-80));  // no denormals
      const Lanes K = far.exp() * Lanes::Map(counts_.col(b).data());
      Lanes::Map(kernel.col(b).data()) = K;
      for (Index k = 0; k < d; ++k) {
        const Lanes own = Lanes::Map(delta.col(k).data()), first = K * own;
        Lanes::Map(parts.col(2 * k).data()) += first * own;
        Lanes::Map(parts.col(2 * k + 1).data()) += first;
      }
    }
    auto sums = w.sums.shape(d, 3);
    for (Index k = 0; k < d; ++k) {
      sums(k, 0) = parts.col(2 * k).sum();
      sums(k, 1) = parts.col(2 * k + 1).sum();
    }
  }
  // ax_l += Σ_i (K_i/σ²) (Σ_k ah_k δ_ik²) δ_il: what moving x does to the kernels.
  void add_pull(const ConstVectorView<S>& x, const ConstVectorView<S>& ah, VectorView<S> ax,
                Workspace& w) const {
    const Index d = dims();
    auto away = w.away.view(), delta = w.delta.view(), kernel = w.kernel.view();
    auto parts = w.parts.view();
    parts.setZero();
    for (Index b = 0; b < cells_.cols(); ++b) {
      if (!(away(b, 0) * half_precision() < cut)) continue;
      subtract(x, b, delta);
      Lanes q = Lanes::Zero();
      for (Index k = 0; k < d; ++k) q += ah[k] * Lanes::Map(delta.col(k).data()).square();
      q *= 2 * half_precision() * Lanes::Map(kernel.col(b).data());
      for (Index k = 0; k < d; ++k) {
        Lanes::Map(parts.col(k).data()) += q * Lanes::Map(delta.col(k).data());
      }
    }
    for (Index k = 0; k < d; ++k) ax[k] += parts.col(k).sum();
  }

  LandOptions options_;
  Matrix<S> cells_, counts_;  // 16 d × blocks: 16 values of each feature in turn; 16 × blocks
  Matrix<S> low_, high_;      // blocks × d: the box around the cells of a block
};

}  // namespace cytode::flow
