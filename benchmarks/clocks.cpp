// SPDX-License-Identifier: MIT
// What a clock per cell costs and saves: a batch whose cells run at speeds from 1 to 30, tolerance
// 1e-5, float, one thread. "own" has a clock per cell, "shared" one for all, and "fixed" takes
// equal steps of the same method, error estimate included, with as many evaluations of cells as
// "own": each round with as many as would run if none of them waited. Arguments: cells, features.
// The counter "ns" is the time of an evaluation of a cell, "evaluations" are those of cells.
// "overhead" runs "own" and "fixed" in turns, and its counter of that name is the median of own /
// fixed - 1 in percent: what else the machine does meets both alike.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

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

struct Problem {
  explicit Problem(const benchmark::State& state)
      : n(state.range(0)),
        d(state.range(1)),
        field{fields::neural<float>(d, {64, 64, 64}, Stream(1))},
        x0(cells(n, d)) {}
  Index n, d;
  Paced field;
  Matrix<float> x0;
  Workers alone{1};
};

/// A solve by a method; gives the evaluations of cells.
template <class Method>
class Solve {
 public:
  Solve(Problem& problem, const Method& method)
      : problem_(problem), solver_(problem.field, method, problem.alone) {}
  long operator()() {
    const auto& out = solver_(problem_.x0, times_);
    benchmark::DoNotOptimize(out.states.back().data());
    return out.counts.cell_evaluations;
  }

 private:
  Problem& problem_;
  ode::Solver<Paced, Method> solver_;
  std::vector<double> times_{0, 1};
};
const ode::Dopri5 per_cell{.clock = ode::Clock::per_cell};

/// Equal steps with the evaluations of that solve, which keep no stages either; gives the
/// evaluations.
class FixedSteps {
 public:
  explicit FixedSteps(Problem& problem) : problem_(problem), system_(problem.field, problem.alone) {
    ode::Integration<float, Step> run(system_, Step(ode::tableaus::dopri5), per_cell.control());
    run.listener = [&](const ode::RoundRecord<float>& r) { running_.push_back(r.round.cells); };
    run.start(problem.x0, {0.0, 1.0});
    while (run.advance()) {
    }
    step_.reserve(problem.d + 1, problem.n);
    for (Matrix<float>* m : {&slope_, &next_, &end_, &error_}) m->resize(problem.d + 1, problem.n);
  }
  long operator()() {
    const long before = system_.counts.cell_evaluations;
    x_ = problem_.x0;
    system_.evaluate(Times<float>(0.0f), x_, slope_);
    system_.evaluate(Times<float>(0.0f), x_, slope_);  // where the solve finds its first steps
    double t = 0;
    const double h = 1.0 / static_cast<double>(running_.size());
    for (const Index m : running_) {
      step_.trial(system_, {m, true, &t, &h, nullptr}, x_.leftCols(m), slope_.leftCols(m),
                  next_.leftCols(m), end_.leftCols(m), error_.leftCols(m), false,
                  [](Index, Index) { return false; });
      std::swap(x_, next_);
      std::swap(slope_, end_);
      t += h;
    }
    benchmark::DoNotOptimize(x_.data());
    return system_.counts.cell_evaluations - before;
  }

 private:
  using Step = ode::ExplicitStep<float>;
  Problem& problem_;
  ode::FieldSystem<Paced> system_;
  Step step_{ode::tableaus::dopri5};
  std::vector<Index> running_;  // cells of each round
  Matrix<float> x_, slope_, next_, end_, error_;
};

template <class Work>
void measure(benchmark::State& state, Work work) {
  long evaluations = 0;
  for (auto _ : state) evaluations = work();
  state.counters["evaluations"] = static_cast<double>(evaluations);
  state.counters["ns"] = benchmark::Counter(
      1e-9 * static_cast<double>(evaluations) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void shared(benchmark::State& state) {
  Problem problem(state);
  Solve solve(problem, ode::Dopri5{.norm = ode::Norm::maximum});
  measure(state, [&] { return solve(); });
}
void own(benchmark::State& state) {
  Problem problem(state);
  Solve solve(problem, per_cell);
  measure(state, [&] { return solve(); });
}
void fixed(benchmark::State& state) {
  Problem problem(state);
  FixedSteps steps(problem);
  measure(state, [&] { return steps(); });
}
void overhead(benchmark::State& state) {
  Problem problem(state);
  Solve solve(problem, per_cell);
  FixedSteps steps(problem);
  const auto seconds = [](auto& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::vector<double> ratios;
  for (auto _ : state) {
    const double own = seconds(solve);
    ratios.push_back(own / seconds(steps));
  }
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  state.counters["overhead"] = 100 * (*middle - 1);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->Args({256, 5})->Args({256, 50})->Args({4096, 5})->Args({4096, 50});
  b->ArgNames({"cells", "dims"})->Unit(benchmark::kMillisecond);
}
BENCHMARK(shared)->Apply(shapes);
BENCHMARK(own)->Apply(shapes);
BENCHMARK(fixed)->Apply(shapes);
BENCHMARK(overhead)->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
