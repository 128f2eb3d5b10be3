// SPDX-License-Identifier: MIT
// The problems: classics with published ends, and fields of networks as cytode is made for.
#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include <Eigen/Cholesky>

#include <cytode/data/nearest.hpp>
#include <cytode/fields/neural.hpp>
#include <cytode/ode/dop853.hpp>
#include <cytode/ode/solve.hpp>

#include "problem.hpp"
#include "problems/nonstiff.hpp"
#include "problems/orbits.hpp"
#include "problems/stiff.hpp"

namespace work_precision {
namespace {

// One of the problems of the tests.
template <class P>
Problem classic(std::string name, std::string title, bool stiff, P p) {
  Problem out{.name = std::move(name),
              .title = std::move(title),
              .stiff = stiff,
              .field = AnyField(p.field),
              .x0 = p.x0,
              .times = {p.t0, p.t1},
              .reference = {p.reference},
              .floor = p.floor,
              .parameter_scale = p.field.parameters().cwiseAbs()};
  return out;
}

// The observations of a problem without published ones.
void find_reference(Problem& p, double tolerance) {
  const auto solution = ode::solve(p.field, p.x0, p.times,
                                   ode::Dop853{.relative_tolerance = tolerance,
                                               .absolute_tolerance = tolerance,
                                               .clock = ode::Clock::per_cell,
                                               .max_steps = 1000000});
  p.reference.assign(solution.or_throw().states.begin() + 1, solution.states.end());
}

// A 3–50–2 network that has learnt the spiral x' = A x³: random first layer, second layer by least
// squares on a grid, so that it turns as the benchmark of that name does.
Problem spiral() {
  auto field = fields::neural<double>(2, {50}, Stream(11), nn::Tanh{});
  Vector<double>& theta = field.parameters();
  const Index side = 41, points = side * side;
  Matrix<double> x(2, points), wanted(2, points);
  for (Index k = 0; k < points; ++k) {
    x(0, k) = -2.5 + 5.0 * static_cast<double>(k / side) / static_cast<double>(side - 1);
    x(1, k) = -2.5 + 5.0 * static_cast<double>(k % side) / static_cast<double>(side - 1);
  }
  const Eigen::Array<double, 2, Eigen::Dynamic> cubes = x.array().cube();
  wanted.row(0) = -0.1 * cubes.row(0) + 2.0 * cubes.row(1);
  wanted.row(1) = -2.0 * cubes.row(0) - 0.1 * cubes.row(1);
  // Parameters: first weights 50 × 3, biases 50, second weights 2 × 50, biases 2.
  const Index hidden = 50, first = 3 * hidden, second = first + hidden, last = second + 2 * hidden;
  const Stream stream(12);
  stream.fill_normal(0, theta.data(), second);
  theta.segment(2 * hidden, hidden) *= 0.02;  // a field that hardly knows the time
  theta.tail(2).setZero();
  // Features of all points: the network with each second weight in turn set to 1.
  Matrix<double> features(hidden + 1, points);
  {
    const Eigen::Map<const Matrix<double>> w(theta.data(), hidden, 3);
    features.topRows(hidden) =
        ((w.leftCols(2) * x).colwise() + theta.segment(first, hidden)).array().tanh().matrix();
    features.row(hidden).setOnes();
  }
  Matrix<double> gram = features * features.transpose();
  gram.diagonal().array() += 1e-6 * gram.trace() / static_cast<double>(hidden);
  const Matrix<double> fitted = gram.ldlt().solve(features * wanted.transpose());
  Eigen::Map<Matrix<double>>(theta.data() + second, 2, hidden) = fitted.topRows(hidden).transpose();
  theta.segment(last, 2) = fitted.row(hidden).transpose();
  Problem p{.name = "spiral",
            .title = "Spiral network 2–50–2, 30 observations",
            .field = AnyField(field),
            .x0 = problems::column({2, 0}),
            .times = {},
            .parameter_scale = Vector<double>::Ones(theta.size())};
  for (int k = 0; k < 30; ++k) p.times.push_back(1.5 * k / 29);
  find_reference(p, 1e-14);
  return p;
}

// Cells of 5 features in a field of two hidden layers of 64. Tanh is smooth; the slope of SELU
// jumps, so that a field of it has a kink wherever a cell makes a neuron cross zero.
template <nn::Activation A>
Problem network(std::string name, std::string title, Index cells, double tolerance, A activation) {
  auto field = fields::neural<double>(5, {64, 64}, Stream(1), activation);
  field.parameters() *= 2.0;
  Matrix<double> x0(5, cells);
  Stream(2).fill_normal(0, x0.data(), x0.size());
  Problem p{.name = std::move(name),
            .title = std::move(title),
            .field = AnyField(field),
            .x0 = x0,
            .times = {0, 2},
            .parameter_scale = Vector<double>::Ones(field.parameters().size())};
  find_reference(p, tolerance);
  return p;
}
Problem batch() {
  return network("batch", "Network of tanh, 256 cells × 5 features", 256, 1e-13, nn::Tanh{});
}
Problem selu() {
  return network("selu", "Network of SELU, 64 cells × 5 features", 64, 1e-11, nn::Selu{});
}

using Maker = std::pair<std::string, std::function<Problem()>>;
const std::vector<Maker>& makers() {
  static const std::vector<Maker> all = {
      {"arenstorf",
       [] { return classic("arenstorf", "Arenstorf's orbit", false, problems::arenstorf()); }},
      {"pleiades", [] { return classic("pleiades", "Pleiades", false, problems::pleiades()); }},
      {"brusselator",
       [] { return classic("brusselator", "Brusselator", false, problems::brusselator()); }},
      {"lorenz", [] { return classic("lorenz", "Lorenz to t = 5", false, problems::lorenz()); }},
      {"spiral", spiral},
      {"batch", batch},
      {"selu", selu},
      {"hires", [] { return classic("hires", "HIRES", true, problems::hires()); }},
      {"vanderpol",
       [] { return classic("vanderpol", "Van der Pol, μ = 1000", true, problems::van_der_pol()); }},
      {"robertson",
       [] { return classic("robertson", "Robertson to t = 40", true, problems::robertson()); }},
      {"oregonator",
       [] { return classic("oregonator", "Oregonator", true, problems::oregonator()); }}};
  return all;
}

}  // namespace

std::vector<std::string> problem_names() {
  std::vector<std::string> names;
  for (const Maker& m : makers()) names.push_back(m.first);
  return names;
}

std::vector<Problem> make_problems(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto known = problem_names();
    check(std::find(known.begin(), known.end(), name) != known.end(), "make_problems",
          "no problem '", name, "'", data::suggest(name, known));
  }
  std::vector<Problem> all;
  for (const auto& [name, make] : makers()) {
    const bool wanted = names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    if (wanted) all.push_back(make());
  }
  return all;
}

}  // namespace work_precision
