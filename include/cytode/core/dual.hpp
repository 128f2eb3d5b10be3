// SPDX-License-Identifier: MIT
/// Dual numbers: a value with N derivatives, so that code written once for a number type
/// differentiates itself. The type is in core/dual_number.hpp, here are its functions.
#pragma once

#include <cmath>
#include <cstddef>

#include <cytode/core/dual_number.hpp>

namespace cytode {

template <class T, int N>
Dual<T, N> sqrt(const Dual<T, N>& x) {
  using std::sqrt;
  const T r = sqrt(x.value);
  return Dual<T, N>::chain(r, 1 / (2 * r), x);
}
template <class T, int N>
Dual<T, N> exp(const Dual<T, N>& x) {
  using std::exp;
  const T e = exp(x.value);
  return Dual<T, N>::chain(e, e, x);
}
template <class T, int N>
Dual<T, N> expm1(const Dual<T, N>& x) {
  using std::expm1;
  const T e = expm1(x.value);
  return Dual<T, N>::chain(e, e + 1, x);
}
template <class T, int N>
Dual<T, N> log(const Dual<T, N>& x) {
  using std::log;
  return Dual<T, N>::chain(log(x.value), 1 / x.value, x);
}
template <class T, int N>
Dual<T, N> log1p(const Dual<T, N>& x) {
  using std::log1p;
  return Dual<T, N>::chain(log1p(x.value), 1 / (1 + x.value), x);
}
template <class T, int N>
Dual<T, N> sin(const Dual<T, N>& x) {
  using std::cos, std::sin;
  return Dual<T, N>::chain(sin(x.value), cos(x.value), x);
}
template <class T, int N>
Dual<T, N> cos(const Dual<T, N>& x) {
  using std::cos, std::sin;
  return Dual<T, N>::chain(cos(x.value), -sin(x.value), x);
}
template <class T, int N>
Dual<T, N> tan(const Dual<T, N>& x) {
  using std::tan;
  const T f = tan(x.value);
  return Dual<T, N>::chain(f, 1 + f * f, x);
}
template <class T, int N>
Dual<T, N> asin(const Dual<T, N>& x) {
  using std::asin, std::sqrt;
  return Dual<T, N>::chain(asin(x.value), 1 / sqrt((1 - x.value) * (1 + x.value)), x);
}
template <class T, int N>
Dual<T, N> acos(const Dual<T, N>& x) {
  using std::acos, std::sqrt;
  return Dual<T, N>::chain(acos(x.value), -1 / sqrt((1 - x.value) * (1 + x.value)), x);
}
template <class T, int N>
Dual<T, N> atan(const Dual<T, N>& x) {
  using std::atan;
  return Dual<T, N>::chain(atan(x.value), 1 / (1 + x.value * x.value), x);
}
template <class T, int N>
Dual<T, N> sinh(const Dual<T, N>& x) {
  using std::cosh, std::sinh;
  return Dual<T, N>::chain(sinh(x.value), cosh(x.value), x);
}
template <class T, int N>
Dual<T, N> cosh(const Dual<T, N>& x) {
  using std::cosh, std::sinh;
  return Dual<T, N>::chain(cosh(x.value), sinh(x.value), x);
}
template <class T, int N>
Dual<T, N> tanh(const Dual<T, N>& x) {
  using std::tanh;
  const T f = tanh(x.value);
  return Dual<T, N>::chain(f, (1 - f) * (1 + f), x);
}
/// |x|, with derivative 0 at 0.
template <class T, int N>
Dual<T, N> abs(const Dual<T, N>& x) {
  if (x.value == T(0)) return Dual<T, N>::chain(T(0), T(0), x);
  return x.value < T(0) ? -x : x;
}
/// The smaller, the first at a tie.
template <class T, int N>
Dual<T, N> min(const Dual<T, N>& a, const Dual<T, N>& b) {
  return b < a ? b : a;
}
/// The larger, the first at a tie.
template <class T, int N>
Dual<T, N> max(const Dual<T, N>& a, const Dual<T, N>& b) {
  return a < b ? b : a;
}
template <class T, int N, DualConstant<T> A>
Dual<T, N> min(const Dual<T, N>& a, const A& b) {
  return min(a, Dual<T, N>(b));
}
template <class T, int N, DualConstant<T> A>
Dual<T, N> min(const A& a, const Dual<T, N>& b) {
  return min(Dual<T, N>(a), b);
}
template <class T, int N, DualConstant<T> A>
Dual<T, N> max(const Dual<T, N>& a, const A& b) {
  return max(a, Dual<T, N>(b));
}
template <class T, int N, DualConstant<T> A>
Dual<T, N> max(const A& a, const Dual<T, N>& b) {
  return max(Dual<T, N>(a), b);
}

/// x^n of a constant n.
template <class T, int N, DualConstant<T> A>
Dual<T, N> pow(const Dual<T, N>& x, const A& exponent) {
  using std::pow;
  const T n = static_cast<T>(exponent);
  const bool flat = n == T(0) && x.value == T(0);
  return Dual<T, N>::chain(pow(x.value, n), flat ? T(0) : T(n * pow(x.value, n - 1)), x);
}
/// b^x of a constant b; derivative 0 where b is 0 or below.
template <class T, int N, DualConstant<T> A>
Dual<T, N> pow(const A& base, const Dual<T, N>& x) {
  using std::log, std::pow;
  const T b = static_cast<T>(base), p = pow(b, x.value);
  return Dual<T, N>::chain(p, b > T(0) ? T(p * log(b)) : T(0), x);
}
/// x^y; see Dual for its derivatives at base 0.
template <class T, int N>
Dual<T, N> pow(const Dual<T, N>& x, const Dual<T, N>& y) {
  const Dual<T, N> along_x = pow(x, y.value), along_y = pow(x.value, y);
  Dual<T, N> p = along_x;
  for (std::size_t i = 0; i < N; ++i) p.tangent[i] += along_y.tangent[i];
  return p;
}

}  // namespace cytode
