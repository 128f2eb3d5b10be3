// SPDX-License-Identifier: MIT
/// The numbers of a Rosenbrock method, in the form that needs no products with the Jacobian.
#pragma once

#include <array>
#include <concepts>
#include <string_view>

namespace cytode::ode {

template <std::floating_point S>
class RosenbrockStep;

/// A Rosenbrock method of at most 8 stages: one Jacobian and one LU a step, no iteration.
///
/// With J = ∂f/∂x and f_t = ∂f/∂t at the start of the step, stage i solves
///
///     (I/(hγ) − J) u_i = f(t + α_i h, x + Σ_j a_ij u_j) + Σ_j (c_ij / h) u_j + h γ_i f_t,
///
/// the step is x + Σ m_i u_i, its error estimate Σ e_i u_i, and between (0 ≤ θ ≤ 1)
/// x(t + θh) = x + θ Σ_i (m_i + (1 − θ)(h_1i + θ h_2i + θ² h_3i)) u_i. [Hairer 1996, IV.7]
struct RosenbrockTableau {
  static constexpr int most = 8;
  using Weights = std::array<double, most>;
  using Square = std::array<Weights, most>;

  std::string_view name;
  int stages = 0;
  int order = 0;        ///< Of the step.
  int error_order = 0;  ///< Of the embedded step it is compared with.
  int dense_order = 0;  ///< Of the polynomial within a step; order − 1 keeps the global order.
  int dense_rows = 0;   ///< Rows of h in use.
  double gamma = 0;
  Square a{};                      ///< Strictly lower triangle.
  Square c{};                      ///< Strictly lower triangle.
  Weights alpha{};                 ///< α_i: where in the step f is evaluated.
  Weights gammas{};                ///< γ_i: weight of f_t.
  Weights m{};                     ///< The step.
  Weights e{};                     ///< The error estimate.
  std::array<Weights, 3> dense{};  ///< h: dense output.
  template <std::floating_point S>
  using Step = RosenbrockStep<S>;

  /// False if stage i takes f at the start of the step.
  [[nodiscard]] constexpr bool evaluates(int i) const {
    const auto k = static_cast<std::size_t>(i);
    for (const double weight : a[k]) {
      if (weight != 0) return true;
    }
    return alpha[k] != 0;
  }
  /// Weight of u_i in x(t + θh) − x.
  [[nodiscard]] constexpr double dense_weight(int i, double theta) const {
    const auto k = static_cast<std::size_t>(i);
    double sum = 0;
    for (auto r = static_cast<std::size_t>(dense_rows); r-- > 0;) sum = sum * theta + dense[r][k];
    return theta * (m[k] + (1 - theta) * sum);
  }
  /// Its derivative in θ.
  [[nodiscard]] constexpr double dense_slope(int i, double theta) const {
    const auto k = static_cast<std::size_t>(i);
    double slope = m[k], power = 1;
    for (int r = 0; r < dense_rows; ++r, power *= theta) {
      slope += dense[static_cast<std::size_t>(r)][k] * power * (r + 1 - (r + 2) * theta);
    }
    return slope;
  }
  [[nodiscard]] constexpr bool adaptive() const { return error_order > 0; }

  /// Γ with γ on its diagonal, k = Γ⁻¹ u / h the slopes of the untransformed method:
  /// Γ = (I/γ − C)⁻¹. With it α = a Γ, b = Γᵀ m.
  [[nodiscard]] constexpr Square gamma_matrix() const {
    Square g{};
    const auto s = static_cast<std::size_t>(stages);
    for (std::size_t j = 0; j < s; ++j) {
      g[j][j] = gamma;
      for (std::size_t i = j + 1; i < s; ++i) {
        for (std::size_t k = j; k < i; ++k) g[i][j] += gamma * c[i][k] * g[k][j];
      }
    }
    return g;
  }
};

/// True if α_i and γ_i are the row sums of a Γ and Γ, the weights b sum to 1 and those of the error
/// to 0, to rounding: for static_assert.
[[nodiscard]] constexpr bool consistent(const RosenbrockTableau& t) {
  const auto g = t.gamma_matrix();
  const auto s = static_cast<std::size_t>(t.stages);
  const auto near = [](double x, double y) { return x - y < 1e-13 && y - x < 1e-13; };
  double weight = 0, error = 0;
  for (std::size_t i = 0; i < s; ++i) {
    double row = 0, place = 0;
    for (std::size_t j = 0; j < s; ++j) {
      row += g[i][j];
      weight += t.m[i] * g[i][j];
      error += t.e[i] * g[i][j];
      for (std::size_t k = 0; k < i; ++k) place += t.a[i][k] * g[k][j];
    }
    if (!near(row, t.gammas[i]) || !near(place, t.alpha[i])) return false;
  }
  return near(weight, 1) && near(error, 0);
}

}  // namespace cytode::ode
