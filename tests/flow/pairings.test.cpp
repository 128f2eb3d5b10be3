// SPDX-License-Identifier: MIT
// Where pairs come from: laws of pairings, shares of plans and weights, what is refused.
#include <cmath>

#include <cytode/fields/neural_map.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/flow/planned.hpp>
#include <cytode/flow/spline_path.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/independent.hpp>

#include "catch.hpp"
#include "laws/pairing.hpp"
#include "laws/says.hpp"

using namespace cytode;

namespace {

struct Cells {
  double time;
  Matrix<double> cells;
  Matrix<double> conditions{};
  std::vector<double> weights{};
  double mass = 1;
};

ot::PlanSampler shift(Index n) {
  ot::Plan plan{.rows = n, .cols = n};
  for (Index i = 0; i < n; ++i) plan.entries.push_back({i, (i + 1) % n, 1.0 / double(n)});
  return ot::PlanSampler(plan);
}

/// 5 standard errors of a share p of n draws.
bool share(std::ptrdiff_t count, std::size_t n, double p) {
  const auto all = static_cast<double>(n);
  return std::abs(static_cast<double>(count) / all - p) <= 5 * std::sqrt(p * (1 - p) / all);
}

}  // namespace

TEST_CASE("minibatches and plans keep the laws of pairings", "[flow]") {
  laws::check_pairing<double>(flow::Minibatch<ot::Exact<>>{});
  laws::check_pairing<float>(flow::Minibatch<ot::Exact<>>{});
  laws::check_pairing<float>(flow::Minibatch<ot::Independent>{});
  laws::check_pairing<float>(flow::Planned({shift(30)}));
  laws::check_pairing<double>(flow::Planned({shift(3), shift(30)}), 1);
}

TEST_CASE("batches come in proportion to the weights of either population", "[flow]") {
  const Matrix<double> a = laws::normals<double>(1, 3, 1), b = laws::normals<double>(1, 2, 2);
  const std::vector<double> wa{1, 0, 3}, wb{2, 8};
  const flow::Population<double> from{.cells = &a, .weights = wa};
  const flow::Population<double> to{.time = 1, .cells = &b, .weights = wb, .mass = 3};
  const auto check = [&](const auto& pairing) {
    laws::PairRoom pairs(4000);
    typename std::decay_t<decltype(pairing)>::template Workspace<double> w;
    pairing.template draw<double>({from, to, 0}, pairs.list(), Stream(3), w);
    CHECK(share(std::ranges::count(pairs.row, Index{2}), 4000, 0.75));
    CHECK(std::ranges::count(pairs.row, Index{1}) == 0);
    CHECK(share(std::ranges::count(pairs.col, Index{1}), 4000, 0.8));
  };
  check(flow::Minibatch<ot::Independent>{});
}

TEST_CASE("minibatch transport joins neighbours, and the cells are those of the populations",
          "[flow]") {
  const Matrix<double> a = Row<double>::LinSpaced(50, 0, 49), b = a.array() + 0.25;
  const flow::Population<double> from{.cells = &a}, to{.time = 1, .cells = &b};
  laws::PairRoom pairs(200);
  flow::Minibatch<ot::Exact<>> pairing;
  decltype(pairing)::Workspace<double> w;
  pairing.draw<double>({from, to, 0}, pairs.list(), Stream(3), w);
  double moved = 0, order = 0;
  for (std::size_t k = 0; k < 200; ++k) {
    moved += std::abs(b(pairs.col[k]) - a(pairs.row[k])) / 200;
    for (std::size_t j = 0; j < k; ++j) {  // optimal in one dimension: no two pairs cross
      order += (pairs.row[k] - pairs.row[j]) * (pairs.col[k] - pairs.col[j]) < 0 ? 1 : 0;
    }
  }
  CHECK(order == 0);
  CHECK(moved < 5);  // independent: 50/3
}

TEST_CASE("plans are drawn in their shares and in no order", "[flow]") {
  ot::Plan plan{.rows = 2, .cols = 2, .entries = {{0, 0, 0.1}, {0, 1, 0.4}, {1, 1, 0.5}}};
  const flow::Planned planned({ot::PlanSampler(plan)});
  const Matrix<double> x = laws::normals<double>(1, 2, 1);
  const flow::Population<double> from{.cells = &x}, to{.time = 1, .cells = &x};
  laws::PairRoom pairs(1000);
  std::vector<double> w;
  planned.draw<double>({from, to, 0}, pairs.list(), Stream(1), w);
  std::ptrdiff_t first = 0, early = 0;
  for (std::size_t k = 0; k < 1000; ++k) {
    first += pairs.row[k] == 0 && pairs.col[k] == 0;
    early += k < 500 && pairs.row[k] == 0;
  }
  CHECK(std::abs(first - 100) <= 1);  // one in every 1000th of the mass
  CHECK(share(early, 500, 0.5));
  std::vector<Index> cells(1000, 0), next(1000);
  planned.follow<double>({from, to, 0}, cells, next, Stream(1), w);
  CHECK(share(std::ranges::count(next, Index{0}), 1000, 0.2));
}

TEST_CASE("cells without a partner cannot be followed", "[flow]") {
  ot::Plan plan{.rows = 2, .cols = 2, .entries = {{0, 0, 0.5}, {0, 1, 0.5}}};
  const flow::Planned planned({ot::PlanSampler(plan)});
  const Matrix<double> x = laws::normals<double>(1, 2, 1);
  const flow::Population<double> from{.cells = &x}, to{.time = 1, .cells = &x};
  std::vector<double> w;
  std::vector<Index> cells{1}, next(1);
  using E = std::invalid_argument;
  laws::check_says<E>(
      [&] {
        planned.follow<double>({from, to, 0}, cells, next, Stream(1), w);
      },
      "flow::Planned: cell 1 has no partner in interval 0");
  laws::PairRoom pairs(3);
  laws::check_says<E>(
      [&] {
        planned.draw<double>({from, to, 1}, pairs.list(), Stream(1), w);
      },
      "flow::Planned: got 1 plans, and an interval 1");
}

TEST_CASE("bad heads, conditions, weights and masses say what is wrong", "[flow]") {
  using E = std::invalid_argument;
  const fields::Heads heads{.dims = 2, .conditions = 1, .growth = true};
  auto map = fields::neural_map<double>(3, 3, {4}, Stream(1));
  Workers workers(1);
  const auto good = [] {
    std::vector<Cells> data;
    for (int k = 0; k < 2; ++k) {
      data.push_back({double(k),
                      laws::normals<double>(2, 4, std::uint64_t(k)),
                      Matrix<double>::Ones(1, 4),
                      {1, 1, 1, 1}});
    }
    return data;
  };
  const auto refused = [&](const std::vector<Cells>& data, flow::MatchingOptions options,
                           const std::string& text) {
    options.batch = 8;
    laws::check_says<E>(
        [&] {
          flow::Matching loss(map, data, flow::LinearPath{}, ot::Exact{}, options, workers);
          Vector<double> gradient;
          loss.value_and_gradient(Stream(1), gradient);
        },
        text);
  };
  refused(good(), {}, "flow::Matching: a marginal has 2 features, wanted 3");
  refused(good(), {.heads = {.dims = 2, .growth = true}},
          "flow::Matching: the map has 3 inputs and 3 outputs, its heads want 2 and 3");
  refused(good(), {.heads = heads, .weights = {.growth = -1}}, "the weight of growth is -1");
  refused(good(), {.heads = heads, .weights = {.score = -1}}, "the weight of the score is -1");
  refused(good(), {.heads = heads, .condition_dropout = 1},
          "condition_dropout is 1, wanted [0, 1)");
  refused(good(), {.heads = heads, .condition_dropout = -0.1}, "condition_dropout is -0.1");
  auto data = good();
  data[1].conditions.resize(0, 0);
  refused(data, {.heads = heads}, "the marginal at time 1 has no conditions, the map wants 1");
  data[1].conditions = Matrix<double>::Ones(2, 4);
  refused(data, {.heads = heads}, "conditions of a marginal is 2 x 4, wanted 1 x 4");
  data[1].conditions = Matrix<double>::Constant(1, 4, std::nan(""));
  refused(data, {.heads = heads}, "a condition at time 1 is NaN or infinite");
  data = good();
  data[0].weights.pop_back();
  refused(data, {.heads = heads}, "the marginal at time 0 has 3 weights and 4 cells");
  data[0].weights = {1, -1, 1, 1};
  refused(data, {.heads = heads}, "a weight at time 0 is -1, wanted zero or more");
  data[0].weights = {0, 0, 0, 0};
  refused(data, {.heads = heads}, "all weights at time 0 are zero");
  data = good();
  data[1].mass = 0;
  refused(data, {.heads = heads}, "the marginal at time 1 has mass 0, wanted a positive number");
}
