// SPDX-License-Identifier: MIT
// What a solve costs: a neural field of three hidden layers, t from 0 to 1, tolerance 1e-5, float,
// one thread. Arguments: cells, dims, width. The counter "nfe" is the number of field evaluations
// of the whole batch; "evaluate" is one such evaluation. "warm" is a solve by a Solver that has
// solved before, in turn with as many evaluations as it makes: its counter "overhead" is how much
// longer the solve takes, 0.1 for a tenth, the median over pairs.
#include <algorithm>
#include <chrono>
#include <vector>

#include <benchmark/benchmark.h>

#include <cytode/fields/neural.hpp>
#include <cytode/ode/solver.hpp>

namespace {

using namespace cytode;

void solve(benchmark::State& state) {
  const Index cells = state.range(0), d = state.range(1), width = state.range(2);
  const auto field = fields::neural<float>(d, {width, width, width}, Stream(1));
  Matrix<float> x0(d, cells);
  Stream(2).fill_normal(0, x0.data(), x0.size());
  ode::Counts counts;
  for (auto _ : state) {
    auto out = ode::solve(field, x0, {0.0, 1.0});
    counts = out.counts;
    benchmark::DoNotOptimize(out.states.back().data());
  }
  state.counters["nfe"] = static_cast<double>(counts.evaluations);
}

void evaluate(benchmark::State& state) {
  const Index cells = state.range(0), d = state.range(1), width = state.range(2);
  const auto field = fields::neural<float>(d, {width, width, width}, Stream(1));
  Matrix<float> x0(d, cells), dx(d, cells);
  Stream(2).fill_normal(0, x0.data(), x0.size());
  Workers alone(1);
  ode::FieldSystem<std::decay_t<decltype(field)>> system(field, alone);
  for (auto _ : state) {
    system.evaluate(Times<float>(0.5f), x0, dx);
    benchmark::DoNotOptimize(dx.data());
  }
}

void warm(benchmark::State& state) {
  const Index cells = state.range(0), d = state.range(1), width = state.range(2);
  const auto field = fields::neural<float>(d, {width, width, width}, Stream(1));
  Matrix<float> x0(d, cells), dx(d, cells);
  Stream(2).fill_normal(0, x0.data(), x0.size());
  Workers alone(1);
  ode::Solver solver(field, ode::Dopri5{}, alone);
  ode::FieldSystem<std::decay_t<decltype(field)>> system(field, alone);
  const std::vector<double> times{0, 1};
  long evaluations = solver(x0, times).counts.evaluations;
  std::vector<double> ratios;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(solver(x0, times).states.back().data());
    const auto between = std::chrono::steady_clock::now();
    for (long k = 0; k < evaluations; ++k) {
      system.evaluate(Times<float>(0.5f), x0, dx);
      benchmark::DoNotOptimize(dx.data());
    }
    const std::chrono::duration<double> solve = between - start,
                                        field_alone = std::chrono::steady_clock::now() - between;
    state.SetIterationTime(solve.count());
    ratios.push_back(solve / field_alone);
  }
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  state.counters["nfe"] = static_cast<double>(evaluations);
  state.counters["overhead"] = *middle - 1;
}

void shapes(benchmark::internal::Benchmark* b) {
  b->Args({1, 2, 64})->Args({256, 5, 64})->Args({256, 50, 64})->Args({512, 50, 256});
  b->ArgNames({"cells", "dims", "width"})->Unit(benchmark::kMicrosecond);
}

BENCHMARK(solve)->Apply(shapes);
BENCHMARK(evaluate)->Apply(shapes);
BENCHMARK(warm)->Apply(shapes)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
