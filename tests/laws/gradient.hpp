// SPDX-License-Identifier: MIT
/// The law of gradient methods: all of them give the same gradient on the same interface.
#pragma once

#include <algorithm>
#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>

#include "catch.hpp"

namespace cytode::laws {

/// Largest difference of the coefficients over the largest of `b`.
template <class A, class B>
double apart(const A& a, const B& b) {
  REQUIRE(a.rows() == b.rows());
  REQUIRE(a.cols() == b.cols());
  if (b.size() == 0) return 0;
  const double scale = static_cast<double>(b.cwiseAbs().maxCoeff());
  const double difference = static_cast<double>((a - b).cwiseAbs().maxCoeff());
  return difference / (scale > 0 ? scale : 1);
}

/// The largest of the three differences of two gradients: parameters, start, times.
template <class S>
double apart(const adjoint::Gradient<S>& a, const adjoint::Gradient<S>& b) {
  using Times = Eigen::Map<const Vector<double>>;
  const Times ta(a.times.data(), static_cast<Index>(a.times.size()));
  const Times tb(b.times.data(), static_cast<Index>(b.times.size()));
  return std::max({apart(a.parameters, b.parameters), apart(a.x0, b.x0), apart(ta, tb)});
}

/// One cotangent a time: random, but empty at times[1].
template <class S>
std::vector<Matrix<S>> some_cotangents(std::size_t times, Index d, Index n) {
  std::vector<Matrix<S>> cotangents(times);
  for (std::size_t k = 0; k < times; ++k) {
    if (k == 1 && times > 2) continue;
    cotangents[k].resize(d, n);
    Stream(100 + k).fill_normal(0, cotangents[k].data(), d * n);
  }
  return cotangents;
}

/// `gradient` agrees with the discrete adjoint of a solve by `method` to this relative tolerance,
/// in parameters, start and times, forward and backward in time, and again in warm memory with
/// other numbers, which must be those of a fresh run to the last bit.
template <class F, class M, class G>
void check_gradient(const F& field, const M& method, const G& gradient, double tolerance) {
  using S = typename F::Scalar;
  const Index d = field.dims(), n = 5;
  Matrix<S> x0(d, n);
  Stream(7).fill_normal(0, x0.data(), x0.size());
  for (const std::vector<double>& times :
       {std::vector<double>{0.2, 0.5, 0.9, 1.3}, std::vector<double>{1.1, 0.7, 0.6, 0.1}}) {
    CAPTURE(times[0]);
    const auto cotangents = some_cotangents<S>(times.size(), d, n);
    auto run = adjoint::differentiate(field, x0, times, method, gradient);
    auto exact = adjoint::differentiate(field, x0, times, method, adjoint::Discrete{});
    REQUIRE(run.solution().status == Status::ok);
    adjoint::Gradient<S> g, wanted;
    run.pullback(cotangents, g);
    exact.pullback(cotangents, wanted);
    CHECK(apart(g, wanted) <= tolerance);
    CHECK(run.report().forward.evaluations > 0);

    const Matrix<S> x1 = x0 * S(0.7);
    auto fresh = adjoint::differentiate(field, x1, times, method, gradient);
    adjoint::Gradient<S> cold;
    fresh.pullback(cotangents, cold);
    run.forward(x1, times);
    run.pullback(cotangents, g);
    CHECK(g.parameters == cold.parameters);
    CHECK(g.x0 == cold.x0);
    CHECK(g.times == cold.times);
    run.pullback(cotangents, g);  // any number of times
    CHECK(g.parameters == cold.parameters);
    CHECK(g.x0 == cold.x0);
  }
}

}  // namespace cytode::laws
