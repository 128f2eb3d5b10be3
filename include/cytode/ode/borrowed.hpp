// SPDX-License-Identifier: MIT
/// Odeint's own steppers in ode::solve.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <vector>

#include <boost/numeric/odeint/stepper/stepper_categories.hpp>

#include <cytode/ode/control.hpp>
#include <cytode/ode/method.hpp>
#include <cytode/ode/round.hpp>
#include <cytode/ode/state.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::ode {

/// Where in a trial a field went wrong: finite states that it gave slopes that are not.
template <std::floating_point S>
struct FieldWatch {
  std::vector<unsigned char> failed;  ///< One a cell.
  Index cell = -1, feature = -1;      ///< The first.

  void begin(Index cells) {
    failed.assign(static_cast<std::size_t>(cells), 0);
    cell = feature = -1;
  }
  void look(const Matrix<S>& x, const Matrix<S>& dx) {
    if (all_finite(dx)) return;
    for (Index j = 0; j < x.cols(); ++j) {
      const Index d = x.rows();
      if (!all_finite(x.col(j).data(), d) || all_finite(dx.col(j).data(), d)) continue;
      failed[static_cast<std::size_t>(j)] = 1;
      for (Index i = 0; cell < 0 && i < d; ++i) {
        if (std::isfinite(dx(i, j))) continue;
        cell = j;
        feature = i;
      }
    }
  }
};

/// A system with the call Odeint makes, system(x, dxdt, τ). Its clock τ is relative to `origin`,
/// kept in double, so that a float solve does not lose small steps at late times. Hand it over by
/// std::ref: Odeint copies systems at every level.
template <std::floating_point S>
struct OdeintSystem {
  System<S>& system;
  double origin = 0;
  FieldWatch<S>* watch = nullptr;

  template <class Time>
  void operator()(const State<S>& x, State<S>& dxdt, Time tau) const {
    dxdt.value.resizeLike(x.value);
    system.evaluate(Times<S>(static_cast<S>(origin + static_cast<double>(tau))), x.value,
                    dxdt.value);
    if (watch) watch->look(x.value, dxdt.value);
  }
};

/// The step of an Odeint stepper on State; all cells share one clock.
template <class Stepper>
class BorrowedStep {
 public:
  using S = typename Stepper::state_type::value_type;
  using System = ode::System<S>;
  using Category = typename Stepper::stepper_category;
  static constexpr bool closes =
      std::is_same_v<Category, boost::numeric::odeint::explicit_error_stepper_fsal_tag>;
  static constexpr bool estimates =
      closes || std::is_same_v<Category, boost::numeric::odeint::explicit_error_stepper_tag>;

  template <class Tableau>
  explicit BorrowedStep(const Tableau&) {}

  [[nodiscard]] int error_order() const {
    if constexpr (estimates) return static_cast<int>(stepper_.error_order());
    return 0;
  }
  [[nodiscard]] bool first_same_as_last() const { return closes; }
  void reserve(Index, Index) {}
  void move_slot(Index, Index) {}

  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S> next_slope, Batch<S> error) {
    check(round.shared, "ode::solve", "Odeint's steppers have one clock for all cells");
    // A multistep method remembers slopes at equal distances: of these cells, at this size.
    if (x_.value.cols() != x.cols() || round.h[0] != last_size_) stepper_ = Stepper();
    last_size_ = round.h[0];
    x_.value = x;
    slope_.value = slope;
    next_.value.resizeLike(x_.value);
    next_slope_.value.resizeLike(x_.value);
    error_.value.setZero(x.rows(), x.cols());
    using Time = typename Stepper::time_type;
    const Time h = static_cast<Time>(round.h[0]);
    watch_.begin(x.cols());
    OdeintSystem<S> call{system, round.t[0], &watch_};
    if constexpr (closes) {
      stepper_.do_step(std::ref(call), x_, slope_, Time(0), next_, next_slope_, h, error_);
      next_slope = next_slope_.value;
    } else if constexpr (estimates) {
      stepper_.do_step(std::ref(call), x_, slope_, Time(0), next_, h, error_);
    } else {
      next_ = x_;
      stepper_.do_step(std::ref(call), next_, Time(0), h);
    }
    next = next_.value;
    error = error_.value;
    known_slope_ = slope_.value;
  }
  [[nodiscard]] const S* second_error() const { return nullptr; }

  /// The cubic through both ends and slopes.
  [[nodiscard]] int degree() const { return 3; }
  void prepare_dense(System&, const Round&, const ConstBatch<S>&, const ConstBatch<S>& next_slope) {
    next_slope_.value = next_slope;
  }
  void polynomial(const Round& round, Index slot, Batch<S> c) const {
    const S h = static_cast<S>(round.h[0]);
    const auto rise = next_.value.col(slot) - x_.value.col(slot);
    c.col(0) = h * known_slope_.col(slot);
    c.col(1) = 3 * rise - h * (2 * known_slope_.col(slot) + next_slope_.value.col(slot));
    c.col(2) = -2 * rise + h * (known_slope_.col(slot) + next_slope_.value.col(slot));
  }
  [[nodiscard]] double stiffness(const Round&, Index, const ConstBatch<S>&, const ConstBatch<S>&,
                                 const ConstBatch<S>&) const {
    return 0;
  }
  [[nodiscard]] bool field_failed(const Round&, Index slot, const ConstBatch<S>&) const {
    return watch_.failed[static_cast<std::size_t>(slot)] != 0 ||
           !all_finite(known_slope_.col(slot).data(), known_slope_.rows());
  }

 private:
  Stepper stepper_;
  State<S> x_, slope_, next_, next_slope_, error_;
  Matrix<S> known_slope_;
  FieldWatch<S> watch_;
  double last_size_ = 0;
};

/// What a method says of an Odeint stepper.
template <class Stepper>
struct BorrowedTableau {
  int order = 0;  ///< Odeint's steppers know their own.
  template <std::floating_point>
  using Step = BorrowedStep<Stepper>;
};

/// An explicit stepper of Odeint with equal steps:
/// Borrowed<boost::numeric::odeint::adams_bashforth<4, ode::State<double>>>{.steps = 200}.
///
/// Every stepper that takes do_step(system, x, t, dt) on a state of one type runs: euler,
/// modified_midpoint, runge_kutta4, runge_kutta4_classic, adams_bashforth, adams_bashforth_moulton,
/// and runge_kutta_cash_karp54, runge_kutta_fehlberg78, runge_kutta_dopri5, whose error estimates
/// BorrowedAdaptive uses; steppers with a control of their own (controlled_runge_kutta,
/// bulirsch_stoer) run in solve_controlled. Not these, whose systems are something else than
/// f(t, x): symplectic and velocity steppers (pairs of coordinates and momenta), rosenbrock4 and
/// implicit_euler (ublas matrices; see Rodas4 and Esdirk4 instead).
template <class Stepper>
struct Borrowed {
  Index steps = 100;  ///< Equal steps between two requested times.

  static constexpr BorrowedTableau<Stepper> tableau{};
  [[nodiscard]] Control control() const { return {.fixed_steps = steps}; }
};

/// An error stepper of Odeint under the step-size control of this library.
template <class Stepper>
struct BorrowedAdaptive {
  double relative_tolerance = 1e-5;
  double absolute_tolerance = 1e-5;
  Norm norm = Norm::rms;
  Controller controller = {};
  long max_steps = 10000;

  static constexpr BorrowedTableau<Stepper> tableau{};
  static_assert(BorrowedStep<Stepper>::estimates, "this stepper of Odeint estimates no error");
  [[nodiscard]] Control control() const {
    return {.relative_tolerance = relative_tolerance,
            .absolute_tolerance = absolute_tolerance,
            .norm = norm,
            .controller = controller,
            .max_steps = max_steps};
  }
};

}  // namespace cytode::ode
