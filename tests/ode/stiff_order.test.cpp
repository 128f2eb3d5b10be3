// SPDX-License-Identifier: MIT
#include <cmath>

#include <cytode/fields/kinetics.hpp>
#include <cytode/ode/dop853.hpp>
#include <cytode/ode/esdirk3.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/esdirk5.hpp>
#include <cytode/ode/rodas3p.hpp>
#include <cytode/ode/rodas4.hpp>
#include <cytode/ode/rodas5p.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

/// A pendulum under a force: not linear, and the time enters.
auto driven() {
  return fields::kinetics<double>(
      2, Vector<double>{{0.3, 1.2, 0.8, 1.7}}, [](const auto& t, auto x, auto p, auto dx) {
        dx[0] = x[1];
        dx[1] = -p[0] * x[1] - p[1] * sin(x[0]) + p[2] * cos(p[3] * t) + 0.1 * t * x[0];
      });
}

struct Errors {
  double end, inside;
};

/// Errors of 2 cells at t = 2 and at 399 times up to there, against 1000 steps of order 8.
template <class M>
Errors errors(const M& method) {
  const auto field = driven();
  const Matrix<double> x0{{0.5, -1.0}, {0.2, 0.9}};
  static const auto truth =
      ode::solve(field, x0, {0, 2}, ode::FixedStep<ode::tableaus::dop853>{1000},
                 ode::Options<double>{.dense = true});
  const auto got = ode::solve(field, x0, {0, 2}, method, ode::Options<double>{.dense = true});
  REQUIRE(got.status == Status::ok);
  Errors e{(got.last() - truth.last()).cwiseAbs().maxCoeff(), 0};
  for (int k = 1; k < 400; ++k) {
    const double t = 2 * k / 401.0;  // no step of 2^k equal ones ends there
    e.inside =
        std::max(e.inside, (got.dense.evaluate(t) - truth.dense.evaluate(t)).cwiseAbs().maxCoeff());
  }
  return e;
}

}  // namespace

TEMPLATE_TEST_CASE("stiff methods have the order they declare, within steps too", "[ode]",
                   ode::FixedStep<ode::tableaus::rodas3p>, ode::FixedStep<ode::tableaus::rodas4>,
                   ode::FixedStep<ode::tableaus::rodas5p>, ode::FixedStep<ode::tableaus::esdirk3>,
                   ode::FixedStep<ode::tableaus::esdirk4>, ode::FixedStep<ode::tableaus::esdirk5>) {
  CAPTURE(TestType::tableau.name);
  // Steps so small that the leading term rules, and so large that rounding does not.
  const Index steps = TestType::order == 5 ? 64 : 128;
  const Errors coarse = errors(TestType{steps}), fine = errors(TestType{2 * steps});
  CAPTURE(coarse.end, fine.end, coarse.inside, fine.inside);
  CHECK(std::abs(std::log2(coarse.end / fine.end) - TestType::order) < 0.1);
  CHECK(std::abs(std::log2(coarse.inside / fine.inside) - TestType::order) < 0.1);
}
