// SPDX-License-Identifier: MIT
// What a clock per cell costs and saves: a batch whose cells run at speeds from 1 to 30, tolerance
// 1e-5, float, one thread. "own" has a clock per cell, "shared" one for all, and "fixed" takes
// equal steps of the same method with as many evaluations of cells as "own". Arguments: cells,
// features. The counter "ns" is the time of an evaluation of a cell, so own / fixed - 1 is the
// overhead; "evaluations" are those of cells.
#include <benchmark/benchmark.h>

#include <cytode/fields/neural.hpp>
#include <cytode/ode/solver.hpp>

namespace {

using namespace cytode;

/// A network times a speed of each cell, its last feature.
struct Paced {
  using Scalar = float;
  using Net = fields::Neural<nn::Mlp<float, nn::Selu>>;
  using Cache = Net::Cache;
  Net net;

  [[nodiscard]] Index dims() const { return net.dims() + 1; }
  void forward(Times<float> t, const ConstBatch<float>& x, Batch<float> dx, Cache& cache) const {
    const Index d = net.dims();
    net.forward(t, x.topRows(d), dx.topRows(d), cache);
    dx.topRows(d).array().rowwise() *= x.row(d).array();
    dx.row(d).setZero();
  }
};

Matrix<float> cells(Index n, Index d) {
  Matrix<float> x(d + 1, n);
  Stream(2).fill_normal(0, x.data(), x.size());
  for (Index j = 0; j < n; ++j) {
    x(d, j) = static_cast<float>(std::pow(30.0, Stream(3).uniform(static_cast<std::uint64_t>(j))));
  }
  return x;
}

template <class Method>
void run(benchmark::State& state, const Method& method) {
  const Index n = state.range(0), d = state.range(1);
  const Paced field{fields::neural<float>(d, {64, 64, 64}, Stream(1))};
  const Matrix<float> x0 = cells(n, d);
  Workers alone(1);
  ode::Solver solver(field, method, alone);
  const std::vector<double> times{0, 1};
  long evaluations = 0;
  for (auto _ : state) {
    const auto& out = solver(x0, times);
    evaluations = out.counts.cell_evaluations;
    benchmark::DoNotOptimize(out.states.back().data());
  }
  state.counters["evaluations"] = static_cast<double>(evaluations);
  state.counters["ns"] = benchmark::Counter(
      1e-9 * static_cast<double>(evaluations) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void shared(benchmark::State& state) {
  run(state, ode::Dopri5{.norm = ode::Norm::maximum});
}
void own(benchmark::State& state) {
  run(state, ode::Dopri5{.clock = ode::Clock::per_cell});
}
void fixed(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1);
  const Paced field{fields::neural<float>(d, {64, 64, 64}, Stream(1))};
  const Matrix<float> x0 = cells(n, d);
  Workers alone(1);
  ode::FieldSystem<Paced> system(field, alone);
  using Step = ode::ExplicitStep<float>;
  ode::Integration<float, Step> run(system, Step(ode::tableaus::dopri5),
                                    ode::Dopri5{.clock = ode::Clock::per_cell}.control());
  std::vector<Index> running;  // cells of each round
  run.listener = [&](const ode::RoundRecord<float>& r) { running.push_back(r.round.cells); };
  run.start(x0, {0.0, 1.0});
  while (run.advance()) {
  }
  Step step(ode::tableaus::dopri5);
  step.reserve(d + 1, n);
  Matrix<float> x(d + 1, n), slope(d + 1, n), next(d + 1, n), end(d + 1, n), error(d + 1, n);
  double t = 0;
  const double h = 1.0 / static_cast<double>(running.size());
  const long before = system.counts.cell_evaluations;
  for (auto _ : state) {
    x = x0;
    system.evaluate(Times<float>(0.0f), x, slope);
    system.evaluate(Times<float>(0.0f), x, slope);  // where "own" finds its first steps
    t = 0;
    for (const Index m : running) {
      step.trial(system, {m, true, &t, &h, nullptr}, x.leftCols(m), slope.leftCols(m),
                 next.leftCols(m), end.leftCols(m), error.leftCols(m));
      std::swap(x, next);
      std::swap(slope, end);
      t += h;
    }
    benchmark::DoNotOptimize(x.data());
  }
  const auto evaluations = static_cast<double>(system.counts.cell_evaluations - before);
  state.counters["evaluations"] = evaluations / static_cast<double>(state.iterations());
  state.counters["ns"] = benchmark::Counter(
      1e-9 * evaluations, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->Args({256, 5})->Args({256, 50})->Args({4096, 5})->Args({4096, 50});
  b->ArgNames({"cells", "dims"})->Unit(benchmark::kMillisecond);
}
BENCHMARK(shared)->Apply(shapes);
BENCHMARK(own)->Apply(shapes);
BENCHMARK(fixed)->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
