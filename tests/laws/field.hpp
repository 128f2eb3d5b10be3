// SPDX-License-Identifier: MIT
/// The law of a differentiable field: its operations agree with differences in t, x and θ.
#pragma once

#include "laws/module.hpp"

namespace cytode::laws {

/// Checks a field at n cells, with one shared time and with a row of times.
template <DifferentiableField F>
void check_field(F field, Index n) requires std::same_as<typename F::Scalar, double> {
  using M = Matrix<double>;
  const double h = 1e-6, tolerance = 1e-7;  // central differences
  const Index d = field.dims();
  const M x = normals<double>(d, n, 1), dx = normals<double>(d, n, 2), a = normals<double>(d, n, 3);
  const M b = normals<double>(d, n, 4), ddx = normals<double>(d, n, 5);
  const Row<double> each = normals<double>(1, n, 6), deach = normals<double>(1, n, 7);
  const Vector<double> theta = field.parameters();
  const Vector<double> dtheta = normals<double>(theta.size(), 1, 8);
  typename F::Cache cache;
  const double one = 0.3, done = 0.7;

  for (const bool shared : {true, false}) {
    const auto value = [&](double e, const Vector<double>& p, const M& at) {
      const double moved = one + e * done;
      const Row<double> row = each + e * deach;
      const Times<double> t = shared ? Times<double>(moved) : Times<double>(row);
      field.parameters() = p;
      M y(d, n);
      field.forward(t, at, y, cache);
      return y;
    };
    const Times<double> t = shared ? Times<double>(one) : Times<double>(each);
    const Times<double> tdot = shared ? Times<double>(done) : Times<double>(deach);

    value(0, theta, x);
    M tangent(d, n);
    field.jvp(t, x, tdot, dx, tangent, cache);
    const M moved = (value(h, theta, x + h * dx) - value(-h, theta, x - h * dx)) / (2 * h);
    CHECK((tangent - moved).norm() <= tolerance * (1 + tangent.norm()));

    value(0, theta, x);
    M ax = M::Ones(d, n);
    Row<double> aclock = Row<double>::Ones(n);
    Vector<double> at = Vector<double>::Ones(theta.size()), alone = at;
    field.vjp(t, x, a, aclock, ax, at, cache);
    field.vjp(t, x, a, alone, cache);
    CHECK((alone - at).norm() <= 1e-13 * (1 + at.norm()));
    ax.array() -= 1;
    at.array() -= 1;
    aclock.array() -= 1;
    const M later = value(h, theta, x), earlier = value(-h, theta, x);
    const Row<double> slopes =
        (a.array() * (later - earlier).array()).colwise().sum() / (2 * h);  // along ṫ
    for (Index j = 0; j < n; ++j) {
      CHECK(aclock[j] * tdot[j] == Approx(slopes[j]).epsilon(1e-6).margin(1e-7));
    }
    value(0, theta, x);
    const auto inner = [&](const Vector<double>& p, const M& y) {
      return (a.array() * value(0, p, y).array()).sum();
    };
    CHECK((ax.array() * dx.array()).sum() ==
          Approx((inner(theta, x + h * dx) - inner(theta, x - h * dx)) / (2 * h)).epsilon(1e-6));
    CHECK(at.dot(dtheta) ==
          Approx((inner(theta + h * dtheta, x) - inner(theta - h * dtheta, x)) / (2 * h))
              .epsilon(1e-6));

    const auto both = [&](const Vector<double>& p, const M& y, const M& along, double shift = 0) {
      const M v = value(shift, p, y);
      M dv(d, n);
      const Row<double> later_times = each + shift * deach;
      const Times<double> at_shift =
          shared ? Times<double>(one + shift * done) : Times<double>(later_times);
      field.jvp(at_shift, y, tdot, along, dv, cache);
      return (a.array() * v.array() + b.array() * dv.array()).sum();
    };
    both(theta, x, dx);
    M bx = M::Zero(d, n), bdx = M::Zero(d, n);
    Vector<double> bt = Vector<double>::Zero(theta.size());
    Row<double> bclock = Row<double>::Zero(n);
    field.jvp_vjp(t, x, tdot, dx, a, b, bclock, bx, bdx, bt, cache);
    const auto close = [&](double got, double up, double down) {
      const double wanted = (up - down) / (2 * h);
      CHECK(std::abs(got - wanted) <= tolerance * (1 + std::abs(wanted)) * 10);
    };
    const Row<double> steps = tdot.row(n);
    close(bclock.dot(steps), both(theta, x, dx, h), both(theta, x, dx, -h));
    close((bx.array() * ddx.array()).sum(), both(theta, x + h * ddx, dx),
          both(theta, x - h * ddx, dx));
    close((bdx.array() * ddx.array()).sum(), both(theta, x, dx + h * ddx),
          both(theta, x, dx - h * ddx));
    close(bt.dot(dtheta), both(theta + h * dtheta, x, dx), both(theta - h * dtheta, x, dx));
  }
}

}  // namespace cytode::laws
