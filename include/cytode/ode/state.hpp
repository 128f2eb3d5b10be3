// SPDX-License-Identifier: MIT
/// The state that Boost.Odeint's steppers work on: a features × cells matrix they cannot mistake.
#pragma once

#include <limits>

#include <boost/type_traits/integral_constant.hpp>

#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>

// Declared here, defined by Odeint: its own headers cost a second, and whoever names a stepper
// includes them anyway.
namespace boost::numeric::odeint {
struct default_operations;
struct initially_resizer;
template <class StateType>
struct algebra_dispatcher;
template <class Container>
struct is_resizeable;
template <class State1, class State2>
struct same_size_impl;
template <class StateOut, class StateIn>
struct resize_impl;
template <class V, class Enabler>
struct state_wrapper;
}  // namespace boost::numeric::odeint

namespace cytode::ode {

/// A features × cells matrix for Odeint.
///
/// Odeint 1.74 takes an Eigen 3.4 matrix for a Boost range and then fails to compile, and its own
/// Eigen header changes namespace Eigen for everyone. A type of our own has neither problem: name
/// it as the state of any stepper, runge_kutta_cash_karp54<ode::State<double>>, and the algebra
/// below comes with it.
template <std::floating_point S>
struct State {
  using value_type = S;
  Matrix<S> value;
};

/// Odeint's algebra on states: one fused, vectorised pass over memory for every combination.
struct Algebra {
  /// The largest magnitude, with NaN counted as infinite: Eigen's norm hides it, and a controller
  /// would take the step for a success.
  template <class S>
  static S norm_inf(const State<S>& x) {
    if (!all_finite(x.value)) return std::numeric_limits<S>::infinity();
    return x.value.cwiseAbs().maxCoeff();
  }
  template <class A, class Op>
  static void for_each1(A& a, Op op) {
    run(op, a);
  }
  template <class A, class B, class Op>
  static void for_each2(A& a, B& b, Op op) {
    run(op, a, b);
  }
  template <class A, class B, class C, class Op>
  static void for_each3(A& a, B& b, C& c, Op op) {
    run(op, a, b, c);
  }
  template <class A, class B, class C, class D, class Op>
  static void for_each4(A& a, B& b, C& c, D& d, Op op) {
    run(op, a, b, c, d);
  }
  template <class A, class B, class C, class D, class E, class Op>
  static void for_each5(A& a, B& b, C& c, D& d, E& e, Op op) {
    run(op, a, b, c, d, e);
  }
  template <class A, class B, class C, class D, class E, class F, class Op>
  static void for_each6(A& a, B& b, C& c, D& d, E& e, F& f, Op op) {
    run(op, a, b, c, d, e, f);
  }
  template <class A, class B, class C, class D, class E, class F, class G, class Op>
  static void for_each7(A& a, B& b, C& c, D& d, E& e, F& f, G& g, Op op) {
    run(op, a, b, c, d, e, f, g);
  }
  template <class A, class B, class C, class D, class E, class F, class G, class H, class Op>
  static void for_each8(A& a, B& b, C& c, D& d, E& e, F& f, G& g, H& h, Op op) {
    run(op, a, b, c, d, e, f, g, h);
  }

  template <class A, class B, class C, class D, class E, class F, class G, class H, class I,
            class Op_>
  static void for_each9(A& a, B& b, C& c, D& d, E& e, F& f, G& g, H& h, I& i, Op_ op) {
    run(op, a, b, c, d, e, f, g, h, i);
  }
  template <class A, class B, class C, class D, class E, class F, class G, class H, class I,
            class J, class Op_>
  static void for_each10(A& a, B& b, C& c, D& d, E& e, F& f, G& g, H& h, I& i, J& j, Op_ op) {
    run(op, a, b, c, d, e, f, g, h, i, j);
  }
  template <class A, class B, class C, class D, class E, class F, class G, class H, class I,
            class J, class K, class Op_>
  static void for_each11(A& a, B& b, C& c, D& d, E& e, F& f, G& g, H& h, I& i, J& j, K& k, Op_ op) {
    run(op, a, b, c, d, e, f, g, h, i, j, k);
  }
  template <class A, class B, class C, class D, class E, class F, class G, class H, class I,
            class J, class K, class L, class Op_>
  static void for_each12(A& a, B& b, C& c, D& d, E& e, F& f, G& g, H& h, I& i, J& j, K& k, L& l,
                         Op_ op) {
    run(op, a, b, c, d, e, f, g, h, i, j, k, l);
  }
  template <class A, class B, class C, class D, class E, class F, class G, class H, class I,
            class J, class K, class L, class M, class Op_>
  static void for_each13(A& a, B& b, C& c, D& d, E& e, F& f, G& g, H& h, I& i, J& j, K& k, L& l,
                         M& m, Op_ op) {
    run(op, a, b, c, d, e, f, g, h, i, j, k, l, m);
  }
  template <class A, class B, class C, class D, class E, class F, class G, class H, class I,
            class J, class K, class L, class M, class N, class Op_>
  static void for_each14(A& a, B& b, C& c, D& d, E& e, F& f, G& g, H& h, I& i, J& j, K& k, L& l,
                         M& m, N& n, Op_ op) {
    run(op, a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  }
  template <class A, class B, class C, class D, class E, class F, class G, class H, class I,
            class J, class K, class L, class M, class N, class O, class Op_>
  static void for_each15(A& a, B& b, C& c, D& d, E& e, F& f, G& g, H& h, I& i, J& j, K& k, L& l,
                         M& m, N& n, O& o, Op_ op) {
    run(op, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  }

 private:
  // Operands are equal or disjoint, never shifted, so the loop may be vectorised without the
  // compiler's checks for overlap (eight pointers are too many for it to try).
  template <class Op, class First, class... Rest>
  static void run(Op& op, First& first, Rest&... rest) {
    const Index n = first.value.size();
    loop(op, n, first.value.data(), rest.value.data()...);
  }
  template <class Op, class... Pointers>
  static void loop(Op& op, Index n, Pointers... p) {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
    for (Index i = 0; i < n; ++i) op(p[i]...);
  }
};

}  // namespace cytode::ode

namespace boost::numeric::odeint {

template <std::floating_point S>
struct algebra_dispatcher<cytode::ode::State<S>> {
  using algebra_type = cytode::ode::Algebra;
};

template <std::floating_point S>
struct is_resizeable<cytode::ode::State<S>> : boost::true_type {
  // Odeint 1.74 asks for both the type and the constant.
  using type = boost::true_type;
  static constexpr bool value = true;
};

template <std::floating_point S>
struct same_size_impl<cytode::ode::State<S>, cytode::ode::State<S>> {
  static bool same_size(const cytode::ode::State<S>& a, const cytode::ode::State<S>& b) {
    return a.value.rows() == b.value.rows() && a.value.cols() == b.value.cols();
  }
};

template <std::floating_point S>
struct resize_impl<cytode::ode::State<S>, cytode::ode::State<S>> {
  static void resize(cytode::ode::State<S>& a, const cytode::ode::State<S>& b) {
    a.value.resize(b.value.rows(), b.value.cols());
  }
};

}  // namespace boost::numeric::odeint
