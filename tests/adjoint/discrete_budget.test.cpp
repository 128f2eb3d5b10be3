// SPDX-License-Identifier: MIT
#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/fields/kinetics.hpp>
#include <cytode/ode/euler.hpp>

#include "catch.hpp"
#include "laws/gradient.hpp"
#include "laws/says.hpp"

namespace {

using namespace cytode;

auto toggle() {
  return fields::kinetics<double>(2, Vector<double>{{2.0, 1.5, 0.4}},
                                  [](auto, auto x, auto p, auto dx) {
                                    dx[0] = p[0] / (1.0 + x[1] * x[1]) - p[2] * x[0];
                                    dx[1] = p[1] / (1.0 + x[0] * x[0]) - p[2] * x[1];
                                  });
}
auto decay() {
  return fields::kinetics<double>(1, Vector<double>{{0.7}},
                                  [](auto, auto x, auto p, auto dx) { dx[0] = -p[0] * x[0]; });
}

template <class F, class M>
void check_budgets(const F& field, const M& method, const std::vector<double>& times) {
  Matrix<double> x0(2, 6);
  Stream(3).fill_normal(0, x0.data(), x0.size());
  const auto cotangents = laws::some_cotangents<double>(times.size(), 2, 6);
  auto whole = adjoint::differentiate(field, x0, times, method, adjoint::Discrete{});
  adjoint::Gradient<double> wanted, g;
  whole.pullback(cotangents, wanted);
  double before = 1e9;
  for (const std::size_t bytes : {6'500U, 9'000U, 20'000U, 1'000'000U}) {
    CAPTURE(bytes);
    auto run =
        adjoint::differentiate(field, x0, times, method, adjoint::Discrete{.memory_bytes = bytes});
    for (int again = 0; again < 3; ++again) {
      if (again == 2) run.forward(x0, times);
      run.pullback(cotangents, g);
      CHECK(g.parameters == wanted.parameters);
      CHECK(g.x0 == wanted.x0);
      CHECK(g.times == wanted.times);
      CHECK(run.report().peak_bytes <= bytes);
    }
    CHECK(run.report().recomputation <= before);
    CHECK(run.report().peak_bytes > bytes / 20);
    CHECK(run.solution().counts == whole.solution().counts);
    before = run.report().recomputation;
  }
  CHECK(before == 0);  // room for the whole tape
}

}  // namespace

TEST_CASE("the gradient is the same to the last bit under any budget") {
  ode::Dopri5 method{.relative_tolerance = 1e-8, .absolute_tolerance = 1e-8};
  const std::vector<double> times{0, 1, 4, 9};
  check_budgets(toggle(), method, times);
  method.clock = ode::Clock::per_cell;
  check_budgets(toggle(), method, times);
  check_budgets(toggle(), ode::RungeKutta4{20}, {3, 2, 0});
}

TEST_CASE("a hundred thousand steps stay within their budget, near the binomial optimum") {
  const auto field = decay();
  const Matrix<double> x0 = Matrix<double>::Constant(1, 1, 1.5);
  const Index steps = 100'000;
  const std::size_t bytes = 40'000;
  auto run = adjoint::differentiate(field, x0, {0.0, 1.0}, ode::Euler{steps},
                                    adjoint::Discrete{.memory_bytes = bytes});
  CHECK(run.report().bytes <= bytes);
  adjoint::Gradient<double> g;
  run.pullback({Matrix<double>(), Matrix<double>::Ones(1, 1)}, g);
  CHECK(run.report().peak_bytes <= bytes);
  CHECK(run.report().peak_bytes > bytes / 2);
  // x₁ = x₀ (1 − θ/n)ⁿ: dx₁/dx₀ and dx₁/dθ, both to the rounding of n products.
  const double n = static_cast<double>(steps), factor = 1 - 0.7 / n;
  const double power = std::exp(n * std::log1p(-0.7 / n));
  CHECK(g.x0(0, 0) == Approx(power).epsilon(1e-11));
  CHECK(g.parameters[0] == Approx(-1.5 * power / factor).epsilon(1e-11));
  CHECK(g.times[1] == Approx(-0.7 * 1.5 * power / factor).epsilon(1e-11));
  CHECK(g.times[0] == Approx(-g.times[1]).epsilon(1e-11));

  const std::size_t each = adjoint::Snapshots<double>::slot_bytes(1, 1, 1, 0);
  const long slots = static_cast<long>((bytes - 500) / each);  // at most 500 for the round
  const double best = adjoint::CheckpointSchedule::optimum(steps, slots) / n;
  CHECK(run.report().recomputation >= best);
  CHECK(run.report().recomputation < best + 1);
  // Every round forward, and the replayed ones; two evaluations more begin the run.
  const auto& report = run.report();
  const long again = report.backward.evaluations - report.backward.pullbacks;
  CHECK(static_cast<double>(again) == Approx(report.recomputation * n).epsilon(1e-3));
}

TEST_CASE("runs shorter and longer than their budget in turn") {
  const auto field = toggle();
  Matrix<double> x0(2, 6);
  Stream(3).fill_normal(0, x0.data(), x0.size());
  ode::Dopri5 method{.relative_tolerance = 1e-8, .absolute_tolerance = 1e-8};
  const std::size_t bytes = 24'000;
  const auto cotangents = laws::some_cotangents<double>(2, 2, 6);
  auto lean = adjoint::differentiate(field, x0, {0.0, 1.0}, method,
                                     adjoint::Discrete{.memory_bytes = bytes});
  CHECK(lean.report().peak_bytes <= bytes);
  for (const double end : {1.0, 30.0, 30.0, 1.0, 0.9, 1.1, 20.0, 0.5}) {
    CAPTURE(end);
    auto whole = adjoint::differentiate(field, x0, {0.0, end}, method, adjoint::Discrete{});
    adjoint::Gradient<double> g, wanted;
    whole.pullback(cotangents, wanted);
    lean.forward(x0, {0.0, end});
    lean.pullback(cotangents, g);
    CHECK(lean.report().peak_bytes <= bytes);
    if (end > 2) CHECK(lean.report().recomputation > 0);
    CHECK(g.parameters == wanted.parameters);
    CHECK(g.x0 == wanted.x0);
  }
  CHECK(lean.report().recomputation > 0);  // after a long run, snapshots
  lean.forward(x0, {0.0, 0.5});
  adjoint::Gradient<double> g;
  lean.pullback(cotangents, g);
  CHECK(lean.report().recomputation == 0);  // after a short one, the tape
}

TEST_CASE("a budget below two snapshots and a round says what it wants") {
  const auto field = decay();
  const Matrix<double> x0 = Matrix<double>::Constant(1, 1, 1.5);
  const auto make = [&](std::size_t bytes) {
    auto run = adjoint::differentiate(field, x0, {0.0, 1.0}, ode::Euler{10},
                                      adjoint::Discrete{.memory_bytes = bytes});
    return run.report().peak_bytes;
  };
  std::size_t least = 0;
  try {
    make(1);
    FAIL("nothing thrown");
  } catch (const std::invalid_argument& e) {
    const std::string said = e.what();
    CHECK(said.find("adjoint::Discrete: memory_bytes is 1, wanted ") == 0);
    least = std::stoul(said.substr(said.find("wanted ") + 7));
  }
  CHECK(make(least) <= least);
  CHECK_THROWS_AS(make(least - 1), std::invalid_argument);
}
