// SPDX-License-Identifier: MIT
// What a value and its exact gradient cost: a neural field of three hidden layers, t from 0 to 1,
// tolerance 1e-5, float, one thread. Arguments: cells, dims, width. "solve" is the forward pass
// alone in warm memory; the counters are field evaluations forward and pullbacks backward, calls
// for the whole batch. "spiral" is one cell of a 2-50-2 tanh network with 30 observation times.
#include <vector>

#include <benchmark/benchmark.h>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/fields/neural.hpp>

namespace {

using namespace cytode;

template <class Run, class S>
void measure(benchmark::State& state, Run& run, const Matrix<S>& x0,
             const std::vector<double>& times, bool backward) {
  std::vector<Matrix<S>> cotangents(times.size());
  for (std::size_t k = 1; k < times.size(); ++k) cotangents[k].setOnes(x0.rows(), x0.cols());
  adjoint::Gradient<S> g;
  for (auto _ : state) {
    run.forward(x0, times);
    if (backward) run.pullback(cotangents, g);
    benchmark::DoNotOptimize(g.parameters.data());
  }
  if (!backward) run.pullback(cotangents, g);
  state.counters["forward"] = static_cast<double>(run.report().forward.evaluations);
  state.counters["pullbacks"] = static_cast<double>(run.report().backward.pullbacks);
  state.counters["recomputation"] = run.report().recomputation;
  state.counters["kilobytes"] = static_cast<double>(run.report().peak_bytes) / 1024;
}

// share: the part of the tape's memory that is allowed, or 0 for all of it.
void batch(benchmark::State& state, bool backward, double share) {
  const Index cells = state.range(0), d = state.range(1), width = state.range(2);
  const auto field = fields::neural<float>(d, {width, width, width}, Stream(1));
  Matrix<float> x0(d, cells);
  Stream(2).fill_normal(0, x0.data(), x0.size());
  const std::vector<double> times{0, 1};
  const ode::Dopri5 method;
  const auto whole = adjoint::differentiate(field, x0, times, method, adjoint::Discrete{});
  const auto bytes = static_cast<std::size_t>(share * static_cast<double>(whole.report().bytes));
  auto run =
      adjoint::differentiate(field, x0, times, method, adjoint::Discrete{.memory_bytes = bytes});
  measure(state, run, x0, times, backward);
}

void solve(benchmark::State& state) {
  batch(state, false, 0);
}
void gradient(benchmark::State& state) {
  batch(state, true, 0);
}
// One cell of two features is left out: two snapshots are more than its tape.
void gradient_in_75_percent(benchmark::State& state) {
  batch(state, true, 0.75);
}

template <class S>
void spiral(benchmark::State& state) {
  const auto field = fields::neural<S>(2, {50}, Stream(1), nn::Tanh{});
  const Matrix<S> x0 = (Matrix<S>(2, 1) << S(2), S(0)).finished();
  std::vector<double> times;
  for (int k = 0; k < 30; ++k) times.push_back(1.5 * k / 29.0);
  auto run = adjoint::differentiate(
      field, x0, times, ode::Tsit5{.relative_tolerance = 1e-3, .absolute_tolerance = 1e-6},
      adjoint::Discrete{});
  measure(state, run, x0, times, true);
}

void batches(benchmark::internal::Benchmark* b) {
  b->Args({256, 5, 64})->Args({256, 50, 64})->Args({512, 50, 256});
  b->ArgNames({"cells", "dims", "width"})->Unit(benchmark::kMicrosecond);
}
void shapes(benchmark::internal::Benchmark* b) {
  b->Args({1, 2, 64});
  batches(b);
}

BENCHMARK(solve)->Apply(shapes);
BENCHMARK(gradient)->Apply(shapes);
BENCHMARK(gradient_in_75_percent)->Apply(batches);
BENCHMARK(spiral<float>)->Unit(benchmark::kMicrosecond);
BENCHMARK(spiral<double>)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
