// SPDX-License-Identifier: MIT
/// The law of a module: its four operations are one another's derivatives and transposes.
#pragma once

#include <cytode/core/concepts.hpp>

#include "catch.hpp"

namespace cytode::laws {

/// Standard normals, rows × cols.
template <std::floating_point S>
Matrix<S> normals(Index rows, Index cols, std::uint64_t seed) {
  Matrix<S> m(rows, cols);
  Stream(seed).fill_normal(0, m.data(), m.size());
  return m;
}

/// Checks a module at n cells:
///  - jvp is the central difference of forward (step h, so an error of order h²);
///  - ⟨a, J ẋ⟩ = ⟨Jᵀa, ẋ⟩ to rounding, and the parameter cotangent against a difference in θ;
///  - jvp_vjp against differences of (y, ẏ) in θ, x and ẋ;
///  - vjp adds to what it is given, and its short form gives the same parameter cotangent.
template <Module M>
void check_module(const M& m, Index n,
                  std::uint64_t seed = 1) requires std::same_as<typename M::Scalar, double> {
  using V = Vector<double>;
  const double h = 1e-6, tolerance = 1e-7;  // central differences: h² ≈ 1e-12, rounding 1e-16/h
  V theta = V::Zero(m.layout().size());
  m.initialise(Stream(seed), theta);
  const V dtheta = normals<double>(theta.size(), 1, seed + 1);
  const Matrix<double> x = normals<double>(m.inputs(), n, seed + 2);
  const Matrix<double> dx = normals<double>(m.inputs(), n, seed + 3);
  const Matrix<double> ddx = normals<double>(m.inputs(), n, seed + 4);
  const Matrix<double> a = normals<double>(m.outputs(), n, seed + 5);
  const Matrix<double> b = normals<double>(m.outputs(), n, seed + 6);
  typename M::Cache cache;

  const auto value = [&](const V& p, const Matrix<double>& at) {
    Matrix<double> y(m.outputs(), n);
    m.forward(p, at, y, cache);
    return y;
  };
  const auto tangent = [&](const V& p, const Matrix<double>& at, const Matrix<double>& along) {
    Matrix<double> dy(m.outputs(), n);
    value(p, at);
    m.jvp(p, at, along, dy, cache);
    return dy;
  };
  const auto close = [&](double got, double wanted) {
    CHECK(std::abs(got - wanted) <= tolerance * (1 + std::abs(wanted)));
  };

  const Matrix<double> dy = tangent(theta, x, dx);
  const Matrix<double> difference = (value(theta, x + h * dx) - value(theta, x - h * dx)) / (2 * h);
  CHECK((dy - difference).norm() <= tolerance * (1 + dy.norm()));

  value(theta, x);
  Matrix<double> ax = Matrix<double>::Ones(m.inputs(), n);
  V atheta = V::Ones(theta.size());
  m.vjp(theta, x, a, ax, atheta, cache);
  ax.array() -= 1;
  atheta.array() -= 1;
  CHECK(std::abs((a.array() * dy.array()).sum() - (ax.array() * dx.array()).sum()) <=
        1e-12 * (1 + a.norm() * dy.norm()));
  const auto inner = [&](const V& p) { return (a.array() * value(p, x).array()).sum(); };
  close(atheta.dot(dtheta), (inner(theta + h * dtheta) - inner(theta - h * dtheta)) / (2 * h));

  value(theta, x);
  V short_form = V::Zero(theta.size());
  m.vjp(theta, x, a, short_form, cache);
  CHECK((short_form - atheta).norm() <= 1e-13 * (1 + atheta.norm()));

  tangent(theta, x, dx);
  Matrix<double> bx = Matrix<double>::Zero(m.inputs(), n), bdx = bx;
  V btheta = V::Zero(theta.size());
  m.jvp_vjp(theta, x, dx, a, b, bx, bdx, btheta, cache);
  const auto both = [&](const V& p, const Matrix<double>& at, const Matrix<double>& along) {
    const Matrix<double> t = tangent(p, at, along);
    return (b.array() * t.array()).sum() + (a.array() * value(p, at).array()).sum();
  };
  close(btheta.dot(dtheta),
        (both(theta + h * dtheta, x, dx) - both(theta - h * dtheta, x, dx)) / (2 * h));
  close((bx.array() * ddx.array()).sum(),
        (both(theta, x + h * ddx, dx) - both(theta, x - h * ddx, dx)) / (2 * h));
  close((bdx.array() * ddx.array()).sum(),
        (both(theta, x, dx + h * ddx) - both(theta, x, dx - h * ddx)) / (2 * h));
}

}  // namespace cytode::laws
