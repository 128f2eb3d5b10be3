// SPDX-License-Identifier: MIT
/// The matrix exponential and the flow of a linear differential equation.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <type_traits>

#include <cytode/core/checks.hpp>
#include <cytode/core/small_lu.hpp>
#include <cytode/core/types.hpp>

namespace cytode {

/// e^A for a square matrix, d × d, by scaling and squaring with Padé approximants [Higham 2005].
///
/// Costs 3 to 6 products of d × d, one LU and log₂(‖A‖₁ / 5) squarings. The error is that of
/// rounding A by ε ‖A‖₁: small beside the exponential of the largest rates, while a rate of 1
/// beside one of 1e6 is exact to 1e-10. NaN or infinity in A give NaN. Throws std::invalid_argument
/// unless A is square.
template <std::floating_point Real = double>
[[nodiscard]] inline Matrix<Real> expm(const ConstBatch<std::type_identity_t<Real>>& a) {
  check(a.rows() == a.cols(), "expm", "the matrix is ", a.rows(), " x ", a.cols(),
        ", wanted a square one");
  const Index d = a.rows();
  if (!a.allFinite()) return Matrix<Real>::Constant(d, d, std::nan(""));
  if (d == 0) return a;
  // The largest ‖A‖₁ for which the approximant of each degree is exact to rounding, in double.
  struct Degree {
    int m;
    double norm;
  };
  constexpr std::array<Degree, 4> low{{{3, 1.495585217958292e-2},
                                       {5, 2.539398330063230e-1},
                                       {7, 9.504178996162932e-1},
                                       {9, 2.097847961257068e0}}};
  constexpr double norm13 = 5.371920351148152;
  const double norm = a.cwiseAbs().colwise().sum().maxCoeff();
  int m = 13, squarings = 0;
  for (const Degree degree : low) {
    if (norm <= degree.norm) {
      m = degree.m;
      break;
    }
  }
  if (norm > norm13) squarings = std::max(0, static_cast<int>(std::ceil(std::log2(norm / norm13))));
  const Matrix<Real> scaled = a * std::ldexp(1.0, -squarings);
  // c_k = (2m − k)! m! / ((2m)! (m − k)! k!): numerator Σ c_k A^k, denominator Σ c_k (−A)^k.
  std::array<double, 14> c{1};
  for (int k = 1; k <= m; ++k) {
    c[static_cast<std::size_t>(k)] =
        c[static_cast<std::size_t>(k - 1)] * (m - k + 1) / (k * (2.0 * m - k + 1));
  }
  const Matrix<Real> one = Matrix<Real>::Identity(d, d), a2 = scaled * scaled;
  Matrix<Real> odd, even;
  if (m == 13) {
    const Matrix<Real> a4 = a2 * a2, a6 = a4 * a2;
    const Matrix<Real> high_odd = c[13] * a6 + c[11] * a4 + c[9] * a2;
    const Matrix<Real> high_even = c[12] * a6 + c[10] * a4 + c[8] * a2;
    odd = a6 * high_odd + c[7] * a6 + c[5] * a4 + c[3] * a2 + c[1] * one;
    even = a6 * high_even + c[6] * a6 + c[4] * a4 + c[2] * a2 + c[0] * one;
  } else {
    Matrix<Real> power = one;
    odd = c[1] * one;
    even = c[0] * one;
    for (int k = 2; k < m; k += 2) {
      power = power * a2;
      even += c[static_cast<std::size_t>(k)] * power;
      odd += c[static_cast<std::size_t>(k + 1)] * power;
    }
  }
  odd = scaled * odd;
  Matrix<Real> e = even + odd;
  BatchedLu<Real> denominator;
  denominator.shape(d, 1) = even - odd;
  denominator.factor(0);
  for (Index j = 0; j < d; ++j) denominator.solve(0, e.col(j).data());
  for (int i = 0; i < squarings; ++i) e = e * e;
  return e;
}

/// How x' = A x + b moves in a time h: x(t + h) = E x(t) + p with E = e^{hA}, p = h φ₁(hA) b,
/// φ₁(z) = (e^z − 1)/z.
struct AffineFlow {
  Matrix<double> linear;  ///< E, d × d.
  Vector<double> offset;  ///< p, d.
};

/// The exact flow of x' = A x + b over a time h of either sign, from one exponential of
/// (d + 1) × (d + 1); A may be singular.
template <std::floating_point D = double>
[[nodiscard]] inline AffineFlow affine_flow(const ConstBatch<std::type_identity_t<D>>& a,
                                            const ConstVectorView<std::type_identity_t<D>>& b,
                                            double h) {
  check_features("affine_flow", "b", b, a.rows());
  const Index d = a.rows();
  // b is scaled to the size of A, so that it does not cost squarings, and p scaled back.
  const double size = b.cwiseAbs().sum(), target = a.cwiseAbs().maxCoeff();
  const double scale = size > 0 && target > 0 ? target / size : size > 0 ? 1 / size : 1;
  Matrix<D> augmented = Matrix<D>::Zero(d + 1, d + 1);
  augmented.topLeftCorner(d, a.cols()) = h * a;
  augmented.topRightCorner(d, 1) = h * scale * b;
  const Matrix<D> e = expm<D>(augmented);
  return {e.topLeftCorner(d, d), e.topRightCorner(d, 1) / scale};
}

}  // namespace cytode
