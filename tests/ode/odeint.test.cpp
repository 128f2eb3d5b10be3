// SPDX-License-Identifier: MIT
// Odeint's steppers beside ours, ours beside Odeint's, and the same numbers from both.
#include <cmath>
#include <functional>
#include <vector>

#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <boost/numeric/odeint/integrate/integrate_const.hpp>
#include <boost/numeric/odeint/stepper/adams_bashforth.hpp>
#include <boost/numeric/odeint/stepper/adams_bashforth_moulton.hpp>
#include <boost/numeric/odeint/stepper/bulirsch_stoer.hpp>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/dense_output_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/euler.hpp>
#include <boost/numeric/odeint/stepper/extrapolation_stepper.hpp>
#include <boost/numeric/odeint/stepper/modified_midpoint.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta4.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta4_classic.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_cash_karp54.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include <cytode/ode/odeint_stepper.hpp>
#include <cytode/ode/solve_controlled.hpp>
#include <cytode/ode/three_eighths.hpp>

#include "catch.hpp"

using namespace cytode;
namespace odeint = boost::numeric::odeint;
using Mat = Matrix<double>;
using State = ode::State<double>;
using Vec = std::vector<double>;

namespace {

const auto field = [](double t, const ConstBatch<double>& x, Batch<double> dx) {
  dx.row(0) = -std::cos(t) * x.row(1);
  dx.row(1) = x.row(0);
};
// The same on Odeint's own states, and as an Odeint system on ours.
const auto theirs = [](const Vec& x, Vec& dx, double t) {
  dx[0] = -std::cos(t) * x[1];
  dx[1] = x[0];
};
const auto on_state = [](const State& x, State& dx, double t) {
  dx.value.resizeLike(x.value);
  field(t, x.value, dx.value);
};
Mat start() {
  return (Mat(2, 1) << 1.0, 0.5).finished();
}

// Odeint's stepper on std::vector, fifty steps of 0.1.
template <class Stepper>
Mat their_steps() {
  Stepper stepper;
  Vec x{1.0, 0.5};
  for (int i = 0; i < 50; ++i) stepper.do_step(theirs, x, 0.1 * i, 0.1);
  return (Mat(2, 1) << x[0], x[1]).finished();
}
template <class Method>
Mat our_steps() {
  return ode::solve(field, start(), {0.0, 5.0}, Method{.steps = 50}).last();
}

}  // namespace

TEST_CASE("our steps and Odeint's own agree to rounding", "[ode]") {
  CHECK((our_steps<ode::Euler>() - their_steps<odeint::euler<Vec>>()).norm() < 1e-14);
  CHECK((our_steps<ode::RungeKutta4>() - their_steps<odeint::runge_kutta4_classic<Vec>>()).norm() <
        1e-14);
  using Fixed = ode::FixedStep<ode::tableaus::dopri5>;
  CHECK((our_steps<Fixed>() - their_steps<odeint::runge_kutta_dopri5<Vec>>()).norm() < 1e-13);
}

TEST_CASE("Odeint's explicit steppers in solve give the numbers they give without us", "[ode]") {
  const auto in_solve = [](auto method) {
    method.steps = 50;
    return ode::solve(field, start(), {0.0, 5.0}, method).or_throw().last();
  };
  CHECK(
      (in_solve(ode::Borrowed<odeint::euler<State>>()) - their_steps<odeint::euler<Vec>>()).norm() <
      1e-13);
  CHECK((in_solve(ode::Borrowed<odeint::runge_kutta4<State>>()) -
         their_steps<odeint::runge_kutta4<Vec>>())
            .norm() < 1e-13);
  CHECK((in_solve(ode::Borrowed<odeint::runge_kutta4_classic<State>>()) -
         their_steps<odeint::runge_kutta4_classic<Vec>>())
            .norm() < 1e-13);
  CHECK((in_solve(ode::Borrowed<odeint::runge_kutta_fehlberg78<State>>()) -
         their_steps<odeint::runge_kutta_fehlberg78<Vec>>())
            .norm() < 1e-13);
  CHECK((in_solve(ode::Borrowed<odeint::adams_bashforth<4, State>>()) -
         their_steps<odeint::adams_bashforth<4, Vec>>())
            .norm() < 1e-13);
  CHECK((in_solve(ode::Borrowed<odeint::adams_bashforth_moulton<4, State>>()) -
         their_steps<odeint::adams_bashforth_moulton<4, Vec>>())
            .norm() < 1e-13);
}

TEST_CASE("the error estimate of Dormand and Prince is Odeint's", "[ode]") {
  odeint::runge_kutta_dopri5<Vec> stepper;
  Vec x{1.0, 0.5}, slope(2), next(2), next_slope(2), error(2);
  theirs(x, slope, 0.2);
  stepper.do_step(theirs, x, slope, 0.2, next, next_slope, 0.3, error);
  ode::OdeintStepper<ode::tableaus::dopri5, double> ours;
  State in{start()}, in_slope{Mat(2, 1)}, out, estimate;
  on_state(in, in_slope, 0.2);
  ours.do_step(on_state, in, in_slope, 0.2, out, 0.3, estimate);
  for (Index i = 0; i < 2; ++i) {
    const auto k = static_cast<std::size_t>(i);
    CHECK(out.value(i) == Approx(next[k]).epsilon(1e-14));
    CHECK(std::abs(estimate.value(i)) == Approx(std::abs(error[k])).epsilon(1e-9));
  }
}

TEST_CASE("Odeint's steppers run in solve", "[ode]") {
  const Mat truth =
      ode::solve(field, start(), {0.0, 2.0, 5.0},
                 ode::Dopri5{.relative_tolerance = 1e-12, .absolute_tolerance = 1e-12})
          .last();
  const auto error = [&](const auto& method) {
    const auto out = ode::solve(field, start(), {0.0, 2.0, 5.0}, method);
    REQUIRE(out.status == Status::ok);
    return (out.last() - truth).norm();
  };
  CHECK(error(ode::Borrowed<odeint::modified_midpoint<State>>{.steps = 400}) < 1e-3);
  CHECK(error(ode::Borrowed<odeint::adams_bashforth_moulton<4, State>>{.steps = 400}) < 1e-5);
  CHECK(error(ode::BorrowedAdaptive<odeint::runge_kutta_cash_karp54<State>>{}) < 1e-3);
  CHECK(error(ode::BorrowedAdaptive<odeint::runge_kutta_fehlberg78<State>>{}) < 1e-3);
  CHECK(error(ode::BorrowedAdaptive<odeint::extrapolation_stepper<4, State>>{}) < 1e-3);
  CHECK(error(ode::Borrowed<odeint::extrapolation_stepper<6, State>>{.steps = 50}) < 1e-7);
  // Our control on their stepper takes the steps it takes on our own.
  const ode::BorrowedAdaptive<odeint::runge_kutta_dopri5<State>> borrowed;
  CHECK(ode::solve(field, start(), {0.0, 5.0}, borrowed).counts ==
        ode::solve(field, start(), {0.0, 5.0}, ode::Dopri5{}).counts);
  // An extrapolation method with a control of its own.
  const auto out = ode::solve_controlled(field, start(), {0.0, 2.0, 5.0},
                                         odeint::bulirsch_stoer<State>(1e-9, 1e-9, 1, 1), 0.1);
  REQUIRE(out.status == Status::ok);
  CHECK((out.last() - truth).norm() < 1e-7);
  CHECK(out.states.size() == 3);
}

TEST_CASE("our methods run in Odeint's integrate functions", "[ode]") {
  const Mat truth =
      ode::solve(field, start(), {0.0, 5.0},
                 ode::Dopri5{.relative_tolerance = 1e-12, .absolute_tolerance = 1e-12})
          .last();
  State x{start()};
  const auto steps = odeint::integrate_const(
      ode::OdeintStepper<ode::tableaus::three_eighths, double>(), on_state, x, 0.0, 5.0, 0.01);
  CHECK(steps == 500);
  CHECK((x.value - truth).norm() < 1e-8);

  using Tsit5 = ode::OdeintStepper<ode::tableaus::tsit5, double>;
  using Checker = odeint::default_error_checker<double, ode::Algebra, odeint::default_operations>;
  using Adjuster = odeint::default_step_adjuster<double, double>;
  x.value = start();
  odeint::integrate_adaptive(
      odeint::controlled_runge_kutta<Tsit5, Checker, Adjuster>(Checker(1e-10, 1e-10)), on_state, x,
      0.0, 5.0, 0.1);
  CHECK((x.value - truth).norm() < 1e-8);

  // A field of ours as an Odeint system under Odeint's own stepper.
  Workers alone(1);
  ode::FunctionSystem<std::remove_const_t<decltype(field)>, double> system(field);
  ode::OdeintSystem<double> call{system};
  x.value = start();
  odeint::integrate_const(odeint::runge_kutta4_classic<State>(), std::ref(call), x, 0.0, 5.0, 0.01);
  CHECK((x.value - truth).norm() < 1e-8);
  CHECK(system.counts.evaluations == 2000);
}

TEST_CASE("Odeint's controlled steppers on our states do not take NaN for success", "[ode]") {
  const auto breaks = [](double t, const ConstBatch<double>& x, Batch<double> dx) {
    dx = -x;
    if (t > 1) dx(2, 4) = std::numeric_limits<double>::quiet_NaN();
  };
  const auto out = ode::solve_controlled(
      breaks, Mat::Ones(3, 7), {0.0, 2.0},
      odeint::controlled_runge_kutta<odeint::runge_kutta_cash_karp54<State>>(), 0.1);
  CHECK(out.status == Status::non_finite_field);
  CHECK(out.time <= 1);
  CHECK(out.time > 0.99);
  CHECK(out.diagnosis.status == Status::non_finite_field);
  CHECK(out.diagnosis.cell == 4);
  CHECK(out.diagnosis.feature == 2);
  CHECK(out.diagnosis.value == Approx(std::exp(-1)).epsilon(0.01));
  CHECK(out.diagnosis.slope == Approx(std::exp(-1)).epsilon(0.01));
  CHECK(out.diagnosis.sizes.back() > 0);
  CHECK(out.diagnosis.text().find("the field returned NaN or infinity in cell 4 at t = ") == 0);
  // The same stepper under our control blames the same cell.
  const auto ours = ode::solve(breaks, Mat::Ones(3, 7), {0.0, 2.0},
                               ode::BorrowedAdaptive<odeint::runge_kutta_cash_karp54<State>>{});
  CHECK(ours.status == Status::non_finite_field);
  CHECK(ours.diagnosis.cell == 4);
  CHECK(ours.diagnosis.feature == 2);
  // A blow-up ends, where integrate_adaptive would never come back.
  const auto square = [](double, const ConstBatch<double>& x, Batch<double> dx) {
    dx = x.array().square();
  };
  Mat one_large = Mat::Constant(2, 3, 0.1);
  one_large(1, 2) = 1;
  const auto blown = ode::solve_controlled(
      square, one_large, {0.0, 2.0},
      odeint::controlled_runge_kutta<odeint::runge_kutta_cash_karp54<State>>(), 0.1);
  CHECK((blown.status == Status::step_underflow || blown.status == Status::step_limit));
  CHECK(blown.time == Approx(1).margin(1e-3));
  CHECK(blown.diagnosis.cell == 2);
  CHECK(blown.diagnosis.feature == 1);
}

TEST_CASE("Odeint's dense output works on a matrix of cells", "[ode]") {
  using Stepper = odeint::runge_kutta_dopri5<State>;
  odeint::dense_output_runge_kutta<odeint::controlled_runge_kutta<Stepper>> dense(
      odeint::controlled_runge_kutta<Stepper>(
          odeint::default_error_checker<double, ode::Algebra, odeint::default_operations>(1e-9,
                                                                                          1e-9)));
  const auto decay = [](const State& x, State& dx, double) { dx.value = -x.value; };
  const Mat x0 = (Mat(2, 3) << 1, 2, 3, 4, 5, 6).finished();
  dense.initialize(State{x0}, 0.0, 0.1);
  while (dense.current_time() < 1) dense.do_step(decay);
  State x{x0};
  dense.calc_state(1.0, x);
  CHECK((x.value - std::exp(-1.0) * x0).norm() < 1e-7);
}
