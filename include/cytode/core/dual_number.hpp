// SPDX-License-Identifier: MIT
/// The type of dual numbers and its arithmetic; include core/dual.hpp, which has the functions,
/// too.
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace cytode {

/// What mixes with a Dual<T, N> as a constant: plain numbers, and T itself.
template <class A, class T>
concept DualConstant = std::is_arithmetic_v<A> || std::same_as<A, T>;

/// A number with its derivatives along N directions: value + Σ ε_i tangent_i with ε_i ε_j = 0.
///
/// T is float, double or another Dual; Dual<Dual<T, M>, N> carries second derivatives. Arithmetic
/// and functions propagate exact derivatives by the chain rule (forward mode) [Griewank 2008];
/// comparisons look at the value alone. Plain numbers are constants, converted to the innermost
/// type, so 1.0 + x stays float where x does. Functions (exp, sqrt, pow, ...) are found by argument
/// lookup: code generic in the number type calls exp(x), with `using std::exp` if plain numbers
/// come, too.
///
/// At kinks: abs has derivative 0 at 0; min and max take the first argument's at a tie, as std::min
/// and std::max do. sqrt has an infinite derivative at 0 (NaN along a tangent of 0). pow takes the
/// derivative by the exponent as 0 where the base is 0 or below, and that by the base as 0 where
/// base and exponent are 0.
template <class T, int N>
struct Dual {
  static_assert(N >= 0);

  std::array<T, N> tangent;  ///< Its derivatives, one a direction; first, so that vectors align.
  T value;                   ///< The number.

  /// Zero.
  constexpr Dual() : tangent{}, value{} {}
  /// A constant: all derivatives 0.
  template <DualConstant<T> A>
  constexpr Dual(const A& constant) : tangent{}, value(static_cast<T>(constant)) {}
  /// The variable of a direction: derivative 1 along it, 0 along the others.
  static constexpr Dual variable(const T& value, int direction) {
    Dual x(value);
    x.tangent[static_cast<std::size_t>(direction)] = T(1);
    return x;
  }

  // Arithmetic.
  constexpr Dual operator+() const { return *this; }
  constexpr Dual operator-() const {
    return zip(-value, [this](std::size_t i) { return -tangent[i]; });
  }
  friend constexpr Dual operator+(const Dual& a, const Dual& b) {
    return zip(a.value + b.value, [&](std::size_t i) { return a.tangent[i] + b.tangent[i]; });
  }
  friend constexpr Dual operator-(const Dual& a, const Dual& b) {
    return zip(a.value - b.value, [&](std::size_t i) { return a.tangent[i] - b.tangent[i]; });
  }
  friend constexpr Dual operator*(const Dual& a, const Dual& b) {
    return zip(a.value * b.value,
               [&](std::size_t i) { return a.tangent[i] * b.value + a.value * b.tangent[i]; });
  }
  friend constexpr Dual operator/(const Dual& a, const Dual& b) {
    const T q = a.value / b.value, inverse = T(1) / b.value;
    return zip(q, [&](std::size_t i) { return (a.tangent[i] - q * b.tangent[i]) * inverse; });
  }

  // Arithmetic with constants.
  template <DualConstant<T> A>
  friend constexpr Dual operator+(const Dual& a, const A& b) {
    Dual c = a;
    c.value = a.value + static_cast<T>(b);
    return c;
  }
  template <DualConstant<T> A>
  friend constexpr Dual operator+(const A& a, const Dual& b) {
    return b + a;
  }
  template <DualConstant<T> A>
  friend constexpr Dual operator-(const Dual& a, const A& b) {
    Dual c = a;
    c.value = a.value - static_cast<T>(b);
    return c;
  }
  template <DualConstant<T> A>
  friend constexpr Dual operator-(const A& a, const Dual& b) {
    return zip(static_cast<T>(a) - b.value, [&](std::size_t i) { return -b.tangent[i]; });
  }
  template <DualConstant<T> A>
  friend constexpr Dual operator*(const Dual& a, const A& b) {
    const T c = static_cast<T>(b);
    return zip(a.value * c, [&](std::size_t i) { return a.tangent[i] * c; });
  }
  template <DualConstant<T> A>
  friend constexpr Dual operator*(const A& a, const Dual& b) {
    return b * a;
  }
  template <DualConstant<T> A>
  friend constexpr Dual operator/(const Dual& a, const A& b) {
    const T c = static_cast<T>(b);
    return zip(a.value / c, [&](std::size_t i) { return a.tangent[i] / c; });
  }
  template <DualConstant<T> A>
  friend constexpr Dual operator/(const A& a, const Dual& b) {
    const T q = static_cast<T>(a) / b.value, slope = -q / b.value;
    return zip(q, [&](std::size_t i) { return slope * b.tangent[i]; });
  }

  template <class A>
  constexpr Dual& operator+=(const A& b) {
    return *this = *this + b;
  }
  template <class A>
  constexpr Dual& operator-=(const A& b) {
    return *this = *this - b;
  }
  template <class A>
  constexpr Dual& operator*=(const A& b) {
    return *this = *this * b;
  }
  template <class A>
  constexpr Dual& operator/=(const A& b) {
    return *this = *this / b;
  }

  // Comparisons of the value.
  friend constexpr bool operator==(const Dual& a, const Dual& b) { return a.value == b.value; }
  friend constexpr auto operator<=>(const Dual& a, const Dual& b) { return a.value <=> b.value; }
  template <DualConstant<T> A>
  friend constexpr bool operator==(const Dual& a, const A& b) {
    return a.value == static_cast<T>(b);
  }
  template <DualConstant<T> A>
  friend constexpr auto operator<=>(const Dual& a, const A& b) {
    return a.value <=> static_cast<T>(b);
  }

  /// The dual number of f(x), given f and f' at the value of x.
  static constexpr Dual chain(const T& f, const T& slope, const Dual& x) {
    return zip(f, [&](std::size_t i) { return slope * x.tangent[i]; });
  }

 private:
  struct Unset {};
  constexpr Dual(const T& number, Unset) : value(number) {}  // tangents are written next
  template <class F>
  static constexpr Dual zip(const T& value, F&& derivative) {
    Dual c(value, Unset{});
    for (std::size_t i = 0; i < N; ++i) c.tangent[i] = derivative(i);
    return c;
  }
};

/// The plain number in a plain or (nested) dual number.
template <class T>
[[nodiscard]] constexpr auto value_of(const T& x) {
  if constexpr (std::is_arithmetic_v<T>) {
    return x;
  } else {
    return value_of(x.value);
  }
}

}  // namespace cytode
