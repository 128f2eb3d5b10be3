// SPDX-License-Identifier: MIT
/// The law of a probability path: its velocity is the derivative of its position at fixed noise.
#pragma once

#include <cytode/flow/path.hpp>

#include "laws/module.hpp"

namespace cytode::laws {

/// Checks u = ∂x/∂s by central differences, and that s = 0 and s = 1 sit at the pair up to noise.
template <flow::Path P>
void check_path(const P& path, double end_noise) {
  const Index d = 3, n = 20;
  const double h = 1e-5;
  const Matrix<double> x0 = normals<double>(d, n, 1), x1 = normals<double>(d, n, 2);
  const Matrix<double> noise = normals<double>(d, n, 3);
  const auto at = [&](const Row<double>& s) {
    std::pair<Matrix<double>, Matrix<double>> out{Matrix<double>(d, n), Matrix<double>(d, n)};
    path.template sample<double>(s, x0, x1, noise, out.first, out.second);
    return out;
  };
  const Row<double> s = Row<double>::LinSpaced(n, 0.1, 0.9);
  const Row<double> step = Row<double>::Constant(n, h);
  const Matrix<double> difference = (at(s + step).first - at(s - step).first) / (2 * h);
  // Error of the difference: h² ≈ 1e-10 times a third derivative, and rounding 1e-16/h.
  CHECK((at(s).second - difference).norm() <= 1e-8 * (1 + difference.norm()));
  CHECK((at(Row<double>::Zero(n)).first - x0 - end_noise * noise).norm() <= 1e-12);
  CHECK((at(Row<double>::Ones(n)).first - x1 - end_noise * noise).norm() <= 1e-12);
}

}  // namespace cytode::laws
