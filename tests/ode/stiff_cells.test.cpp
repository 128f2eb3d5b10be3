// SPDX-License-Identifier: MIT
// Implicit methods on many cells: clocks, places, failures, and what a Jacobian is used for.
#include <cmath>
#include <limits>

#include <cytode/fields/kinetics.hpp>
#include <cytode/fields/linear.hpp>
#include <cytode/fields/neural.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/rodas4.hpp>
#include <cytode/ode/rodas5p.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"
#include "problems/stiff.hpp"

using namespace cytode;

namespace {

/// Robertson's reaction from seven mixtures.
Matrix<double> mixtures() {
  Matrix<double> x(3, 7);
  for (Index j = 0; j < 7; ++j) {
    const double part = static_cast<double>(j) / 7;
    x.col(j) << 1 - part, 1e-5 * part, part - 1e-5 * part;
  }
  return x;
}

template <class S>
auto van_der_pol(S mu) {
  return fields::kinetics<S>(2, Vector<S>{{mu}}, [](auto, auto x, auto p, auto dx) {
    dx[0] = x[1];
    dx[1] = p[0] * ((1.0f - x[0] * x[0]) * x[1] - x[0]);
  });
}

}  // namespace

TEMPLATE_TEST_CASE("with a clock each, cells do not know of each other", "[ode]", ode::Rodas4,
                   ode::Rodas5P, ode::Esdirk4) {
  const auto field = problems::robertson_field();
  const TestType method{
      .relative_tolerance = 1e-6, .absolute_tolerance = 1e-11, .clock = ode::Clock::per_cell};
  const std::vector<double> times{0, 0.3, 40};
  const Matrix<double> x0 = mixtures();
  const auto all = ode::solve(field, x0, times, method);
  REQUIRE(all.status == Status::ok);
  for (const Index j : {0, 3, 6}) {
    const auto alone = ode::solve(field, Matrix<double>(x0.col(j)), times, method);
    for (std::size_t k = 0; k < times.size(); ++k) {
      CHECK(alone.states[k].col(0) == all.states[k].col(j));
    }
    CHECK(alone.cells[0].accepted == all.cells[static_cast<std::size_t>(j)].accepted);
  }
  const Matrix<double> reversed = x0.rowwise().reverse();
  CHECK(ode::solve(field, reversed, times, method).last() == all.last().rowwise().reverse());
  // All of it is lost or made, never both.
  CHECK((all.last().colwise().sum().array() - 1).abs().maxCoeff() < 1e-12);
}

TEMPLATE_TEST_CASE("a network's cells are the same in any batch and on any threads", "[ode]",
                   ode::Rodas4, ode::Esdirk4) {
  const auto field = fields::neural<float>(4, {24, 24}, Stream(3));
  Matrix<float> x0(4, 150);
  Stream(4).fill_normal(0, x0.data(), x0.size());
  const TestType method{.relative_tolerance = 1e-4, .clock = ode::Clock::per_cell};
  const auto all = ode::solve(field, x0, {0, 1}, method);
  REQUIRE(all.status == Status::ok);
  for (const Index j : {0, 77, 149}) {
    const auto alone = ode::solve(field, Matrix<float>(x0.col(j)), {0, 1}, method);
    CHECK(alone.last().col(0) == all.last().col(j));
  }
  Workers three(3);
  CHECK(ode::solve(field, x0, {0, 1}, method, three).last() == all.last());
}

TEMPLATE_TEST_CASE("one bad cell stays one bad cell with implicit methods", "[ode]", ode::Rodas4,
                   ode::Esdirk4) {
  // The fourth cell meets NaN from t = 1 on: its second state says so.
  const auto field = fields::kinetics<double>(2, {}, [](const auto& t, auto x, auto, auto dx) {
    dx[0] = -1000.0 * (x[0] - cos(t)) + log(x[1] + 1.0 - t);
    dx[1] = 0.0 * x[0];
  });
  Matrix<double> x0 = Matrix<double>::Constant(2, 6, 5);
  x0.row(0).setLinSpaced(0, 1);
  const TestType method{.clock = ode::Clock::per_cell};
  const auto good = ode::solve(field, x0, {0, 2}, method);
  REQUIRE(good.status == Status::ok);
  x0(1, 3) = 0;
  const auto bad = ode::solve(field, x0, {0, 2}, method);
  CHECK(bad.status == Status::non_finite_field);
  CHECK(bad.diagnosis.cell == 3);
  CHECK(std::abs(bad.cells[3].time - 1) < 1e-3);
  for (Index j = 0; j < 6; ++j) {
    if (j == 3) {
      CHECK(bad.last().col(j).array().isNaN().all());
    } else {
      CHECK(bad.last().col(j) == good.last().col(j));
    }
  }
}

TEMPLATE_TEST_CASE("implicit methods work in float", "[ode]", ode::Rodas4, ode::Esdirk4) {
  const Matrix<float> x0{{2.0f, 1.5f}, {0.0f, 0.1f}};
  const auto narrow = ode::solve(van_der_pol<float>(1e4f), x0, {0, 0.5, 1.2},
                                 TestType{.relative_tolerance = 1e-4, .absolute_tolerance = 1e-4});
  const auto wide =
      ode::solve(van_der_pol<double>(1e4), Matrix<double>(x0.cast<double>()), {0, 0.5, 1.2},
                 ode::Rodas5P{.relative_tolerance = 1e-9, .absolute_tolerance = 1e-9});
  REQUIRE(narrow.status == Status::ok);
  REQUIRE(wide.status == Status::ok);
  const Matrix<double> last = narrow.last().template cast<double>();
  CHECK((last - wide.last()).cwiseAbs().maxCoeff() < 5e-3);
  CHECK(narrow.counts.accepted < 1000);
}

TEMPLATE_TEST_CASE("dense output of implicit methods is as good as the steps", "[ode]", ode::Rodas4,
                   ode::Rodas5P, ode::Esdirk4) {
  const auto field = van_der_pol<double>(1e4);
  const Matrix<double> x0{{2.0}, {0.0}};
  const ode::Options<double> options{.samples = 200};
  const double tolerance = 1e-6;
  const auto got = ode::solve(
      field, x0, {0, 2}, TestType{.relative_tolerance = tolerance, .absolute_tolerance = tolerance},
      options);
  const auto truth =
      ode::solve(field, x0, {0, 2},
                 ode::Rodas5P{.relative_tolerance = 1e-11, .absolute_tolerance = 1e-11}, options);
  REQUIRE(got.status == Status::ok);
  REQUIRE(truth.status == Status::ok);
  for (std::size_t k = 0; k < got.samples.size(); ++k) {
    // Within a jump (|x'| to 1e4 for 1e-4) an error in its time counts for more.
    const double slope = std::abs(truth.samples[k](1, 0));
    CHECK(std::abs(got.samples[k](0, 0) - truth.samples[k](0, 0)) < 30 * tolerance * (1 + slope));
  }
}

TEST_CASE("a singular matrix is a rejected step, and a failure of a fixed one", "[ode]") {
  // I - h gamma J is exactly 0 at h = 1, gamma = 1/4.
  const fields::Linear<double> field(Matrix<double>::Constant(1, 1, 4.0));
  const Matrix<double> x0{{1.0}};
  const auto fixed = ode::solve(field, x0, {0, 1}, ode::FixedStep<ode::tableaus::rodas4>{1});
  CHECK(fixed.status == Status::non_finite_state);
  const auto adaptive = ode::solve(field, x0, {0, 1}, ode::Rodas4{.first_step = 1});
  REQUIRE(adaptive.status == Status::ok);
  CHECK(adaptive.counts.rejected > 0);
  CHECK(std::abs(adaptive.last()(0, 0) / std::exp(4.0) - 1) < 1e-3);
}

TEST_CASE("a Rosenbrock step takes a Jacobian an accepted step and an LU a trial", "[ode]") {
  const auto p = problems::oregonator();
  const auto out = ode::solve(p.field, p.x0, {p.t0, p.t1}, ode::Rodas4{});
  REQUIRE(out.status == Status::ok);
  CHECK(out.counts.rejected > 0);
  CHECK(out.counts.jacobians == out.counts.accepted);
  CHECK(out.counts.factorisations == out.counts.accepted + out.counts.rejected);
}

TEST_CASE("an ESDIRK method that knows the tolerance shares a Jacobian among steps", "[ode]") {
  const auto p = problems::hires();
  const ode::Control control =
      ode::Esdirk4{.relative_tolerance = 1e-6, .absolute_tolerance = 1e-10}.control();
  using Step = ode::EsdirkStep<double>;
  Workers workers(1);
  ode::DifferentiableFieldSystem system(p.field, workers);
  long evaluations[2] = {};
  for (const bool knows : {false, true}) {
    ode::Integration<double, Step> run(
        system, knows ? Step(ode::tableaus::esdirk4, control) : Step(ode::tableaus::esdirk4),
        control);
    run.start(p.x0, {p.t0, p.t1});
    while (run.advance()) {
    }
    const auto& out = run.close();
    REQUIRE(out.status == Status::ok);
    CHECK(p.error(out.last()) < 1e-5);
    evaluations[knows] = out.counts.evaluations;
    if (knows) {
      CHECK(out.counts.jacobians < out.counts.accepted / 3);
    } else {
      CHECK(out.counts.jacobians == out.counts.accepted);
    }
  }
  CHECK(10 * evaluations[1] < 8 * evaluations[0]);
}

TEST_CASE("an ESDIRK run that forgets its Jacobians at a snapshot retraces itself", "[ode]") {
  const auto p = problems::hires();
  const ode::Control control = ode::Esdirk4{.relative_tolerance = 1e-5}.control();
  using Step = ode::EsdirkStep<double>;
  Workers workers(1);
  ode::DifferentiableFieldSystem system(p.field, workers);
  ode::Integration<double, Step> run(system, Step(ode::tableaus::esdirk4, control), control);
  const auto finish = [&] {
    Matrix<double> end;
    run.listener = [&](const ode::RoundRecord<double>& r) { end = r.next; };
    while (run.advance()) {
    }
    return end;
  };
  run.start(p.x0, {p.t0, p.t1});
  for (int k = 0; k < 17; ++k) REQUIRE(run.advance());
  ode::Snapshot<double> snapshot;
  run.save(snapshot);
  run.step().forget();
  const Matrix<double> first = finish();
  run.restore(snapshot);
  run.step().forget();
  CHECK(finish() == first);
}
