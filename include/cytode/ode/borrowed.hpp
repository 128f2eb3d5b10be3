// SPDX-License-Identifier: MIT
/// Odeint's own steppers in ode::solve.
#pragma once

#include <cytode/ode/borrowed_step.hpp>
#include <cytode/ode/borrowed_symplectic_step.hpp>
#include <cytode/ode/control.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::ode {

/// The step that a stepper of Odeint needs, by what it works on.
template <class Stepper>
struct StepOfBorrowed {
  using type = BorrowedStep<Stepper>;
};
template <class Stepper>
requires requires {
  typename Stepper::state_type::second_type;
}
struct StepOfBorrowed<Stepper> {
  using type = BorrowedSymplecticStep<Stepper>;
};

/// What a method says of an Odeint stepper.
template <class Stepper>
struct BorrowedTableau {
  int order = 0;  ///< Odeint's steppers know their own.
  template <std::floating_point>
  using Step = typename StepOfBorrowed<Stepper>::type;
};

/// A stepper of Odeint with equal steps:
/// Borrowed<boost::numeric::odeint::adams_bashforth<4, ode::State<double>>>{.steps = 200}.
///
/// euler, modified_midpoint, runge_kutta4, runge_kutta4_classic, adams_bashforth,
/// adams_bashforth_moulton, runge_kutta_cash_karp54, runge_kutta_fehlberg78, runge_kutta_dopri5 and
/// extrapolation_stepper take any field. symplectic_euler, symplectic_rkn_sb3a_mclachlan,
/// symplectic_rkn_sb3a_m4_mclachlan and velocity_verlet take fields in two halves: see
/// BorrowedSymplecticStep. Steppers with a control of their own (controlled_runge_kutta,
/// bulirsch_stoer) run in solve_controlled; controlled_adams_bashforth_moulton does not get far
/// there. rosenbrock4 and implicit_euler are written with ublas, which in Boost 1.74 is no C++20:
/// see Rodas4 and Esdirk4.
template <class Stepper>
struct Borrowed {
  Index steps = 100;  ///< Equal steps between two requested times.

  static constexpr BorrowedTableau<Stepper> tableau{};
  [[nodiscard]] Control control() const { return {.fixed_steps = steps}; }
};

/// An error stepper of Odeint (runge_kutta_cash_karp54, runge_kutta_fehlberg78, runge_kutta_dopri5,
/// extrapolation_stepper) under the step-size control of this library.
template <class Stepper>
struct BorrowedAdaptive {
  double relative_tolerance = 1e-5;
  double absolute_tolerance = 1e-5;
  Norm norm = Norm::rms;
  Controller controller = {};
  long max_steps = 10000;

  static constexpr BorrowedTableau<Stepper> tableau{};
  static_assert(StepOfBorrowed<Stepper>::type::estimates,
                "this stepper of Odeint estimates no error");
  [[nodiscard]] Control control() const {
    return {.relative_tolerance = relative_tolerance,
            .absolute_tolerance = absolute_tolerance,
            .norm = norm,
            .controller = controller,
            .max_steps = max_steps};
  }
};

}  // namespace cytode::ode
