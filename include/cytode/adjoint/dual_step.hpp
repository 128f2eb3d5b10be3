// SPDX-License-Identifier: MIT
/// Steps of one cell in dual numbers, written anew from the tableaus.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <cytode/adjoint/dual_field.hpp>
#include <cytode/ode/esdirk_tableau.hpp>
#include <cytode/ode/rosenbrock_tableau.hpp>
#include <cytode/ode/tableau.hpp>

namespace cytode::adjoint {

/// x(t + h) of a step of any explicit, Rosenbrock or ESDIRK tableau, with its derivative along one
/// direction of (t, h, x, p): forward differentiation of the step's arithmetic. It shares no code
/// with the steps that it is to check, and is slow. Stages of ESDIRK are solved to rounding.
template <DualField F>
class DualStep {
 public:
  using D = Dual<double, 1>;
  using State = std::vector<D>;

  DualStep(const F& field, State parameters) : field_(&field), p_(std::move(parameters)) {}

  [[nodiscard]] State step(const ode::ExplicitTableau& tab, const D& t, const D& h,
                           const State& x) const {
    std::vector<State> k;
    for (int i = 0; i < tab.stages; ++i) {
      State point = x;
      for (int j = 0; j < i; ++j) add(point, tab.row(i, j) * h, k[at(j)]);
      k.push_back(slope(t + tab.node(i) * h, point));
    }
    State next = x;
    for (int i = 0; i < tab.stages; ++i) add(next, tab.b[at(i)] * h, k[at(i)]);
    return next;
  }
  /// (I/(hγ) − J) u_i = f(t + α_i h, x + Σ a_ij u_j) + Σ c_ij u_j / h + h γ_i f_t, next = x + Σ m
  /// u.
  [[nodiscard]] State step(const ode::RosenbrockTableau& tab, const D& t, const D& h,
                           const State& x) const {
    State partial;
    const std::vector<State> jacobian = derivatives(t, x, &partial);
    std::vector<State> u;
    State next = x;
    for (int i = 0; i < tab.stages; ++i) {
      State point = x;
      for (int j = 0; j < i; ++j) add(point, D(tab.a[at(i)][at(j)]), u[at(j)]);
      State right = slope(t + tab.alpha[at(i)] * h, point);
      for (int j = 0; j < i; ++j) add(right, tab.c[at(i)][at(j)] / h, u[at(j)]);
      add(right, tab.gammas[at(i)] * h, partial);
      for (D& r : right) r *= tab.gamma * h;
      u.push_back(solve(jacobian, tab.gamma * h, std::move(right)));
      add(next, D(tab.m[at(i)]), u.back());
    }
    return next;
  }
  /// z_i = h f(t + c_i h, x + Σ_{j<i} a_ij z_j + γ z_i), next the argument of the last stage.
  [[nodiscard]] State step(const ode::EsdirkTableau& tab, const D& t, const D& h,
                           const State& x) const {
    std::vector<State> z;
    State point = x;
    for (int i = 0; i < tab.stages; ++i) {
      State base = x;
      for (int j = 0; j < i; ++j) add(base, D(tab.a[at(i)][at(j)]), z[at(j)]);
      z.push_back(i == 0 ? State(x.size()) : z.back());
      if (i == 0) {
        add(z[0], h, slope(t, x));
        continue;
      }
      // Newton's method, and one step more: derivatives lag one behind the values.
      for (int left = 30, done = 0; left > 0 && done < 2; --left) {
        point = base;
        add(point, D(tab.gamma), z.back());
        State rest(x.size());
        add(rest, h, slope(t + tab.c[at(i)] * h, point));
        add(rest, D(-1.0), z.back());
        rest = solve(derivatives(t + tab.c[at(i)] * h, point, nullptr), tab.gamma * h, rest);
        double size = 0, scale = 1e-300;
        for (std::size_t q = 0; q < rest.size(); ++q) {
          size = std::max(size, std::abs(rest[q].value));
          scale = std::max(scale, std::abs(point[q].value));
        }
        add(z.back(), D(1.0), rest);
        if (!(size > 1e-13 * scale)) ++done;
      }
      point = base;
      add(point, D(tab.gamma), z.back());
    }
    return point;
  }

 private:
  using Second = Dual<D, 1>;

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  static void add(State& to, const D& weight, const State& what) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += weight * what[i];
  }
  [[nodiscard]] State slope(const D& t, const State& x) const {
    State dx(x.size());
    field_->evaluate(t, std::span<const D>(x), std::span<const D>(p_), std::span<D>(dx));
    return dx;
  }
  // Columns of ∂f/∂x, and ∂f/∂t if it is wanted.
  [[nodiscard]] std::vector<State> derivatives(const D& t, const State& x, State* partial) const {
    std::vector<Second> p(p_.begin(), p_.end()), dx(x.size());
    std::vector<State> columns;
    for (std::size_t k = 0; k <= x.size(); ++k) {
      if (k == x.size() && !partial) break;
      std::vector<Second> point(x.begin(), x.end());
      Second time(t);
      (k == x.size() ? time : point[k]).tangent[0] = D(1.0);
      std::fill(dx.begin(), dx.end(), Second());
      field_->evaluate(time, std::span<const Second>(point), std::span<const Second>(p),
                       std::span<Second>(dx));
      State column;
      for (const Second& d : dx) column.push_back(d.tangent[0]);
      if (k == x.size()) {
        *partial = std::move(column);
      } else {
        columns.push_back(std::move(column));
      }
    }
    return columns;
  }
  // (I − w J)⁻¹ r by elimination with row pivots.
  [[nodiscard]] static State solve(std::vector<State> columns, const D& w, State r) {
    const std::size_t d = r.size();
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t i = 0; i < d; ++i) columns[j][i] = (i == j ? 1.0 : 0.0) - w * columns[j][i];
    }
    for (std::size_t k = 0; k < d; ++k) {
      std::size_t pivot = k;
      for (std::size_t i = k + 1; i < d; ++i) {
        if (std::abs(columns[k][i].value) > std::abs(columns[k][pivot].value)) pivot = i;
      }
      for (State& column : columns) std::swap(column[k], column[pivot]);
      std::swap(r[k], r[pivot]);
      for (std::size_t i = k + 1; i < d; ++i) {
        const D factor = columns[k][i] / columns[k][k];
        for (std::size_t j = k; j < d; ++j) columns[j][i] -= factor * columns[j][k];
        r[i] -= factor * r[k];
      }
    }
    for (std::size_t k = d; k-- > 0;) {
      for (std::size_t j = k + 1; j < d; ++j) r[k] -= columns[j][k] * r[j];
      r[k] /= columns[k][k];
    }
    return r;
  }

  const F* field_;
  State p_;
};

}  // namespace cytode::adjoint
