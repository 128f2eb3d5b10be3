// SPDX-License-Identifier: MIT
/// An initial value problem whose end is known: what the classic test problems are made of.
#pragma once

#include <initializer_list>
#include <string_view>

#include <cytode/core/types.hpp>

namespace cytode::problems {

/// x' = field(t, x), x(t0) = x0, and x(t1) as others or an independent method found it.
///
/// Where the values come from: tests/fixtures/ode/make_references.py and references.csv beside it.
///
///     const auto problem = problems::hires();
///     const auto run = ode::solve(problem.field, problem.x0, {problem.t0, problem.t1}, method);
///     CHECK(problem.error(run.last()) <= 1e-6);
template <class Field>
struct Problem {
  std::string_view name;  ///< That of the function that makes it, and of its line in the file.
  Field field;
  Matrix<double> x0;  ///< dims × 1
  double t0, t1;
  Matrix<double> reference;  ///< x(t1), dims × 1
  double floor = 1;          ///< Components below this size count absolutely in error().
  int digits = 15;           ///< Decimals of error() that arithmetic in double can reach.

  [[nodiscard]] Index dims() const noexcept { return x0.rows(); }
  /// Largest error of a component over the larger of its size and `floor`.
  [[nodiscard]] double error(const Matrix<double>& x) const {
    return ((x - reference).array().abs() / reference.array().abs().max(floor)).maxCoeff();
  }
};

template <class Field>
Problem(std::string_view, Field, Matrix<double>, double, double, Matrix<double>, double = 1,
        int = 15) -> Problem<Field>;

/// A column of numbers.
[[nodiscard]] inline Matrix<double> column(std::initializer_list<double> values) {
  Matrix<double> x(static_cast<Index>(values.size()), 1);
  Index i = 0;
  for (const double v : values) x(i++, 0) = v;
  return x;
}

/// (1, 0, ..., 0) of so many dimensions.
[[nodiscard]] inline Matrix<double> unit(Index dims) {
  Matrix<double> x = Matrix<double>::Zero(dims, 1);
  x(0, 0) = 1;
  return x;
}

}  // namespace cytode::problems
