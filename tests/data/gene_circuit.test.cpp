// SPDX-License-Identifier: MIT
#include <cmath>
#include <set>

#include <cytode/core/concepts.hpp>
#include <cytode/data/cell_fate.hpp>
#include <cytode/data/gene_circuit.hpp>
#include <cytode/data/simulate_clone.hpp>
#include <cytode/ode/solve.hpp>

#include "catch.hpp"

using namespace cytode;

static_assert(VectorField<data::GeneCircuit<>>);

namespace {

Vector<double> drift(const data::GeneCircuit<double>& circuit, const Vector<double>& x) {
  Matrix<double> dx(x.size(), 1);
  data::GeneCircuit<>::Cache cache;
  const double t = 0;
  circuit.forward(Times<double>(t), x, dx, cache);
  return dx;
}

Vector<double> drivers(double p, double c, double a, double b) {
  Vector<double> x(4);
  x << p, c, a, b;
  return x;
}

/// The one cell of a founder that neither divides nor dies.
Vector<double> follow(const data::GeneCircuit<double>& circuit, double day, double step,
                      double asynchrony = 0, std::uint64_t founder = 0) {
  return data::simulate_clone(circuit, Stream(5).fork(founder), day,
                              {.step = step, .asynchrony = asynchrony});
}

}  // namespace

TEST_CASE("the circuit rests where its documentation says", "[data]") {
  const data::GeneCircuit circuit({.targets = 0});
  // Half a unit of the last digit given, times the largest slope there (about 2 a day).
  CHECK(drift(circuit, drivers(0, 0, 2.3, 2.3)).norm() < 0.05);
  CHECK(drift(circuit, drivers(0, 0, 4.2, 0.4)).norm() < 0.05);
  CHECK(drift(circuit, drivers(0, 0, 0.4, 4.2)).norm() < 0.05);
  CHECK(drift(circuit, drivers(5, 0, 0.3, 0.3)).tail(2).norm() < 0.05);
  const Stream none(0);
  for (const double tip : {1e-6, 1e-3, 1.0}) {  // the saddle: either way is a fate
    CHECK(data::cell_fate(circuit, drivers(0, 0, 2.3 + tip, 2.3 - tip), 0, none).a);
    CHECK_FALSE(data::cell_fate(circuit, drivers(0, 0, 2.3 - tip, 2.3 + tip), 0, none).a);
  }
  // A progenitor tipped a little goes with the tip; bias turns it.
  CHECK_FALSE(data::cell_fate(circuit, drivers(5, 4, 0.30, 0.32), 0, none).a);
  const data::GeneCircuit biased({.targets = 0, .bias = 0.3});
  CHECK(data::cell_fate(biased, drivers(5, 4, 0.30, 0.32), 0, none).a);
}

TEST_CASE("probability of a fate: even on the ridge, certain in a fate, a share of futures",
          "[data]") {
  const data::GeneCircuit circuit({.targets = 3});
  const auto probability = [&](double a, double b, Index futures) {
    Vector<double> x = Vector<double>::Ones(7);
    x.head(4) = drivers(0.2, 0, a, b);
    return data::cell_fate(circuit, x, futures, Stream(3)).probability;
  };
  CHECK(probability(2.3, 2.3, 0) == -1);
  CHECK(std::abs(probability(2.3, 2.3, 1000) - 0.5) < 5 * 0.5 / std::sqrt(1000.0));
  CHECK(probability(2.6, 2.0, 400) > probability(2.4, 2.2, 400));
  CHECK(probability(4.2, 0.4, 20) == 1);
  CHECK(probability(0.4, 4.2, 20) == 0);
}

TEST_CASE("without noise a clone is one cell on the circuit's flow, to first order in the step",
          "[data]") {
  const data::GeneCircuit circuit({.noise = 0, .division = 0, .death = 0});
  const auto flow = ode::solve(circuit, Matrix<double>(circuit.founder()), {0.0, 2.0, 6.0},
                               ode::Dopri5{.relative_tolerance = 1e-9, .absolute_tolerance = 1e-9});
  REQUIRE(flow.states.size() == 3);
  for (const std::size_t at : {1, 2}) {
    const double coarse = (follow(circuit, flow.times[at], 0.02) - flow.states[at]).norm();
    const double fine = (follow(circuit, flow.times[at], 0.01) - flow.states[at]).norm();
    CHECK(coarse / fine == Approx(2).epsilon(0.05));
    CHECK(coarse < 0.1);  // 44 genes
  }
  // The velocity is the flow's own: central difference over two steps of 0.001 days.
  for (const double day : {0.5, 2.0, 5.0}) {
    const Vector<double> moved =
        (follow(circuit, day + 0.001, 0.001) - follow(circuit, day - 0.001, 0.001)) / 0.002;
    CHECK((moved - drift(circuit, follow(circuit, day, 0.001))).norm() < 0.01);
  }
}

TEST_CASE("halving the step moves population means less than sampling does", "[data]") {
  const data::GeneCircuit circuit({.division = 0, .death = 0});
  const Index n = 300;
  Matrix<double> coarse(circuit.dims(), n), fine(circuit.dims(), n);
  for (Index f = 0; f < n; ++f) {
    coarse.col(f) = follow(circuit, 4, 0.02, 1, static_cast<std::uint64_t>(f));
    fine.col(f) = follow(circuit, 4, 0.01, 1, static_cast<std::uint64_t>(f + n));
  }
  const auto mean = [](const Matrix<double>& x) { return Vector<double>(x.rowwise().mean()); };
  const auto variance = [&](const Matrix<double>& x) {
    return Vector<double>((x.colwise() - mean(x)).rowwise().squaredNorm() / (n - 1.0));
  };
  const Vector<double> error = ((variance(coarse) + variance(fine)) / double(n)).cwiseSqrt();
  const Vector<double> z = (mean(coarse) - mean(fine)).cwiseQuotient(error);
  CHECK(z.cwiseAbs().maxCoeff() < 4);  // 44 correlated normals: 3 is common, 4 is 1 in 400
  CHECK(error.minCoeff() > 0);
}

TEST_CASE("molecular noise of the clock is that of molecules decaying one by one", "[data]") {
  // dP = -k P dt + noise sqrt(k P) dW from variance noise^2 P(0): the variance stays noise^2 E P.
  const data::GeneCircuit circuit({.targets = 0, .division = 0, .death = 0});
  const Index n = 4000;
  for (const double day : {0.0, 2.0}) {
    Vector<double> p(n);
    for (Index f = 0; f < n; ++f) p[f] = follow(circuit, day, 0.02, 0, std::uint64_t(f))[0];
    const double mean = p.mean(), variance = (p.array() - mean).square().sum() / (n - 1.0);
    const double expected = 5 * std::exp(-0.45 * day);
    // 4 standard errors; the step adds -0.45^2 0.02 day / 2 = 0.4 % to the mean at day 2.
    CHECK(mean == Approx(expected).epsilon(0.004).margin(4 * std::sqrt(variance / double(n))));
    CHECK(variance / (0.15 * 0.15 * expected) == Approx(1).margin(4 * std::sqrt(2 / double(n))));
  }
}

TEST_CASE("without noise every descendant is where the founder would be", "[data]") {
  const data::GeneCircuit circuit({.targets = 3, .noise = 0});
  const data::GeneCircuit alone({.targets = 3, .noise = 0, .division = 0, .death = 0});
  Index cells = 0;
  for (std::uint64_t f = 0; f < 10; ++f) {
    const Matrix<double> x = data::simulate_clone(circuit, Stream(5).fork(f), 4);
    if (x.cols() > 0) {  // the same founder, so the same head start
      const Vector<double> path = follow(alone, 4, 0.02, 1, f);
      CHECK((x.colwise() - path).cwiseAbs().maxCoeff() == 0);
    }
    cells += x.cols();
  }
  CHECK(cells > 30);
}

TEST_CASE("targets: as many as asked for, named, of every kind, other ones for other seeds",
          "[data]") {
  const data::GeneCircuit circuit({.targets = 120, .seed = 1});
  CHECK(circuit.dims() == 124);
  CHECK(circuit.names().front() == "DriverP");
  CHECK(circuit.names()[4] == "Target001");
  CHECK(std::set<std::string>(circuit.names().begin(), circuit.names().end()).size() == 124);
  const std::set<std::string> roles(circuit.roles().begin(), circuit.roles().end());
  for (const auto* role : {"progenitor", "cycle", "fate A", "fate B", "target of A", "target of B",
                           "target of P", "target of C", "target of A and B"}) {
    CHECK(roles.count(role) == 1);
  }
  const Vector<double> start = circuit.founder();
  CHECK(start.minCoeff() >= 0);
  CHECK(start.maxCoeff() <= 6.6);
  // At rest but for the clock, which starts the rest moving only through the drivers.
  Vector<double> f = drift(circuit, start);
  CHECK(f[0] == Approx(-0.45 * 5));
  CHECK(f.tail(123).cwiseAbs().maxCoeff() < 0.1);
  CHECK((start - data::GeneCircuit({.targets = 120, .seed = 2}).founder()).norm() > 1);
  CHECK_THROWS_WITH(data::GeneCircuit({.targets = -1}),
                    "GeneCircuit: targets is -1, wanted zero or more");
  CHECK_THROWS_AS(data::GeneCircuit({.noise = NAN}), std::invalid_argument);
}
