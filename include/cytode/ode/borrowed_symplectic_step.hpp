// SPDX-License-Identifier: MIT
/// The step of a symplectic or velocity stepper of Odeint.
#pragma once

#include <functional>
#include <utility>

#include <cytode/core/checks.hpp>
#include <cytode/ode/borrowed_ends.hpp>

namespace cytode::ode {

/// The step of a stepper on pairs of coordinates and momenta (symplectic_euler,
/// symplectic_rkn_sb3a_mclachlan, symplectic_rkn_sb3a_m4_mclachlan) or velocities
/// (velocity_verlet): the first half of the features are coordinates q, the second half p, in the
/// same order. The field has to be dq/dt = f(p), dp/dt = g(q), for velocity_verlet dq/dt = p, dp/dt
/// = g(t, q, p): of dq/dt no more is looked at than the value at the q a step begins with, of dp/dt
/// than at its p.
template <class Stepper>
class BorrowedSymplecticStep
    : public BorrowedEnds<typename Stepper::state_type::first_type::value_type> {
 public:
  using Half = typename Stepper::state_type::first_type;
  using S = typename Half::value_type;
  using System = ode::System<S>;
  static constexpr bool estimates = false;

  template <class Tableau>
  explicit BorrowedSymplecticStep(const Tableau&) {}

  [[nodiscard]] int error_order() const { return 0; }
  [[nodiscard]] bool first_same_as_last() const { return false; }

  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S>, Batch<S> error) {
    check(round.shared, "ode::solve", "Odeint's symplectic steppers have one clock for all cells");
    check(x.rows() % 2 == 0, "ode::solve", "x0 has ", x.rows(),
          " features, wanted an even number: coordinates, then as many momenta");
    const Index half = x.rows() / 2;
    x_.value = x;
    slope_ = slope;
    watch_.begin(x.cols());
    point_.value = x;
    image_.value.resizeLike(x);
    std::pair<Half, Half> state{Half{x.topRows(half)}, Half{x.bottomRows(half)}};
    OdeintSystem<S> call{system, round.t[0], &watch_};
    const auto h = static_cast<S>(round.h[0]);
    const auto evaluate = [&](S tau) { call(point_, image_, tau); };
    Stepper stepper;  // a stepper that goes on from accelerations has to see every dose
    if constexpr (requires { typename Stepper::acceleration_type; }) {
      const auto acceleration = [&](const Half& q, const Half& p, Half& a, S tau) {
        point_.value.topRows(half) = q.value;
        point_.value.bottomRows(half) = p.value;
        evaluate(tau);
        a.value = image_.value.bottomRows(half);
      };
      stepper.do_step(acceleration, state, S(0), h);
    } else {
      const auto of_coordinates = [&](const Half& p, Half& dq) {
        point_.value.topRows(half) = x.topRows(half);
        point_.value.bottomRows(half) = p.value;
        evaluate(S(0));
        dq.value = image_.value.topRows(half);
      };
      const auto of_momenta = [&](const Half& q, Half& dp) {
        point_.value.topRows(half) = q.value;
        point_.value.bottomRows(half) = x.bottomRows(half);
        evaluate(S(0));
        dp.value = image_.value.bottomRows(half);
      };
      stepper.do_step(std::make_pair(of_coordinates, of_momenta), state, S(0), h);
    }
    next.topRows(half) = state.first.value;
    next.bottomRows(half) = state.second.value;
    next_.value = next;
    error.setZero();
  }

 private:
  using Ends = BorrowedEnds<S>;
  using Ends::next_;
  using Ends::slope_;
  using Ends::watch_;
  using Ends::x_;

  State<S> point_, image_;
};

}  // namespace cytode::ode
