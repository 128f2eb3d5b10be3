// SPDX-License-Identifier: MIT
/// Divergences between Gaussians in closed form, and the Gaussian of a set of cells.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include <Eigen/Cholesky>

#include <cytode/core/symmetric_eigen.hpp>
#include <cytode/metrics/population.hpp>

namespace cytode::metrics {

/// N(mean, covariance) in d dimensions.
struct Gaussian {
  Vector<double> mean;
  Matrix<double> covariance;
};

/// Mean and unbiased covariance of x (features × n): Σ p_i (x_i − μ)(x_i − μ)ᵀ / (1 − Σ p_i²) with
/// the shares p, which without weights is the sum over n − 1.
///
/// Throws std::invalid_argument on an empty set, NaN or infinite coordinates, bad weights, and with
/// mass on one cell only.
template <class X>
[[nodiscard]] Gaussian fit_gaussian(const Eigen::MatrixBase<X>& x,
                                    const std::optional<Vector<double>>& weights = std::nullopt) {
  constexpr std::string_view me = "metrics::fit_gaussian";
  const Population found = population(me, "x", x, weights);
  const auto& p = deferred<X>(found);
  check((p.shares.array() > 0).count() > 1, me, "x has mass on one cell only, wanted two or more");
  Gaussian g;
  g.mean = p.cells * p.shares;
  const Matrix<deferred_t<double, X>> centred = p.cells.colwise() - g.mean;
  g.covariance.noalias() = centred * p.shares.asDiagonal() * centred.transpose();
  g.covariance /= 1 - p.shares.squaredNorm();
  return g;
}

/// Throws std::invalid_argument unless the mean is finite and the covariance finite, symmetric and
/// of its size.
template <class D = void>
inline void check_gaussian(std::string_view function, std::string_view argument,
                           const Gaussian& gaussian) {
  const auto& g = deferred<D>(gaussian);
  check_not_empty(function, argument, g.mean);
  check_shape(function, argument, g.covariance, g.mean.size(), g.mean.size());
  check(all_finite(g.mean) && all_finite(g.covariance), function, argument,
        " has NaN or infinite numbers");
  const double asymmetry = (g.covariance - g.covariance.transpose()).cwiseAbs().maxCoeff();
  check(asymmetry <= 1e-10 * g.covariance.cwiseAbs().maxCoeff(), function, "the covariance of ",
        argument, " is not symmetric");
}

/// KL(p ‖ q) = ½ (tr(Σq⁻¹ Σp) + (μq − μp)ᵀ Σq⁻¹ (μq − μp) − d + ln det Σq − ln det Σp), in nats.
///
/// The Gaussian Schrödinger bridge benchmark of [Tong 2024b] takes p fitted to the samples and q
/// the closed form. Fitted to n samples of q itself it is about d (d + 3) / (4 n), not 0. Infinite
/// if p is degenerate. Throws std::invalid_argument on dimensions that differ, covariances that are
/// not symmetric and unless that of q is positive definite.
template <std::floating_point D = double>
[[nodiscard]] inline double gaussian_kl(const Gaussian& from, const Gaussian& to) {
  const auto &p = deferred<D>(from), &q = deferred<D>(to);
  constexpr std::string_view me = "metrics::gaussian_kl";
  check_gaussian(me, "p", p);
  check_gaussian(me, "q", q);
  check_features(me, "q", q.mean, p.mean.size());
  const Eigen::LLT<Matrix<D>> of_q(q.covariance), of_p(p.covariance);
  check(of_q.info() == Eigen::Success, me, "the covariance of q is not positive definite");
  if (of_p.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
  const auto root = of_q.matrixL();
  const Matrix<D> ratio = root.solve(Matrix<D>(of_p.matrixL()));
  const Vector<D> shift = root.solve(q.mean - p.mean);
  // ln det Σp − ln det Σq = 2 Σ ln of the diagonal of L_q⁻¹ L_p; trace and logarithm summed
  // together lose nothing where p and q are close.
  double sum = shift.squaredNorm();
  for (Index i = 0; i < ratio.rows(); ++i) {
    const double r = ratio(i, i);
    sum += (r - 1) * (r + 1) - 2 * std::log(r);
    sum += ratio.row(i).head(i).squaredNorm();
  }
  return sum / 2;
}

/// W2 between Gaussians: W2² = |μp − μq|² + tr(Σp + Σq − 2 (Σq^½ Σp Σq^½)^½), the Bures distance of
/// the covariances [Dowson 1982].
///
/// Takes semi-definite covariances, Diracs included; resolves distances down to about 1e-8 of the
/// spread. The distance of feature statistics that FID is, too. Throws std::invalid_argument on
/// dimensions that differ, covariances that are not symmetric or have a negative eigenvalue.
template <std::floating_point D = double>
[[nodiscard]] inline double gaussian_wasserstein2(const Gaussian& from, const Gaussian& to) {
  const auto &p = deferred<D>(from), &q = deferred<D>(to);
  constexpr std::string_view me = "metrics::gaussian_wasserstein2";
  check_gaussian(me, "p", p);
  check_gaussian(me, "q", q);
  check_features(me, "q", q.mean, p.mean.size());
  using Solver = Eigen::SelfAdjointEigenSolver<Matrix<D>>;
  const auto root = [&](const auto& g, std::string_view argument) {
    const Solver solver(g.covariance);
    const Vector<D>& values = solver.eigenvalues();
    check(values.minCoeff() >= -1e-10 * values.cwiseAbs().maxCoeff(), me, "the covariance of ",
          argument, " has the eigenvalue ", values.minCoeff(), ", wanted none below 0");
    return (solver.eigenvectors() * values.cwiseMax(0.0).cwiseSqrt().asDiagonal() *
            solver.eigenvectors().transpose())
        .eval();
  };
  // tr (Σq^½ Σp Σq^½)^½ is the sum of the singular values of Σq^½ Σp^½.
  const Matrix<D> mixed = root(q, "q") * root(p, "p");
  const Solver square(mixed.transpose() * mixed, Eigen::EigenvaluesOnly);
  const double trace = p.covariance.trace() + q.covariance.trace() -
                       2 * square.eigenvalues().cwiseMax(0.0).cwiseSqrt().sum();
  return std::sqrt((p.mean - q.mean).squaredNorm() + std::max(trace, 0.0));
}

}  // namespace cytode::metrics
