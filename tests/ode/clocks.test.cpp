// SPDX-License-Identifier: MIT
// A clock per cell: own steps, own errors, own failures, and the same bits in any company.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <cytode/fields/neural.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;
using Mat = Matrix<double>;

namespace {

constexpr auto per_cell = ode::Clock::per_cell;

// Rotation at a speed of each cell's own, kept as its third feature.
const auto turning = [](Times<double>, const ConstBatch<double>& x, Batch<double> dx) {
  dx.row(0) = -x.row(2).cwiseProduct(x.row(1));
  dx.row(1) = x.row(2).cwiseProduct(x.row(0));
  dx.row(2).setZero();
};
// dx/dt = x cos(t + phase): the time of each cell matters.
const auto driven = [](Times<double> t, const ConstBatch<double>& x, Batch<double> dx) {
  for (Index j = 0; j < x.cols(); ++j) {
    dx(0, j) = x(0, j) * std::cos(t[j] + x(1, j));
    dx(1, j) = 0;
  }
};

Mat speeds(const std::vector<double>& w) {
  Mat x(3, static_cast<Index>(w.size()));
  for (Index j = 0; j < x.cols(); ++j) x.col(j) << 1, 0, w[static_cast<std::size_t>(j)];
  return x;
}

}  // namespace

TEST_CASE("every cell has its own time, steps and error", "[ode]") {
  const std::vector<double> w{0.1, 30, 1, 10, 0};
  const auto out = ode::solve(turning, speeds(w), {0.0, 1.0, 2.0}, ode::Dopri5{.clock = per_cell});
  REQUIRE(out.status == Status::ok);
  for (std::size_t j = 0; j < w.size(); ++j) {
    for (std::size_t k = 1; k < 3; ++k) {
      const double angle = w[j] * out.times[k];
      const auto cell = out.states[k].col(static_cast<Index>(j));
      CHECK(std::hypot(cell(0) - std::cos(angle), cell(1) - std::sin(angle)) <
            1e-5 * (1 + 30 * w[j]));
    }
  }
  CHECK(out.cells[1].accepted > 2 * out.cells[3].accepted);
  CHECK(out.cells[3].accepted > 2 * out.cells[2].accepted);
  CHECK(out.cells[1].time == 2);

  Mat x0(2, 3);
  x0 << 1, 2, 3, 0, 1, 2;
  const auto clocked = ode::solve(driven, x0, {0.0, 3.0}, ode::Tsit5{.clock = per_cell});
  for (Index j = 0; j < 3; ++j) {
    const double truth = x0(0, j) * std::exp(std::sin(3 + x0(1, j)) - std::sin(x0(1, j)));
    CHECK(clocked.last()(0, j) == Approx(truth).epsilon(1e-4));
  }
}

TEST_CASE("the field is evaluated on exactly the cells that run", "[ode]") {
  const std::vector<double> w{1, 50, 3, 20, 7, 0.2};
  const Mat x0 = speeds(w);
  const auto own = ode::solve(turning, x0, {0.0, 4.0}, ode::Dopri5{.clock = per_cell});
  long cells = 0, steps = 0;
  for (const ode::CellReport& c : own.cells) {
    cells += c.evaluations;
    steps += c.accepted;
    // Six a trial, the first slope, and one to find the first step.
    CHECK(c.evaluations == 6 * (c.accepted + c.rejected) + 2);
  }
  CHECK(own.counts.cell_evaluations == cells);
  CHECK(own.counts.accepted == steps);
  // Alone, a cell takes the same steps.
  for (Index j = 0; j < x0.cols(); ++j) {
    const auto alone = ode::solve(turning, x0.col(j), {0.0, 4.0}, ode::Dopri5{.clock = per_cell});
    CHECK(alone.counts.accepted == own.cells[static_cast<std::size_t>(j)].accepted);
    CHECK(alone.last() == own.last().col(j));
  }
  // Cells of mixed stiffness: one clock makes all of them go at the pace of the fastest.
  const auto shared = ode::solve(turning, x0, {0.0, 4.0}, ode::Dopri5{.norm = ode::Norm::maximum});
  CHECK(own.counts.cell_evaluations * 2 < shared.counts.cell_evaluations);
}

TEMPLATE_TEST_CASE("one bad cell in ten thousand stays one", "[ode]", float, double) {
  using S = TestType;
  const Index n = 10000, bad = 6789;
  const auto field = fields::neural<S>(2, {16}, Stream(1), nn::tanh);
  const Matrix<S> x0 = laws::normals<S>(2, n, 2);
  // The field, but NaN for the marked cell once it has come past t = 0.4.
  const auto run = [&](Index marked, Workers& workers) {
    const auto f = [&](Times<S> t, const ConstBatch<S>& x, Batch<S> dx) {
      typename std::remove_const_t<decltype(field)>::Cache cache;
      field.forward(t, x.topRows(2).eval(), dx.topRows(2), cache);
      dx.row(2).setZero();
      for (Index j = 0; j < x.cols(); ++j) {
        if (x(2, j) == S(marked) && t[j] > S(0.4)) dx(0, j) = std::numeric_limits<S>::quiet_NaN();
      }
    };
    Matrix<S> with_names(3, n);
    with_names.topRows(2) = x0;
    for (Index j = 0; j < n; ++j) with_names(2, j) = S(j);
    return ode::solve(f, with_names, {0.0, 0.3, 1.0}, ode::Dopri5{.clock = per_cell}, workers);
  };
  Workers one(1);
  const auto clean = run(-1, one), hurt = run(bad, one);
  REQUIRE(clean.status == Status::ok);
  CHECK(hurt.status == Status::non_finite_field);
  CHECK(hurt.diagnosis.cell == bad);
  const auto& report = hurt.cells[static_cast<std::size_t>(bad)];
  CHECK(report.status == Status::non_finite_field);
  CHECK((report.time > 0.3 && report.time < 0.45));
  CHECK(std::isnan(hurt.last()(0, bad)));
  CHECK(hurt.states[1].col(bad) == clean.states[1].col(bad));  // what it reached is there
  CHECK(std::isfinite(hurt.state(0, bad)));
  Index same = 0;
  for (Index j = 0; j < n; ++j) {
    if (j == bad) continue;
    same += hurt.last().col(j) == clean.last().col(j) &&
            hurt.cells[static_cast<std::size_t>(j)].status == Status::ok;
  }
  CHECK(same == n - 1);
}

TEMPLATE_TEST_CASE("no order of cells and no number of threads changes a bit", "[ode]", float,
                   double) {
  using S = TestType;
  const Index n = 301;
  const auto field = fields::neural<S>(5, {24, 24}, Stream(3));
  const Matrix<S> x0 = 2 * laws::normals<S>(5, n, 4);
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::reverse(order.begin(), order.end());
  std::rotate(order.begin(), order.begin() + 77, order.end());
  Matrix<S> shuffled(5, n);
  for (Index j = 0; j < n; ++j) shuffled.col(j) = x0.col(order[static_cast<std::size_t>(j)]);
  for (const ode::Clock clock : {ode::Clock::shared, per_cell}) {
    const ode::Dopri5 method{
        .relative_tolerance = 1e-4, .absolute_tolerance = 1e-4, .clock = clock};
    Workers one(1), three(3);
    const auto a = ode::solve(field, x0, {0.0, 1.0, 3.0}, method, one);
    const auto b = ode::solve(field, shuffled, {0.0, 1.0, 3.0}, method, three);
    REQUIRE(a.status == Status::ok);
    CHECK(a.counts == b.counts);
    Index same = 0;
    for (Index j = 0; j < n; ++j) {
      same += a.last().col(order[static_cast<std::size_t>(j)]) == b.last().col(j);
    }
    CHECK(same == n);
  }
}

TEST_CASE("the size of a batch changes no bit either, with a clock per cell", "[ode]") {
  const auto field = fields::neural<float>(3, {20, 20}, Stream(5));
  const Matrix<float> x0 = laws::normals<float>(3, 257, 6);
  const ode::Dopri5 method{.clock = per_cell};
  const auto whole = ode::solve(field, x0, {0.0, 1.0}, method);
  for (const Index n : {1, 2, 3, 7, 8, 31, 128, 129, 256}) {
    const auto part = ode::solve(field, Matrix<float>(x0.leftCols(n)), {0.0, 1.0}, method);
    CHECK(part.last() == whole.last().leftCols(n));
  }
}

TEST_CASE("a clock per cell asks for a right-hand side that takes one time a cell", "[ode]") {
  const auto shared_time = [](double, const ConstBatch<double>& x, Batch<double> dx) { dx = -x; };
  CHECK_THROWS_WITH(
      ode::solve(shared_time, Mat::Ones(1, 2), {0, 1}, ode::Dopri5{.clock = per_cell}),
      "ode::solve: a clock per cell needs a right-hand side f(Times<S> t, x, dx); this one takes "
      "one time for all cells");
}
