// SPDX-License-Identifier: MIT
// What a solve keeps: requested times landed on or interpolated, steps, samples, the whole curve.
#include <cmath>

#include <cytode/ode/dop853.hpp>
#include <cytode/ode/solve.hpp>

#include "catalogue_methods.hpp"
#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;
using Mat = Matrix<double>;
using Options = ode::Options<double>;

namespace {

const auto rotation = [](Times<double>, const ConstBatch<double>& x, Batch<double> dx) {
  dx.row(0) = -x.row(1);
  dx.row(1) = x.row(0);
};
Mat rotated(const Mat& x0, double t) {
  return (Eigen::Matrix2d() << std::cos(t), -std::sin(t), std::sin(t), std::cos(t)).finished() * x0;
}
template <class M>
M tight(ode::Clock clock) {
  return M{.relative_tolerance = 1e-8, .absolute_tolerance = 1e-8, .clock = clock};
}

}  // namespace

TEMPLATE_TEST_CASE("the solution is a function of time, with its slope", "[ode]", ode::Bosh3,
                   ode::Dopri5, ode::Tsit5, ode::Dop853) {
  const Mat x0 = laws::normals<double>(2, 3, 1);
  for (const ode::Clock clock : {ode::Clock::shared, ode::Clock::per_cell}) {
    for (const double end : {5.0, -5.0}) {
      const auto out =
          ode::solve(rotation, x0, {0.0, end}, tight<TestType>(clock), Options{.dense = true});
      REQUIRE(out.status == Status::ok);
      for (int k = 0; k <= 50; ++k) {
        const double t = end * k / 50;
        CHECK((out.dense.evaluate(t) - rotated(x0, t)).norm() < 1e-6);
        const Mat turned = rotated(x0, t + std::acos(-1.0) / 2);  // dx/dt is a quarter turn on
        CHECK((out.dense.derivative(t) - turned).norm() < 1e-4);
      }
      CHECK_THROWS_WITH(out.dense.evaluate(1.5 * end), Catch::Contains("is outside of"));
    }
  }
}

TEST_CASE("requested times may come from the continuous extension instead", "[ode]") {
  const Mat x0 = laws::normals<double>(2, 3, 1);
  std::vector<double> times;
  for (int k = 0; k <= 40; ++k) times.push_back(0.05 * k * k);
  for (const ode::Clock clock : {ode::Clock::shared, ode::Clock::per_cell}) {
    const auto landed = ode::solve(rotation, x0, times, tight<ode::Dopri5>(clock));
    const auto read =
        ode::solve(rotation, x0, times, tight<ode::Dopri5>(clock), Options{.land = false});
    REQUIRE(read.states.size() == times.size());
    for (std::size_t k = 0; k < times.size(); ++k) {
      CHECK((read.states[k] - rotated(x0, times[k])).norm() < 2e-6);
    }
    // A few times more than steps cost no steps.
    CHECK(read.counts.accepted < landed.counts.accepted);
  }
}

TEST_CASE("samples at equal distances, every n-th step, and an observer that may stop", "[ode]") {
  const Mat x0 = laws::normals<double>(2, 3, 1);
  for (const ode::Clock clock : {ode::Clock::shared, ode::Clock::per_cell}) {
    const auto out = ode::solve(rotation, x0, {1.0, 4.0}, tight<ode::Tsit5>(clock),
                                Options{.save_every = 2, .samples = 7});
    REQUIRE(out.samples.size() == 7);
    for (std::size_t k = 0; k < 7; ++k) {
      CHECK(out.sample_times[k] == Approx(1 + 0.5 * static_cast<double>(k)));
      CHECK((out.samples[k] - rotated(x0, 0.5 * static_cast<double>(k))).norm() < 1e-6);
    }
    CHECK(out.samples.front() == x0);
    CHECK(out.samples.back() == out.last());
    long kept = 0;
    for (const ode::CellReport& c : out.cells) kept += c.accepted / 2;
    CHECK(static_cast<long>(out.steps.size()) == kept);
    for (const auto& s : out.steps) {
      CHECK((s.state - rotated(x0.col(s.cell), s.time - 1)).norm() < 1e-6);
    }

    double latest = 0;
    const auto stopped = ode::solve(rotation, x0, {1.0, 2.0, 4.0}, tight<ode::Tsit5>(clock),
                                    Options{.observer = [&](const ode::Progress<double>& p) {
                                      CHECK(static_cast<Index>(p.cells.size()) == p.states.cols());
                                      latest = *std::max_element(p.times.begin(), p.times.end());
                                      return latest < 3;
                                    }});
    CHECK(stopped.status == Status::stopped);
    CHECK(latest >= 3);
    CHECK(latest < 4);
    CHECK((stopped.states[1] - rotated(x0, 1)).norm() < 1e-6);
    CHECK_NOTHROW(stopped.or_throw());
  }
}

TEST_CASE("every way of keeping leaves the steps as they are", "[ode]") {
  const Mat x0 = laws::normals<double>(2, 5, 1);
  const auto plain = ode::solve(rotation, x0, {0.0, 3.0}, tight<ode::Dopri5>(ode::Clock::shared));
  const auto busy = ode::solve(rotation, x0, {0.0, 3.0}, tight<ode::Dopri5>(ode::Clock::shared),
                               Options{.save_every = 1, .samples = 11, .dense = true});
  CHECK(plain.last() == busy.last());
  CHECK(plain.counts == busy.counts);
}
