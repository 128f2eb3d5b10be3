// SPDX-License-Identifier: MIT
/// Systems with a known truth, and the noisy, irregular, incomplete look at them that is fitted.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <cytode/core/random.hpp>
#include <cytode/fields/kinetics.hpp>
#include <cytode/ode/solve.hpp>
#include <cytode/ode/tsit5.hpp>

#include "options.hpp"

namespace program {

using namespace cytode;
using Series = std::vector<Matrix<double>>;  // one features × cells matrix a time

/// A system, what was seen of it and what there was to see.
struct Problem {
  std::string name{}, unit{};
  std::vector<std::string> features{};
  Matrix<double> x0{};  // where every cell starts, which is known
  std::vector<double> times{}, fine_times{};
  Series observed{}, truth{};  // at times, NaN where missing; at fine_times, without noise
  double noise = 0;            // mean square of the noise on what was observed
};

/// Looks at a true field at irregular times, the first of which is the start.
template <class Field>
void observe(Problem& p, const Field& field, double end, const Options& o) {
  const Stream stream(o.seed);
  p.times = {0};
  for (long k = 0; k < o.observations; ++k) {
    const double share = (static_cast<double>(k) + stream.fork(0).uniform(std::uint64_t(k))) /
                         static_cast<double>(o.observations);
    p.times.push_back(end * share);
  }
  for (int k = 0; k <= 200; ++k) p.fine_times.push_back(end * k / 200);

  const ode::Tsit5 method{.relative_tolerance = 1e-9, .absolute_tolerance = 1e-9};
  p.truth = ode::solve(field, p.x0, p.fine_times, method).or_throw().states;
  p.observed = ode::solve(field, p.x0, p.times, method).or_throw().states;
  double sum = 0, count = 0;
  for (std::size_t k = 0; k < p.observed.size(); ++k) {
    for (Index i = 0; i < p.x0.size(); ++i) {
      const auto number = k * std::uint64_t(p.x0.size()) + std::uint64_t(i);
      const double noise = o.noise * stream.fork(1).normal(number);
      const bool seen = k > 0 && stream.fork(2).uniform(number) >= o.missing;
      double& y = p.observed[k].data()[i];
      y = seen ? y + noise : std::numeric_limits<double>::quiet_NaN();
      sum += seen ? noise * noise : 0;
      count += seen ? 1 : 0;
    }
  }
  p.noise = sum / count;
}

/// The classic spiral, x' = A x³, from a start at distance 1.
inline Problem spiral(const Options& o) {
  Problem p{.name = "spiral", .unit = "", .features = {"x1", "x2"}, .x0 = Matrix<double>(2, 1)};
  p.x0 << 1, 0;
  const auto field = fields::kinetics<double>(2, Vector<double>(), [](auto, auto x, auto, auto dx) {
    const auto u = x[0] * x[0] * x[0], v = x[1] * x[1] * x[1];
    dx[0] = -0.1 * u + 2.0 * v;
    dx[1] = -2.0 * u - 0.1 * v;
  });
  observe(p, field, 6, o);
  return p;
}

/// The genetic toggle switch: two genes, each repressing the other [Gardner 2000].
///
/// u' = k (a / (1 + vᵐ) − u),  v' = k (b / (1 + uⁿ) − v),  parameters (a, b, m, n, k).
inline constexpr auto toggle_switch = [](auto, auto x, auto p, auto dx) {
  dx[0] = p[4] * (p[0] / (1.0 + pow(x[1], p[2])) - x[0]);
  dx[1] = p[4] * (p[1] / (1.0 + pow(x[0], p[3])) - x[1]);
};
inline const std::vector<std::string> toggle_names = {"highest level of A", "highest level of B",
                                                      "cooperativity of B on A",
                                                      "cooperativity of A on B", "turnover (1/h)"};

inline auto toggle_field(const Vector<double>& theta) {
  return fields::kinetics<double>(2, theta, toggle_switch, toggle_names);
}
inline Vector<double> toggle_truth() {
  return Vector<double>{{2.5, 2.2, 3.0, 2.5, 0.8}};
}

/// Four cells on both sides of the border between the two fates.
inline Problem toggle(const Options& o) {
  Problem p{.name = "toggle switch",
            .unit = " (h)",
            .features = {"gene A", "gene B"},
            .x0 = Matrix<double>(2, 4)};
  p.x0 << 0.1, 0.5, 2.4, 3.0,  //
      0.4, 0.1, 3.0, 2.2;
  observe(p, toggle_field(toggle_truth()), 8, o);
  return p;
}

/// Root of the mean squared difference of two series.
inline double distance(const Series& a, const Series& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k)
    sum += (a[k] - b[k]).squaredNorm() / double(a[k].size());
  return std::sqrt(sum / double(a.size()));
}

}  // namespace program
