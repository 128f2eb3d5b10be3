// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include <cytode/flow/mean_targets.hpp>
#include <cytode/flow/plan_grown.hpp>
#include <cytode/flow/plan_whole.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/same_label.hpp>
#include <cytode/ot/unbalanced.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"
#include "laws/module.hpp"
#include "laws/pairing.hpp"

using namespace cytode;
using Catch::Matchers::Contains;

namespace {

struct Grouped {
  double time;
  Matrix<double> cells;
  std::vector<Index> groups{};
  std::vector<double> weights{};
  double mass = 1;
  Vector<double> rates{};
};

/// Groups −1, 0, 1 in turn of 12, 9 and 9 cells, then 5, 15 and 10 and one that is new: they lie
/// on top of each other, so that a plan without groups would mix them.
std::vector<Grouped> two_times() {
  std::vector<Grouped> out{{0, laws::normals<double>(2, 30, 1)},
                           {2, laws::normals<double>(2, 31, 2)}};
  for (Index i = 0; i < 30; ++i) out[0].groups.push_back(i < 3 ? -1 : i % 3 - 1);
  for (Index j = 0; j < 30; ++j) out[1].groups.push_back(j % 6 == 0 ? -1 : j % 2);
  out[1].groups.push_back(2);
  out[1].mass = 3;
  out[0].rates = laws::normals<double>(30, 1, 4);
  return out;
}
Index group_of(const Grouped& side, Index cell) {
  return side.groups[std::size_t(cell)];
}

/// The cells of one group alone.
Grouped only(const Grouped& all, Index group) {
  Grouped out{all.time, Matrix<double>(2, 0)};
  for (Index i = 0; i < all.cells.cols(); ++i) {
    if (group_of(all, i) != group) continue;
    out.cells.conservativeResize(2, out.cells.cols() + 1);
    out.cells.rightCols(1) = all.cells.col(i);
    if (!all.weights.empty()) out.weights.push_back(all.weights[std::size_t(i)]);
  }
  return out;
}

/// Σ mass1 over n pairs that end in a group, by the number of pairs.
double mass_into(const laws::PairRoom& pairs, const Grouped& to, Index group) {
  double sum = 0;
  for (std::size_t k = 0; k < pairs.row.size(); ++k) {
    if (pairs.col[k] >= 0 && group_of(to, pairs.col[k]) == group) sum += pairs.mass1[k];
  }
  return sum / double(pairs.row.size());
}

}  // namespace

TEST_CASE("plans within groups are those of each group alone", "[flow]") {
  const auto data = two_times();
  const auto n = std::size_t(3000);
  const auto pairs = laws::draw_pairs(flow::plan_whole(ot::Exact{}, data), data, 0, Index(n));
  double starts[3] = {0, 0, 0};
  for (std::size_t k = 0; k < n; ++k) {
    const Index g = group_of(data[0], pairs.row[k]);
    CHECK(g == group_of(data[1], pairs.col[k]));
    CHECK(pairs.mass0[k] == Approx(1));
    CHECK(pairs.mass1[k] == Approx(1));  // balanced, whatever the shares
    starts[g + 1] += 1. / double(n);
  }
  CHECK(starts[0] == Approx(12. / 30).margin(2. / double(n)));
  // The pairs of a group are in its own exact plan.
  for (const Index g : {-1, 0, 1}) {
    const Grouped from = only(data[0], g), to = only(data[1], g);
    Matrix<double> cost;
    ot::CostWorkspace<double> w;
    ot::squared_euclidean<double>(from.cells, to.cells, cost, w);
    const Matrix<double> plan = ot::transport(cost).dense();
    for (std::size_t k = 0; k < n; ++k) {
      if (group_of(data[0], pairs.row[k]) != g) continue;
      Index i = 0, j = 0;
      (from.cells.colwise() - data[0].cells.col(pairs.row[k])).colwise().norm().minCoeff(&i);
      (to.cells.colwise() - data[1].cells.col(pairs.col[k])).colwise().norm().minCoeff(&j);
      CHECK(plan(i, j) > 0);
    }
  }
}

TEST_CASE("a coupling that changes mass gives each group its own", "[flow]") {
  auto data = two_times();
  for (int i = 0; i < 30; ++i) data[0].weights.push_back(1 + i % 4);
  for (int j = 0; j < 31; ++j) data[1].weights.push_back(1 + j % 5);
  const ot::Unbalanced<> keep{.penalty1 = std::numeric_limits<double>::infinity()};
  const auto pairs = laws::draw_pairs(flow::plan_whole(keep, data), data, 0, 40000);
  double total = 0, in[3] = {0, 0, 0};
  for (Index j = 0; j < 31; ++j) {
    const double w = data[1].weights[std::size_t(j)];
    total += w;
    if (group_of(data[1], j) < 2) in[group_of(data[1], j) + 1] += w;
  }
  // Masses of pairs differ by some factor of 2: five standard errors are 5 · 2/√40000 = 0.05.
  for (const Index g : {-1, 0, 1}) {
    CHECK(mass_into(pairs, data[1], g) == Approx(3 * in[g + 1] / total).margin(0.05));
  }
}

TEST_CASE("known growth decides what becomes of a group", "[flow]") {
  const auto data = two_times();
  const auto pairs = laws::draw_pairs(flow::plan_grown(ot::Exact{}, data), data, 0, 1000);
  for (std::size_t k = 0; k < 1000; ++k) {
    CHECK(group_of(data[0], pairs.row[k]) == group_of(data[1], pairs.col[k]));
    const double growth = 2 * data[0].rates[pairs.row[k]];
    CHECK(std::log(pairs.mass1[k] / pairs.mass0[k]) == Approx(growth).margin(1e-9));
  }
}

TEST_CASE("the mean of a cell's partners is one of its group", "[flow]") {
  auto data = two_times();
  const auto targets = flow::mean_targets(ot::Exact{}, data);
  for (const Index g : {-1, 0, 1}) {
    const auto alone =
        flow::mean_targets(ot::Exact{}, std::vector<Grouped>{only(data[0], g), only(data[1], g)});
    const Index own = only(data[1], g).cells.cols();
    for (Index i = 0, at = 0; i < 30; ++i) {
      if (group_of(data[0], i) != g) continue;
      CHECK(targets.marginals[1].cells.col(31 + i).isApprox(
          alone.marginals[1].cells.col(own + at++), 1e-12));
    }
  }
}

TEST_CASE("costs find the labels of cells within groups", "[flow]") {
  // Two labels that cross the groups, on cells of equal coordinates: only the labels tell.
  std::vector<Grouped> data{{0, Matrix<double>::Zero(2, 8), {0, 1, 0, 1, 0, 1, 0, 1}},
                            {1, Matrix<double>::Zero(2, 8), {1, 0, 1, 0, 1, 0, 1, 0}}};
  const std::vector<Index> before{0, 0, 1, 1, 0, 0, 1, 1}, after{1, 1, 0, 0, 1, 1, 0, 0};
  const ot::Exact<ot::SameLabel<>> coupling{{.labels = ot::Labels({before, after})}};
  const auto pairs = laws::draw_pairs(flow::plan_whole(coupling, data), data, 0, 200);
  for (std::size_t k = 0; k < 200; ++k) {
    CHECK(before[std::size_t(pairs.row[k])] == after[std::size_t(pairs.col[k])]);
    CHECK(group_of(data[0], pairs.row[k]) == group_of(data[1], pairs.col[k]));
  }
}

TEST_CASE("groups that do not fit are refused", "[flow]") {
  auto data = two_times();
  data[0].groups[4] = 3;
  CHECK_THROWS_WITH(flow::plan_whole(ot::Exact{}, data),
                    "flow::plan_whole: group 3 has cells at time 0 and none at time 2");
  data[0].groups[4] = -2;
  CHECK_THROWS_WITH(flow::plan_whole(ot::Exact{}, data), Contains("a group at time 0 is -2"));
  data[0].groups.pop_back();
  CHECK_THROWS_WITH(flow::plan_grown(ot::Exact{}, data), Contains("has 29 groups and 30 cells"));
  data[0].groups.clear();
  CHECK_THROWS_WITH(flow::mean_targets(ot::Exact{}, data),
                    Contains("groups are given for one of times 0 and 2, wanted both"));
}
