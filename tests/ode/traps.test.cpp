// SPDX-License-Identifier: MIT
// What goes wrong when Boost.Odeint and Eigen meet unguarded, each trap closed by the adapter.
#include <cmath>
#include <limits>
#include <vector>

#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

#include <cytode/fields/neural.hpp>
#include <cytode/ode/solve.hpp>
#include <cytode/ode/solver.hpp>
#include <cytode/ode/state.hpp>

#include "catch.hpp"
#include "laws/allocations.hpp"
#include "laws/module.hpp"

using namespace cytode;
using Mat = Matrix<double>;

namespace {
const auto decay = [](double, const ConstBatch<double>& x, Batch<double> dx) { dx = -x; };
}

TEST_CASE("trap 1: matrix states of any shape work with the controlled stepper", "[ode]") {
  for (const Index cells : {1, 2, 7}) {
    const Mat x0 = laws::normals<double>(3, cells, 1);
    const auto out = ode::solve(decay, x0, {0.0, 1.0});
    REQUIRE(out.last().rows() == 3);
    CHECK((out.last() - x0 * std::exp(-1.0)).norm() < 1e-4);
  }
}

TEST_CASE("trap 2: NaN is a failure, wherever it appears", "[ode]") {
  for (Index where = 0; where < 33; ++where) {
    const auto field = [&](double t, const ConstBatch<double>& x, Batch<double> dx) {
      dx = -x;
      if (t > 1) dx.data()[where] = std::numeric_limits<double>::quiet_NaN();
    };
    const Mat x0 = Mat::Ones(3, 11);
    const auto out = ode::solve(field, x0, {0.0, 2.0});
    REQUIRE(out.status == Status::non_finite_field);
    CHECK(out.time <= 1);
    CHECK(out.time > 0.99);  // the last good point is just before the NaN
    CHECK((out.state - x0 * std::exp(-out.time)).norm() < 1e-4);
    CHECK(out.states.size() == 1);
    CHECK(ode::solve(field, x0, {0.0, 2.0}, ode::Euler{}).status == Status::non_finite_field);
  }
  const auto broken = [](double, const ConstBatch<double>&, Batch<double> dx) {
    dx.setConstant(std::numeric_limits<double>::infinity());
  };
  const auto out = ode::solve(broken, Mat::Ones(1, 1), {0.0, 1.0});
  CHECK(out.status == Status::non_finite_field);
  CHECK_THROWS_WITH(out.or_throw(),
                    "ode::solve: the field returned NaN or infinity in cell 0 at t = 0 after 0 "
                    "steps; feature 0 is the worst (x = 1); largest |f| = inf. Evaluate the field "
                    "at this time and state: a logarithm, root or division outside its domain, or "
                    "parameters that are not finite.");
}

TEST_CASE("trap 3: a blow-up ends with a status, not never", "[ode]") {
  const auto square = [](double, const ConstBatch<double>& x, Batch<double> dx) {
    dx = x.array().square();
  };
  const auto out = ode::solve(square, Mat::Ones(1, 1), {0.0, 2.0});
  CHECK((out.status == Status::step_underflow || out.status == Status::non_finite_state));
  CHECK(out.time == Approx(1).margin(1e-4));  // x = 1 / (1 - t)
  CHECK(out.counts.evaluations < 20000);
  const auto limited = ode::solve(square, Mat::Ones(1, 1), {0.0, 2.0}, ode::Dopri5{.max_steps = 7});
  CHECK(limited.status == Status::step_limit);
  CHECK(limited.counts.accepted + limited.counts.rejected == 7);
}

TEST_CASE("trap 4: steps allocate nothing", "[ode]") {
  if (!laws::allocations_are_counted) return;
  const auto field = [](double t, const ConstBatch<double>& x, Batch<double> dx) {
    dx = std::cos(20 * t) * x;
  };
  const Mat x0 = laws::normals<double>(5, 40, 1);
  const auto count = [&](double end) {
    const std::size_t before = laws::allocations();
    const auto out = ode::solve(field, x0, {0.0, end});
    return std::pair(laws::allocations() - before, out.counts.accepted);
  };
  const auto [few, short_steps] = count(0.5);
  const auto [many, long_steps] = count(20);
  REQUIRE(long_steps > 10 * short_steps);
  CHECK(few == many);
}

TEST_CASE("trap 4: a solver that is warm allocates nothing, and its cells may wait", "[ode]") {
  const auto field = fields::neural<float>(3, {16}, Stream(1));
  Workers alone(1);
  for (const ode::Clock clock : {ode::Clock::shared, ode::Clock::per_cell}) {
    ode::Solver solver(field, ode::Dopri5{.clock = clock}, alone);
    for (const Index n : {200, 1500}) {
      const Matrix<float> x0 = laws::normals<float>(3, n, 2);
      const std::vector<double> times{0, 1};
      const Matrix<float> first = solver(x0, times).last();
      const std::size_t before = laws::allocations();
      const Matrix<float>& again = solver(x0, times).last();
      if (laws::allocations_are_counted) CHECK(laws::allocations() == before);
      CHECK(again == first);
    }
  }
}

TEST_CASE("trap 5: tolerances are tolerances, not a largest step", "[ode]") {
  const auto rotation = [](double, const ConstBatch<double>& x, Batch<double> dx) {
    dx.row(0) = -x.row(1);
    dx.row(1) = x.row(0);
  };
  const auto out = ode::solve(rotation, Mat::Ones(2, 1), {0.0, 1.0},
                              ode::Dopri5{.relative_tolerance = 1e-4, .absolute_tolerance = 1e-4});
  CHECK(out.counts.accepted <= 12);  // make_controlled without its header took 10,001
}

TEST_CASE("trap 6: the field is never copied", "[ode]") {
  struct Counting {
    int* copies;
    explicit Counting(int* c) : copies(c) {}
    Counting(const Counting& other) : copies(other.copies) { ++*copies; }
    Counting& operator=(const Counting&) = delete;
    void operator()(double, const ConstBatch<double>& x, Batch<double> dx) const { dx = -x; }
  };
  int copies = 0;
  const Counting field(&copies);
  (void)ode::solve(field, Mat::Ones(2, 2), {0.0, 3.0});
  (void)ode::solve(field, Mat::Ones(2, 2), {0.0, 3.0}, ode::RungeKutta4{});
  (void)ode::solve(field, Mat::Ones(2, 2), {0.0, 3.0}, ode::Euler{});
  CHECK(copies == 0);
}

TEST_CASE("trap 7: a solve leaves nothing behind for the next", "[ode]") {
  const Mat a = laws::normals<double>(2, 3, 1), b = laws::normals<double>(2, 3, 2);
  const auto first = ode::solve(decay, b, {0.0, 1.0});
  (void)ode::solve(decay, a, {0.0, 1.0});
  CHECK(ode::solve(decay, b, {0.0, 1.0}).last() == first.last());
}

TEST_CASE("trap 8: namespace Eigen stays as Eigen made it", "[ode]") {
  // Odeint's external/eigen header would make matrix + scalar compile.
  const auto adds_a_scalar = []<class M>(const M& m) {
    return requires {
      m + 1.0;
    };
  };
  CHECK_FALSE(adds_a_scalar(Mat(2, 2)));
}

TEST_CASE("trap 4: Odeint's controlled stepper allocates nothing a trial on our states", "[ode]") {
  if (!laws::allocations_are_counted) return;
  const auto turn = [](const ode::State<double>& x, ode::State<double>& dx, double) {
    dx.value.row(0) = -x.value.row(1);
    dx.value.row(1) = x.value.row(0);
  };
  const auto count = [&](double end) {
    boost::numeric::odeint::controlled_runge_kutta<
        boost::numeric::odeint::runge_kutta_dopri5<ode::State<double>>>
        stepper;
    ode::State<double> x{Mat::Ones(2, 25)};
    const std::size_t before = laws::allocations();
    const auto steps = boost::numeric::odeint::integrate_adaptive(stepper, turn, x, 0.0, end, 0.1);
    return std::pair(laws::allocations() - before, steps);
  };
  const auto [few, short_steps] = count(1);
  const auto [many, long_steps] = count(100);
  REQUIRE(long_steps > 10 * short_steps);
  CHECK(few == many);  // Odeint's own Eigen binding makes three a trial
}
