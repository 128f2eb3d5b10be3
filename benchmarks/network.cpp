// SPDX-License-Identifier: MIT
// What a perceptron of three hidden layers costs, beside what the core can do: fused multiply-adds
// from registers ("peak"), in the same program. One thread, batches in chunks of chunk_cells.
//
// Arguments: inputs, width, outputs, cells. The counter "flops" counts the multiply-adds of the
// weights: one pass for forward, three for forward and vjp with the cotangent of the input.
#include <algorithm>
#include <iterator>
#include <vector>

#include <benchmark/benchmark.h>

#include <cytode/core/workers.hpp>
#include <cytode/nn/mlp.hpp>

namespace {

using namespace cytode;

benchmark::Counter rate(double count) {
  return {count, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000};
}

template <class S>
void peak(benchmark::State& state) {
  using namespace Eigen::internal;
  using Packet = typename packet_traits<S>::type;
  // Twelve chains, more than latency × units; from memory, so that none is known to equal another.
  alignas(64) S start[12 * packet_traits<S>::size];
  std::fill(std::begin(start), std::end(start), S(1));
  benchmark::DoNotOptimize(start);
  const auto from = [&](Index n) { return pload<Packet>(start + n * packet_traits<S>::size); };
  const Packet x = pset1<Packet>(S(0.999)), y = pset1<Packet>(S(0.001));
  Packet a = from(0), b = from(1), c = from(2), d = from(3), e = from(4), f = from(5);
  Packet g = from(6), h = from(7), i = from(8), j = from(9), k = from(10), l = from(11);
  const int rounds = 1000;
  for (auto _ : state) {
    for (int n = 0; n < rounds; ++n) {
      a = pmadd(a, x, y), b = pmadd(b, x, y), c = pmadd(c, x, y), d = pmadd(d, x, y);
      e = pmadd(e, x, y), f = pmadd(f, x, y), g = pmadd(g, x, y), h = pmadd(h, x, y);
      i = pmadd(i, x, y), j = pmadd(j, x, y), k = pmadd(k, x, y), l = pmadd(l, x, y);
    }
  }
  const Packet sums[] = {padd(a, b), padd(c, d), padd(e, f), padd(g, h), padd(i, j), padd(k, l)};
  for (const Packet& sum : sums) benchmark::DoNotOptimize(predux(sum));
  state.counters["flops"] = rate(24. * rounds * static_cast<double>(Index{packet_traits<S>::size}));
}

template <class S, class A>
void activation(benchmark::State& state) {
  const Index n = 64 * chunk_cells;
  Vector<S> z(n), h(n);
  Stream(1).fill_normal(0, z.data(), n);
  for (auto _ : state) {
    nn::transform(
        n, h.data(), [](const nn::Lanes<S>& v) -> nn::Lanes<S> { return A::value(v); }, z.data());
    benchmark::ClobberMemory();
  }
  state.counters["numbers"] = rate(static_cast<double>(n));
}

/// Forward, and with `pull` the vjp after it.
template <class S, bool pull>
void network(benchmark::State& state) {
  const Index in = state.range(0), width = state.range(1), out = state.range(2);
  const Index cells = state.range(3);
  using Net = nn::Mlp<S>;
  const Net net({in, {width, width, width}, out});
  Vector<S> theta(net.layout().size()), atheta = Vector<S>::Zero(theta.size());
  net.initialise(Stream(1), theta);
  Matrix<S> x(in, cells), y(out, cells), a(out, cells), ax = Matrix<S>::Zero(in, cells);
  Stream(2).fill_normal(0, x.data(), x.size());
  Stream(3).fill_normal(0, a.data(), a.size());
  std::vector<typename Net::Cache> caches(static_cast<std::size_t>(chunk_count(cells)));
  for (auto _ : state) {
    for (std::size_t k = 0; k < caches.size(); ++k) {
      const Index first = static_cast<Index>(k) * chunk_cells;
      const Index n = std::min(chunk_cells, cells - first);
      net.forward(theta, x.middleCols(first, n), y.middleCols(first, n), caches[k]);
      if constexpr (pull) {
        net.vjp(theta, x.middleCols(first, n), a.middleCols(first, n), ax.middleCols(first, n),
                atheta, caches[k]);
      }
    }
    benchmark::ClobberMemory();
  }
  const double weights = static_cast<double>(in * width + 2 * width * width + width * out);
  state.counters["flops"] = rate((pull ? 6 : 2) * weights * static_cast<double>(cells));
}

void shapes(benchmark::internal::Benchmark* b) {
  b->Args({3, 64, 2, 1})->Args({6, 64, 5, 256})->Args({51, 64, 50, 256})->Args({51, 256, 50, 512});
  b->ArgNames({"inputs", "width", "outputs", "cells"})->Unit(benchmark::kMicrosecond);
}

BENCHMARK(peak<float>);
BENCHMARK(peak<double>);
BENCHMARK(activation<float, nn::Selu>);
BENCHMARK(activation<double, nn::Selu>);
BENCHMARK(activation<float, nn::Tanh>);
BENCHMARK(activation<float, nn::Silu>);
BENCHMARK(network<float, false>)->Name("forward<float>")->Apply(shapes);
BENCHMARK(network<float, true>)->Name("forward and vjp<float>")->Apply(shapes);
BENCHMARK(network<double, false>)->Name("forward<double>")->Apply(shapes);
BENCHMARK(network<double, true>)->Name("forward and vjp<double>")->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
