// SPDX-License-Identifier: MIT
/// Our Runge–Kutta methods as steppers of Odeint, for its integrate_const, integrate_adaptive, ….
#pragma once

#include <functional>
#include <type_traits>

#include <boost/numeric/odeint/stepper/stepper_categories.hpp>

#include <cytode/ode/explicit_step.hpp>
#include <cytode/ode/state.hpp>

namespace cytode::ode {

/// A tableau of this library as a model of Odeint's Stepper and Error Stepper concepts on
/// State<S>: OdeintStepper<ode::tableaus::tsit5, double>. Use it in integrate_const, or under a
/// controlled_runge_kutta in integrate_adaptive.
template <const ExplicitTableau& T, std::floating_point S>
class OdeintStepper {
 public:
  using state_type = State<S>;
  using deriv_type = State<S>;
  using value_type = S;
  using time_type = double;
  using order_type = unsigned short;
  using algebra_type = Algebra;
  using operations_type = boost::numeric::odeint::default_operations;
  using stepper_category =
      std::conditional_t<T.adaptive(), boost::numeric::odeint::explicit_error_stepper_tag,
                         boost::numeric::odeint::stepper_tag>;
  using resizer_type = boost::numeric::odeint::initially_resizer;
  using wrapped_state_type = boost::numeric::odeint::state_wrapper<state_type, void>;
  using wrapped_deriv_type = boost::numeric::odeint::state_wrapper<deriv_type, void>;
  static constexpr order_type order_value = T.order;
  static constexpr order_type stepper_order_value = T.order;
  static constexpr order_type error_order_value = T.error_order;

  [[nodiscard]] order_type order() const { return T.order; }
  [[nodiscard]] order_type stepper_order() const { return T.order; }
  [[nodiscard]] order_type error_order() const { return T.error_order; }
  algebra_type& algebra() { return algebra_; }

  /// x ← the state after a step of size dt.
  template <class Sys>
  void do_step(Sys system, State<S>& x, double t, double dt) {
    do_step(system, x, t, out_, dt);
    x.value = out_.value;
  }
  template <class Sys>
  void do_step(Sys system, const State<S>& in, double t, State<S>& out, double dt) {
    slope_.value.resizeLike(in.value);
    auto& f = static_cast<std::unwrap_reference_t<Sys>&>(system);
    f(in, slope_, t);
    do_step(system, in, slope_, t, out, dt, error_);
  }
  /// The same with the error estimate, from the slope at (t, in).
  template <class Sys>
  void do_step(Sys system, const State<S>& in, const State<S>& slope, double t, State<S>& out,
               double dt, State<S>& error) {
    auto& f = static_cast<std::unwrap_reference_t<Sys>&>(system);
    Call<std::remove_reference_t<decltype(f)>> call(f);
    step_.reserve(in.value.rows(), in.value.cols());
    for (State<S>* s : {&out, &error, &end_}) s->value.resizeLike(in.value);
    const Round round{in.value.cols(), true, &t, &dt, nullptr};
    step_.trial(call, round, in.value, slope.value, out.value, end_.value, error.value);
  }
  template <class Sys>
  void do_step(Sys system, State<S>& x, const State<S>& slope, double t, double dt,
               State<S>& error) {
    do_step(system, x, slope, t, out_, dt, error);
    x.value = out_.value;
  }
  void adjust_size(const State<S>&) {}

 private:
  // An Odeint system as one of ours.
  template <class F>
  class Call final : public System<S> {
   public:
    explicit Call(F& f) : f_(f) {}

   private:
    void value(Times<S> t, const ConstBatch<S>& x, Batch<S> dx) override {
      in_.value = x;
      out_.value.resizeLike(in_.value);
      f_(in_, out_, static_cast<double>(t[0]));
      dx = out_.value;
    }
    F& f_;
    State<S> in_, out_;
  };

  ExplicitStep<S> step_{T};
  Algebra algebra_;
  State<S> out_, slope_, end_, error_;
};

}  // namespace cytode::ode
