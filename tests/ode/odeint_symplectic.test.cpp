// SPDX-License-Identifier: MIT
// Odeint's steppers for systems in two halves, coordinates and momenta.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <boost/numeric/odeint/stepper/symplectic_euler.hpp>
#include <boost/numeric/odeint/stepper/symplectic_rkn_sb3a_m4_mclachlan.hpp>
#include <boost/numeric/odeint/stepper/symplectic_rkn_sb3a_mclachlan.hpp>
#include <boost/numeric/odeint/stepper/velocity_verlet.hpp>

#include <cytode/ode/borrowed.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"

using namespace cytode;
namespace odeint = boost::numeric::odeint;
using Mat = Matrix<double>;
using State = ode::State<double>;
using Vec = std::vector<double>;

namespace {

const Mat cells = (Mat(2, 3) << 2.0, 1.0, -1.5, 0.0, 0.5, 0.2).finished();

// A pendulum: dq/dt = p, dp/dt = -sin q.
const auto pendulum = [](double, const ConstBatch<double>& x, Batch<double> dx) {
  dx.row(0) = x.row(1);
  dx.row(1) = -x.row(0).array().sin();
};
Mat energy(const Mat& x) {
  return x.row(1).array().square() / 2 - x.row(0).array().cos();
}

template <class Stepper>
Mat in_halves() {
  return ode::solve(pendulum, cells, {0.0, 1.0}, ode::Borrowed<Stepper>{.steps = 50})
      .or_throw()
      .last();
}
// Fifty steps of 0.02 by Odeint alone, a cell after the other.
template <class Stepper>
Mat halves_alone() {
  Mat out = cells;
  for (Index j = 0; j < cells.cols(); ++j) {
    Stepper stepper;
    std::pair<Vec, Vec> x{{cells(0, j)}, {cells(1, j)}};
    for (int i = 0; i < 50; ++i) {
      stepper.do_step(std::make_pair([](const Vec& p, Vec& dq) { dq[0] = p[0]; },
                                     [](const Vec& q, Vec& dp) { dp[0] = -std::sin(q[0]); }),
                      x, 0.02 * i, 0.02);
    }
    out(0, j) = x.first[0];
    out(1, j) = x.second[0];
  }
  return out;
}

}  // namespace

TEST_CASE("Odeint's symplectic steppers in solve give the numbers they give without us", "[ode]") {
  CHECK(
      (in_halves<odeint::symplectic_euler<State>>() - halves_alone<odeint::symplectic_euler<Vec>>())
          .norm() < 1e-13);
  CHECK((in_halves<odeint::symplectic_rkn_sb3a_mclachlan<State>>() -
         halves_alone<odeint::symplectic_rkn_sb3a_mclachlan<Vec>>())
            .norm() < 1e-13);
  CHECK((in_halves<odeint::symplectic_rkn_sb3a_m4_mclachlan<State>>() -
         halves_alone<odeint::symplectic_rkn_sb3a_m4_mclachlan<Vec>>())
            .norm() < 1e-13);

  Mat verlet = cells;
  for (Index j = 0; j < cells.cols(); ++j) {
    odeint::velocity_verlet<Vec> stepper;
    std::pair<Vec, Vec> x{{cells(0, j)}, {cells(1, j)}};
    for (int i = 0; i < 50; ++i) {
      stepper.do_step([](const Vec& q, const Vec&, Vec& a, double) { a[0] = -std::sin(q[0]); }, x,
                      0.02 * i, 0.02);
    }
    verlet(0, j) = x.first[0];
    verlet(1, j) = x.second[0];
  }
  CHECK((in_halves<odeint::velocity_verlet<State>>() - verlet).norm() < 1e-13);
}

TEST_CASE("Odeint's symplectic steppers keep the energy of a pendulum for long", "[ode]") {
  using Stepper = odeint::symplectic_rkn_sb3a_m4_mclachlan<State>;
  const auto out =
      ode::solve(pendulum, cells, {0.0, 500.0}, ode::Borrowed<Stepper>{.steps = 5000}).or_throw();
  CHECK((energy(out.last()) - energy(cells)).cwiseAbs().maxCoeff() < 1e-5);
  const auto three = [](double, const ConstBatch<double>& x, Batch<double> dx) { dx = -x; };
  CHECK_THROWS_WITH(ode::solve(three, Mat::Ones(3, 2), {0.0, 1.0}, ode::Borrowed<Stepper>{}),
                    Catch::Contains("3 features, wanted an even number"));
}

TEST_CASE("Odeint's symplectic steppers refuse fields of another form", "[ode]") {
  const auto refused = [](const auto& field, auto method, const std::string& why) {
    CHECK_THROWS_WITH(ode::solve(field, cells, {0.0, 1.0}, method), Catch::Contains(why));
  };
  const ode::Borrowed<odeint::symplectic_euler<State>> symplectic;
  const ode::Borrowed<odeint::velocity_verlet<State>> verlet;
  const auto drag = [](double, const ConstBatch<double>& x, Batch<double> dx) {
    dx.row(0) = x.row(1);
    dx.row(1) = -x.row(0) - 0.1 * x.row(1);
  };
  const auto shear = [](double, const ConstBatch<double>& x, Batch<double> dx) {
    dx.row(0) = x.row(1) + 0.1 * x.row(0);
    dx.row(1) = -x.row(0);
  };
  refused(drag, symplectic, "dp/dt depends on q alone");
  refused(shear, symplectic, "dq/dt depends on p alone");
  refused(shear, verlet, "dq/dt is p");
  CHECK(ode::solve(drag, cells, {0.0, 1.0}, verlet).status == Status::ok);
}
