// SPDX-License-Identifier: MIT
// Flow matching of maps with heads: gradients, solutions known beforehand, threads.
#include <cmath>

#include <cytode/fields/neural_map.hpp>
#include <cytode/flow/bridge_path.hpp>
#include <cytode/flow/matched.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/flow/planned.hpp>
#include <cytode/flow/spline_path.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/ot/transport.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;
using fields::Heads;

namespace {

template <class S>
struct Cells {
  double time;
  Matrix<S> cells;
  Matrix<S> conditions{};
  std::vector<double> weights{};
  double mass = 1;
};

template <class S>
std::vector<Cells<S>> some_data(Index conditions = 0) {
  std::vector<Cells<S>> data;
  for (const double time : {0.0, 0.5, 3.0}) {
    const auto seed = static_cast<std::uint64_t>(10 * time);
    const Index n = 20;
    data.push_back({time, laws::normals<S>(2, n, seed), laws::normals<S>(conditions, n, seed + 1)});
    data.back().cells.row(0).array() += static_cast<S>(time);
    for (Index i = 0; i < n; ++i) data.back().weights.push_back(1 + static_cast<double>(i % 3));
    data.back().mass = 1 + time;
  }
  return data;
}

/// One plan an interval: cell i with cell (7 i + 3) mod 20, weights and masses of the data.
template <class S>
flow::Planned plans(const std::vector<Cells<S>>& data) {
  std::vector<ot::PlanSampler> list;
  for (std::size_t k = 0; k + 1 < data.size(); ++k) {
    ot::Plan plan{.rows = 20, .cols = 20};
    for (Index i = 0; i < 20; ++i) plan.entries.push_back({i, (7 * i + 3) % 20, 0.05});
    list.emplace_back(plan, data[k].weights, data[k + 1].weights, data[k + 1].mass / data[k].mass);
  }
  return flow::Planned(std::move(list));
}

/// A network without hidden layers, all zero: y = W [x; c; t] + b, W by columns.
fields::NeuralMap<nn::Mlp<double>> affine(const Heads& heads) {
  fields::NeuralMap<nn::Mlp<double>> map(nn::Mlp<double>({heads.inputs() + 1, {}, heads.outputs()}),
                                         Stream(0));
  map.parameters().setZero();
  return map;
}

template <class Loss>
double value(Loss& loss, const Stream& stream) {
  Vector<double> unused;
  return loss.value_and_gradient(stream, unused);
}

}  // namespace

TEST_CASE("gradients of all heads are those of the value", "[flow]") {
  const auto check = [](const Heads& heads, const auto& path, auto coupling, double dropout) {
    const auto data = some_data<double>(heads.conditions);
    auto map =
        fields::neural_map<double>(heads.inputs(), heads.outputs(), {8}, Stream(1), nn::silu);
    Workers workers(1);
    flow::Matching loss(map, data, path, coupling,
                        {.batch = 150,
                         .heads = heads,
                         .weights = {.growth = 0.7, .score = 1.6},
                         .condition_dropout = dropout},
                        workers);
    Vector<double> gradient, unused;
    CHECK(loss.value_and_gradient(Stream(5), gradient) > 0);
    const Vector<double> theta = map.parameters();
    const Vector<double> along = laws::normals<double>(theta.size(), 1, 8);
    const double h = 1e-5;  // central difference: error h² ≈ 1e-10
    map.parameters() = theta + h * along;
    const double up = loss.value_and_gradient(Stream(5), unused);
    map.parameters() = theta - h * along;
    const double down = loss.value_and_gradient(Stream(5), unused);
    CHECK(gradient.dot(along) == Approx((up - down) / (2 * h)).epsilon(1e-7));
  };
  const auto mass = plans(some_data<double>());
  const Heads all{.dims = 2, .conditions = 2, .growth = true, .score = true};
  check(all, flow::BridgePath{.sigma = 0.5}, ot::Exact{}, 0.3);
  check(all, flow::LinearPath{}, mass, 0);
  check({.dims = 2, .growth = true}, flow::LinearPath{}, mass, 0);
  check({.dims = 2, .score = true}, flow::BridgePath{}, ot::Independent{}, 0);
  check({.dims = 2, .conditions = 3}, flow::SplinePath{}, ot::Exact{}, 0.1);
  check({.dims = 2}, flow::SplinePath{}, mass, 0);
}

TEST_CASE("a population that doubles evenly has the growth log 2 over its time", "[flow]") {
  std::vector<Cells<double>> data{{1, Matrix<double>::Zero(2, 4)}, {5, Matrix<double>::Zero(2, 4)}};
  data[1].mass = 2;
  ot::Plan plan{.rows = 4, .cols = 4};
  for (Index i = 0; i < 4; ++i) plan.entries.push_back({i, i, 0.25});
  const Heads heads{.dims = 2, .growth = true};
  auto map = affine(heads);
  Workers workers(1);
  flow::Matching loss(map, data, flow::LinearPath{},
                      flow::Planned({ot::PlanSampler(plan, {}, {}, 2)}),
                      {.batch = 1000, .heads = heads, .weights = {.growth = 3}}, workers);
  // The zero map misses log 2 in displacement, with weights 2^s: ∫ 2^s ds = 1/log 2.
  CHECK(value(loss, Stream(1)) == Approx(3 * std::log(2.0)).epsilon(1e-5));
  map.parameters().tail(1)[0] = std::log(2.0) / 4;
  CHECK(value(loss, Stream(1)) == Approx(0).margin(1e-14));
}

TEST_CASE("the score of a normal cloud is known", "[flow]") {
  // All pairs at the origin: x = σ ε, score −x/σ².
  const std::vector<Cells<double>> data{{0, Matrix<double>::Zero(2, 3)},
                                        {1, Matrix<double>::Zero(2, 3)}};
  const Heads heads{.dims = 2, .score = true};
  auto map = affine(heads);
  Workers workers(1);
  const double sigma = 0.3;
  flow::Matching loss(map, data, flow::LinearPath{sigma}, ot::Independent{},
                      {.batch = 4000, .heads = heads, .weights = {.score = 2}}, workers);
  // The zero score misses E|ε|²/d = 1; five standard errors √(2/8000).
  CHECK(std::abs(value(loss, Stream(1)) - 2) < 2 * 5 * std::sqrt(2.0 / 8000));
  map.parameters()[2] = map.parameters()[7] = -1 / (sigma * sigma);
  CHECK(value(loss, Stream(1)) == Approx(0).margin(1e-12));
}

TEST_CASE("conditions reach the map, of either end, and are dropped at their share", "[flow]") {
  // Cells at 0 move by their condition, ±1: v = c.
  std::vector<Cells<double>> data{{0, Matrix<double>::Zero(1, 6)}, {1, Matrix<double>::Zero(1, 6)}};
  data[1].conditions = (Row<double>(6) << 1, -1, 1, 1, -1, -1).finished();
  data[1].cells = data[1].conditions;
  data[0].conditions = Row<double>::Constant(6, 9);
  const Heads heads{.dims = 1, .conditions = 1};
  auto map = affine(heads);
  map.parameters()[1] = 1;  // W(0, 1)
  Workers workers(1);
  const auto loss_of = [&](const flow::MatchingOptions& options) {
    flow::Matching loss(map, data, flow::LinearPath{}, flow::Matched{}, options, workers);
    return value(loss, Stream(2));
  };
  CHECK(loss_of({.batch = 300, .heads = heads}) == Approx(0).margin(1e-14));
  CHECK(loss_of({.batch = 300, .heads = heads, .condition_of_source = true}) > 50);
  std::swap(data[0].conditions, data[1].conditions);
  CHECK(loss_of({.batch = 300, .heads = heads, .condition_of_source = true}) ==
        Approx(0).margin(1e-14));
  std::swap(data[0].conditions, data[1].conditions);
  // A dropped condition misses the whole step, 1.
  const double share = loss_of({.batch = 4000, .heads = heads, .condition_dropout = 0.2});
  CHECK(std::abs(share - 0.2) < 5 * std::sqrt(0.16 / 4000));
}

TEST_CASE("tuples follow their plans and weights through all times", "[flow]") {
  // Cell i goes to cell i of the next time; positions are affine in time, i at rate i: no spline
  // but the line, and only cells with a weight start.
  std::vector<Cells<double>> data;
  for (const double time : {0.0, 1.0, 4.0}) {
    data.push_back({time, (1 + time) * Row<double>::LinSpaced(3, 0, 2)});
  }
  data[0].weights = {0, 0, 1};
  auto map = affine({.dims = 1});
  map.parameters()[2] = 2;  // the bias: cell 2 moves by 2 a unit of time
  Workers workers(1);
  flow::Matching loss(map, data, flow::SplinePath{.sigma = 0}, flow::Matched{},
                      {.batch = 60, .heads = {.dims = 1}}, workers);
  CHECK(value(loss, Stream(1)) == Approx(0).margin(1e-13));
  data[0].weights = {1, 1, 1};
  flow::Matching all(map, data, flow::SplinePath{.sigma = 0}, flow::Matched{},
                     {.batch = 60, .heads = {.dims = 1}}, workers);
  CHECK(value(all, Stream(1)) > 0.5);
}

TEST_CASE("heads, conditions, plans and tuples give the same bytes on any number of threads",
          "[flow]") {
  const auto check = [](const Heads& heads, const auto& path, auto coupling) {
    const auto data = some_data<float>(heads.conditions);
    auto map = fields::neural_map<float>(heads.inputs(), heads.outputs(), {16}, Stream(1));
    Workers one(1), three(3);
    const flow::MatchingOptions options{.batch = 300, .heads = heads, .condition_dropout = 0.2};
    flow::Matching a(map, data, path, coupling, options, one);
    flow::Matching b(map, data, path, coupling, options, three);
    Vector<float> ga, gb;
    for (std::uint64_t step = 0; step < 10; ++step) {
      CHECK(a.value_and_gradient(Stream(3).at(step), ga) ==
            b.value_and_gradient(Stream(3).at(step), gb));
      CHECK(ga == gb);
    }
  };
  check({.dims = 2, .conditions = 1, .growth = true, .score = true}, flow::BridgePath{},
        plans(some_data<float>()));
  check({.dims = 2, .conditions = 1}, flow::SplinePath{}, ot::Exact{});
}
