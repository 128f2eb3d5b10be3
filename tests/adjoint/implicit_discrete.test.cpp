// SPDX-License-Identifier: MIT
// Whole solves by implicit methods, pulled back.
#include <array>
#include <cmath>
#include <type_traits>
#include <vector>

#include <cytode/adjoint/esdirk_pullback.hpp>
#include <cytode/adjoint/explicit_pullback.hpp>
#include <cytode/adjoint/rosenbrock_pullback.hpp>
#include <cytode/ode/dopri5.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/esdirk5.hpp>
#include <cytode/ode/rodas4.hpp>
#include <cytode/ode/rodas5p.hpp>

#include "catalogue_fields.hpp"
#include "catch.hpp"
#include "laws/gradient.hpp"

using namespace cytode;

namespace {

using adjoint::Discrete;

/// Van der Pol's equation with a driven second variable: stiff, with parameters and the time.
auto stiff_field() {
  return fields::kinetics<double>(
      2, Vector<double>{{200, 0.5}}, [](const auto& t, auto x, auto p, auto dx) {
        dx[0] = x[1];
        dx[1] = p[0] * ((1.0 - x[0] * x[0]) * x[1] - x[0]) + p[1] * sin(3.0 * t);
      });
}

/// Derivative by a stencil of order 8.
template <class Loss>
double difference(Loss loss, double& at, double step) {
  constexpr std::array<double, 4> w{4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
  const double center = at;
  double sum = 0;
  for (int k = 1; k <= 4; ++k) {
    at = center + k * step;
    const double up = loss();
    at = center - k * step;
    sum += w[static_cast<std::size_t>(k - 1)] * (up - loss());
  }
  at = center;
  return sum / step;
}

}  // namespace

TEMPLATE_TEST_CASE("gradients through fixed implicit steps are exact", "[adjoint]",
                   ode::FixedStep<ode::tableaus::rodas4>, ode::FixedStep<ode::tableaus::rodas5p>,
                   ode::FixedStep<ode::tableaus::esdirk4>) {
  auto field = stiff_field();
  Matrix<double> x0{{2, 2.2, -1.9}, {-0.6, -0.7, 1}};
  std::vector<double> times{0.1, 0.2, 0.5};
  const auto cotangents = laws::some_cotangents<double>(3, 2, 3);
  const TestType method{20};
  auto run = adjoint::differentiate(field, x0, times, method, Discrete{});
  REQUIRE(run.solution().status == Status::ok);
  adjoint::Gradient<double> g;
  run.pullback(cotangents, g);
  const auto loss = [&] {
    const auto out = ode::solve(field, x0, times, method);
    double sum = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      if (cotangents[k].size() > 0) sum += cotangents[k].cwiseProduct(out.states[k]).sum();
    }
    return sum;
  };
  for (Index i = 0; i < 2; ++i) {
    // The step divides the rounding of the loss: as long as its curvature allows.
    const double wanted = difference(loss, field.parameters()[i], i == 0 ? 1 : 0.1);
    CHECK(std::abs(g.parameters[i] - wanted) < 1e-10 * g.parameters.cwiseAbs().maxCoeff());
  }
  for (Index i = 0; i < x0.size(); ++i) {
    const double wanted = difference(loss, x0.data()[i], 0.004);
    CHECK(std::abs(g.x0.data()[i] - wanted) < 1e-10 * g.x0.cwiseAbs().maxCoeff());
  }
  for (std::size_t k = 0; k < 3; ++k) {
    const double wanted = difference(loss, times[k], 0.002);
    CHECK(std::abs(g.times[k] - wanted) < 1e-10 * std::abs(g.times[2]));
  }
}

TEMPLATE_TEST_CASE("the way back counts its Jacobians and factorisations", "[adjoint]",
                   ode::FixedStep<ode::tableaus::rodas4>, ode::FixedStep<ode::tableaus::esdirk4>) {
  const auto field = stiff_field();
  const Matrix<double> x0{{2, 2.2, -1.9}, {-0.6, -0.7, 1}};
  auto run = adjoint::differentiate(field, x0, {0.1, 0.2, 0.5}, TestType{20}, Discrete{});
  const long steps = 2 * 20, cells = 3;
  CHECK(run.report().forward.accepted == steps);
  CHECK(run.report().backward == ode::Counts{});
  adjoint::Gradient<double> g;
  const auto cotangents = laws::some_cotangents<double>(3, 2, 3);
  run.pullback(cotangents, g);
  const ode::Counts first = run.report().backward;
  // One of each a step for Rosenbrock's methods, one a stage that is solved for ESDIRK.
  const bool rosenbrock =
      std::is_same_v<std::remove_cvref_t<decltype(TestType::tableau)>, ode::RosenbrockTableau>;
  const long each = rosenbrock ? 1 : TestType::tableau.stages - 1;
  CHECK(first.jacobians == each * steps * cells);
  CHECK(first.factorisations == each * steps * cells);
  CHECK(first.pullbacks > 0);
  CHECK(run.report().forward.jacobians == steps * cells);
  CHECK(run.report().forward.factorisations == steps * cells);
  run.pullback(cotangents, g);  // of the last pass, not of all
  CHECK(run.report().backward == first);
}

TEMPLATE_TEST_CASE("under a budget the gradient is the same to the last bit", "[adjoint]",
                   ode::Rodas4, ode::Esdirk4) {
  for (const auto clock : {ode::Clock::shared, ode::Clock::per_cell}) {
    const TestType method{.relative_tolerance = 1e-6, .clock = clock};
    laws::check_gradient(catalogue::Toggle::make(), method, Discrete{.memory_bytes = 9000}, 0);
    laws::check_gradient(stiff_field(), method, Discrete{.memory_bytes = 9000}, 0);
  }
}

TEMPLATE_TEST_CASE("implicit and explicit gradients meet as the tolerance falls", "[adjoint]",
                   ode::Rodas5P, ode::Esdirk5) {
  const auto field = catalogue::Driven::make();
  const Matrix<double> x0{{0.5, -1}, {0.2, 0.7}};
  const std::vector<double> times{0, 0.7, 2};
  const auto cotangents = laws::some_cotangents<double>(3, 2, 2);
  // A passage on the way, to the end of which its time and state belong.
  const ode::Options<double> options{
      .events = {{.value = [](double, const ConstVectorView<double>& x) { return x[1]; },
                  .terminal = false,
                  .slope =
                      [](double, const ConstVectorView<double>&, VectorView<double> gradient) {
                        gradient << 0, 1;
                        return 0.0;
                      }}}};
  const auto gradient = [&](const auto& method) {
    auto run = adjoint::differentiate(field, x0, times, method, Discrete{}, options);
    REQUIRE(run.solution().passages.size() > 0);
    std::vector<adjoint::PassageCotangent<double>> passages(run.solution().passages.size());
    for (auto& p : passages) p = {0.7, Vector<double>{{0.3, -0.2}}};
    adjoint::Gradient<double> g;
    run.pullback(cotangents, passages, g);
    return g;
  };
  const auto truth =
      gradient(ode::Dopri5{.relative_tolerance = 1e-12, .absolute_tolerance = 1e-12});
  double before = 1;
  for (const double tolerance : {1e-4, 1e-6, 1e-8}) {
    const double apart = laws::apart(
        gradient(TestType{.relative_tolerance = tolerance, .absolute_tolerance = tolerance}),
        truth);
    CAPTURE(tolerance, apart);
    CHECK(apart < 300 * tolerance);
    CHECK(apart < before / 10);
    before = apart;
  }
}

TEST_CASE("gradients in float are those in double", "[adjoint]") {
  const auto make = [](auto number) {
    using S = decltype(number);
    return fields::kinetics<S>(2, Vector<S>{{S(100)}}, [](auto, auto x, auto p, auto dx) {
      dx[0] = x[1];
      dx[1] = p[0] * ((1.0f - x[0] * x[0]) * x[1] - x[0]);
    });
  };
  const auto gradient = [&](auto number) {
    using S = decltype(number);
    const auto field = make(number);
    const Matrix<S> x0{{S(2), S(2.2)}, {S(-0.6), S(-0.5)}};
    auto run = adjoint::differentiate(field, x0, {0, 0.5},
                                      ode::FixedStep<ode::tableaus::rodas4>{12}, Discrete{});
    adjoint::Gradient<S> g;
    run.pullback({Matrix<S>(), Matrix<S>::Constant(2, 2, S(1))}, g);
    return g;
  };
  const auto narrow = gradient(0.0f);
  const auto wide = gradient(0.0);
  CHECK(laws::apart(Vector<double>(narrow.parameters.cast<double>()), wide.parameters) < 1e-3);
  CHECK(laws::apart(Matrix<double>(narrow.x0.cast<double>()), wide.x0) < 1e-3);
}
