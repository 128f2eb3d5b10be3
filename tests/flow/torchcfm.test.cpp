// SPDX-License-Identifier: MIT
// Paths and couplings against torchcfm's matchers: tests/fixtures/flow/make_torchcfm.py.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <cytode/flow/bridge_path.hpp>
#include <cytode/flow/conversions.hpp>
#include <cytode/flow/gaussian_path.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/flow/trigonometric_path.hpp>
#include <cytode/ot/cost.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/sinkhorn.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"
#include "laws/path.hpp"
#include "ot/lcg.hpp"

using namespace cytode;

namespace {

constexpr Index cells = 6, features = 3;

/// A line of the fixture.
struct Line {
  std::string kind;
  double sigma;
  std::uint64_t seed;
  Index cell, feature;
  double x, u, score, lambda;
};

std::vector<Line> lines(const std::string& kind) {
  std::ifstream file(CYTODE_FIXTURES "/flow/torchcfm.csv");
  std::string text;
  std::getline(file, text);
  std::vector<Line> all;
  while (std::getline(file, text)) {
    std::vector<std::string> part;
    std::istringstream fields(text);
    for (std::string field; std::getline(fields, field, ',');) part.push_back(field);
    if (part.at(0) != kind) continue;
    const auto number = [&](std::size_t k) { return std::stod(part.at(k)); };
    all.push_back({kind, number(1), std::stoull(part.at(2)), Index(number(3)), Index(number(4)),
                   number(5), number(6), number(7), number(8)});
  }
  return all;
}

/// The pairs of a seed, at fractions s of an interval of one unit of time.
struct Case {
  laws::PathCase pairs{features, cells};
  Row<double> s{cells};

  explicit Case(std::uint64_t seed) {
    testing::Lcg u{seed};
    pairs.t0 = 0;
    pairs.t1 = 1;
    for (Matrix<double>* m : {&pairs.x0, &pairs.x1, &pairs.noise}) {
      *m = 4 * testing::points(u, "random", cells, features).array() - 2;
    }
    for (double& x : s) x = 0.05 + 0.9 * u();
  }
};

/// Every row of `kind` against path_of(σ). torchcfm adds 1e-8 to 2t(1 − t) ≥ 0.095 in the bridge's
/// velocity and to σ² in λ, and divides to get the Gaussian path's: `slack` covers that.
template <class PathOf>
void agree(const std::string& kind, std::size_t wanted, double slack, const PathOf& path_of) {
  const std::vector<Line> all = lines(kind);
  REQUIRE(all.size() == wanted * cells * features);
  for (const Line& line : all) {
    CAPTURE(kind, line.sigma, line.seed, line.cell, line.feature);
    const Case c(line.seed);
    const auto path = path_of(line.sigma);
    const laws::PathValues v = laws::follow(path, c.pairs, c.s, c.pairs.noise);
    const double spread = v.spread[line.cell];
    CHECK(v.x(line.feature, line.cell) == Approx(line.x).epsilon(1e-14).margin(1e-14));
    CHECK(v.u(line.feature, line.cell) == Approx(line.u).epsilon(slack).margin(slack));
    CHECK(2 * spread / (line.sigma * line.sigma + 1e-8) == Approx(line.lambda).epsilon(1e-14));
    CHECK((spread > 0) == std::isfinite(line.score));
    if (spread > 0) {
      const double score = -c.pairs.noise(line.feature, line.cell) / spread;
      CHECK(score == Approx(line.score).epsilon(1e-9).margin(1e-12));
    }
  }
}

}  // namespace

TEST_CASE("paths go where torchcfm's matchers go, at their speed and with their score", "[flow]") {
  agree("linear", 3, 1e-14, [](double sigma) { return flow::LinearPath{.sigma = sigma}; });
  agree("target", 3, 1e-12, [](double sigma) { return flow::GaussianPath{.sigma = sigma}; });
  agree("variance", 2, 1e-14, [](double sigma) { return flow::TrigonometricPath{.sigma = sigma}; });
  agree("bridge", 3, 5e-7, [](double sigma) { return flow::BridgePath{.sigma = sigma}; });
}

TEST_CASE("conversions give the score of torchcfm's paths from the noise", "[flow]") {
  for (const Line& line : lines("bridge")) {
    const Case c(line.seed);
    const auto m = flow::BridgePath{.sigma = line.sigma}.at(c.s[line.cell], 1);
    const auto rule = flow::convert(flow::Prediction::noise, flow::Prediction::score, m);
    CHECK(rule.given * c.pairs.noise(line.feature, line.cell) ==
          Approx(line.score).epsilon(1e-9).margin(1e-12));
  }
}

TEST_CASE("the exact coupling pairs the cells torchcfm pairs", "[flow]") {
  const std::vector<Line> all = lines("exact");
  REQUIRE(all.size() == 3 * cells);
  for (const Line& line : all) {
    const Case c(line.seed);
    laws::PairRoom pairs(cells);
    ot::Exact<>::Workspace<double> w;
    ot::Exact{}.join<double>({c.pairs.x0, c.pairs.x1}, pairs.list(), Stream(1), w);
    CAPTURE(line.seed, line.cell);
    CHECK(pairs.row[std::size_t(line.cell)] == line.cell);
    CHECK(pairs.col[std::size_t(line.cell)] == Index(line.x));
  }
}

TEST_CASE("the entropic plan of noise sigma is torchcfm's with reg 2 sigma squared", "[flow]") {
  const std::vector<Line> all = lines("entropic");
  REQUIRE(all.size() == 2 * cells * cells);
  for (const Line& line : all) {
    const Case c(line.seed);
    Matrix<double> cost, plan;
    ot::CostWorkspace<double> w;
    ot::squared_euclidean<double>(c.pairs.x0, c.pairs.x1, cost, w);
    ot::Sinkhorn<double> solver;
    const auto result = solver.solve(
        cost, {}, {},
        {.epsilon = 2 * line.sigma * line.sigma, .relative = false, .tolerance = 1e-12});
    REQUIRE(result.status == Status::ok);
    solver.plan(plan);
    CAPTURE(line.seed, line.sigma, line.cell, line.feature);
    // POT stops at 1e-9 of the marginals.
    CHECK(plan(line.cell, line.feature) == Approx(line.x).margin(1e-9));
  }
}
