// SPDX-License-Identifier: MIT
#include "laws/allocations.hpp"

#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/esdirk_pullback.hpp>
#include <cytode/adjoint/population_fit.hpp>
#include <cytode/adjoint/rosenbrock_pullback.hpp>
#include <cytode/fields/neural.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/rodas4.hpp>

#include "catch.hpp"
#include "laws/gradient.hpp"

namespace {

using namespace cytode;

/// Returns the most bytes kept.
template <class S, class M>
std::size_t check_warm_gradient(const M& method, std::size_t bytes) {
  const auto field = fields::neural<S>(3, {16, 16}, Stream(1));
  Matrix<S> x0(3, 200);
  Stream(2).fill_normal(0, x0.data(), x0.size());
  std::vector<double> times{0, 0.4, 1};
  const auto cotangents = laws::some_cotangents<S>(3, 3, 200);
  Workers two(2);
  ode::Options<S> options;
  options.jumps.push_back(ode::dose<S>(0.4, Vector<S>::Ones(3)));
  std::size_t before = laws::allocations();
  auto run = adjoint::differentiate(field, x0, times, method,
                                    adjoint::Discrete{.memory_bytes = bytes}, options, two);
  adjoint::Gradient<S> g;
  run.pullback(cotangents, g);
  CHECK(laws::allocations() > before);  // the counter does count
  before = laws::allocations();
  for (int again = 0; again < 3; ++again) {
    run.forward(x0, times);
    run.pullback(cotangents, g);
  }
  CHECK(laws::allocations() == before);
  CHECK((bytes == 0 || run.report().recomputation > 0));
  return run.report().peak_bytes;
}

/// The same of a stiff method.
template <class S, class M>
void check_warm_stiff(M method) {
  for (const auto clock : {ode::Clock::shared, ode::Clock::per_cell}) {
    method.clock = clock;
    method.max_step = 0.02;  // fifty rounds of steps: half of their bytes has room for two of them
    const std::size_t whole = check_warm_gradient<S>(method, 0);
    check_warm_gradient<S>(method, whole / 2);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("a warm gradient allocates nothing", "", float, double) {
  if (!laws::allocations_are_counted) {
    WARN("skipped: allocations are not counted in this build");
    return;
  }
  // Budgets that the tape overflows, on one clock and with a clock per cell.
  for (const bool limited : {false, true}) {
    CAPTURE(limited);
    const std::size_t bytes = limited ? 60'000 : 0, more = limited ? 200'000 : 0;
    ode::Dopri5 method;
    check_warm_gradient<TestType>(method, bytes);
    check_warm_gradient<TestType>(ode::RungeKutta4{7}, bytes);
    method.clock = ode::Clock::per_cell;
    check_warm_gradient<TestType>(method, more);
  }
}

TEST_CASE("a warm step of a population fit allocates nothing", "[adjoint]") {
  if (!laws::allocations_are_counted) {
    WARN("skipped: allocations are not counted in this build");
    return;
  }
  struct Cells {
    double time;
    Matrix<float> cells;
  };
  std::vector<Cells> days{
      {0, Matrix<float>(2, 60)}, {1, Matrix<float>(2, 50)}, {3, Matrix<float>(2, 70)}};
  for (auto& day : days) Stream(1).fork(0).fill_normal(0, day.cells.data(), day.cells.size());
  auto field = fields::neural<float>(2, {16}, Stream(1));
  Workers workers(1);
  for (const Index batch : {0, 32}) {
    adjoint::PopulationFit loss(field, days, ode::RungeKutta4{.steps = 4}, adjoint::Discrete{},
                                {.batch = batch, .energy = 0.1}, workers);
    Vector<float> gradient(field.parameters().size());
    const std::size_t before = laws::allocations();
    loss.value_and_gradient(Stream(1), gradient);
    CHECK(laws::allocations() > before);  // the counter does count
    const std::size_t warm = laws::allocations();
    for (const std::uint64_t step : {2, 3, 4}) loss.value_and_gradient(Stream(step), gradient);
    CHECK(laws::allocations() == warm);
  }
}

TEMPLATE_TEST_CASE("a warm gradient of a stiff method allocates nothing", "", float, double) {
  if (!laws::allocations_are_counted) {
    WARN("skipped: allocations are not counted in this build");
    return;
  }
  check_warm_stiff<TestType>(ode::Rodas4{});
  check_warm_stiff<TestType>(ode::Esdirk4{});
}
