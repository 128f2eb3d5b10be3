// SPDX-License-Identifier: MIT
// Flow matching through the trainer, as a program uses it.
#include <cytode/fields/neural.hpp>
#include <cytode/fields/neural_map.hpp>
#include <cytode/flow/bridge_path.hpp>
#include <cytode/flow/matched.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/flow/spline_path.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/trainer.hpp>

#include "catch.hpp"
#include "laws/allocations.hpp"
#include "laws/module.hpp"

using namespace cytode;

namespace {

struct Population {
  double time;
  Matrix<float> cells;
};

std::vector<Population> populations() {
  std::vector<Population> out;
  for (const double time : {0.0, 1.0, 2.5}) {
    Matrix<float> cells = laws::normals<float>(5, 60, static_cast<std::uint64_t>(2 * time));
    cells.row(0).array() += static_cast<float>(time);
    out.push_back({time, std::move(cells)});
  }
  return out;
}

struct Fitted {
  Vector<float> parameters, average;
  std::vector<double> losses;
  std::size_t allocations_warm, allocations_end;
};

Fitted fit(int threads, std::uint64_t seed, Index batch, long steps, Index width = 64) {
  const auto data = populations();
  auto field = fields::neural<float>(5, {width, 64, width}, Stream(seed));
  Workers workers(threads);
  flow::Matching loss(field, data, flow::LinearPath{}, ot::Exact{}, batch, workers);
  train::TrainingState<float, train::AdamW> state;
  Fitted out{};
  const auto result = train::fit(loss, train::AdamW{},
                                 {.steps = steps,
                                  .seed = seed,
                                  .schedule = train::WarmupCosine{.warmup = 5},
                                  .clip_norm = 1,
                                  .ema_decay = 0.9},
                                 state, [&](const train::Progress& p) {
                                   (p.step <= 5 ? out.allocations_warm : out.allocations_end) =
                                       laws::allocations();
                                 });
  REQUIRE(result.status == Status::ok);
  out.parameters = field.parameters();
  out.average = state.average;
  out.losses = state.losses;
  return out;
}

}  // namespace

TEST_CASE("a warm step of the whole training allocates nothing", "[flow]") {
  if (!laws::allocations_are_counted) {
    WARN("skipped: allocations are not counted here");
    return;
  }
  for (const int threads : {1, 2}) {
    const Fitted run = fit(threads, 1, 256, 60);
    CHECK(run.allocations_warm > 0);
    CHECK(run.allocations_end == run.allocations_warm);
  }
  // Wider than what Eigen's products pack on the stack.
  const Fitted wide = fit(1, 1, 256, 10, 600);
  CHECK(wide.allocations_end == wide.allocations_warm);
}

TEST_CASE("a warm step of heads, conditions and tuples allocates nothing", "[flow]") {
  if (!laws::allocations_are_counted) {
    WARN("skipped: allocations are not counted here");
    return;
  }
  struct Conditioned {
    double time;
    Matrix<float> cells, conditions;
    std::vector<double> weights;
  };
  std::vector<Conditioned> data;
  for (Population& p : populations()) {
    data.push_back({p.time, p.cells, laws::normals<float>(2, 60, 9), std::vector<double>(60, 0.5)});
  }
  const auto check = [&](const fields::Heads& heads, const auto& path, auto coupling) {
    auto map = fields::neural_map<float>(heads.inputs(), heads.outputs(), {32}, Stream(1));
    Workers workers(1);
    flow::Matching loss(map, data, path, coupling,
                        {.batch = 300, .heads = heads, .condition_dropout = 0.1}, workers);
    Vector<float> gradient(map.parameters().size());
    for (std::uint64_t k = 0; k < 5; ++k) loss.value_and_gradient(Stream(1).at(k), gradient);
    const std::size_t before = laws::allocations();
    for (std::uint64_t k = 5; k < 25; ++k) loss.value_and_gradient(Stream(1).at(k), gradient);
    CHECK(laws::allocations() == before);
  };
  const fields::Heads all{.dims = 5, .conditions = 2, .growth = true, .score = true};
  check(all, flow::BridgePath{}, ot::Exact{});
  check(all, flow::SplinePath{}, ot::Exact{});
  check(all, flow::LinearPath{}, flow::Matched{});
}

TEST_CASE("the same seed gives the same bytes for any number of threads", "[flow]") {
  const Fitted one = fit(1, 7, 300, 60);
  for (const int threads : {1, 2, 3}) {
    const Fitted more = fit(threads, 7, 300, 60);
    CHECK(more.parameters == one.parameters);
    CHECK(more.average == one.average);
    CHECK(more.losses == one.losses);
  }
  CHECK(fit(1, 8, 300, 60).losses != one.losses);
}

TEST_CASE("training on a shift learns the shift", "[flow]") {
  // Two unit normals, 3 apart in the first feature, 2 units of time apart: E u = (3, 0), so the
  // velocity at the middle is (1.5, 0) by symmetry.
  std::vector<Population> data{{1, laws::normals<float>(2, 400, 1)},
                               {3, laws::normals<float>(2, 400, 2)}};
  data[1].cells.row(0).array() += 3;
  auto field = fields::neural<float>(2, {32, 32}, Stream(3));
  Workers workers(1);
  flow::Matching loss(field, data, flow::LinearPath{}, ot::Exact{}, 128, workers);
  train::fit(loss, train::AdamW{.learning_rate = 3e-3}, {.steps = 600}).or_throw();
  const Matrix<float> middle = (Matrix<float>(2, 1) << 1.5f, 0).finished();
  Matrix<float> v(2, 1);
  decltype(field)::Cache cache;
  field.forward(Times<float>(2), middle, v, cache);
  // The samples' own means are off by √(2/400) = 0.07 in displacement; the fit adds about as much.
  CHECK(std::abs(v(0) - 1.5f) < 0.2f);
  CHECK(std::abs(v(1)) < 0.2f);
}
