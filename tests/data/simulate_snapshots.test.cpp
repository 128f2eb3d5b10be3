// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numeric>

#include <cytode/data/simulate_snapshots.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

struct Mean {
  double value, error;  ///< error: standard deviation of the mean
};

Mean mean_of(const std::vector<double>& v) {
  const double n = static_cast<double>(v.size());
  const double m = std::accumulate(v.begin(), v.end(), 0.0) / n;
  double square = 0;
  for (const double x : v) square += (x - m) * (x - m);
  return {m, std::sqrt(square / (n - 1) / n)};
}

Matrix<double> drift(const data::GeneCircuit<double>& circuit, const Matrix<double>& x) {
  Matrix<double> dx(x.rows(), x.cols());
  data::GeneCircuit<>::Cache cache;
  const double t = 0;
  circuit.forward(Times<double>(t), x, dx, cache);
  return dx;
}

std::vector<double> probabilities(const data::SimulatedSnapshots<double>& s, double day) {
  std::vector<double> p;
  for (std::size_t i = 0; i < s.day.size(); ++i) {
    if (s.day[i] == day) p.push_back(s.fate_a_probability[i]);
  }
  return p;
}

}  // namespace

TEST_CASE("clones grow by the integral of division minus death", "[data]") {
  // Without noise all cells share one path x(t), so E N(t) = exp ∫ (b − d)(x(s)) ds.
  const data::GeneCircuit circuit({.targets = 0, .noise = 0, .death = 0.5});
  const data::GeneCircuit still({.targets = 0, .noise = 0, .division = 0, .death = 0});
  const double day = 5, h = 0.05;
  double integral = 0;
  for (int i = 0; i <= 100; ++i) {  // trapezoid
    const Vector<double> x = data::simulate_clone(still, Stream(0), h * i, {.asynchrony = 0});
    integral += (i == 0 || i == 100 ? h / 2 : h) * (circuit.division(x) - circuit.death(x));
  }
  std::vector<double> sizes;
  for (std::uint64_t f = 0; f < 2000; ++f) {
    sizes.push_back(static_cast<double>(
        data::simulate_clone(circuit, Stream(1).fork(f), day, {.asynchrony = 0}).cols()));
  }
  const Mean size = mean_of(sizes);
  CHECK(size.error < 0.03 * size.value);
  // 4 standard errors; the step of 0.02 adds about 0.5 %.
  CHECK(std::abs(size.value - std::exp(integral)) < 4 * size.error + 0.005 * size.value);
}

TEST_CASE("the total of a gene moves by drift and growth", "[data]") {
  // d/dt E Σ x = E Σ (f(x) + (b − d)(x) x) over the cells of a clone [Kolmogorov's equation],
  // clone by clone between two days on one grid of steps, where nothing else is random.
  const data::GeneCircuit circuit({.targets = 2, .death = 0.4});
  const double start = 1.5, span = 0.2;
  for (const Index gene : {0, 1, 2, 5}) {
    std::vector<double> with_growth, without;
    for (std::uint64_t f = 0; f < 2000; ++f) {
      const auto total = [&](double day) {
        const Matrix<double> x = data::simulate_clone(circuit, Stream(2).fork(f), day);
        Vector<double> sums = Vector<double>::Zero(3);
        sums[0] = x.row(gene).sum();
        if (x.cols() > 0) sums[1] = drift(circuit, x).row(gene).sum();
        for (Index c = 0; c < x.cols(); ++c) {
          sums[2] += (circuit.division(x.col(c)) - circuit.death(x.col(c))) * x(gene, c);
        }
        return sums;
      };
      const Vector<double> a = total(start), b = total(start + span);
      const double moved = (b[0] - a[0]) / span - (a[1] + b[1]) / 2;
      without.push_back(moved);
      with_growth.push_back(moved - (a[2] + b[2]) / 2);
    }
    const Mean rest = mean_of(with_growth), untold = mean_of(without);
    CAPTURE(gene, rest.value, rest.error, untold.value, untold.error);
    CHECK(std::abs(rest.value) < 4 * rest.error);
    CHECK(untold.value > 8 * untold.error);  // growth is not a detail
  }
}

TEST_CASE("a progenitor branches in two fates while its population grows", "[data]") {
  const data::GeneCircuit circuit;
  const auto s = data::simulate_snapshots(circuit, {.cells = 200, .seed = 4});
  REQUIRE(s.cells == std::vector<Index>(5, 200));
  CHECK(s.expression.minCoeff() >= 0);
  CHECK(s.expression.maxCoeff() < 9);
  CHECK((s.expression - s.state).cwiseAbs().maxCoeff() < 0.1 * 6);  // 44000 normals
  const auto mean = [&](Index gene, Index d) {
    return s.expression.row(gene).segment(200 * d, 200).mean();
  };
  for (Index d = 1; d < 5; ++d) {
    CHECK(mean(data::GeneCircuit<>::progenitor, d) < mean(data::GeneCircuit<>::progenitor, d - 1));
    CHECK(mean(data::GeneCircuit<>::cycle, d) < mean(data::GeneCircuit<>::cycle, d - 1));
  }
  CHECK(s.mass[0] == 1);
  CHECK(s.mass[1] > 1.5);
  CHECK(s.mass[2] > s.mass[1]);
  CHECK(s.mass[3] > s.mass[2]);
  CHECK(s.mass[4] > 4);
  CHECK(*std::min_element(s.growth.begin(), s.growth.begin() + 200) > 0.3);
  CHECK(*std::max_element(s.growth.end() - 200, s.growth.end()) < 0.1);
  CHECK(*std::min_element(s.growth.end() - 200, s.growth.end()) ==
        Approx(-circuit.options().death).epsilon(0.1));  // deep in fate B

  Index in_a = 0, decided = 0;
  Vector<double> a = Vector<double>::Zero(circuit.dims()), b = a;
  for (Index c = 800; c < 1000; ++c) {
    const auto i = static_cast<std::size_t>(c);
    in_a += s.fate_a[i] ? 1 : 0;
    decided += std::abs(s.fate_a_probability[i] - 0.5) > 0.4 ? 1 : 0;
    (s.fate_a[i] ? a : b) += s.expression.col(c);
  }
  CHECK(in_a >= 50);
  CHECK(in_a <= 150);
  CHECK(decided > 170);
  a /= static_cast<double>(in_a);
  b /= static_cast<double>(200 - in_a);
  Index nearer = 0;
  double within = 0;
  for (Index c = 800; c < 1000; ++c) {
    const double to_a = (s.expression.col(c) - a).norm(), to_b = (s.expression.col(c) - b).norm();
    nearer += (to_a < to_b) == s.fate_a[static_cast<std::size_t>(c)] ? 1 : 0;
    within += std::min(to_a, to_b) / 200;
  }
  CHECK(nearer > 190);
  CHECK((a - b).norm() > 3 * within);
  Index early = 0;  // on day 0 nearly no cell has decided
  for (std::size_t i = 0; i < 200; ++i) early += std::abs(s.fate_a_probability[i] - 0.5) > 0.4;
  CHECK(early < 20);
}

TEST_CASE("mean fate probability stays as it is when nothing divides or dies", "[data]") {
  const data::GeneCircuit circuit({.targets = 0, .bias = 0.05, .division = 0, .death = 0});
  const auto s = data::simulate_snapshots(circuit, {.days = {1, 9}, .cells = 600, .seed = 6});
  const Mean before = mean_of(probabilities(s, 1)), after = mean_of(probabilities(s, 9));
  CHECK(std::abs(before.value - after.value) < 4 * std::hypot(before.error, after.error));
  CHECK(before.value > 0.55);  // the bias shows
}

TEST_CASE("numbers are keyed by seed, day, founder and cell, and by nothing else", "[data]") {
  const data::GeneCircuit circuit({.targets = 5});
  const data::SimulationOptions all{.days = {0, 2, 3},
                                    .cells = 20,
                                    .sampling = data::CellSampling::proportional,
                                    .continuations = 2,
                                    .seed = 9};
  const auto s = data::simulate_snapshots(circuit, all);
  const auto again = data::simulate_snapshots(circuit, all);
  CHECK(again.expression == s.expression);
  CHECK(again.fate_a_probability == s.fate_a_probability);
  for (std::size_t d = 0; d < 3; ++d) CHECK(s.cells[d] == std::lround(20 * s.mass[d]));

  data::SimulationOptions other = all;
  other.days = {0, 2};
  const auto shorter = data::simulate_snapshots(circuit, other);
  CHECK(shorter.expression == s.expression.leftCols(shorter.expression.cols()));
  other.days = {0};
  other.cells = 7;
  const auto fewer = data::simulate_snapshots(circuit, other);
  CHECK(fewer.expression == s.expression.leftCols(fewer.expression.cols()));
  other.seed = 10;
  CHECK(data::simulate_snapshots(circuit, other).expression != fewer.expression);

  // A fixed number is drawn from that same population, without replacement.
  other = all;
  other.sampling = data::CellSampling::fixed;
  const auto drawn = data::simulate_snapshots(circuit, other);
  CHECK(drawn.cells == std::vector<Index>{20, 20, 20});
  CHECK(drawn.mass == s.mass);
  Index last = -1;
  for (Index c = 40; c < 60; ++c) {
    Index at = last + 1;
    while (at < s.state.cols() && s.state.col(at) != drawn.state.col(c)) ++at;
    REQUIRE(at < s.state.cols());
    CHECK(s.clone[static_cast<std::size_t>(at)] == drawn.clone[static_cast<std::size_t>(c)]);
    last = at;
  }
  CHECK(drawn.clone[59] > 2 * 20 + 14);  // from all founders, not the first few
  // Sisters part: one state twice only where the last of 150 steps was a division.
  Index twins = 0;
  const Index first = s.state.cols() - s.cells[2];
  for (Index c = first + 1; c < s.state.cols(); ++c) {
    twins += s.state.col(c) == s.state.col(c - 1) ? 1 : 0;
  }
  CHECK(s.cells[2] > 60);
  CHECK(twins < s.cells[2] / 10);
}

TEST_CASE("the simulator names what is wrong", "[data]") {
  const data::GeneCircuit circuit({.targets = 0});
  CHECK_THROWS_WITH(data::simulate_snapshots(circuit, {.days = {}}),
                    "data::simulate_snapshots: days is empty");
  CHECK_THROWS_WITH(data::simulate_snapshots(circuit, {.days = {2, 1}}),
                    "data::simulate_snapshots: days[1] = 1 is not later than the day before");
  CHECK_THROWS_WITH(data::simulate_snapshots(circuit, {.cells = 0}),
                    "data::simulate_snapshots: cells is 0, wanted 1 or more");
  CHECK_THROWS_WITH(data::simulate_snapshots(circuit, {.clone = {.step = 0}}),
                    "data::simulate_clone: step is 0, wanted a positive number");
  const data::GeneCircuit deadly({.targets = 0, .division = 0, .death = 50});
  CHECK_THROWS_AS(data::simulate_snapshots(deadly, {.days = {20}, .cells = 3}), std::runtime_error);
  const data::GeneCircuit bursting({.targets = 0, .division = 20});
  CHECK_THROWS_AS(data::simulate_snapshots(bursting, {.days = {2}, .cells = 1}),
                  std::runtime_error);
}

TEST_CASE("float simulates the same cells as double, to its digits", "[data]") {
  // The noise is drawn in float for both; on day 1 no trajectory has had the time to part.
  const data::CircuitOptions options{.targets = 8, .division = 0, .death = 0};
  const data::SimulationOptions few{.days = {1}, .cells = 20};
  const auto d = data::simulate_snapshots(data::GeneCircuit<double>(options), few);
  const auto f = data::simulate_snapshots(data::GeneCircuit<float>(options), few);
  CHECK((d.expression - f.expression.cast<double>()).cwiseAbs().maxCoeff() < 1e-4);
  CHECK((d.velocity - f.velocity.cast<double>()).cwiseAbs().maxCoeff() < 1e-3);
  CHECK(d.fate_a == f.fate_a);
}
