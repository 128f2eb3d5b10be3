// SPDX-License-Identifier: MIT
// Every gradient method against the discrete adjoint, on every field of the catalogue.
#include <string_view>

#include <cytode/adjoint/continuous.hpp>
#include <cytode/adjoint/forward.hpp>
#include <cytode/adjoint/interpolating.hpp>
#include <cytode/adjoint/reversible.hpp>

#include "catalogue_fields.hpp"
#include "catch.hpp"
#include "laws/gradient.hpp"

using namespace cytode;

TEMPLATE_LIST_TEST_CASE("every gradient method agrees with every other", "[adjoint]",
                        catalogue::Fields) {
  const auto field = TestType::make();
  CAPTURE(TestType::name);
  const ode::Dopri5 shared{.relative_tolerance = 1e-10, .absolute_tolerance = 1e-10};
  ode::Dopri5 cells = shared;
  cells.clock = ode::Clock::per_cell;
  // Two ways to the same number: rounding.
  laws::check_gradient(field, shared, adjoint::Forward{}, 1e-10);
  laws::check_gradient(field, cells, adjoint::Forward{}, 1e-10);
  // Two solutions of one equation, apart by the tolerance and what it grows to. The Jacobian of
  // SELU jumps: a step across the kink derives one of its sides, an error of the order of the step.
  const bool smooth = std::string_view(TestType::name) != "neural, SELU";
  const double near = smooth ? 1e-7 : 5e-3;
  laws::check_gradient(field, shared, adjoint::Continuous{}, near);
  laws::check_gradient(field, cells, adjoint::Continuous{}, near);
  laws::check_gradient(field, shared, adjoint::Interpolating{}, near);
  laws::check_gradient(field, cells, adjoint::Interpolating{}, near);
  laws::check_gradient(field, shared, adjoint::Reversible{}, near);
}
