// SPDX-License-Identifier: MIT
// What a solve costs: a neural field of three hidden layers, t from 0 to 1, tolerance 1e-5, float,
// one thread. Arguments: cells, dims, width. The counter "nfe" is the number of field evaluations
// of the whole batch; "evaluate" is one such evaluation, so that the overhead can be read off.
#include <benchmark/benchmark.h>

#include <cytode/fields/neural.hpp>
#include <cytode/ode/solve.hpp>

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

void shapes(benchmark::internal::Benchmark* b) {
  b->Args({1, 2, 64})->Args({256, 5, 64})->Args({256, 50, 64})->Args({512, 50, 256});
  b->ArgNames({"cells", "dims", "width"})->Unit(benchmark::kMicrosecond);
}

BENCHMARK(solve)->Apply(shapes);
BENCHMARK(evaluate)->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
