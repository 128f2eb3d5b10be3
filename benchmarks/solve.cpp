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

using Field = fields::Neural<nn::Mlp<float>>;

/// The field and the cells of a benchmark's arguments.
struct Task {
  Field field;
  Matrix<float> x0;

  explicit Task(const benchmark::State& state)
      : field(fields::neural<float>(state.range(1),
                                    {state.range(2), state.range(2), state.range(2)}, Stream(1))),
        x0(state.range(1), state.range(0)) {
    Stream(2).fill_normal(0, x0.data(), x0.size());
  }
};

void solve(benchmark::State& state) {
  const auto [field, x0] = Task(state);
  ode::Counts counts;
  for (auto _ : state) {
    auto out = ode::solve(field, x0, {0.0, 1.0});
    counts = out.counts;
    benchmark::DoNotOptimize(out.states.back().data());
  }
  state.counters["nfe"] = static_cast<double>(counts.evaluations);
}

void evaluate(benchmark::State& state) {
  const auto [field, x0] = Task(state);
  Matrix<float> dx(x0.rows(), x0.cols());
  Workers alone(1);
  ode::FieldSystem<Field> system(field, alone);
  for (auto _ : state) {
    system.evaluate(Times<float>(0.5f), x0, dx);
    benchmark::DoNotOptimize(dx.data());
  }
}

void warm(benchmark::State& state) {
  const auto [field, x0] = Task(state);
  Matrix<float> dx(x0.rows(), x0.cols());
  Workers alone(1);
  ode::Solver solver(field, ode::Dopri5{}, alone);
  ode::FieldSystem<Field> system(field, alone);
  const std::vector<double> times{0, 1};
  const long evaluations = solver(x0, times).counts.evaluations;
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
