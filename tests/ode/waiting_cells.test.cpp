// SPDX-License-Identifier: MIT
// Many cells, each with its own clock: a thread carries some hundred, and the others wait. Nothing
// of what a cell gets depends on how long it has waited.
#include <cmath>
#include <limits>

#include <cytode/ode/dop853.hpp>
#include <cytode/ode/ralston.hpp>
#include <cytode/ode/solve.hpp>
#include <cytode/ode/solver.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;

namespace {

/// A cell turns at a speed of its own, its third feature. The fourth says whether its slope is a
/// number: not at all if it is 1, up to t = 0.5 if it is 2.
struct Turning {
  using Scalar = float;
  struct Cache {};
  [[nodiscard]] Index dims() const { return 4; }
  void forward(Times<float> t, const ConstBatch<float>& x, Batch<float> dx, Cache&) const {
    dx.row(0) = -x.row(2).cwiseProduct(x.row(1));
    dx.row(1) = x.row(2).cwiseProduct(x.row(0));
    dx.bottomRows(2).setZero();
    for (Index j = 0; j < x.cols(); ++j) {
      if (x(3, j) == 1 || (x(3, j) == 2 && t[j] > 0.5f)) {
        dx(0, j) = std::numeric_limits<float>::quiet_NaN();
      }
    }
  }
};

Matrix<float> cells(Index n) {
  Matrix<float> x = laws::normals<float>(4, n, 1);
  x.row(2) = (1.5f * x.row(2)).array().exp();
  x.row(3).setZero();
  return x;
}

const ode::Dopri5 own{.clock = ode::Clock::per_cell};
constexpr Index few = 300, many = 2700;  // all at once; more than one or two threads carry

const ode::CellReport& report(const ode::Solution<float>& of, Index cell) {
  return of.cells[static_cast<std::size_t>(cell)];
}
bool same(const ode::CellReport& a, const ode::CellReport& b) {
  return a.status == b.status && a.time == b.time && a.evaluations == b.evaluations &&
         a.accepted == b.accepted && a.rejected == b.rejected;
}

}  // namespace

TEST_CASE("cells that waited get the bits that they get in small batches", "[ode]") {
  const Turning field;
  const Matrix<float> x0 = cells(many);
  const std::vector<double> times{0, 0.3, 1};
  ode::Options<float> options;
  options.samples = 4;
  options.dense = true;
  Workers one(1), two(2);
  for (Workers* workers : {&one, &two}) {
    const auto all = ode::solve(field, x0, times, own, options, *workers);
    REQUIRE(all.status == Status::ok);
    long evaluations = 0, accepted = 0;
    Index alike = 0;
    for (Index first = 0; first < many; first += few) {
      const Index n = std::min(few, many - first);
      const auto part =
          ode::solve(field, Matrix<float>(x0.middleCols(first, n)), times, own, options);
      for (std::size_t k = 0; k < times.size(); ++k) {
        CHECK((all.states[k].middleCols(first, n) == part.states[k]));
      }
      for (std::size_t k = 0; k < all.samples.size(); ++k) {
        CHECK((all.samples[k].middleCols(first, n) == part.samples[k]));
      }
      CHECK((all.dense.evaluate(first + n - 1, 0.77) == part.dense.evaluate(n - 1, 0.77)));
      for (Index j = 0; j < n; ++j) alike += same(report(all, first + j), report(part, j));
      evaluations += part.counts.cell_evaluations;
      accepted += part.counts.accepted;
    }
    CHECK(all.counts.cell_evaluations == evaluations);
    CHECK(all.counts.accepted == accepted);
    CHECK(alike == many);
    long of_cells = 0;
    for (const ode::CellReport& c : all.cells) of_cells += c.evaluations;
    CHECK(of_cells == evaluations);
  }
}

TEMPLATE_TEST_CASE("what fails and which failure is diagnosed depends on no waiting", "[ode]",
                   ode::Dopri5, ode::Dop853, ode::AdaptiveRalston) {
  TestType method{
      .relative_tolerance = 1e-3, .absolute_tolerance = 1e-3, .clock = ode::Clock::per_cell};
  Matrix<float> x0 = cells(many);
  const auto run = [&](Workers& workers) {
    return ode::solve(Turning{}, x0, {0.0, 1.0}, method, workers);
  };
  Workers one(1), four(4);
  const auto none = run(four);
  REQUIRE(none.status == Status::ok);
  for (Index j = 2; j < many; j += 3) x0(3, j) = 2;  // fail on the way
  const auto late = run(one);
  CHECK(late.status == Status::non_finite_field);
  CHECK(late.diagnosis.text() == run(four).diagnosis.text());
  x0(3, 1500) = x0(3, 1400) = 1;  // fail at the start, when they are admitted
  CHECK(run(one).diagnosis.cell == 1400);
  for (const long most : {12, 10000}) {  // the fast ones come to no end with 12
    method.max_steps = most;
    const auto a = run(one), b = run(four);
    CHECK(a.diagnosis.text() == b.diagnosis.text());
    Index alike = 0, failed = 0, unchanged = 0;
    for (Index j = 0; j < many; ++j) {
      alike += same(report(a, j), report(b, j));
      failed += std::isnan(a.last()(0, j));
      unchanged += a.last().col(j) == none.last().col(j) && a.last().col(j) == b.last().col(j);
    }
    CHECK(alike == many);
    CHECK(failed + unchanged == many);
    CHECK(unchanged > many / 4);
  }
}

TEST_CASE("a failure when others come in is diagnosed by the cell's own stages", "[ode]") {
  // All but one end in the same round: that one moves, and then makes one trial too many.
  Matrix<float> x0(4, many);
  x0.colwise() = Eigen::Vector4f(1, 0, 3, 0);
  Workers one(1), four(4);
  const auto equal = ode::solve(Turning{}, x0, {0.0, 1.0}, own, one);
  const Index fast = 511;  // the last of those that a thread carries
  x0(2, fast) = 40;
  const ode::Dopri5 limited{.clock = ode::Clock::per_cell,
                            .max_steps = report(equal, 0).accepted + report(equal, 0).rejected};
  const auto a = ode::solve(Turning{}, x0, {0.0, 1.0}, limited, one);
  CHECK(a.status == Status::step_limit);
  CHECK(a.diagnosis.cell == fast);
  CHECK(a.diagnosis.text() ==
        ode::solve(Turning{}, x0, {0.0, 1.0}, limited, four).diagnosis.text());
}

TEST_CASE("a solver goes on from its own result", "[ode]") {
  const Turning field;
  const Matrix<float> x0 = cells(many);
  Workers alone(1);
  ode::Solver solver(field, own, alone);
  const Matrix<float> middle = solver(x0, {0.0, 0.5, 1.0}).states[2];
  const Matrix<float> after = solver(middle, {1.0, 2.0}).last();
  CHECK((solver(solver(x0, {0.0, 0.5, 1.0}).states[2], {1.0, 2.0}).last() == after));
  const auto& again = solver(x0, {0.0, 0.5, 1.0});
  CHECK((solver(again.states[2].leftCols(700), {1.0, 2.0}).last() == after.leftCols(700)));
}

TEST_CASE("cells wait even where all before them fail at the start", "[ode]") {
  Matrix<float> x0 = cells(many);
  x0.row(3).leftCols(many - 2).setOnes();
  const auto out = ode::solve(Turning{}, x0, {0.0, 1.0}, own);
  CHECK(out.diagnosis.cell == 0);
  CHECK(report(out, many - 3).status == Status::non_finite_field);
  CHECK(report(out, many - 2).status == Status::ok);
  CHECK(report(out, many - 1).status == Status::ok);
  const auto alone = ode::solve(Turning{}, Matrix<float>(x0.rightCols(2)), {0.0, 1.0}, own);
  CHECK((out.last().rightCols(2) == alone.last()));
}

TEST_CASE("times that do not move leave cells that would wait where they are", "[ode]") {
  const Matrix<float> x0 = cells(many);
  const auto out = ode::solve(Turning{}, x0, {1.0, 1.0}, own);
  CHECK((out.states[1] == x0));
  CHECK(report(out, many - 1).time == 1);
  CHECK(out.counts.evaluations == 0);
}
