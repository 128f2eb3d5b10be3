// SPDX-License-Identifier: MIT
/// Butcher tableaus of explicit Runge–Kutta methods: the numbers that drive the step, the error,
/// the dense output and the exact adjoint.
#pragma once

#include <cmath>
#include <concepts>
#include <span>
#include <string_view>

namespace cytode::ode {

template <std::floating_point S>
class ExplicitStep;

/// An explicit method of s stages, its error estimate and its continuous extension, as constants:
///
///   k_i = f(t + c_i h, x + h Σ_{j<i} a_ij k_j),   x' = x + h Σ b_i k_i,   error = h Σ e_i k_i,
///   x(t + θh) = x + h Σ_i b_i(θ) k_i,   b_i(θ) = Σ_m dense_im θ^m.
///
/// c_i is the sum of row i. Rows are given below the diagonal only. A method whose last row is b
/// evaluates the first stage of the next step there ("first same as last"). Where it does not, the
/// slope at x' follows the stages as one more stage of the continuous extension, and `extra` adds
/// rows beyond it that are evaluated only when the extension is asked for. Without `dense`, the
/// extension is the cubic through both end points and slopes.
struct ExplicitTableau {
  std::string_view name;
  int order = 1;
  int stages = 1;
  std::span<const double> a = {};       ///< s (s − 1) / 2 numbers, row by row.
  std::span<const double> b = {};       ///< s numbers.
  int error_order = 0;                  ///< Order of the embedded method; 0: no estimate.
  std::span<const double> error = {};   ///< e = b − b̂, s numbers.
  std::span<const double> second = {};  ///< Second estimate [Hairer 1993, II.10], or none.
  std::span<const double> extra = {};   ///< Rows of the extra stages of the extension.
  std::span<const double> dense = {};   ///< (stages of the extension) × degree numbers.
  int degree = 3;                       ///< Degree of the extension in θ.
  template <std::floating_point S>
  using Step = ExplicitStep<S>;

  /// Coefficient a_ij, j < i.
  [[nodiscard]] constexpr double row(int i, int j) const {
    return a[static_cast<std::size_t>(i * (i - 1) / 2 + j)];
  }
  /// Node c_i of stage i. Where the sum of the row is 1 but for rounding it is 1, so that all
  /// stages at the end of a step have the same time.
  [[nodiscard]] constexpr double node(int i) const {
    double c = 0;
    for (int j = 0; j < i; ++j) c += row(i, j);
    return c > 1 - 1e-14 && c < 1 + 1e-14 ? 1 : c;
  }
  /// True if the last stage is the slope at the end of the step.
  [[nodiscard]] constexpr bool first_same_as_last() const {
    if (stages < 2) return false;
    for (int j = 0; j + 1 < stages; ++j) {
      if (row(stages - 1, j) != b[static_cast<std::size_t>(j)]) return false;
    }
    return b[static_cast<std::size_t>(stages - 1)] == 0;
  }
  /// True if the step estimates its error.
  [[nodiscard]] constexpr bool adaptive() const { return !error.empty(); }
  /// Stages of the method and the slope at the end of the step.
  [[nodiscard]] constexpr int closed_stages() const {
    return stages + (first_same_as_last() ? 0 : 1);
  }
  /// Stages that the continuous extension needs beyond those.
  [[nodiscard]] constexpr int extra_stages() const {
    int count = 0, left = static_cast<int>(extra.size());
    while (left > 0) left -= closed_stages() + count++;
    return count;
  }
  /// Coefficient of stage j in extra stage i (0-based).
  [[nodiscard]] constexpr double extra_row(int i, int j) const {
    int start = 0;
    for (int r = 0; r < i; ++r) start += closed_stages() + r;
    return extra[static_cast<std::size_t>(start + j)];
  }
  /// All stages of the continuous extension.
  [[nodiscard]] constexpr int dense_stages() const { return closed_stages() + extra_stages(); }
  /// Coefficient of θ^m, m = 1 … degree, in the weight b_i(θ) of stage i of the extension.
  [[nodiscard]] constexpr double dense_coefficient(int i, int m) const {
    if (!dense.empty()) return dense[static_cast<std::size_t>(i * degree + m - 1)];
    // Hermite's cubic: (x' − x)(3θ² − 2θ³) + h k_first θ(1 − θ)² + h k_last θ²(θ − 1).
    const double weight = i < stages ? b[static_cast<std::size_t>(i)] : 0;
    const double first = i == 0 ? 1 : 0, last = i == closed_stages() - 1 ? 1 : 0;
    if (m == 1) return first;
    if (m == 2) return 3 * weight - 2 * first - last;
    return -2 * weight + first + last;
  }
  /// b_i(θ).
  [[nodiscard]] constexpr double dense_weight(int i, double theta) const {
    double w = 0;
    for (int m = degree; m > 0; --m) w = (w + dense_coefficient(i, m)) * theta;
    return w;
  }
};

/// True if the sizes fit, Σb = 1, Σe = 0, and the extension ends in b: for static_assert.
[[nodiscard]] constexpr bool consistent(const ExplicitTableau& t) {
  const auto near = [](double x, double y) { return x - y < 1e-13 && y - x < 1e-13; };
  const auto sum = [](std::span<const double> v) {
    double s = 0;
    for (const double x : v) s += x;
    return s;
  };
  const auto s = static_cast<std::size_t>(t.stages);
  if (t.a.size() != s * (s - 1) / 2 || t.b.size() != s || !near(sum(t.b), 1)) return false;
  if (!t.error.empty() && (t.error.size() != s || !near(sum(t.error), 0))) return false;
  if (!t.second.empty() && (t.second.size() != s || !near(sum(t.second), 0))) return false;
  const int stages = t.dense_stages();
  if (!t.dense.empty() && t.dense.size() != static_cast<std::size_t>(stages * t.degree)) {
    return false;
  }
  for (int i = 0; i < stages; ++i) {
    const double end = i < t.stages ? t.b[static_cast<std::size_t>(i)] : 0;
    const double gap = t.dense_weight(i, 1) - end;
    if (gap > 1e-12 || gap < -1e-12) return false;
  }
  return true;
}

}  // namespace cytode::ode
