// SPDX-License-Identifier: MIT
/// The RBF metric: distances measured by a smooth indicator of where cells are.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>
#include <cytode/flow/k_means.hpp>
#include <cytode/flow/metric.hpp>

namespace cytode::flow {

/// Shape of the RBF metric.
struct RbfOptions {
  Index centres = 100;    ///< Of k-means; fewer where there are fewer distinct cells.
  double kappa = 1;       ///< Width of a kernel in units of its centre's spread.
  double epsilon = 1e-3;  ///< What h is given where there are no cells; smaller: dearer.
  double alpha = 1;       ///< Power of the tensor.
  double ridge = 1e-3;    ///< Pull of the weights towards zero, a cell.
};

/// G(x) = (h(x) + ε)^−α I,  h(x) = Σ_k w_k exp(−λ_k|x − c_k|²/2),  h ≈ 1 on the cells.
/// [Arvanitidis 2021; Kapusniak 2024]
///
/// The c_k are the centres of k-means, λ_k = ½ (κ r_k)⁻² with r_k² the mean squared distance of the
/// cells of k to c_k, and the weights w ≥ 0 minimise Σ_i (h(x_i) − 1)²/N + ridge |w|². Cost of
/// energy: k · n times 2 d multiply-adds and an exponential. For many features.
template <std::floating_point S>
class RbfMetric {
 public:
  using Scalar = S;
  struct Workspace {
    Buffer<S> kernel;
  };

  /// `cells` is d × N; centres are drawn from the stream. Throws std::invalid_argument on no cells,
  /// NaN or infinity and options out of range.
  explicit RbfMetric(const Matrix<S>& cells, RbfOptions options = {},
                     const Stream& stream = Stream(0))
      : options_(options) {
    constexpr auto me = "flow::RbfMetric";
    check_positive(me, "kappa", options.kappa);
    check_positive(me, "epsilon", options.epsilon);
    check_not_negative(me, "alpha", options.alpha);
    check_positive(me, "ridge", options.ridge);
    const Clusters<S> clusters = k_means(cells, options.centres, stream);
    centres_ = clusters.centres;
    // A centre with one cell has no spread of its own: it gets the mean of the others'.
    const double mean = std::max(static_cast<double>(clusters.spread.mean()), 1e-12);
    half_lambda_.resize(centres_.cols());
    for (Index k = 0; k < centres_.cols(); ++k) {
      const double own = static_cast<double>(clusters.spread[k]);
      const double spread = own > 1e-3 * mean ? own : mean;
      half_lambda_[k] = static_cast<S>(0.25 / (options.kappa * options.kappa * spread));
    }
    fit_weights(cells);
  }

  [[nodiscard]] Index dims() const noexcept { return centres_.rows(); }
  [[nodiscard]] const RbfOptions& options() const noexcept { return options_; }
  [[nodiscard]] const Matrix<S>& centres() const noexcept { return centres_; }
  [[nodiscard]] const Vector<S>& weights() const noexcept { return weights_; }
  [[nodiscard]] Vector<S> lambda() const { return S(2) * half_lambda_; }

  /// h of each cell: about 1 on cells like those of the fit, 0 far away.
  void density(const ConstBatch<S>& x, RowView<S> h, Workspace& w) const {
    for (Index j = 0; j < x.cols(); ++j) h[j] = evaluate(x.col(j), w);
  }

  void tensor(const ConstBatch<S>& x, Batch<S> g, Workspace& w) const {
    for (Index j = 0; j < x.cols(); ++j) {
      g.col(j).setConstant(std::pow(evaluate(x.col(j), w) + epsilon(), -alpha()));
    }
  }

  void energy(const ConstBatch<S>& x, const ConstBatch<S>& v, RowView<S> e, Batch<S> ax,
              Batch<S> av, Workspace& w) const {
    for (Index j = 0; j < x.cols(); ++j) {
      const S h = evaluate(x.col(j), w) + epsilon();
      const S g = std::pow(h, -alpha());
      e[j] = g * v.col(j).squaredNorm();
      av.col(j) = S(2) * g * v.col(j);
      auto kernel = w.kernel.view().col(0);
      kernel.array() *= weights_.array() * half_lambda_.array() * (S(-2) * alpha() * e[j] / h);
      ax.col(j) = kernel.sum() * x.col(j);
      ax.col(j) *= S(-1);
      for (Index k = 0; k < centres_.cols(); ++k) ax.col(j) += kernel[k] * centres_.col(k);
    }
  }

 private:
  [[nodiscard]] S epsilon() const noexcept { return static_cast<S>(options_.epsilon); }
  [[nodiscard]] S alpha() const noexcept { return static_cast<S>(options_.alpha); }

  // h(x); leaves the kernels in the workspace.
  S evaluate(const ConstVectorView<S>& x, Workspace& w) const {
    auto kernel = w.kernel.shape(centres_.cols(), 1).col(0);
    for (Index k = 0; k < centres_.cols(); ++k) kernel[k] = (centres_.col(k) - x).squaredNorm();
    kernel.array() = (-half_lambda_.array() * kernel.array()).max(S(-80)).exp();
    return kernel.dot(weights_);
  }

  // Coordinate descent on the normal equations of the weights: convex, so to their one minimum.
  void fit_weights(const Matrix<S>& cells) {
    using Double = deferred_t<double, S>;
    const Index n = cells.cols(), m = centres_.cols();
    Workspace w;
    weights_ = Vector<S>::Zero(m);
    Matrix<Double> square = Matrix<Double>::Zero(m, m);
    Vector<Double> right = Vector<Double>::Zero(m), weight = Vector<Double>::Zero(m);
    for (Index i = 0; i < n; ++i) {
      evaluate(cells.col(i), w);
      const Vector<Double> kernel = w.kernel.view().col(0).template cast<double>();
      square.noalias() += kernel * kernel.transpose() / static_cast<double>(n);
      right += kernel / static_cast<double>(n);
    }
    square.diagonal().array() += options_.ridge;
    for (int sweep = 0; sweep < 1000; ++sweep) {
      double moved = 0;
      for (Index k = 0; k < m; ++k) {
        const double step = (right[k] - square.col(k).dot(weight)) / square(k, k);
        const double next = std::max(weight[k] + step, 0.);
        moved = std::max(moved, std::abs(next - weight[k]));
        weight[k] = next;
      }
      if (moved < 1e-9) break;
    }
    weights_ = weight.template cast<S>();
  }

  RbfOptions options_;
  Matrix<S> centres_;                // d × k
  Vector<S> half_lambda_, weights_;  // λ_k/2, w_k
};

}  // namespace cytode::flow
