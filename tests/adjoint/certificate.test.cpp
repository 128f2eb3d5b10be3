// SPDX-License-Identifier: MIT
// Certificates: true for exact gradients, honest for others, and blown for wrong ones.
#include <cytode/adjoint/certificate.hpp>
#include <cytode/adjoint/continuous.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/esdirk_pullback.hpp>
#include <cytode/adjoint/interpolating.hpp>
#include <cytode/adjoint/reversible.hpp>
#include <cytode/adjoint/rosenbrock_pullback.hpp>
#include <cytode/ode/esdirk3.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/esdirk5.hpp>
#include <cytode/ode/rodas3p.hpp>
#include <cytode/ode/rodas4.hpp>
#include <cytode/ode/rodas5p.hpp>

#include "catalogue_fields.hpp"
#include "catch.hpp"

using namespace cytode;
using namespace cytode::adjoint;

namespace {

/// Σ_k (k + 1) Σ sin x_k and its cotangents.
template <class S>
double loss(const std::vector<Matrix<S>>& states, std::vector<Matrix<S>>& cotangents) {
  double sum = 0;
  for (std::size_t k = 0; k < states.size(); ++k) {
    const S weight = static_cast<S>(k + 1);
    sum += static_cast<double>(weight * states[k].array().sin().sum());
    cotangents[k] = weight * states[k].array().cos().matrix();
  }
  return sum;
}
const auto losses = [](const auto& states, auto& cotangents) { return loss(states, cotangents); };

const Matrix<double> x0{{0.5, 1.0, 2.0}, {0.4, 0.2, 1.1}};
const std::vector<double> times{0, 0.5, 1.2, 3};

/// A field whose vjp forgets half of one parameter.
struct Wrong {
  using Field = decltype(catalogue::Toggle::make());
  using Scalar = double;
  using Cache = Field::Cache;
  Field field = catalogue::Toggle::make();

  Index dims() const { return field.dims(); }
  Vector<double>& parameters() { return field.parameters(); }
  const Vector<double>& parameters() const { return field.parameters(); }
  ParameterLayout layout() const { return field.layout(); }
  void forward(Times<double> t, const ConstBatch<double>& x, Batch<double> dx, Cache& c) const {
    field.forward(t, x, dx, c);
  }
  void vjp(Times<double> t, const ConstBatch<double>& x, const ConstBatch<double>& a,
           VectorView<double> atheta, Cache& c) const {
    field.vjp(t, x, a, atheta, c);
  }
  void vjp(Times<double> t, const ConstBatch<double>& x, const ConstBatch<double>& a,
           RowView<double> at, Batch<double> ax, VectorView<double> atheta, Cache& c) const {
    const double before = atheta[1];
    field.vjp(t, x, a, at, ax, atheta, c);
    atheta[1] = (atheta[1] + before) / 2;
  }
  void jvp(Times<double> t, const ConstBatch<double>& x, Times<double> tdot,
           const ConstBatch<double>& xdot, Batch<double> out, Cache& c) const {
    field.jvp(t, x, tdot, xdot, out, c);
  }
  void jvp_vjp(Times<double> t, const ConstBatch<double>& x, Times<double> tdot,
               const ConstBatch<double>& xdot, const ConstBatch<double>& a,
               const ConstBatch<double>& b, RowView<double> at, Batch<double> ax,
               Batch<double> axdot, VectorView<double> atheta, Cache& c) const {
    field.jvp_vjp(t, x, tdot, xdot, a, b, at, ax, axdot, atheta, c);
  }
};

/// The same, and it can be evaluated in dual numbers.
struct EvaluableWrong : Wrong {
  template <class D>
  void evaluate(const D& t, std::span<const D> x, std::span<const D> p, std::span<D> dx) const {
    field.evaluate(t, x, p, dx);
  }
};

}  // namespace

TEST_CASE("exact gradients pass to 1e-10, whatever the tolerance of the solve", "[adjoint]") {
  const auto field = catalogue::Toggle::make();
  for (const double tolerance : {1e-3, 1e-8}) {
    ode::Dopri5 method{.relative_tolerance = tolerance, .absolute_tolerance = tolerance};
    for (const ode::Clock clock : {ode::Clock::shared, ode::Clock::per_cell}) {
      method.clock = clock;
      const auto discrete = certificate(field, x0, times, method, Discrete{}, losses);
      const auto forward = certificate(field, x0, times, method, Forward{}, losses);
      CHECK(discrete.lines.size() == 9);
      CHECK(discrete.worst() < 1e-10);
      CHECK(forward.worst() < 1e-10);
      for (const CertificateLine& line : discrete.lines) CHECK(line.uncertainty < 1e-9 * line.size);
    }
  }
  const auto stiff = certificate(field, x0, times, ode::Rodas4{}, Discrete{}, losses);
  CHECK(stiff.worst() < 1e-9);
}

namespace {

/// The worst line of the discrete adjoint, by this method, against dual numbers.
template <class F, class M>
double from_duals(const F& field, const M& method, bool per_cell = false) {
  M chosen = method;
  if constexpr (requires { chosen.clock; }) {
    if (per_cell) chosen.clock = ode::Clock::per_cell;
  }
  Matrix<double> start(field.dims(), 3);
  Stream(5).fill_normal(0, start.data(), start.size());
  const auto found = certificate(field, start, times, chosen, Discrete{}, losses,
                                 {.directions = 2, .reference = Reference::dual_numbers});
  CHECK(found.lines.size() == 6);
  for (const CertificateLine& line : found.lines) CHECK(line.size > 1e-3);
  return found.worst();
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("whole solves have the gradient of dual numbers, to 1e-10", "[adjoint]",
                        catalogue::DualFields) {
  const auto field = TestType::make();
  CAPTURE(TestType::name);
  for (const bool per_cell : {false, true}) {
    CHECK(from_duals(field, ode::Dopri5{}, per_cell) < 1e-10);
    CHECK(from_duals(field, ode::Rodas4{}, per_cell) < 1e-10);
    CHECK(from_duals(field, ode::Esdirk4{}, per_cell) < 1e-10);
  }
}

TEST_CASE("explicit, Rosenbrock and ESDIRK tableaus against dual numbers", "[adjoint]") {
  const auto field = catalogue::Driven::make();
  CHECK(from_duals(field, ode::Tsit5{}) < 1e-10);
  CHECK(from_duals(field, ode::RungeKutta4{5}) < 1e-10);
  CHECK(from_duals(field, ode::Rodas5P{}) < 1e-10);
  CHECK(from_duals(field, ode::Rodas3P{}) < 1e-10);
  CHECK(from_duals(field, ode::Esdirk3{}) < 1e-10);
  CHECK(from_duals(field, ode::Esdirk5{}) < 1e-10);
  const std::vector<double> back{3, 1.2, 0.1};
  const CertificateOptions duals{.reference = Reference::dual_numbers};
  CHECK(certificate(field, x0, back, ode::Rodas4{}, Discrete{}, losses, duals).worst() < 1e-10);
  CHECK(certificate(field, x0, times, ode::Dopri5{}, Forward{}, losses, duals).worst() < 1e-10);
}

TEST_CASE("what dual numbers refuse", "[adjoint]") {
  const CertificateOptions duals{.reference = Reference::dual_numbers};
  const auto field = catalogue::Toggle::make();
  ode::Options<double> options;
  options.jumps = {ode::dose<double>(2.0, Vector<double>{{0.3, -0.1}})};
  CHECK_THROWS_WITH(
      certificate(field, x0, times, ode::Dopri5{}, Discrete{}, losses, duals, options),
      Catch::Contains("jumps are not written in dual numbers"));
  CHECK_THROWS_WITH(certificate(Wrong{}, x0, times, ode::Dopri5{}, Discrete{}, losses, duals),
                    Catch::Contains("dual numbers need a field with evaluate"));
}

TEST_CASE("jumps are part of the certified solve", "[adjoint]") {
  ode::Jump<double> twist;  // x ← x² at 0.5, a requested time, and a dose at 2
  twist.time = 0.5;
  twist.apply = [](Index, VectorView<double> x) { x = x.array().square(); };
  twist.pullback = [](Index, const ConstVectorView<double>& before, VectorView<double> a) {
    a.array() *= 2 * before.array();
  };
  ode::Options<double> options;
  options.jumps = {twist, ode::dose<double>(2.0, Vector<double>{{0.3, -0.1}}), twist};
  options.jumps[2].time = 0;
  const auto field = catalogue::Driven::make();
  ode::Dopri5 method{.relative_tolerance = 1e-4, .absolute_tolerance = 1e-4};
  const auto differs = [&](const auto& gradient) {
    return certificate(field, x0, times, method, gradient, losses, {}, options).worst();
  };
  CHECK(differs(Discrete{}) < 1e-10);
  CHECK(differs(Forward{}) < 1e-10);
  method.relative_tolerance = method.absolute_tolerance = 1e-10;
  CHECK(differs(Continuous{}) < 1e-7);
  CHECK(differs(Interpolating{}) < 1e-7);
  CHECK(differs(Reversible{}) < 1e-7);
  method.clock = ode::Clock::per_cell;
  CHECK(differs(Continuous{}) < 1e-7);
}

TEST_CASE("a certificate tells how far an inexact gradient is off", "[adjoint]") {
  const auto field = catalogue::Toggle::make();
  const ode::Dopri5 method{.relative_tolerance = 1e-4, .absolute_tolerance = 1e-4};
  const auto found = certificate(field, x0, times, method, Continuous{}, losses);
  CHECK(found.worst() > 1e-6);
  CHECK(found.worst() < 1e-2);
  CHECK(found.report.ratio() > 1);
}

TEST_CASE("a wrong vjp is found, by differences and dual numbers and not by itself", "[adjoint]") {
  const Wrong field;
  CHECK(certificate(field, x0, times, ode::Dopri5{}, Discrete{}, losses).worst() > 1e-2);
  EvaluableWrong evaluable;
  const CertificateOptions duals{.reference = Reference::dual_numbers};
  CHECK(certificate(evaluable, x0, times, ode::Dopri5{}, Discrete{}, losses, duals).worst() > 1e-2);
  const CertificateOptions own{.reference = Reference::sensitivities};
  CHECK(certificate(field, x0, times, ode::Dopri5{}, Discrete{}, losses, own).worst() < 1e-10);
}

TEST_CASE("in float, sensitivities certify what differences cannot see", "[adjoint]") {
  const auto field = fields::neural<float>(2, {6}, Stream(1), nn::tanh);
  const Matrix<float> start = x0.cast<float>();
  const CertificateOptions sharp{.directions = 2, .reference = Reference::sensitivities};
  CHECK(certificate(field, start, times, ode::Dopri5{}, Discrete{}, losses, sharp).worst() < 1e-5);
  const auto blunt = certificate(field, start, times, ode::Dopri5{}, Discrete{}, losses);
  CHECK(blunt.worst() < 1e-2);
}

TEST_CASE("the text of a certificate", "[adjoint]") {
  Certificate c;
  c.lines.push_back({"x0", 1.25, 1.5, 1e-9, 0.5});
  c.report.forward.evaluations = 10;
  c.report.forward.cell_evaluations = 20;
  c.report.backward.evaluations = 8;
  c.report.backward.cell_evaluations = 16;
  c.report.bytes = 640;
  CHECK(c.worst() == 0.5);
  CHECK(c.text() ==
        "gradient in x0: 1.25, reference 1.5 (+- 1e-09), apart by 0.5 of its norm\n"
        "evaluations: 10 forward, 8 backward, 0.8 backward to forward cell by cell; kept 640 "
        "bytes\n");
  CHECK_THROWS_AS(certificate(catalogue::Toggle::make(), x0, times, ode::Dopri5{}, Discrete{},
                              losses, {.directions = 0}),
                  std::invalid_argument);
}
