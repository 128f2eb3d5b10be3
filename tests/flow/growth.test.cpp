// SPDX-License-Identifier: MIT
// Methods that learn velocity and growth together, as compositions: VGFM, UOT-FM and WFR-FM.
#include <limits>

#include <cytode/fields/neural_map.hpp>
#include <cytode/flow/carry.hpp>
#include <cytode/flow/growth_rates.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/flow/wfr_path.hpp>
#include <cytode/nn/side_by_side.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/transport.hpp>
#include <cytode/ot/unbalanced.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/trainer.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Counted {
  double time;
  Matrix<float> cells;
  double mass;
};

/// 100 cells at rest about (0, 4), and 100 that move from (0, 0) to (1, 0) and double.
std::vector<Counted> still_and_growing() {
  std::vector<Counted> out;
  for (const Index grown : {100, 200}) {
    Matrix<float> cells = 0.1f * laws::normals<float>(2, 100 + grown, std::uint64_t(grown));
    cells.leftCols(100).row(1).array() += 4;
    if (grown == 200) cells.rightCols(grown).row(0).array() += 1;
    out.push_back({grown == 100 ? 0. : 1., cells, static_cast<double>(100 + grown) / 200});
  }
  return out;
}

struct Outcome {
  double still, growing;  ///< Masses at time 1, in cells.
  Vector<double> rates;   ///< Learned growth at half time, of cells between the clusters.
};

template <class P, class C>
Outcome learn(P path, C coupling, bool growth) {
  const auto data = still_and_growing();
  const fields::Heads heads{.dims = 2, .growth = growth};
  auto map = fields::neural_map<float>(2, heads.outputs(), {32, 32}, Stream(1), nn::silu);
  Workers workers(1);
  flow::Matching loss(map, data, path, coupling, {.batch = 128, .heads = heads}, workers);
  train::fit(loss, train::AdamW{.learning_rate = 5e-3}, {.steps = 400, .schedule = train::Cosine{}})
      .or_throw();
  const auto run = flow::carry(map, heads, {.cells = &data[0].cells, .mass = 200}, {0.5, 1},
                               ode::Dopri5{}, workers);
  const Vector<double> w = run.weights(2);
  Outcome out{0, 0, {}};
  for (Index i = 0; i < w.size(); ++i) (run.cells(2)(1, i) > 2 ? out.still : out.growing) += w[i];
  const Matrix<float> half = run.cells(1);
  if (growth) out.rates = flow::growth_rates(map, heads, {.time = 0.5, .cells = &half}, workers);
  return out;
}

}  // namespace

TEST_CASE("methods with growth recover the mass of each population, a balanced one does not",
          "[flow]") {
  const auto check = [](const Outcome& out) {
    // Minibatches hold 128 cells, so their shares scatter by 5 % from step to step; what is learned
    // is their mean.
    CHECK(out.still == Approx(100).epsilon(0.04));
    CHECK(out.growing == Approx(200).epsilon(0.04));
    CHECK(std::abs(out.rates.head(100).mean()) < 0.05);
    // Whatever the path, the logarithm of the mass rises by log 2 in all.
    CHECK(out.rates.tail(100).mean() == Approx(std::log(2.)).margin(0.1));
  };
  SECTION("VGFM: targets kept, sources grow, at a constant rate") {
    check(learn(flow::LinearPath{.sigma = 0}, ot::Unbalanced<>{.penalty1 = infinity}, true));
  }
  SECTION("unbalanced transport on straight paths") {
    check(learn(flow::LinearPath{.sigma = 0}, ot::Unbalanced<>{}, true));
  }
  SECTION("WFR-FM: one geometry for plan, path and growth") {
    check(learn(flow::WfrPath{.delta = 1}, ot::wfr(1), true));
  }
  SECTION("OT-CFM moves resting cells into the growing population") {
    const Outcome out = learn(flow::LinearPath{.sigma = 0}, ot::Exact{}, false);
    CHECK(out.still + out.growing == Approx(200));  // no mass is made
    CHECK(out.still < 90);                          // a third of 200 is 67 at best
    CHECK(out.growing < 170);
  }
}

TEST_CASE("the travelling Diracs of a WFR plan have the plan's cost as action", "[flow]") {
  // Static: min over π of 4δ² (Σ c π + KL(π1|a) + KL(πᵀ1|b)) is the least of ∫∫ |u|² + δ² g²
  // [Liero 2018], and the paths between the plan's semi-couplings attain it.
  const Matrix<double> x0 = laws::normals<double>(2, 12, 1), x1 = laws::normals<double>(2, 9, 2);
  struct Values {
    double fixed = 0, action = 0;
  };
  const auto solve = [&](double delta, double ratio, double epsilon) {
    const ot::Sides<double> sides{.x0 = x0, .x1 = x1, .mass_ratio = ratio};
    Matrix<double> cost, pi;
    ot::CostWorkspace<double> w;
    ot::WfrCost{.delta = delta}.fill<double>(sides, cost, w);
    const std::vector<double> a(12, 1. / 12), b(9, ratio / 9);
    ot::Sinkhorn<double> solver;
    solver.solve(cost, a, b,
                 {.epsilon = epsilon,
                  .relative = true,
                  .row_penalty = 1,
                  .column_penalty = 1,
                  .tolerance = 1e-9});
    solver.plan(pi);
    const Vector<double> row = pi.rowwise().sum(), col = pi.colwise().sum();
    const auto kl = [](double p, double q) { return p * std::log(p / q) - p + q; };
    Values v;
    for (Index i = 0; i < 12; ++i) v.fixed += kl(row[i], a[0]);
    for (Index j = 0; j < 9; ++j) {
      v.fixed += kl(col[j], b[0]);
      for (Index i = 0; i < 12; ++i) {
        if (!(pi(i, j) > 1e-14)) continue;
        v.fixed += pi(i, j) * cost(i, j);
        const double m0 = a[0] * pi(i, j) / row[i], m1 = b[0] * pi(i, j) / col[j];
        const double angle = (x1.col(j) - x0.col(i)).norm() / (2 * delta);
        v.action += m0 + m1 - 2 * std::sqrt(m0 * m1) * std::cos(angle);
      }
    }
    v.fixed *= 4 * delta * delta;
    v.action *= 4 * delta * delta;
    return v;
  };
  // The entropy blurs the plan: an error of the order of ε.
  const Values near = solve(1.2, 1.7, 2e-4);
  CHECK(near.action == Approx(near.fixed).epsilon(1e-3));
  // δ → ∞ between equal masses: the cost of balanced transport.
  Matrix<double> square;
  ot::CostWorkspace<double> w;
  ot::squared_euclidean<double>(x0, x1, square, w);
  const double balanced = ot::transport(square).cost;
  const Values far = solve(300, 1, 2e-4);
  CHECK(far.action == Approx(balanced).epsilon(2e-3));
  CHECK(far.fixed == Approx(balanced).epsilon(2e-3));
}
