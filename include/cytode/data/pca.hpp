// SPDX-License-Identifier: MIT
/// Principal components of a batch of cells: fit, transform, inverse. The one header of the room
/// that needs an eigensolver, so nothing else includes it.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/symmetric_eigen.hpp>
#include <cytode/core/types.hpp>

namespace cytode::data {

/// Principal components of cells: x ≈ mean + components · z.
///
/// Velocities have no mean: a velocity v (features × cells) is `components.transpose() * v` here.
template <std::floating_point S>
struct Pca {
  Vector<S> mean;            ///< features; the centre that was taken off.
  Matrix<S> components;      ///< features × dims; orthonormal columns, `PCs` of AnnData's varm.
  Vector<S> variance;        ///< dims; variance of the cells along each, by n − 1, falling.
  Vector<S> variance_ratio;  ///< dims; its share of the variance of all features.

  [[nodiscard]] Index features() const noexcept { return components.rows(); }
  [[nodiscard]] Index dims() const noexcept { return components.cols(); }

  /// z = componentsᵀ (x − mean), dims × cells, of a batch x of features × cells.
  [[nodiscard]] Matrix<S> transform(const ConstBatch<S>& x) const {
    check_features("Pca::transform", "x", x, features());
    return components.transpose() * (x.colwise() - mean);
  }
  /// x = mean + components z, features × cells, of a batch z of dims × cells.
  [[nodiscard]] Matrix<S> inverse(const ConstBatch<S>& z) const {
    check_features("Pca::inverse", "z", z, dims());
    return (components * z).colwise() + mean;
  }
};

namespace components {

/// Turns each column so that its coefficient of largest magnitude (the first such) is positive.
template <std::floating_point S>
void fix_signs(Matrix<S>& c) {
  for (Index k = 0; k < c.cols(); ++k) {
    Index at = 0;
    c.col(k).cwiseAbs().maxCoeff(&at);
    if (c(at, k) < 0) c.col(k) *= -1;
  }
}

/// Makes the columns orthonormal in order (Gram–Schmidt, twice). A column that is nearly nothing,
/// or nearly a sum of those before it, becomes the unit vector farthest from them instead.
template <std::floating_point S>
void orthonormalise(Matrix<S>& c) {
  constexpr double nothing = 1e-6;  // of a unit column: past this its direction is rounding
  for (Index k = 0; k < c.cols(); ++k) {
    const auto before = c.leftCols(k);
    const auto project = [&] {
      for (int twice = 0; twice < 2; ++twice) {
        c.col(k) -= before * (before.transpose() * c.col(k)).eval();
      }
    };
    project();
    if (!(c.col(k).norm() > nothing)) {
      Index at = 0;
      before.rowwise().squaredNorm().minCoeff(&at);
      c.col(k).setZero();
      c(at, k) = 1;
      project();
    }
    c.col(k).normalize();
  }
}

}  // namespace components

/// Fits `dims` principal components to the columns of x, features × cells [Pearson 1901].
///
/// Centred, not scaled. Eigenvectors of the smaller Gram matrix, C = X Xᵀ (features² numbers) or
/// Xᵀ X (cells²), in double whatever the scalar: cost m³ + features · cells · m with m the smaller
/// number (m = 500 takes about 0.1 s, 2000 some seconds). A component's variance is good to about
/// 1e-15 of the largest, so components below 1e-7 of the largest deviation are noise; those
/// without variance complete an orthonormal set. Signs are fixed: each component's coefficient of
/// largest magnitude is positive. Throws std::invalid_argument if there are fewer than two cells,
/// dims is not in 1 … min(features, cells − 1), or a number is not finite.
template <class Derived, std::floating_point Real = double>
[[nodiscard]] auto fit_pca(const Eigen::MatrixBase<Derived>& x, Index dims) {
  using S = typename Derived::Scalar;
  constexpr auto me = "data::fit_pca";
  const Index features = x.rows(), n = x.cols();
  check(n >= 2, me, "x has ", n, " cells, wanted 2 or more");
  const Index most = std::min(features, n - 1);
  check(dims >= 1 && dims <= most, me, "dims is ", dims, ", wanted 1 to ", most, " for ", features,
        " features and ", n, " cells");
  Matrix<Real> centred = x.template cast<Real>();
  check(all_finite(centred), me, "x has a coefficient that is NaN or infinite");
  const Vector<Real> mean = centred.rowwise().mean();
  centred.colwise() -= mean;

  const bool by_feature = features <= n;
  Matrix<Real> gram(by_feature ? features : n, by_feature ? features : n);
  if (by_feature) {
    gram.noalias() = centred * centred.transpose();
  } else {
    gram.noalias() = centred.transpose() * centred;
  }
  const Eigen::SelfAdjointEigenSolver<Matrix<Real>> solver(gram);  // eigenvalues rise
  const Vector<Real> values = solver.eigenvalues().reverse().head(dims).cwiseMax(0.0);
  Matrix<Real> c = solver.eigenvectors().rowwise().reverse().leftCols(dims);
  if (!by_feature) {  // X = U Σ Vᵀ: U = X V Σ⁻¹
    const double floor =
        values[0] * static_cast<double>(n) * std::numeric_limits<double>::epsilon();
    c = (centred * c).eval();
    for (Index k = 0; k < dims; ++k) {
      values[k] > floor ? (c.col(k) /= std::sqrt(values[k])) : c.col(k).setZero();
    }
    components::orthonormalise(c);
  }
  components::fix_signs(c);

  const double total = gram.trace();
  Pca<S> pca;
  pca.mean = mean.template cast<S>();
  pca.components = c.template cast<S>();
  pca.variance = (values / static_cast<double>(n - 1)).template cast<S>();
  pca.variance_ratio =
      (total > 0 ? Vector<Real>(values / total) : Vector<Real>(Vector<Real>::Zero(dims)))
          .template cast<S>();
  return pca;
}

}  // namespace cytode::data
