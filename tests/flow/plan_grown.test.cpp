// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include <cytode/flow/plan_grown.hpp>
#include <cytode/ot/entropic.hpp>
#include <cytode/ot/unbalanced.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"
#include "laws/module.hpp"
#include "laws/pairing.hpp"

using namespace cytode;
using Catch::Matchers::Contains;

namespace {

struct Growing {
  double time;
  Matrix<double> cells;
  Vector<double> rates{};
  std::vector<double> weights{};
};

constexpr double strict = std::numeric_limits<double>::infinity();

/// Three times; the last has no rates.
std::vector<Growing> three_times() {
  std::vector<Growing> out{{0, laws::normals<double>(2, 30, 1), laws::normals<double>(30, 1, 4)},
                           {0.5, laws::normals<double>(2, 20, 2), laws::normals<double>(20, 1, 5)},
                           {2, laws::normals<double>(2, 25, 3)}};
  for (int j = 0; j < 20; ++j) out[1].weights.push_back(1 + j % 3);
  return out;
}

}  // namespace

TEST_CASE("a balanced plan of grown populations grows by the rates given", "[flow]") {
  const auto data = three_times();
  const auto check = [&](const auto& coupling, double tolerance) {
    const flow::Planned planned = flow::plan_grown(coupling, data);
    for (const Index k : {0, 1}) {
      const auto& from = data[std::size_t(k)];
      const double length = data[std::size_t(k) + 1].time - from.time;
      const auto pairs = laws::draw_pairs(planned, data, k, 600);
      std::vector<double> starts(30, 0.0);
      for (std::size_t i = 0; i < 600; ++i) {
        CHECK(std::log(pairs.mass1[i] / pairs.mass0[i]) ==
              Approx(length * from.rates[pairs.row[i]]).margin(tolerance));
        CHECK(pairs.mass0[i] == Approx(1));
        starts[std::size_t(pairs.row[i])] += 1. / 600;
      }
      // Sources come by the weights they have, not by those they grow to.
      for (Index i = 0; i < from.cells.cols(); ++i) {
        const double share = from.weights.empty() ? 1. / 30 : from.weights[std::size_t(i)] / 39;
        CHECK(starts[std::size_t(i)] == Approx(share).margin(2. / 600));
      }
    }
  };
  SECTION("exact") {
    check(ot::Exact<>{}, 1e-9);
  }
  SECTION("entropic") {
    check(ot::Entropic<>{.tolerance = 1e-10}, 1e-6);
  }
  SECTION("semi-relaxed, very dear") {
    check(ot::Unbalanced<>{.penalty0 = 1e6, .penalty1 = strict, .tolerance = 1e-10}, 1e-3);
  }
}

TEST_CASE("relaxed rows correct the rates where the later cells say otherwise", "[flow]") {
  // Groups A and B of 10 cells, 40 apart, that stay: of 30 later cells 20 are A's, so A doubled
  // against B. Told that all grow alike, a plan believes it the less the cheaper it is.
  std::vector<Growing> data{{0, laws::normals<double>(2, 20, 1), Vector<double>::Zero(20)},
                            {1, laws::normals<double>(2, 30, 2)}};
  data[0].cells.row(0).tail(10).array() += 40;
  data[1].cells.row(0).tail(10).array() += 40;
  const auto apart = [&](double penalty) {
    const ot::Unbalanced<> coupling{
        .epsilon = 0.5, .penalty0 = penalty, .penalty1 = strict, .relative = false};
    const auto pairs = laws::draw_pairs(flow::plan_grown(coupling, data), data, 0, 2000);
    double mass[2] = {0, 0};
    for (std::size_t i = 0; i < 2000; ++i) mass[pairs.row[i] < 10 ? 0 : 1] += pairs.mass1[i] / 1000;
    return std::log(mass[0] / mass[1]);
  };
  CHECK(apart(10) == Approx(std::log(2)).margin(0.02));
  CHECK(apart(1e6) == Approx(0).margin(0.02));
  // Told the truth, a balanced plan lets none of them cross.
  data[0].rates.head(10).setConstant(std::log(4. / 3));
  data[0].rates.tail(10).setConstant(std::log(2. / 3));
  const auto pairs = laws::draw_pairs(flow::plan_grown(ot::Exact<>{}, data), data, 0, 2000);
  for (std::size_t i = 0; i < 2000; ++i) CHECK((pairs.row[i] < 10) == (pairs.col[i] < 20));
}

TEST_CASE("plans of grown populations refuse rates that do not fit", "[flow]") {
  auto data = three_times();
  data[1].rates.conservativeResize(19);
  CHECK_THROWS_WITH(flow::plan_grown(ot::Exact{}, data),
                    Contains("flow::plan_grown: rates of a marginal is 19 x 1"));
  data = three_times();
  data[0].rates[3] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(flow::plan_grown(ot::Exact{}, data), Contains("rate 3 is nan"));
  data[0].rates[3] = 1e6;
  CHECK_THROWS_WITH(flow::plan_grown(ot::Exact{}, data), Contains("inf after growth"));
  CHECK_THROWS_WITH(flow::plan_grown(ot::Exact{}, std::vector<Growing>{}),
                    "flow::plan_grown: there are no marginals");
}
