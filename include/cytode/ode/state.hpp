// SPDX-License-Identifier: MIT
/// The state that Boost.Odeint's steppers work on: a features × cells matrix they cannot mistake.
#pragma once

#include <boost/numeric/odeint/util/is_resizeable.hpp>
#include <boost/numeric/odeint/util/resize.hpp>
#include <boost/numeric/odeint/util/same_size.hpp>

#include <cytode/core/types.hpp>

namespace cytode::ode {

/// A features × cells matrix for Odeint.
///
/// Odeint 1.74 takes an Eigen 3.4 matrix for a Boost range and then fails to compile, and its own
/// Eigen header changes namespace Eigen for everyone. A type of our own has neither problem.
template <std::floating_point S>
struct State {
  Matrix<S> value;
};

/// Odeint's algebra on states: one fused, vectorised pass over memory for every combination.
struct Algebra {
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
