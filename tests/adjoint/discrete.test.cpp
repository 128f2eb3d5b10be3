// SPDX-License-Identifier: MIT
#include <tuple>
#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>

#include "adjoint/frozen_replay.hpp"
#include "catalogue_methods.hpp"
#include "catch.hpp"
#include "laws/gradient.hpp"

namespace {

using namespace cytode;

Matrix<double> start(Index n) {
  Matrix<double> x0(2, n);
  Stream(11).fill_normal(0, x0.data(), x0.size());
  return x0;
}

// A jump that is not linear, at the start, at a requested time and between.
struct Jumps {
  ode::Options<double> options;
  std::vector<frozen::Change> changes;

  void add(double time, double a) {
    ode::Jump<double> jump;
    jump.time = time;
    jump.apply = [a](Index, VectorView<double> x) {
      x[0] += a * x[1] * x[1];
      x[1] *= 1 - a;
    };
    jump.pullback = [a](Index, const ConstVectorView<double>& before, VectorView<double> c) {
      c[1] = (1 - a) * c[1] + 2 * a * before[1] * c[0];
    };
    options.jumps.push_back(jump);
    changes.push_back({time, [a](std::vector<frozen::D>& x) {
                         x[0] += a * x[1] * x[1];
                         x[1] *= 1 - a;
                       }});
  }
};

// Relative 1e-10: rounding of a hundred steps, with cotangents and states of size 1.
constexpr double tolerance = 1e-10;

template <class M>
void check_against_duals(const M& method, bool jumps) {
  const auto field = frozen::oscillator();
  const Matrix<double> x0 = start(4);
  for (const std::vector<double>& times :
       {std::vector<double>{0.1, 0.4, 0.9, 1.6}, std::vector<double>{1.2, 1.0, 0.3, -0.4}}) {
    CAPTURE(times[0], jumps, method.tableau.name);
    Jumps with;
    if (jumps) {
      with.add(times[0], 0.3);
      with.add((times[1] + times[2]) / 2, -0.2);
      with.add(times[2], 0.4);
      with.add(times[2], 0.1);
    }
    const auto cotangents = laws::some_cotangents<double>(times.size(), 2, x0.cols());
    auto run = adjoint::differentiate(field, x0, times, method, adjoint::Discrete{}, with.options);
    adjoint::Gradient<double> g;
    run.pullback(cotangents, g);

    const frozen::Problem problem{&M::tableau, times, true, with.changes};
    const auto steps = frozen::steps_of(method, x0, times, with.options);
    const auto wanted =
        frozen::gradient(problem, field.parameters(), x0, steps, cotangents,
                         std::vector<std::vector<adjoint::PassageCotangent<double>>>(4));
    CHECK(laws::apart(g, wanted) < tolerance);

    // A pullback a stage that was evaluated in an accepted step, and no other evaluation.
    long accepted = 0;
    for (const auto& s : steps) accepted = std::max(accepted, static_cast<long>(s.size()));
    const int fresh = M::tableau.stages - (M::tableau.first_same_as_last() ? 1 : 0);
    if (method.control().clock == ode::Clock::shared) {
      CHECK(run.report().backward.pullbacks == accepted * fresh);
    }
    CHECK(run.report().backward.evaluations == run.report().backward.pullbacks);
    CHECK(run.report().recomputation == 0);
  }
}

template <const auto& T>
struct Loose {
  static auto make() {
    return ode::Adaptive<T>{.relative_tolerance = 1e-4, .absolute_tolerance = 1e-4};
  }
};
template <const auto& T>
struct PerCell {
  static auto make() {
    return ode::Adaptive<T>{
        .relative_tolerance = 1e-4, .absolute_tolerance = 1e-4, .clock = ode::Clock::per_cell};
  }
};
template <const auto& T>
struct Fixed {
  static auto make() { return ode::FixedStep<T>{4}; }
};
namespace tableaus = ode::tableaus;
using Methods =
    std::tuple<Loose<tableaus::bosh3>, Loose<tableaus::dopri5>, Loose<tableaus::tsit5>,
               Loose<tableaus::dop853>, PerCell<tableaus::bosh3>, PerCell<tableaus::dopri5>,
               PerCell<tableaus::tsit5>, PerCell<tableaus::dop853>, Fixed<tableaus::euler>,
               Fixed<tableaus::midpoint>, Fixed<tableaus::heun>, Fixed<tableaus::ralston>,
               Fixed<tableaus::runge_kutta4>, Fixed<tableaus::three_eighths>>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("the discrete adjoint is the derivative of the steps taken", "", Methods) {
  check_against_duals(TestType::make(), false);
  check_against_duals(TestType::make(), true);
}
