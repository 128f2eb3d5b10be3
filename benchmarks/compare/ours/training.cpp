// SPDX-License-Identifier: MIT
/// Training steps, whole fits, and a fit of many cells: velocity, three hidden layers, AdamW.
#include <memory>
#include <utility>

#include <cytode/core/checks.hpp>
#include <cytode/data/numeric_csv.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/metrics/wasserstein.hpp>
#include <cytode/ode/solve.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/trainer.hpp>

#include "inputs.hpp"
#include "job.hpp"

namespace compare {
namespace {

using Field = decltype(network(1, 1));

struct Population {
  double time;
  Matrix<float> cells;
};

/// `count` populations of normal cells, each shifted one further along the first axis.
std::vector<Population> shifted(Index d, Index cells, Index count) {
  std::vector<Population> out;
  for (Index k = 0; k < count; ++k) {
    Matrix<float> x = normals(d, cells, static_cast<std::uint64_t>(k) + 10);
    x.row(0).array() += static_cast<float>(k);
    out.push_back({static_cast<double>(k), std::move(x)});
  }
  return out;
}

/// Everything a step touches, so that a warm one allocates nothing.
template <class Coupling>
struct Step {
  Step(Index d, Index width, Index batch, std::vector<Population> populations, int threads)
      : data(std::move(populations)),
        field(network(d, width)),
        workers(threads),
        loss(field, data, flow::LinearPath{0.1}, Coupling{}, batch, workers),
        memory(optimizer.template start<float>(field.parameters().size())),
        gradient(field.parameters().size()) {}

  void operator()() {
    loss.value_and_gradient(Stream(2).at(done++), gradient);
    train::update(loss, optimizer, memory, gradient);
  }

  std::vector<Population> data;
  Field field;
  Workers workers;
  flow::Matching<Field, flow::LinearPath, Coupling> loss;
  train::AdamW optimizer;
  train::AdamW::State<float> memory;
  Vector<float> gradient;
  std::uint64_t done = 0;
};

template <class Coupling>
Job step_with(const Parameters& p) {
  const Index d = p.number("dims"), width = p.number("width"), batch = p.number("batch");
  auto data =
      shifted(d, p.number("cells", std::max<Index>(batch, 2000)), p.number("intervals") + 1);
  for (const Population& one : data) {
    write(p.file("population" + std::to_string(static_cast<int>(one.time)) + ".f32"), one.cells);
  }
  auto run = std::make_shared<Step<Coupling>>(d, width, batch, std::move(data),
                                              static_cast<int>(p.number("threads")));
  const double flops = 3 * network_flops(d, width) * static_cast<double>(batch);
  return {.call = [run] { (*run)(); }, .figures = [flops] { return Figures{{"flops", flops}}; }};
}

Job step(const Parameters& p) {
  const std::string coupling = p.text("coupling");
  check(coupling == "independent" || coupling == "exact", "compare", "coupling is '", coupling,
        "', wanted independent or exact");
  return coupling == "exact" ? step_with<ot::Exact<>>(p) : step_with<ot::Independent>(p);
}

/// Cells of every time of an export, z-scored already, with the time left out set apart.
struct LeftOut {
  std::vector<Population> kept;
  Matrix<float> before, truth;
  double from = 0, to = 0;
};

LeftOut leave_out(const Parameters& p) {
  LeftOut out;
  const Index times = p.number("times"), left = p.number("left_out");
  for (Index k = 0; k < times; ++k) {
    const std::string path = p.file("eb" + std::to_string(k) + ".csv");
    Matrix<float> cells = data::read_numeric_csv<float>(path).values;
    if (k == left - 1) out.before = cells;
    if (k == left) {
      out.truth = std::move(cells);
    } else {
      out.kept.push_back({static_cast<double>(k), std::move(cells)});
    }
  }
  out.from = static_cast<double>(left - 1);
  out.to = static_cast<double>(left);
  return out;
}

/// Fits in turn, each of a seed of its own: from files to a field, then the cells before the
/// left-out time carried to it.
struct Fits {
  explicit Fits(Parameters p) : parameters(std::move(p)) {}

  void operator()() {
    const LeftOut data = leave_out(parameters);
    auto field = network(data.truth.rows(), parameters.number("width"), 1000 + seed);
    Workers workers(1);
    flow::Matching loss(field, data.kept, flow::LinearPath{0.1}, ot::Exact{},
                        parameters.number("batch"), workers);
    const auto steps = static_cast<long>(parameters.number("steps"));
    train::fit(loss, train::AdamW{}, {.steps = steps, .seed = seed++}).or_throw();
    carried = ode::solve(field, data.before, {data.from, data.to}).or_throw().last();
    truth = data.truth;
  }
  /// W1 of the last fit, which is not timed.
  [[nodiscard]] Figures figures() const { return {{"w1", metrics::wasserstein1(carried, truth)}}; }

  Parameters parameters;
  std::uint64_t seed = 0;
  Matrix<float> carried, truth;
};

Job fit(const Parameters& p) {
  const auto fits = std::make_shared<Fits>(p);
  return {.call = [fits] { (*fits)(); }, .figures = [fits] { return fits->figures(); }};
}

/// The data of a large fit and nothing else, or the same and steps of a fit.
Job memory(const Parameters& p) {
  const Index d = p.number("dims"), cells = p.number("cells"), steps = p.number("steps");
  auto data = shifted(d, cells / 4, 4);
  if (steps == 0) {
    auto held = std::make_shared<std::vector<Population>>(std::move(data));
    return {.call = [held] {}};
  }
  auto run = std::make_shared<Step<ot::Exact<>>>(d, p.number("width"), p.number("batch"),
                                                 std::move(data), 1);
  return {.call =
              [run, steps] {
                for (Index k = 0; k < steps; ++k) (*run)();
              },
          .figures =
              [d, cells] {
                return Figures{{"bytes", 4.0 * static_cast<double>(d * cells)}};
              }};
}

}  // namespace

void add_training(Families& families) {
  families["step"] = step;
  families["fit"] = fit;
  families["memory"] = memory;
}

}  // namespace compare
