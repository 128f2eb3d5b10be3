// SPDX-License-Identifier: MIT
// Every gradient method against every other, on every field of the catalogue, by two solvers. The
// fields' types are erased, so that each method is compiled once.
#include <algorithm>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/adjoint/continuous.hpp>
#include <cytode/adjoint/forward.hpp>
#include <cytode/adjoint/interpolating.hpp>
#include <cytode/adjoint/reversible.hpp>
#include <cytode/ode/tsit5.hpp>

#include "../../benchmarks/work_precision/any_field.hpp"
#include "catalogue_fields.hpp"
#include "catch.hpp"
#include "laws/gradient.hpp"

using namespace cytode;
using work_precision::AnyField;

namespace {

struct Named {
  std::string name;
  AnyField field;
  bool smooth = true;
};
struct Found {
  std::string way;
  bool exact;  ///< The derivative of the computed solution itself.
  adjoint::Gradient<double> gradient;
};

template <std::size_t... I>
std::vector<Named> all_fields(std::index_sequence<I...>) {
  return {
      {std::tuple_element_t<I, catalogue::AllFields>::name,
       AnyField(std::tuple_element_t<I, catalogue::AllFields>::make()),
       !std::is_same_v<std::tuple_element_t<I, catalogue::AllFields>, catalogue::NeuralSelu>}...};
}
std::vector<Named> all_fields() {
  return all_fields(std::make_index_sequence<std::tuple_size_v<catalogue::AllFields>>());
}

/// Gradients of a solve by all methods.
template <class M>
std::vector<Found> gradients(const AnyField& field, const M& method,
                             const std::vector<double>& times) {
  const Index d = field.dims(), n = 5;
  Matrix<double> x0(d, n);
  Stream(7).fill_normal(0, x0.data(), x0.size());
  const auto cotangents = laws::some_cotangents<double>(times.size(), d, n);
  std::vector<Found> all;
  const auto by = [&](const char* way, bool exact, const auto& gradient) {
    auto run = adjoint::differentiate(field, x0, times, method, gradient);
    run.solution().or_throw();
    all.push_back({way, exact, {}});
    run.pullback(cotangents, all.back().gradient);
    return run.report();
  };
  const auto whole = by("discrete", true, adjoint::Discrete{});
  // Half of what it took, but room for a round of steps and two snapshots.
  const std::size_t bytes = std::max<std::size_t>(whole.peak_bytes / 2, 8000);
  const auto part = by("discrete in a budget", true, adjoint::Discrete{.memory_bytes = bytes});
  CHECK(part.peak_bytes <= bytes);
  CHECK((part.recomputation > 0 || whole.peak_bytes <= bytes));
  by("forward", true, adjoint::Forward{});
  by("continuous", false, adjoint::Continuous{});
  by("interpolating", false, adjoint::Interpolating{});
  if (method.clock == ode::Clock::shared) by("reversible", false, adjoint::Reversible{});
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("all gradient methods agree pairwise on all fields", "[adjoint]", ode::Dopri5,
                   ode::Tsit5) {
  for (const Named& f : all_fields()) {
    // Ways to one number are apart by rounding; solutions of one equation by the tolerance and what
    // it grows to, and at the kinks of SELU by the step.
    const double near = f.smooth ? 1e-7 : 5e-3;
    for (const auto clock : {ode::Clock::shared, ode::Clock::per_cell}) {
      for (const std::vector<double>& times :
           {std::vector<double>{0.2, 0.5, 0.9, 1.3}, std::vector<double>{1.1, 0.7, 0.6, 0.1}}) {
        const TestType method{
            .relative_tolerance = 1e-10, .absolute_tolerance = 1e-10, .clock = clock};
        const auto all = gradients(f.field, method, times);
        for (std::size_t i = 0; i < all.size(); ++i) {
          for (std::size_t j = 0; j < i; ++j) {
            CAPTURE(f.name, all[i].way, all[j].way, times[0], clock == ode::Clock::shared);
            CHECK(laws::apart(all[i].gradient, all[j].gradient) <=
                  (all[i].exact && all[j].exact ? 1e-10 : near));
          }
        }
      }
    }
  }
}
