// SPDX-License-Identifier: MIT
#include <tuple>
#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/ode/dop853.hpp>

#include "adjoint/frozen_replay.hpp"
#include "catch.hpp"
#include "laws/gradient.hpp"
#include "laws/says.hpp"

namespace {

using namespace cytode;
using PassageCotangents = std::vector<adjoint::PassageCotangent<double>>;

// x₀² / 2 + 0.3 x₁ + 0.1 t = level ends a cell; x₁ = 0.05 t is recorded.
struct Watches {
  std::vector<ode::Event<double>> events;
  std::vector<frozen::Watch> watches;

  explicit Watches(double level) {
    ode::Event<double> end;
    end.value = [level](double t, const ConstVectorView<double>& x) {
      return x[0] * x[0] / 2 + 0.3 * x[1] + 0.1 * t - level;
    };
    end.slope = [](double, const ConstVectorView<double>& x, VectorView<double> g) {
      g[0] = x[0];
      g[1] = 0.3;
      return 0.1;
    };
    ode::Event<double> seen;
    seen.value = [](double t, const ConstVectorView<double>& x) { return x[1] - 0.05 * t; };
    seen.slope = [](double, const ConstVectorView<double>&, VectorView<double> g) {
      g[0] = 0;
      g[1] = 1;
      return -0.05;
    };
    seen.terminal = false;
    events = {end, seen};
    watches = {{true,
                [level](const frozen::D& t, const std::vector<frozen::D>& x) {
                  return x[0] * x[0] / 2.0 + 0.3 * x[1] + 0.1 * t - level;
                }},
               {false, [](const frozen::D& t, const std::vector<frozen::D>& x) {
                  return x[1] - 0.05 * t;
                }}};
  }
};

Matrix<double> start() {
  Matrix<double> x0(2, 12);
  Stream(21).fill_normal(0, x0.data(), x0.size());
  return 0.6 * x0;
}

template <class M>
void check_events(const M& method, bool land, bool events, bool jump) {
  const auto field = frozen::oscillator();
  const Matrix<double> x0 = start();
  for (const std::vector<double>& times : {std::vector<double>{0.1, 0.8, 1.9, 2.0, 3.1},
                                           std::vector<double>{3.0, 2.2, 1.5, 1.4, 0.2}}) {
    CAPTURE(times[0], land, events, jump, method.tableau.name);
    const Watches watches(events ? 0.45 : 1e9);
    ode::Options<double> options;
    options.land = land;
    if (events) options.events = watches.events;
    frozen::Problem problem{&M::tableau, times, land, {}, watches.watches};
    if (jump) {
      const double at = 0.4 * times[1] + 0.6 * times[2];
      options.jumps.push_back(
          {at, [](Index, VectorView<double> x) { x *= 0.8; },
           [](Index, const ConstVectorView<double>&, VectorView<double> a) { a *= 0.8; }});
      problem.changes.push_back({at, [](std::vector<frozen::D>& x) {
                                   for (frozen::D& v : x) v *= 0.8;
                                 }});
    }
    const auto cotangents = laws::some_cotangents<double>(times.size(), 2, x0.cols());
    auto run = adjoint::differentiate(field, x0, times, method, adjoint::Discrete{}, options);
    const auto& passages = run.solution().passages;
    PassageCotangents flat(passages.size());
    std::vector<PassageCotangents> by_cell(static_cast<std::size_t>(x0.cols()));
    int ended = 0;
    for (std::size_t k = 0; k < passages.size(); ++k) {
      flat[k].time = Stream(31).uniform(k) - 0.5;
      if (k % 3 != 0) flat[k].state = Vector<double>{{1.0 - 0.1 * static_cast<double>(k % 7), 0.4}};
      by_cell[static_cast<std::size_t>(passages[k].cell)].push_back(flat[k]);
      ended += passages[k].event == 0 ? 1 : 0;
    }
    if (events) {
      REQUIRE(ended > 2);
      REQUIRE(ended < 12);
      REQUIRE(static_cast<int>(passages.size()) > ended + 2);
    }
    adjoint::Gradient<double> g;
    run.pullback(cotangents, flat, g);
    const auto steps = frozen::steps_of(method, x0, times, options);
    const auto wanted =
        frozen::gradient(problem, field.parameters(), x0, steps, cotangents, by_cell);
    // The roots are found to 4e-16 of a step, and so are their slopes' arguments.
    CHECK(laws::apart(g, wanted) < 1e-10);

    // The same bits under a budget that holds two or three snapshots.
    auto lean = adjoint::differentiate(field, x0, times, method,
                                       adjoint::Discrete{.memory_bytes = 14'000}, options);
    adjoint::Gradient<double> again;
    lean.pullback(cotangents, flat, again);
    CHECK(lean.report().recomputation > 0);
    CHECK(lean.report().peak_bytes <= 14'000);
    CHECK(again.parameters == g.parameters);
    CHECK(again.x0 == g.x0);
    CHECK(again.times == g.times);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("passages, hitting times and outputs between steps have exact gradients", "",
                   ode::Bosh3, ode::Dopri5, ode::Tsit5, ode::Dop853) {
  TestType method{.relative_tolerance = 1e-5, .absolute_tolerance = 1e-5};
  for (const ode::Clock clock : {ode::Clock::shared, ode::Clock::per_cell}) {
    method.clock = clock;
    CAPTURE(clock == ode::Clock::shared);
    check_events(method, true, true, false);
    check_events(method, false, false, true);
    check_events(method, false, true, false);
    check_events(method, true, true, true);
  }
}

TEST_CASE("an event without a slope can be recorded but not differentiated") {
  const auto field = frozen::oscillator();
  Watches watches(0.45);
  for (auto& e : watches.events) e.slope = {};
  ode::Options<double> options;
  options.events = watches.events;
  const Matrix<double> x0 = start();
  auto run =
      adjoint::differentiate(field, x0, {0.1, 3.1}, ode::Dopri5{}, adjoint::Discrete{}, options);
  adjoint::Gradient<double> g;
  const std::vector<Matrix<double>> none(2);
  run.pullback(none, g);
  CHECK(g.x0.isZero(0));
  std::vector<Matrix<double>> ones(2);
  ones[1].setOnes(2, x0.cols());
  laws::check_says<std::invalid_argument>([&] { run.pullback(ones, g); }, "events[0] has no slope");
}
