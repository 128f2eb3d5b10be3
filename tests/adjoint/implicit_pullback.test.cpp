// SPDX-License-Identifier: MIT
#include <array>
#include <vector>

#include <cytode/adjoint/esdirk_pullback.hpp>
#include <cytode/adjoint/rosenbrock_pullback.hpp>
#include <cytode/ode/differentiable_system.hpp>
#include <cytode/ode/esdirk3.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/esdirk5.hpp>
#include <cytode/ode/rodas3p.hpp>
#include <cytode/ode/rodas4.hpp>
#include <cytode/ode/rodas5p.hpp>

#include "catalogue_fields.hpp"
#include "catch.hpp"

using namespace cytode;

namespace {

using Methods =
    std::tuple<ode::Rodas3P, ode::Rodas4, ode::Rodas5P, ode::Esdirk3, ode::Esdirk4, ode::Esdirk5>;

/// Everything one step depends on.
struct Inputs {
  Vector<double> parameters;
  Matrix<double> x;
  std::vector<double> t, h;

  [[nodiscard]] Index size() const {
    return parameters.size() + x.size() + static_cast<Index>(t.size() + h.size());
  }
  double& operator[](Index i) {
    if (i < parameters.size()) return parameters[i];
    if ((i -= parameters.size()) < x.size()) return x.data()[i];
    if ((i -= x.size()) < static_cast<Index>(t.size())) return t[static_cast<std::size_t>(i)];
    return h[static_cast<std::size_t>(i) - t.size()];
  }
};

/// A step of 3 cells, and a loss of the state after it and of one within.
template <class Field, class M>
struct OneStep {
  using Step = ode::StepOf<M, double>;
  static constexpr double within = 0.3;
  const std::array<unsigned char, 3> moved{1, 1, 1};
  Field field;
  Workers workers{1};
  Matrix<double> after, inside;  // cotangents

  [[nodiscard]] ode::Round round(const Inputs& in) const {
    return {3, in.t.size() == 1, in.t.data(), in.h.data(), moved.data()};
  }
  void trial(Inputs& in, Step& step, ode::DifferentiableFieldSystem<Field>& system,
             Matrix<double>& next) {
    const Index d = in.x.rows(), n = 3;
    field.parameters() = in.parameters;
    step.reserve(d, n);
    Matrix<double> slope(d, n), next_slope(d, n), error(d, n);
    next.resize(d, n);
    const ode::Round round = this->round(in);
    Row<double> row(n);
    system.evaluate(ode::stage_times(round, 0, row), in.x, slope);
    step.trial(system, round, in.x, slope, next, next_slope, error);
  }
  double loss(Inputs in) {
    Step step(M::tableau);
    ode::DifferentiableFieldSystem<Field> system(field, workers);
    Matrix<double> next;
    trial(in, step, system, next);
    double sum = next.cwiseProduct(after).sum();
    Matrix<double> c(in.x.rows(), step.degree());
    for (Index j = 0; j < 3; ++j) {
      step.polynomial(round(in), j, c);
      double power = 1;
      Vector<double> x = in.x.col(j);
      for (Index m = 0; m < c.cols(); ++m) x += (power *= within) * c.col(m);
      sum += x.dot(inside.col(j));
    }
    return sum;
  }
  /// The same numbers as Inputs, each the derivative.
  Inputs gradient(Inputs in) {
    Step step(M::tableau);
    ode::DifferentiableFieldSystem<Field> system(field, workers);
    Matrix<double> next;
    trial(in, step, system, next);
    adjoint::StepPullback<Step> pull(step);
    const Index d = in.x.rows();
    pull.reserve(d, 3, true);
    std::vector<double> tape(static_cast<std::size_t>(3 * pull.numbers(d)));
    pull.record(step, in.x, nullptr, 3, tape.data());
    pull.begin(round(in), d, tape.data());
    for (Index j = 0; j < 3; ++j) pull.add_point(j, within, inside.col(j));
    Inputs g{Vector<double>::Zero(in.parameters.size()), after, std::vector(in.t.size(), 0.0),
             std::vector(in.h.size(), 0.0)};
    system.clear_gradient();
    pull.pullback(system, g.x, g.t.data(), g.h.data());
    system.add_gradient(g.parameters);
    return g;
  }
};

/// Derivative along one input by a stencil of order 8: exact to 1e-13 with steps of 0.02.
template <class Loss>
double difference(Loss loss, Inputs in, Index i) {
  const double step = 0.02 * std::max(0.1, std::abs(in[i])), at = in[i];
  constexpr std::array<double, 4> w{4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
  double sum = 0;
  for (int k = 1; k <= 4; ++k) {
    in[i] = at + k * step;
    const double up = loss(in);
    in[i] = at - k * step;
    sum += w[static_cast<std::size_t>(k - 1)] * (up - loss(in));
  }
  return sum / step;
}

template <class M, class Field>
void check_step(const Field& field, bool shared) {
  const Index d = field.dims();
  OneStep<Field, M> one{.field = field,
                        .after = Matrix<double>::Random(d, 3),
                        .inside = Matrix<double>::Random(d, 3)};
  Inputs in{field.parameters(), Matrix<double>::Random(d, 3), {0.4}, {0.3}};
  if (!shared) {
    in.t = {0.4, -0.2, 1};
    in.h = {0.3, 0.1, -0.2};
  }
  Inputs g = one.gradient(in);
  double scale = 0;
  for (Index i = 0; i < g.size(); ++i) scale = std::max(scale, std::abs(g[i]));
  for (Index i = 0; i < g.size(); i += i < in.parameters.size() && d > 2 ? 7 : 1) {
    CAPTURE(i, shared, M::tableau.name);
    const double wanted = difference([&](const Inputs& at) { return one.loss(at); }, in, i);
    CHECK(std::abs(g[i] - wanted) < 1e-10 * scale);
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("an implicit step's pullback is its exact transpose", "[adjoint]",
                        Methods) {
  for (const bool shared : {true, false}) {
    check_step<TestType>(catalogue::Driven::make(), shared);
    check_step<TestType>(catalogue::NeuralTanh::make(), shared);
  }
}
