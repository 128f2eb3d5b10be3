// SPDX-License-Identifier: MIT
#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>

#include "catalogue_fields.hpp"
#include "catch.hpp"
#include "laws/gradient.hpp"

using namespace cytode;

// Equal steps are frozen by themselves, so differences of whole solves are a reference. Those of
// order 4 leave 1e-12 of the fifth derivative and 1e-13 of rounding at this distance.
TEMPLATE_LIST_TEST_CASE("the discrete adjoint of every field against differences of the solve", "",
                        catalogue::SmoothFields) {
  const auto field = TestType::make();
  const Index d = field.dims(), n = 130;  // two chunks
  const std::vector<double> times{0.2, 0.5, 1.3};
  const ode::RungeKutta4 method{5};
  Matrix<double> x0(d, n), along(d, n);
  Stream(1).fill_normal(0, x0.data(), x0.size());
  Stream(2).fill_normal(0, along.data(), along.size());
  Vector<double> turn(field.parameters().size());
  Stream(3).fill_normal(0, turn.data(), turn.size());
  const std::vector<double> shift{0.3, -0.4, 0.7};
  const auto cotangents = laws::some_cotangents<double>(3, d, n);
  const auto loss = [&](double e) {
    auto moved = field;
    moved.parameters() += e * turn;
    std::vector<double> t = times;
    for (std::size_t k = 0; k < 3; ++k) t[k] += e * shift[k];
    const auto out = ode::solve(moved, Matrix<double>(x0 + e * along), t, method);
    double sum = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      if (cotangents[k].size() > 0) sum += cotangents[k].cwiseProduct(out.states[k]).sum();
    }
    return sum;
  };
  auto run = adjoint::differentiate(field, x0, times, method, adjoint::Discrete{});
  adjoint::Gradient<double> g;
  run.pullback(cotangents, g);
  double slope = g.parameters.dot(turn) + g.x0.cwiseProduct(along).sum();
  for (std::size_t k = 0; k < 3; ++k) slope += g.times[k] * shift[k];
  const double e = 1e-3;
  const double wanted = (8 * (loss(e) - loss(-e)) - (loss(2 * e) - loss(-2 * e))) / (12 * e);
  CHECK(slope == Approx(wanted).epsilon(1e-8));
}
