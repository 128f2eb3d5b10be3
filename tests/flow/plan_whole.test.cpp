// SPDX-License-Identifier: MIT
#include <limits>

#include <cytode/flow/plan_whole.hpp>
#include <cytode/ot/entropic.hpp>
#include <cytode/ot/growth_marginals.hpp>
#include <cytode/ot/unbalanced.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"
#include "laws/module.hpp"
#include "laws/pairing.hpp"

using namespace cytode;

namespace {

struct Cells {
  double time;
  Matrix<double> cells;
  std::vector<double> weights{};
  double mass = 1;
};

std::vector<Cells> three_times() {
  std::vector<Cells> out{{0, laws::normals<double>(2, 30, 1)},
                         {1, laws::normals<double>(2, 20, 2), {}, 2},
                         {3, laws::normals<double>(2, 20, 3), {}, 3}};
  for (int j = 0; j < 20; ++j) out[1].weights.push_back(1 + j % 3);
  return out;
}

}  // namespace

TEST_CASE("whole plans are the exact plan of all cells", "[flow]") {
  auto data = three_times();
  data[1].weights.clear();
  const auto pairs = laws::draw_pairs(flow::plan_whole(ot::Exact{}, data), data, 1, 20);
  Matrix<double> cost;
  ot::CostWorkspace<double> w;
  ot::squared_euclidean<double>(data[1].cells, data[2].cells, cost, w);
  const auto partner = ot::transport(cost).partners();
  std::vector<bool> seen(20);
  for (std::size_t k = 0; k < 20; ++k) {
    CHECK(pairs.col[k] == partner[std::size_t(pairs.row[k])]);
    CHECK(pairs.mass0[k] == Approx(1));
    CHECK(pairs.mass1[k] == Approx(1));  // balanced, whatever the masses
    seen[std::size_t(pairs.row[k])] = true;
  }
  CHECK(seen == std::vector<bool>(20, true));
}

TEST_CASE("pairs of whole plans carry the masses of both populations", "[flow]") {
  const auto data = three_times();
  const double kept = std::numeric_limits<double>::infinity();
  const auto check = [&](const auto& coupling, double mass) {
    const Index n = 40000;
    const auto pairs = laws::draw_pairs(flow::plan_whole(coupling, data), data, 0, n);
    double start = 0, end = 0, x = 0, wanted = 0, weight = 0;
    for (std::size_t k = 0; k < std::size_t(n); ++k) {
      start += pairs.mass0[k] / double(n);
      end += pairs.mass1[k] / double(n);
      if (pairs.col[k] >= 0) x += pairs.mass1[k] * data[1].cells(0, pairs.col[k]) / double(n);
    }
    for (Index j = 0; j < 20; ++j) {
      wanted += data[1].weights[std::size_t(j)] * data[1].cells(0, j);
      weight += data[1].weights[std::size_t(j)];
    }
    // Masses of pairs differ by a factor of about 2: five standard errors of their means are
    // 5 · 2/√40000 = 0.05 at most, and stratified draws have much less.
    CHECK(start == Approx(1).epsilon(1e-6));
    CHECK(end == Approx(mass).epsilon(0.02));
    CHECK(x == Approx(mass * wanted / weight).margin(0.03));
  };
  SECTION("semi-relaxed") {
    check(ot::Unbalanced<>{.penalty1 = kept}, 2);
  }
  SECTION("unbalanced") {
    check(ot::Unbalanced<>{}, 2);
  }
  SECTION("WFR") {
    check(ot::wfr(1), 2);
  }
  SECTION("entropic: balanced") {
    check(ot::Entropic<>{}, 1);
  }
  SECTION("exact: balanced") {
    check(ot::Exact<>{}, 1);
  }
}

TEST_CASE("growth by a column and counts weighs the earlier cells of a coupling", "[flow]") {
  // Two far groups of 10 cells each, A and B, that stay. A's growth column says 4 a unit of time,
  // B's 1: in half a unit A doubles. Counted were 150 for 100 cells.
  const Index n = 20, m = 30;
  const double dt = 0.5;
  Cells before{0, laws::normals<double>(2, n, 1)}, after{dt, laws::normals<double>(2, m, 2)};
  Vector<double> column(n);
  for (Index i = 0; i < n; ++i) {
    column[i] = i < 10 ? 4 : 1;
    before.cells(0, i) += i < 10 ? 0 : 40;
  }
  // Of the later cells 20 are A's and 10 B's.
  for (Index j = 0; j < m; ++j) after.cells(0, j) += 3 * j < 2 * m ? 0 : 40;
  const Vector<double> counts{{100.0, 150.0}};
  const double counted = ot::relative_masses(counts)[1];
  const Vector<double> rates = ot::calibrated_rates(ot::log_growth(column), dt, counted);
  const ot::GrowthMarginal grown = ot::growth_marginal(rates, dt);
  CHECK(grown.mass_ratio == Approx(1.5));
  const std::vector<double> weights(grown.weights.begin(), grown.weights.end());
  const auto crossing = [&](const auto& coupling, std::span<const double> first) {
    laws::PairRoom pairs(3000);
    typename std::decay_t<decltype(coupling)>::template Workspace<double> w;
    coupling.template join<double>({.x0 = before.cells, .x1 = after.cells, .weights0 = first},
                                   pairs.list(), Stream(1), w);
    double mass = 0;
    for (std::size_t k = 0; k < pairs.row.size(); ++k) {
      if (pairs.row[k] < 0 || pairs.col[k] < 0) continue;
      if ((pairs.row[k] < 10) != (3 * pairs.col[k] < 2 * m)) mass += pairs.mass0[k] / 3000;
    }
    return mass;
  };
  // Balanced, without growth 1/6 of the mass must cross; with it none.
  CHECK(crossing(ot::Exact<>{}, {}) == Approx(1. / 6).margin(5e-3));
  CHECK(crossing(ot::Exact<>{}, weights) == 0);
  CHECK(crossing(ot::Entropic<>{.epsilon = 0.005}, weights) < 1e-3);

  // Unbalanced, the rates a plan learns are those put in, Waddington-OT's fixed point. Without them
  // penalties that are alike settle in the geometric middle of both sides: half of the difference.
  ot::Unbalanced<> unbalanced{.epsilon = 0.05, .penalty0 = 50, .penalty1 = 50, .relative = false};
  ot::Unbalanced<>::Workspace<double> w;
  laws::PairRoom one(1);
  const auto learn = [&](std::span<const double> first) {
    unbalanced.join<double>(
        {.x0 = before.cells, .x1 = after.cells, .weights0 = first, .mass_ratio = grown.mass_ratio},
        one.list(), Stream(1), w);
    Matrix<double> pi;
    w.plan.plan(pi);
    ot::Plan plan{.rows = n, .cols = m};
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < m; ++j) plan.entries.push_back({i, j, pi(i, j)});
    }
    return ot::learned_rates(plan, Vector<double>::Constant(n, 1.0 / double(n)), dt);
  };
  const Vector<double> bare = learn({}), informed = learn(weights);
  const auto apart = [](const Vector<double>& r) { return r.head(10).mean() - r.tail(10).mean(); };
  const double wanted = rates[0] - rates[n - 1];
  CHECK(wanted == Approx(std::log(4.0)));
  CHECK(apart(informed) == Approx(wanted).epsilon(0.02));
  CHECK(apart(bare) == Approx(wanted / 2).epsilon(0.04));
}

TEST_CASE("whole plans refuse what cannot be planned", "[flow]") {
  auto data = three_times();
  CHECK_THROWS_WITH(flow::plan_whole(ot::Exact{}, std::vector<Cells>{}),
                    "flow::plan_whole: there are no marginals");
  CHECK_THROWS_WITH(flow::plan_whole(ot::Exact{}, data, -1.0),
                    "flow::plan_whole: cut is -1, wanted zero or more");
  CHECK_THROWS_WITH(flow::plan_whole(ot::wfr(-1), data),
                    Catch::Matchers::Contains("delta is -1, wanted a positive number"));
  data.resize(1);
  CHECK_THROWS_WITH(flow::plan_whole(ot::Exact{}, data),
                    "flow::plan_whole: got 1 marginals, wanted 2 or more");
}
