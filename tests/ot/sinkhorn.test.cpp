// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <cytode/ot/cost.hpp>
#include <cytode/ot/sinkhorn.hpp>
#include <cytode/ot/transport.hpp>

#include "catch.hpp"
#include "ot/lcg.hpp"

using namespace cytode;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class S = double>
Matrix<S> random_cost(Index n, Index m, Index dims, std::uint64_t seed) {
  testing::Lcg u{seed};
  const Matrix<S> x = testing::points(u, "random", n, dims).cast<S>();
  const Matrix<S> y = testing::points(u, "random", m, dims).cast<S>();
  Matrix<S> cost;
  ot::CostWorkspace<S> w;
  ot::squared_euclidean<S>(x, y, cost, w);
  return cost / cost.mean();
}

std::vector<double> random_weights(Index n, std::uint64_t seed) {
  testing::Lcg u{seed};
  const Vector<double> w = testing::weights(u, n);
  const Vector<double> share = w / w.sum();
  return {share.begin(), share.end()};
}

double divergence(double p, double q) {
  return p > 0 ? p * std::log(p / q) - p + q : q;
}

/// The regularised problem's value at a plan, from its definition.
double primal(const Matrix<double>& cost, const Matrix<double>& plan, const std::vector<double>& a,
              const std::vector<double>& b, const ot::SinkhornOptions& o) {
  double sum = 0;
  for (Index i = 0; i < plan.rows(); ++i) {
    const double ai = a[std::size_t(i)];
    if (std::isfinite(o.row_penalty)) sum += o.row_penalty * divergence(plan.row(i).sum(), ai);
    for (Index j = 0; j < plan.cols(); ++j) {
      if (plan(i, j) > 0) sum += plan(i, j) * cost(i, j);
      sum += o.epsilon * divergence(plan(i, j), ai * b[std::size_t(j)]);
    }
  }
  for (Index j = 0; j < plan.cols() && std::isfinite(o.column_penalty); ++j) {
    sum += o.column_penalty * divergence(plan.col(j).sum(), b[std::size_t(j)]);
  }
  return sum;
}

}  // namespace

TEST_CASE("entropic plans equal those of POT and OTT-JAX", "[ot]") {
  std::ifstream file(CYTODE_FIXTURES "/ot/sinkhorn.csv");
  std::string line;
  REQUIRE(std::getline(file, line));
  int pot = 0, ott = 0;
  while (std::getline(file, line)) {
    std::vector<std::string> cell;
    std::stringstream parts(line);
    for (std::string part; std::getline(parts, part, ',');) cell.push_back(part);
    if (cell[0] == "divergence") continue;
    const auto number = [&](std::size_t k) { return std::strtod(cell[k].c_str(), nullptr); };
    const auto n = Index(number(2)), m = Index(number(3));
    testing::Lcg u{std::uint64_t(number(7))};
    const Matrix<double> x = testing::points(u, cell[1], n, Index(number(4)));
    const Matrix<double> y = testing::points(u, cell[1], m, Index(number(4)));
    Vector<double> a = Vector<double>::Ones(n), b = Vector<double>::Ones(m);
    if (cell[5] == "1") {
      a = testing::weights(u, n);
      b = testing::weights(u, m);
    }
    a /= a.sum();
    b *= number(6) / b.sum();
    Matrix<double> cost, plan;
    ot::CostWorkspace<double> w;
    ot::squared_euclidean<double>(x, y, cost, w);
    cost /= cost.mean();
    ot::Sinkhorn<double> solver;
    const auto result = solver.solve(cost, {a.data(), std::size_t(n)}, {b.data(), std::size_t(m)},
                                     {.epsilon = number(8),
                                      .row_penalty = number(9),
                                      .column_penalty = number(10),
                                      .tolerance = 1e-11});
    solver.plan(plan);
    double mark = 0;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < m; ++j) mark += plan(i, j) * double((3 * i + 5 * j) % 7);
    }
    CAPTURE(line);
    CHECK(result.status == Status::ok);
    CHECK(plan.cwiseProduct(cost).sum() == Approx(number(11)).epsilon(1e-8));
    CHECK(result.mass == Approx(number(12)).epsilon(1e-9));
    CHECK(mark == Approx(number(13)).epsilon(1e-8));
    if (cell.size() > 14) CHECK(result.objective == Approx(number(14)).epsilon(1e-8));
    ++(cell[0] == "pot" ? pot : ott);
  }
  CHECK(pot >= 50);
  CHECK(ott >= 50);
}

TEST_CASE("a cell far from all others costs no more passes in float than in double", "[ot]") {
  const Index n = 32;
  Matrix<double> cost = random_cost(n, n, 2, 3);
  for (const double far : {20.0, 200.0, 2000.0}) {
    CAPTURE(far);
    cost.row(5).setConstant(far);  // in float no entry of this row is left beside the others
    cost.row(5)[7] = far + 1;
    const ot::SinkhornOptions options{.epsilon = 0.05, .relative = false, .tolerance = 1e-4};
    ot::Sinkhorn<double> wide;
    ot::Sinkhorn<float> narrow;
    const auto exact = wide.solve(cost, {}, {}, options);
    const auto rounded = narrow.solve(cost.cast<float>().eval(), {}, {}, options);
    CHECK(exact.status == Status::ok);
    CHECK(rounded.status == Status::ok);
    CHECK(rounded.passes <= 2 * exact.passes + 100);
    CHECK(narrow.row_sums()[5] == Approx(1.0 / double(n)).epsilon(5e-3));
  }
}

TEST_CASE("the dual value is the primal one, whatever the penalties", "[ot]") {
  const auto a = random_weights(30, 4), b = random_weights(22, 5);
  std::vector<double> more = b;
  for (double& w : more) w *= 1.8;
  Matrix<double> cost = random_cost(30, 22, 3, 6), plan;
  for (Index k = 0; k < 60; ++k) cost((7 * k) % 30, (5 * k) % 22) = infinity;
  for (const double epsilon : {1.0, 0.05, 0.002}) {
    for (const auto& [tau_a, tau_b] : {std::pair{infinity, infinity},
                                       {infinity, 0.3},
                                       {0.2, infinity},
                                       {1.0, 2.0},
                                       {0.01, 50.0}}) {
      const bool strict = std::isinf(tau_a) && std::isinf(tau_b);
      const ot::SinkhornOptions options{
          .epsilon = epsilon, .row_penalty = tau_a, .column_penalty = tau_b, .tolerance = 1e-11};
      ot::Sinkhorn<double> solver;
      const auto result = solver.solve(cost, a, strict ? b : more, options);
      solver.plan(plan);
      CAPTURE(epsilon, tau_a, tau_b, result.passes);
      CHECK(result.status == Status::ok);
      CHECK(result.objective ==
            Approx(primal(cost, plan, a, strict ? b : more, options)).epsilon(1e-9));
      for (Index k = 0; k < 60; ++k) CHECK(plan((7 * k) % 30, (5 * k) % 22) == 0);
      for (Index i = 0; i < 30 && std::isinf(tau_a); ++i) {
        CHECK(plan.row(i).sum() == Approx(a[std::size_t(i)]).margin(1e-11));
      }
    }
  }
}

TEMPLATE_TEST_CASE("entropic transport is stable down to 1e-4 of the mean cost", "[ot]", float,
                   double) {
  for (const Index dims : {2, 30}) {
    const Matrix<TestType> cost = random_cost<TestType>(150, 120, dims, 11);
    const Matrix<double> same = cost.template cast<double>();
    const double exact = ot::transport(same).cost;
    Matrix<TestType> plan;
    ot::Sinkhorn<TestType> solver;
    for (const double epsilon : {1e-1, 1e-2, 1e-3, 1e-4}) {
      const double tolerance = sizeof(TestType) == 4 ? 1e-5 : 1e-7;
      const auto result = solver.solve(cost, {}, {}, {.epsilon = epsilon, .tolerance = tolerance});
      CAPTURE(dims, epsilon, result.passes, result.marginal_error);
      REQUIRE(result.status == Status::ok);
      solver.plan(plan);
      const Matrix<double> p = plan.template cast<double>();
      const double error = (p.rowwise().sum().array() - 1.0 / 150).abs().sum();
      CHECK(error <= 2 * tolerance);
      CHECK((p.colwise().sum().array() - 1.0 / 120).abs().sum() <= tolerance);
      // 0 <= cost - optimum <= epsilon (H(a) + H(b)), and the objective lies below that.
      const double room = 2 * tolerance * double(cost.maxCoeff());
      const double moved = p.cwiseProduct(same).sum();
      CHECK(moved >= exact - room);
      CHECK(moved <= exact + epsilon * (std::log(150) + std::log(120)) + room);
      CHECK(result.objective >= exact - room);
      CHECK(result.objective <= exact + epsilon * (std::log(150) + std::log(120)) + room);
    }
  }
}

TEST_CASE("large epsilon tends to the product of the marginals", "[ot]") {
  const auto a = random_weights(12, 1), b = random_weights(9, 2);
  const Matrix<double> cost = random_cost(12, 9, 2, 3);
  Matrix<double> plan;
  ot::Sinkhorn<double> solver;
  solver.solve(cost, a, b, {.epsilon = 1e6, .tolerance = 1e-13});
  solver.plan(plan);
  const Eigen::Map<const Vector<double>> p(a.data(), 12), q(b.data(), 9);
  CHECK((plan - p * q.transpose()).cwiseAbs().maxCoeff() < 1e-6);
}

TEST_CASE("large penalties tend to balanced transport, zero penalties to nothing", "[ot]") {
  const auto a = random_weights(20, 1), b = random_weights(30, 2);
  const Matrix<double> cost = random_cost(20, 30, 2, 3);
  Matrix<double> strict, relaxed;
  ot::Sinkhorn<double> solver;
  solver.solve(cost, a, b, {.epsilon = 0.05, .tolerance = 1e-12});
  solver.plan(strict);
  for (const double tau : {1e2, 1e4, 1e6}) {
    solver.solve(cost, a, b,
                 {.epsilon = 0.05, .row_penalty = tau, .column_penalty = tau, .tolerance = 1e-10});
    solver.plan(relaxed);
    CHECK((relaxed - strict).cwiseAbs().sum() < 2 / tau);
  }
  const auto none =
      solver.solve(cost, a, b, {.epsilon = 1e-3, .row_penalty = 1e-3, .column_penalty = 1e-3});
  CHECK(none.mass < 0.05);
}

TEST_CASE("a small unbalanced problem without entropy has its closed form", "[ot]") {
  // One cell each: min c p + tau KL(p | a) + tau KL(p | b) at p = sqrt(a b) exp(-c / (2 tau)).
  const Matrix<double> cost = Matrix<double>::Constant(1, 1, 0.7);
  const std::vector<double> a{2.0}, b{0.5};
  ot::Sinkhorn<double> solver;
  for (const double tau : {0.1, 1.0, 10.0}) {
    const auto r = solver.solve(
        cost, a, b,
        {.epsilon = 1e-7, .row_penalty = tau, .column_penalty = tau, .tolerance = 1e-8});
    CHECK(r.status == Status::ok);
    CHECK(r.mass == Approx(std::exp(-0.35 / tau)).epsilon(1e-5));
  }
}

TEST_CASE("a solve started from its own potentials is done at once", "[ot]") {
  const Matrix<double> cost = random_cost(60, 50, 3, 8);
  ot::Sinkhorn<double> solver;
  const auto cold = solver.solve(cost, {}, {}, {.epsilon = 0.01, .tolerance = 1e-9});
  const auto warm =
      solver.solve(cost, {}, {}, {.epsilon = 0.01, .tolerance = 1.1e-9, .warm = true});
  CHECK(cold.passes > 10);
  CHECK(warm.passes <= 2);
  CHECK(warm.objective == Approx(cold.objective).epsilon(1e-12));
  const auto other = solver.solve(random_cost(10, 10, 2, 1), {}, {}, {.warm = true});
  CHECK(other.status == Status::ok);  // potentials that do not fit are not used
}

TEST_CASE("few passes are reported, not hidden", "[ot]") {
  const Matrix<double> cost = random_cost(40, 40, 2, 8);
  Matrix<double> plan;
  ot::Sinkhorn<double> solver;
  const auto r = solver.solve(cost, {}, {}, {.epsilon = 1e-3, .passes = 3});
  CHECK(r.status == Status::not_converged);
  solver.plan(plan);
  CHECK(r.marginal_error > 1e-6);
  CHECK(r.marginal_error == Approx((plan.rowwise().sum().array() - 1.0 / 40).abs().sum()));
  CHECK(r.objective <= ot::transport(cost).cost + 1e-3 * 2 * std::log(40));
}
