// SPDX-License-Identifier: MIT
/// The step of a symplectic or velocity stepper of Odeint.
#pragma once

#include <limits>
#include <utility>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/ode/borrowed_ends.hpp>

namespace cytode::ode {

/// The step of a stepper on coordinates q and momenta p (symplectic_euler,
/// symplectic_rkn_sb3a_mclachlan, symplectic_rkn_sb3a_m4_mclachlan: dq/dt = f(p), dp/dt = g(q)) or
/// on coordinates and velocities (velocity_verlet: dq/dt = p, dp/dt = g(t, q, p)). The first half
/// of the features are q, the second half p, in the same order: features × cells, one clock for
/// all.
///
/// Throws std::invalid_argument for an odd number of features, and for a field of another form: the
/// first step of a run holds f and g at other q and p against those at its start, to a few units of
/// rounding, at the cost of an evaluation or two.
template <class Stepper>
class BorrowedSymplecticStep
    : public BorrowedEnds<typename Stepper::state_type::first_type::value_type> {
 public:
  using Half = typename Stepper::state_type::first_type;
  using S = typename Half::value_type;
  using System = ode::System<S>;
  static constexpr bool estimates = false;
  static constexpr bool of_velocities = requires { typename Stepper::acceleration_type; };

  template <class Tableau>
  explicit BorrowedSymplecticStep(const Tableau&) {}

  [[nodiscard]] int error_order() const { return 0; }
  [[nodiscard]] bool first_same_as_last() const { return false; }
  void reserve(Index, Index) { checked_ = false; }

  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S>, Batch<S> error) {
    check(round.shared, "ode::solve", "Odeint's symplectic steppers have one clock for all cells");
    check(x.rows() % 2 == 0, "ode::solve", "x0 has ", x.rows(),
          " features, wanted an even number: coordinates, then as many momenta");
    const Index half = x.rows() / 2;
    x_.value = x;
    slope_ = slope;
    watch_.begin(x.cols());
    image_.value.resizeLike(x);
    state_.first.value = x.topRows(half);
    state_.second.value = x.bottomRows(half);
    OdeintSystem<S> call{system, round.t[0], &watch_};
    const auto h = static_cast<S>(round.h[0]);
    const auto evaluate = [&](const auto& q, const auto& p, S tau) {
      point_.value.resizeLike(x);
      point_.value.topRows(half) = q;
      point_.value.bottomRows(half) = p;
      call(point_, image_, tau);
    };
    const auto q0 = x.topRows(half), p0 = x.bottomRows(half);
    if constexpr (of_velocities) {
      stepper_.reset();  // the acceleration it remembers is not that after a dose
      const auto acceleration = [&](const Half& q, const Half& p, Half& a, S tau) {
        evaluate(q.value, p.value, tau);
        a.value = image_.value.bottomRows(half);
      };
      stepper_.do_step(acceleration, state_, S(0), h);
    } else {
      const auto of_coordinates = [&](const Half& p, Half& dq) {
        evaluate(q0, p.value, S(0));
        dq.value = image_.value.topRows(half);
      };
      const auto of_momenta = [&](const Half& q, Half& dp) {
        evaluate(q.value, p0, S(0));
        dp.value = image_.value.bottomRows(half);
      };
      stepper_.do_step(std::make_pair(of_coordinates, of_momenta), state_, S(0), h);
    }
    next.topRows(half) = state_.first.value;
    next.bottomRows(half) = state_.second.value;
    next_.value = next;
    error.setZero();
    if (checked_ || !all_finite(next_.value) || !all_finite(slope_)) return;
    checked_ = true;
    if constexpr (of_velocities) {
      check_half("dq/dt is p", p0, slope.topRows(half));
    } else {
      evaluate(state_.first.value, p0, S(0));
      check_half("dq/dt depends on p alone", image_.value.topRows(half), slope.topRows(half));
      evaluate(q0, state_.second.value, S(0));
      check_half("dp/dt depends on q alone", image_.value.bottomRows(half), slope.bottomRows(half));
    }
  }

 private:
  using Ends = BorrowedEnds<S>;
  using Ends::next_;
  using Ends::slope_;
  using Ends::watch_;
  using Ends::x_;

  template <class A, class B>
  static void check_half(const char* wanted, const A& now, const B& at_start) {
    constexpr S rounding = 64 * std::numeric_limits<S>::epsilon();
    check((now - at_start).cwiseAbs().maxCoeff() <= rounding * (1 + at_start.cwiseAbs().maxCoeff()),
          "ode::solve", "Odeint's symplectic steppers need a field whose ", wanted,
          ", this one is another");
  }

  Stepper stepper_;
  std::pair<Half, Half> state_;
  State<S> point_, image_;
  bool checked_ = false;
};

}  // namespace cytode::ode
