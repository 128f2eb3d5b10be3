// SPDX-License-Identifier: MIT
/// solve: carries a batch of cells through a field, from time to time.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/ode/bosh3.hpp>
#include <cytode/ode/differentiable_system.hpp>
#include <cytode/ode/dopri5.hpp>
#include <cytode/ode/euler.hpp>
#include <cytode/ode/integration.hpp>
#include <cytode/ode/runge_kutta4.hpp>
#include <cytode/ode/tsit5.hpp>

namespace cytode::ode {

/// The system that shows a field of type F to steps that need a System or a DifferentiableSystem.
template <class F, std::floating_point S, class StepSystem>
class SystemOf {
 public:
  SystemOf(const F& field, Workers& workers) : system_(make(field, workers)) {}
  StepSystem& operator()() { return system_; }

 private:
  static constexpr bool derivatives = std::is_same_v<StepSystem, DifferentiableSystem<S>>;
  static auto make_type() {
    if constexpr (derivatives) {
      static_assert(DifferentiableField<F>,
                    "a stiff method takes the exact Jacobian of a differentiable field: write the "
                    "right-hand side as fields::kinetics");
      return std::type_identity<DifferentiableFieldSystem<F>>();
    } else if constexpr (VectorField<F>) {
      return std::type_identity<FieldSystem<F>>();
    } else {
      return std::type_identity<FunctionSystem<F, S>>();
    }
  }
  using Type = typename decltype(make_type())::type;
  static Type make(const F& field, Workers& workers) {
    if constexpr (VectorField<F>) {
      return Type(field, workers);
    } else {
      return Type(field);
    }
  }

  Type system_;
};

/// Solves dx/dt = f(t, x) from x0 at times[0] and returns the state at every requested time.
///
///   field    a field of the library (dims × n), or a callable f(t, x, dx)
///   x0       features × cells
///   times    strictly increasing or strictly decreasing, the first being the start; [t, t] is
///            allowed and returns x0 twice
///   method   Dopri5{…}, Tsit5{…}, Euler{…}, …: see Method
///   options  what to keep, events, jumps, an observer: see Options
///   workers  threads to share the cells among (fields of the library only); results do not
///            depend on their number, nor on the order of the cells
///
/// Numerical failure is a value: see Solution. Throws std::invalid_argument for empty or unsorted
/// times, an empty or non-finite batch, and tolerances or step counts that are not positive.
template <class F, class X, Method M>
requires Solvable<F, typename X::Scalar>
[[nodiscard]] Solution<typename X::Scalar> solve(const F& field, const X& x0,
                                                 const std::vector<double>& times, const M& method,
                                                 const Options<typename X::Scalar>& options,
                                                 Workers& workers) {
  using S = typename X::Scalar;
  using Step = StepOf<M, S>;
  if constexpr (VectorField<F>) check_features("ode::solve", "x0", x0, field.dims());
  SystemOf<F, S, typename Step::System> system(field, workers);
  const Control control = method.control();
  Integration<S, Step> run(system(), make_step<M, S>(control), control, options);
  run.start(x0, times);
  while (run.advance()) {
  }
  return run.finish();
}

/// The same without options.
template <class F, class X, class M>
requires Solvable<F, typename X::Scalar>
[[nodiscard]] Solution<typename X::Scalar> solve(const F& field, const X& x0,
                                                 const std::vector<double>& times, const M& method,
                                                 Workers& workers) {
  return solve(field, x0, times, method, Options<typename X::Scalar>{}, workers);
}

/// The same on the calling thread alone.
template <class F, class X, class M = Dopri5>
requires Solvable<F, typename X::Scalar>
[[nodiscard]] Solution<typename X::Scalar> solve(const F& field, const X& x0,
                                                 const std::vector<double>& times,
                                                 const M& method = {},
                                                 const Options<typename X::Scalar>& options = {}) {
  Workers alone(1);
  return solve(field, x0, times, method, options, alone);
}

}  // namespace cytode::ode
