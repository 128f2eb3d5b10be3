// SPDX-License-Identifier: MIT
#include <numeric>

#include <cytode/fields/linear.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/flow/mean_targets.hpp>
#include <cytode/ot/entropic.hpp>
#include <cytode/ot/exact.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"
#include "laws/module.hpp"

using namespace cytode;

namespace {

struct Cells {
  double time;
  Matrix<double> cells;
  Matrix<double> conditions{};
  std::vector<double> weights{};
};

std::vector<Cells> three_times() {
  return {{0, laws::normals<double>(2, 12, 1)},
          {1, laws::normals<double>(2, 12, 2)},
          {3, laws::normals<double>(2, 9, 3)}};
}

}  // namespace

TEST_CASE("mean partners are the plan's conditional means", "[ot][flow]") {
  const ot::Plan plan{.rows = 2, .cols = 3, .entries = {{0, 0, 0.1}, {0, 2, 0.3}, {1, 1, 0.2}}};
  const Matrix<double> x1{{1, 2, 5}, {0, 3, 4}};
  CHECK(ot::mean_partners(plan, x1).isApprox(Matrix<double>{{4, 2}, {3, 3}}, 1e-14));
  CHECK_THROWS_AS(ot::mean_partners(plan, Matrix<double>(2, 2)), std::invalid_argument);
  const ot::Plan none{.rows = 2, .cols = 3, .entries = {{0, 0, 1}}};
  CHECK_THROWS_AS(ot::mean_partners(none, x1), std::invalid_argument);
}

TEST_CASE("images of the exact plan are the partners, of a wide blur the mean", "[flow]") {
  const auto data = three_times();
  const auto exact = flow::mean_targets(ot::Exact{}, data);
  REQUIRE(exact.marginals.size() == 3);
  CHECK(exact.marginals[0].cells == data[0].cells);
  CHECK(exact.marginals[1].cells.leftCols(12) == data[1].cells);
  Matrix<double> cost;
  ot::CostWorkspace<double> w;
  ot::squared_euclidean<double>(data[0].cells, data[1].cells, cost, w);
  const auto partner = ot::transport(cost).partners();
  for (Index i = 0; i < 12; ++i) {
    CHECK(
        exact.marginals[1].cells.col(12 + i).isApprox(data[1].cells.col(partner[std::size_t(i)])));
  }
  const auto wide = flow::mean_targets(ot::Entropic<>{.epsilon = 1e6}, data);
  REQUIRE(wide.marginals[2].cells.cols() == 9 + 12);
  const Vector<double> mean = data[2].cells.rowwise().mean();
  for (Index i = 0; i < 12; ++i) {
    CHECK((wide.marginals[2].cells.col(9 + i) - mean).norm() < 1e-4);
  }
}

TEST_CASE("cells are led to their images", "[flow]") {
  const auto data = three_times();
  const auto targets = flow::mean_targets(ot::Entropic<>{.epsilon = 0.1}, data);
  const auto list = flow::populations<double>("test", targets.marginals, 2);
  laws::PairRoom pairs(200);
  flow::Images::Workspace<double> none;
  targets.pairing.draw<double>({list[1], list[2], 1}, pairs.list(), Stream(7), none);
  std::vector<int> drawn(12);
  for (std::size_t k = 0; k < 200; ++k) {
    CHECK(pairs.col[k] == 9 + pairs.row[k]);
    CHECK(pairs.mass0[k] == 1);
    CHECK(pairs.mass1[k] == 1);
    ++drawn.at(std::size_t(pairs.row[k]));
  }
  CHECK(*std::ranges::min_element(drawn) > 0);
  std::vector<Index> next(1);
  targets.pairing.follow<double>({list[0], list[1], 0}, std::vector<Index>{3}, next, Stream(1),
                                 none);
  CHECK(next[0] == 12 + 3);
  CHECK_THROWS_AS(
      targets.pairing.follow<double>({list[1], list[2], 1}, next, next, Stream(1), none),
      std::invalid_argument);
  CHECK_THROWS_AS(
      targets.pairing.draw<double>({list[1], list[2], 2}, pairs.list(), Stream(1), none),
      std::invalid_argument);
}

TEST_CASE("an image has the condition of its cell, and weights are refused", "[flow]") {
  auto data = three_times();
  for (auto& m : data) m.conditions = m.cells.topRows(1);
  const auto targets = flow::mean_targets(ot::Exact{}, data);
  CHECK(targets.marginals[1].conditions.rightCols(12) == data[0].conditions);
  CHECK(targets.marginals[1].conditions.leftCols(12) == data[1].conditions);
  data[1].weights.assign(12, 1);
  CHECK_THROWS_AS(flow::mean_targets(ot::Exact{}, data), std::invalid_argument);
}
