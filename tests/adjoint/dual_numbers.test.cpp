// SPDX-License-Identifier: MIT
// The exact gradient methods against dual numbers run through steps written out by hand.
#include <array>
#include <cmath>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/forward.hpp>
#include <cytode/adjoint/reversible.hpp>
#include <cytode/core/dual.hpp>
#include <cytode/fields/kinetics.hpp>
#include <cytode/ode/runge_kutta4.hpp>

#include "catch.hpp"

using namespace cytode;
using namespace cytode::adjoint;

namespace {

constexpr int steps = 12;
constexpr double coupling = 0.97;

/// A pendulum under a force, with time, state and four parameters mixed.
const auto pendulum = [](const auto& t, auto x, auto p, auto dx) {
  dx[0] = x[1];
  dx[1] = -p[0] * x[1] - p[1] * sin(x[0]) + p[2] * cos(p[3] * t) + 0.1 * t * x[0];
};

using D = Dual<double, 9>;  // θ (4), x0 (2), times (3)
using State = std::array<D, 2>;

struct ByHand {
  std::array<D, 4> p;

  State slope(const D& t, const State& x) const {
    State dx;
    pendulum(t, x, p, std::span<D>(dx));
    return dx;
  }
  static State add(const State& x, const D& h, const State& k) {
    return {x[0] + h * k[0], x[1] + h * k[1]};
  }
  /// The increment of the classical Runge–Kutta step.
  State increment(const D& t, const D& h, const State& x) const {
    const State k1 = slope(t, x), k2 = slope(t + 0.5 * h, add(x, 0.5 * h, k1));
    const State k3 = slope(t + 0.5 * h, add(x, 0.5 * h, k2)), k4 = slope(t + h, add(x, h, k3));
    State sum;
    for (std::size_t i = 0; i < 2; ++i) {
      sum[i] = h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    }
    return sum;
  }
  State plain(const D& from, const D& to, State x) const {
    const D h = (to - from) / static_cast<double>(steps);
    for (int n = 0; n < steps; ++n) {
      x = add(x, 1.0, increment(from + static_cast<double>(n) * h, h, x));
    }
    return x;
  }
  State reversible(const D& from, const D& to, State y) const {
    const D h = (to - from) / static_cast<double>(steps);
    State z = y;
    for (int n = 0; n < steps; ++n) {
      const D t = from + static_cast<double>(n) * h;
      const State there = increment(t, h, z);
      for (std::size_t i = 0; i < 2; ++i) y[i] = coupling * y[i] + (1 - coupling) * z[i] + there[i];
      z = add(z, -1.0, increment(t + h, -h, y));
    }
    return y;
  }
};

const std::vector<double> theta{0.3, 1.2, 0.8, 1.7}, start{0.7, -0.4}, times{0.2, 1.0, 2.5};

/// L = Σ_k k Σ_i sin(x_i(t_k)) + x_i(t_0)³ with its gradient in all nine numbers.
D loss_by_hand(bool reversible) {
  ByHand pendulum_by_hand;
  for (int i = 0; i < 4; ++i) {
    pendulum_by_hand.p[static_cast<std::size_t>(i)] =
        D::variable(theta[static_cast<std::size_t>(i)], i);
  }
  State x{D::variable(start[0], 4), D::variable(start[1], 5)};
  std::array<D, 3> t;
  for (int k = 0; k < 3; ++k) {
    t[static_cast<std::size_t>(k)] = D::variable(times[static_cast<std::size_t>(k)], 6 + k);
  }
  D loss = x[0] * x[0] * x[0] + x[1] * x[1] * x[1];
  for (std::size_t k = 1; k < 3; ++k) {
    x = reversible ? pendulum_by_hand.reversible(t[k - 1], t[k], x)
                   : pendulum_by_hand.plain(t[k - 1], t[k], x);
    loss = loss + static_cast<double>(k) * (sin(x[0]) + sin(x[1]));
  }
  return loss;
}

/// The same loss by a gradient method, on three cells of which the middle one counts.
template <class G>
void check(const G& method, const D& wanted) {
  const auto field =
      fields::kinetics<double>(2, Eigen::Map<const Vector<double>>(theta.data(), 4), pendulum);
  Matrix<double> x0(2, 3);
  x0 << 1, start[0], 2, 0.5, start[1], -1;
  auto run = differentiate(field, x0, times, ode::RungeKutta4{.steps = steps}, method);
  std::vector<Matrix<double>> cotangents(3, Matrix<double>::Zero(2, 3));
  double loss = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    for (Index i = 0; i < 2; ++i) {
      const double x = run.solution().states[k](i, 1), weight = static_cast<double>(k);
      loss += k == 0 ? x * x * x : weight * std::sin(x);
      cotangents[k](i, 1) = k == 0 ? 3 * x * x : weight * std::cos(x);
    }
  }
  Gradient<double> g;
  run.pullback(cotangents, g);
  const auto close = [](double got, double value) { return std::abs(got - value) < 1e-12; };
  CHECK(close(loss, wanted.value));
  for (std::size_t i = 0; i < 9; ++i) {
    CAPTURE(i);
    const auto k = static_cast<Index>(i);
    const double got = i < 4 ? g.parameters[k] : i < 6 ? g.x0(k - 4, 1) : g.times[i - 6];
    CHECK(close(got, wanted.tangent[i]));
    CHECK(std::abs(got) > 1e-3);  // nothing that is 0 anyway
  }
  CHECK(g.x0.col(0).isZero(0));
  CHECK(g.x0.col(2).isZero(0));
}

}  // namespace

TEST_CASE("exact gradients are those of dual numbers, to rounding", "[adjoint]") {
  const D plain = loss_by_hand(false), pairs = loss_by_hand(true);
  check(Discrete{}, plain);
  check(Forward{}, plain);
  check(Reversible{.coupling = coupling}, pairs);
  CHECK(std::abs(plain.value - pairs.value) > 1e-9);  // two solutions of one equation
}
