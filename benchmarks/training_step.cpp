// SPDX-License-Identifier: MIT
// What one flow-matching training step costs: loss, gradient and AdamW update on one thread.
//
// Arguments: dims, width of the three hidden layers, pairs a step over two intervals. The counter
// "flops" counts the multiply-adds of the network alone (forward, and twice that for the vjp).
#include <benchmark/benchmark.h>

#include <cytode/fields/neural.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/trainer.hpp>

namespace {

using namespace cytode;

struct Population {
  double time;
  Matrix<float> cells;
};

std::vector<Population> populations(Index d) {
  std::vector<Population> out;
  for (int k = 0; k < 3; ++k) {
    Matrix<float> cells(d, 2000);
    Stream(static_cast<std::uint64_t>(k)).fill_normal(0, cells.data(), cells.size());
    cells.row(0).array() += static_cast<float>(k);
    out.push_back({static_cast<double>(k), std::move(cells)});
  }
  return out;
}

template <class Coupling>
void training_step(benchmark::State& state) {
  const Index d = state.range(0), width = state.range(1), batch = state.range(2);
  const auto data = populations(d);
  auto field = fields::neural<float>(d, {width, width, width}, Stream(1));
  Workers workers(1);
  flow::Matching loss(field, data, flow::LinearPath{0.1}, Coupling{}, batch, workers);
  const train::AdamW optimizer;
  auto memory = optimizer.start<float>(field.parameters().size());
  Vector<float> gradient(field.parameters().size());
  std::uint64_t step = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(loss.value_and_gradient(Stream(2).at(step++), gradient));
    train::update(loss, optimizer, memory, gradient);
  }
  const double weights = static_cast<double>((d + 1) * width + 2 * width * width + width * d);
  state.counters["flops"] = benchmark::Counter(6 * weights * static_cast<double>(batch),
                                               benchmark::Counter::kIsIterationInvariantRate,
                                               benchmark::Counter::kIs1000);
}

void shapes(benchmark::internal::Benchmark* b) {
  for (const Index d : {5, 50}) {
    b->Args({d, 64, 256});
    b->Args({d, 256, 512});
  }
  b->ArgNames({"dims", "width", "batch"})->Unit(benchmark::kMicrosecond);
}

BENCHMARK(training_step<ot::Independent>)->Apply(shapes);
BENCHMARK(training_step<ot::Exact<>>)->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
