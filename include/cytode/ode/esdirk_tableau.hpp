// SPDX-License-Identifier: MIT
/// The numbers of a diagonally implicit Runge–Kutta method with an explicit first stage.
#pragma once

#include <array>
#include <concepts>
#include <string_view>

namespace cytode::ode {

template <std::floating_point S>
class EsdirkStep;

/// A stiffly accurate ESDIRK method of at most 8 stages, all with one γ: one LU serves them all.
///
/// Stage 1 is x itself. Stage i solves
///
///     Y_i = x + h Σ_{j<i} a_ij k_j + h γ k_i,   k_i = f(t + c_i h, Y_i);
///
/// the step is the last stage, its error estimate h Σ e_i k_i, and between (0 ≤ θ ≤ 1)
/// x(t + θh) = cubic Hermite polynomial of (x, k_1, x₁, k_s) + θ²(1 − θ)² h Σ_i w_i k_i.
/// Newton's iteration for stage i starts at x + h Σ_{j<i} p_ij k_j.
struct EsdirkTableau {
  static constexpr int most = 8;
  using Weights = std::array<double, most>;
  using Square = std::array<Weights, most>;

  std::string_view name;
  int stages = 0;
  int order = 0;        ///< Of the step.
  int error_order = 0;  ///< Of the embedded step it is compared with.
  int dense_order = 0;  ///< Of the polynomial within a step; order − 1 keeps the global order.
  double gamma = 0;
  Square a{};   ///< Strictly lower triangle; row `stages` is also b, with b_s = γ.
  Weights c{};  ///< Where in the step each stage lies.
  Weights e{};  ///< The error estimate: b − b̂.
  Weights w{};  ///< What dense output adds to the Hermite polynomial.
  Square p{};   ///< First guesses, strictly lower triangle.
  template <std::floating_point S>
  using Step = EsdirkStep<S>;

  /// Weight of h k_i in the step.
  [[nodiscard]] constexpr double b(int i) const {
    return i + 1 == stages ? gamma
                           : a[static_cast<std::size_t>(stages - 1)][static_cast<std::size_t>(i)];
  }
  /// Weight of h k_i in x(t + θh) − x.
  [[nodiscard]] constexpr double dense_weight(int i, double theta) const {
    const double rest = 1 - theta, bump = theta * theta * rest * rest;
    double weight = theta * theta * (3 - 2 * theta) * b(i) + bump * w[static_cast<std::size_t>(i)];
    if (i == 0) weight += theta * rest * rest;
    if (i + 1 == stages) weight -= theta * theta * rest;
    return weight;
  }
  /// Its derivative in θ.
  [[nodiscard]] constexpr double dense_slope(int i, double theta) const {
    const double rest = 1 - theta;
    double slope = 6 * theta * rest * b(i) +
                   2 * theta * rest * (rest - theta) * w[static_cast<std::size_t>(i)];
    if (i == 0) slope += rest * (rest - 2 * theta);
    if (i + 1 == stages) slope += theta * (3 * theta - 2);
    return slope;
  }
  [[nodiscard]] constexpr bool adaptive() const { return error_order > 0; }
};

/// True if the rows of the stages sum to c, those stages have order 2, e sums to 0, and the first
/// guesses have order 1, to rounding: for static_assert.
[[nodiscard]] constexpr bool consistent(const EsdirkTableau& t) {
  const auto s = static_cast<std::size_t>(t.stages);
  const auto near = [](double x, double y) { return x - y < 1e-14 && y - x < 1e-14; };
  double error = t.e[0];
  for (std::size_t i = 1; i < s; ++i) {
    double row = t.gamma, second = t.gamma * t.c[i], guess = 0;
    for (std::size_t j = 0; j < i; ++j) {
      row += t.a[i][j];
      second += t.a[i][j] * t.c[j];
      guess += t.p[i][j];
    }
    error += t.e[i];
    if (!near(row, t.c[i]) || !near(2 * second, t.c[i] * t.c[i]) || !near(guess, t.c[i])) {
      return false;
    }
  }
  return near(error, 0) && t.c[0] == 0 && near(t.c[s - 1], 1);
}

}  // namespace cytode::ode
