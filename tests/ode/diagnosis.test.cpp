// SPDX-License-Identifier: MIT
// What a person reads when a solve fails: golden texts, one for each kind.
#include <cmath>
#include <limits>
#include <regex>
#include <string>

#include <cytode/fields/kinetics.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"

using namespace cytode;
using Mat = Matrix<double>;

namespace {

// Feature 1 is the one that goes wrong, in the cell whose feature 0 is 1.
Mat cells() {
  return (Mat(2, 3) << 0, 0, 1, 1, 1, 1).finished();
}
// The text with every number that depends on rounding written as #; cells and features stay.
std::string masked(const std::string& text) {
  static const std::regex number("-?[0-9]+(\\.[0-9]+)?(e[-+][0-9]+)?(?=[ ,;.)])");
  static const std::regex place("(cell|feature) ([0-9]+)"), kept("@([0-9]+)@");
  const std::string marked = std::regex_replace(text, place, "$1 @$2@");
  return std::regex_replace(std::regex_replace(marked, number, "#"), kept, "$1");
}
constexpr auto per_cell = ode::Clock::per_cell;

}  // namespace

TEST_CASE("step limit", "[ode]") {
  const auto fast = [](Times<double> t, const ConstBatch<double>& x, Batch<double> dx) {
    for (Index j = 0; j < x.cols(); ++j) {
      dx.col(j) << 0, x(0, j) * std::cos(1000 * t[j]);
    }
  };
  const auto out =
      ode::solve(fast, cells(), {0.0, 1.0}, ode::Dopri5{.clock = per_cell, .max_steps = 20});
  CHECK(out.status == Status::step_limit);
  CHECK(out.cells[0].status == Status::ok);
  CHECK(out.cells[1].status == Status::ok);
  CHECK(out.diagnosis.cell == 2);
  CHECK(out.diagnosis.feature == 1);
  CHECK(out.diagnosis.time == out.cells[2].time);
  CHECK(out.diagnosis.time > 0);
  CHECK(out.diagnosis.time < 0.1);  // 20 steps of a thousandth or so
  CHECK(masked(out.diagnosis.text()) ==
        "step limit reached in cell 2 at t = # after # steps; feature 1 is the worst (x = #); "
        "largest |f| = #; last step sizes #, #, #, #, #. Raise max_steps or loosen the tolerance.");
}

TEST_CASE("a stiff problem at the step limit is called stiff", "[ode]") {
  const auto stiff = [](Times<double>, const ConstBatch<double>& x, Batch<double> dx) {
    dx = -1e5 * x;
  };
  const auto out = ode::solve(stiff, Mat::Ones(1, 1), {0.0, 1.0}, ode::Dopri5{.max_steps = 1000});
  CHECK(out.status == Status::step_limit);
  CHECK(masked(out.diagnosis.text()) ==
        "step limit reached in cell 0 at t = # after # steps; feature 0 is the worst (x = #); "
        "largest |f| = #, h |df/dx| about #; last step sizes #, #, #, #, #. The problem is stiff "
        "here: use a stiff method or SwitchWhenStiff.");
}

TEST_CASE("step size underflow", "[ode]") {
  const auto pole = [](Times<double> t, const ConstBatch<double>& x, Batch<double> dx) {
    for (Index j = 0; j < x.cols(); ++j) dx.col(j) << 0, x(0, j) / std::abs(0.5 - t[j]);
  };
  const auto out =
      ode::solve(pole, cells(), {0.0, 1.0}, ode::Dopri5{.clock = per_cell, .max_step = 0.3});
  CHECK(out.status == Status::step_underflow);
  CHECK(out.cells[0].status == Status::ok);
  CHECK(out.diagnosis.cell == 2);
  CHECK(out.diagnosis.feature == 1);
  CHECK(out.diagnosis.time == Approx(0.5).margin(1e-6));
  CHECK(masked(out.diagnosis.text()) ==
        "step size underflow in cell 2 at t = # after # steps; feature 1 is the worst (x = #); "
        "largest |f| = #; last step sizes #, #, #, #, #. The solution blows up or is not smooth "
        "here: check the field near this state, bound its output, or end the solve before.");
  const auto bounded =
      ode::solve(pole, cells(), {0.0, 1.0}, ode::Dopri5{.clock = per_cell, .min_step = 0.01});
  CHECK(bounded.status == Status::step_underflow);
  CHECK(bounded.diagnosis.time < 0.5);
}

TEST_CASE("a diagnosis does not depend on what else is asked of a solve", "[ode]") {
  // Samples keep the stages of all trials; without them only those that a diagnosis will see are
  // kept. Cells end, and move, all the time.
  const auto speeds = [](Times<double> t, const ConstBatch<double>& x, Batch<double> dx) {
    for (Index j = 0; j < x.cols(); ++j) {
      dx.col(j) << 0, -x(0, j) * (x(1, j) - std::cos(t[j]));
    }
  };
  Mat x0 = Mat::Zero(2, 300);
  for (Index j = 0; j < 300; ++j) x0(0, j) = std::exp(0.03 * static_cast<double>((7 * j) % 300));
  for (long most = 5; most < 200; most += 15) {
    const ode::Dopri5 method{.clock = per_cell, .max_steps = most};
    const auto plain = ode::solve(speeds, x0, {0.0, 1.0}, method);
    const auto sampled = ode::solve(speeds, x0, {0.0, 1.0}, method, {.samples = 2});
    REQUIRE(plain.status == Status::step_limit);
    CHECK(plain.diagnosis.text() == sampled.diagnosis.text());
    CHECK(plain.diagnosis.stiffness == sampled.diagnosis.stiffness);
    CHECK(plain.diagnosis.stiffness > 0);
  }
}

TEST_CASE("non-finite field", "[ode]") {
  const auto root = [](Times<double>, const ConstBatch<double>& x, Batch<double> dx) {
    for (Index j = 0; j < x.cols(); ++j) dx.col(j) << 0, -x(0, j) / std::sqrt(x(1, j));
  };
  const auto out = ode::solve(root, cells(), {0.0, 1.0}, ode::Dopri5{.clock = per_cell});
  CHECK(out.status == Status::non_finite_field);  // 1 − 3t/2 under the root: at t = 2/3
  CHECK(out.diagnosis.time == Approx(2.0 / 3).epsilon(1e-3));
  CHECK(out.diagnosis.cell == 2);
  CHECK(out.diagnosis.feature == 1);
  CHECK(masked(out.diagnosis.text()) ==
        "the field returned NaN or infinity in cell 2 at t = # after # steps; feature 1 is the "
        "worst (x = #); largest |f| = #; last step sizes #, #, #, #, #. Evaluate the field at this "
        "time and state: a logarithm, root or division outside its domain, or parameters that are "
        "not finite.");
}

TEST_CASE("non-finite state", "[ode]") {
  const auto grow = [](Times<double>, const ConstBatch<double>& x, Batch<double> dx) {
    for (Index j = 0; j < x.cols(); ++j) dx.col(j) << 0, 1e308 * x(0, j);
  };
  const auto out = ode::solve(grow, cells(), {0.0, 4.0}, ode::Euler{.steps = 200});
  CHECK(out.status == Status::non_finite_state);
  CHECK(masked(out.diagnosis.text()) ==
        "the state overflowed in cell 2 at t = # after # steps; feature 1 is the worst (x = #); "
        "largest |f| = #; last step sizes #, #, #, #, #. The solution grows "
        "beyond the numbers' range: bound the field's output, shorten the time, scale the data, or "
        "use smaller steps.");
  CHECK(out.diagnosis.cell == 2);
  CHECK(out.diagnosis.feature == 1);
}

TEST_CASE("stopped by an observer", "[ode]") {
  const auto decay = [](Times<double>, const ConstBatch<double>& x, Batch<double> dx) { dx = -x; };
  ode::Options<double> options;
  options.observer = [](const ode::Progress<double>& p) { return p.times[0] < 0.5; };
  const auto out = ode::solve(decay, cells(), {0.0, 1.0}, ode::RungeKutta4{10}, options);
  CHECK(out.status == Status::stopped);
  CHECK(out.diagnosis.time == Approx(0.5).margin(0.11));
  CHECK(masked(out.diagnosis.text()) ==
        "stopped by the caller in cell 0 at t = # after # steps. What came before is valid.");
}

TEST_CASE("nothing wrong", "[ode]") {
  const auto decay = [](Times<double>, const ConstBatch<double>& x, Batch<double> dx) { dx = -x; };
  CHECK(ode::solve(decay, cells(), {0.0, 1.0}).diagnosis.text() == "finished");
}

TEST_CASE("implicit stages that do not converge", "[ode]") {
  // The slope of feature 1 jumps in the middle of every step, back and forth: Newton swings for
  // ever, where feature 0 says so.
  const auto field = fields::kinetics<double>(2, Vector<double>(), [](auto, auto x, auto, auto dx) {
    dx[1] = -x[1];
    if (x[0] > 0.5) dx[1] = x[1] > 0.5 ? -1e8 * (x[1] - 0.5) - 1e8 : 1e8 * (0.5 - x[1]) + 1e8;
  });
  const auto out =
      ode::solve(field, cells(), {0.0, 1.0}, ode::FixedStep<ode::tableaus::esdirk4>{10});
  CHECK(out.status == Status::not_converged);
  CHECK(out.time == 0);
  CHECK(out.diagnosis.cell == 2);
  CHECK(masked(out.diagnosis.text()) ==
        "the implicit stages did not converge in cell 2 at t = # after # steps; largest |f| = #; "
        "last step sizes #. Loosen the tolerance, or use a Rosenbrock method, which does not "
        "iterate.");
  // With a control of the step, it gets smaller and smaller: no answer that is wrong.
  const auto adaptive =
      ode::solve(field, cells(), {0.0, 1.0}, ode::Esdirk4{.clock = per_cell, .max_steps = 500});
  CHECK(adaptive.cells[0].status == Status::ok);
  CHECK((adaptive.status == Status::not_converged || adaptive.status == Status::step_underflow ||
         adaptive.status == Status::step_limit));
  CHECK(adaptive.diagnosis.cell == 2);
  CHECK(adaptive.time < 1);
}

TEST_CASE("a cell ended by an event is no failure, and its status says so", "[ode]") {
  const auto decay = [](Times<double>, const ConstBatch<double>& x, Batch<double> dx) { dx = -x; };
  const ode::Event<double> half{
      .value = [](double, const ConstVectorView<double>& x) { return x[1] - 0.5; }};
  const auto out =
      ode::solve(decay, cells(), {0.0, 1.0}, ode::Dopri5{}, ode::Options<double>{.events = {half}});
  CHECK(out.status == Status::ok);
  CHECK(message(out.cells[0].status) == "ended by a terminal event");
  CHECK(out.diagnosis.text() == "finished");
}
