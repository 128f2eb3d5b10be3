// SPDX-License-Identifier: MIT
#include <complex>
#include <limits>

#include <cytode/core/dual.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

/// A point between the kinks and a function written once for every number type.
template <class F>
struct Case {
  const char* name;
  double at;
  F f;
};
template <class F>
Case(const char*, double, F) -> Case<F>;

/// Runs a check on every analytic function.
template <class Check>
void for_each_function(Check&& check) {
  check(Case{"sqrt", 1.7, [](auto x) { return sqrt(x); }});
  check(Case{"exp", -0.4, [](auto x) { return exp(x); }});
  check(Case{"log", 2.3, [](auto x) { return log(x); }});
  check(Case{"sin", 0.9, [](auto x) { return sin(x); }});
  check(Case{"cos", 0.9, [](auto x) { return cos(x); }});
  check(Case{"tan", 0.6, [](auto x) { return tan(x); }});
  check(Case{"asin", 0.3, [](auto x) { return asin(x); }});
  check(Case{"acos", -0.3, [](auto x) { return acos(x); }});
  check(Case{"atan", 1.3, [](auto x) { return atan(x); }});
  check(Case{"sinh", 0.7, [](auto x) { return sinh(x); }});
  check(Case{"cosh", 0.7, [](auto x) { return cosh(x); }});
  check(Case{"tanh", 0.5, [](auto x) { return tanh(x); }});
  check(Case{"power", 1.4, [](auto x) { return pow(x, 2.7); }});
  check(Case{"integer power", -1.4, [](auto x) { return pow(x, 3); }});
  check(Case{"exponent", 1.2, [](auto x) { return pow(0.6, x); }});
  check(Case{"both", 1.2, [](auto x) { return pow(x, x); }});
  check(Case{"Hill", 0.8, [](auto x) { return 1.5 * x * x / (2.0 + x * x) - x / 3.0; }});
  check(Case{"mixed", 0.8, [](auto x) { return (2.0 - x) * (x + 1.0) / (x - 3.0) + 1.0 / x; }});
}

}  // namespace

TEST_CASE("first derivatives are those of a complex step", "[core]") {
  using D = Dual<double, 1>;
  for_each_function([](const auto& c) {
    CAPTURE(c.name);
    const double h = 1e-150;  // f(x + ih) = f + ih f' + O(h²): no cancellation, no truncation
    const std::complex<double> step = c.f(std::complex<double>(c.at, h));
    const D got = c.f(D::variable(c.at, 0));
    CHECK(got.value == Approx(step.real()).epsilon(1e-14));
    CHECK(got.tangent[0] == Approx(step.imag() / h).epsilon(1e-13));
  });
}

TEST_CASE("second derivatives are those of complex steps in dual numbers of first order",
          "[core]") {
  using D = Dual<double, 1>;
  using DD = Dual<D, 1>;
  for_each_function([](const auto& c) {
    CAPTURE(c.name);
    DD x(D::variable(c.at, 0));
    x.tangent[0] = 1;
    const DD got = c.f(x);
    CHECK(got.value.tangent[0] == Approx(got.tangent[0].value).epsilon(1e-14));
    // Fourth-order central difference of the exact first derivative: h⁴ ≈ 1e-12, rounding 1e-13.
    const double h = 1e-3;
    const auto slope = [&](double at) { return c.f(D::variable(at, 0)).tangent[0]; };
    const double second =
        (8 * (slope(c.at + h) - slope(c.at - h)) - (slope(c.at + 2 * h) - slope(c.at - 2 * h))) /
        (12 * h);
    CHECK(got.tangent[0].tangent[0] == Approx(second).epsilon(1e-9).margin(1e-10));
  });
}

TEST_CASE("product, quotient and chain rule in several directions", "[core]") {
  using D = Dual<double, 3>;
  const double x = 1.3, y = -0.7, z = 2.1;
  const D a = D::variable(x, 0), b = D::variable(y, 1), c = D::variable(z, 2);
  const D product = a * b * c;
  CHECK(product.value == Approx(x * y * z));
  CHECK(product.tangent[0] == Approx(y * z));
  CHECK(product.tangent[1] == Approx(x * z));
  CHECK(product.tangent[2] == Approx(x * y));
  const D quotient = (a + 2 * b) / (c - a);  // ∂a = (c + 2b)/(c − a)²
  CHECK(quotient.tangent[0] == Approx((z + 2 * y) / ((z - x) * (z - x))));
  CHECK(quotient.tangent[1] == Approx(2 / (z - x)));
  CHECK(quotient.tangent[2] == Approx(-(x + 2 * y) / ((z - x) * (z - x))));
  const D chained = sin(a * b) + exp(-c);
  CHECK(chained.tangent[0] == Approx(std::cos(x * y) * y));
  CHECK(chained.tangent[2] == Approx(-std::exp(-z)));
  D sum = a;
  sum += b;
  sum -= 1;
  sum *= c;
  sum /= 2.0;
  CHECK(sum.value == Approx((x + y - 1) * z / 2));
  CHECK(sum.tangent[2] == Approx((x + y - 1) / 2));
  const D power = pow(a, c);
  CHECK(power.tangent[0] == Approx(z * std::pow(x, z - 1)));
  CHECK(power.tangent[2] == Approx(std::pow(x, z) * std::log(x)));
}

TEST_CASE("mixed second derivatives in closed form", "[core]") {
  using D = Dual<double, 2>;
  using DD = Dual<D, 2>;
  const double x = 0.8, y = 1.9;
  DD a(D::variable(x, 0)), b(D::variable(y, 1));
  a.tangent[0] = 1;
  b.tangent[1] = 1;
  const DD f = exp(a * b) / b;  // e^{xy}/y: ∂x = e^{xy}, ∂xx = y e^{xy}, ∂xy = x e^{xy}
  const double e = std::exp(x * y);
  CHECK(f.tangent[0].tangent[0] == Approx(y * e).epsilon(1e-14));
  CHECK(f.tangent[0].tangent[1] == Approx(x * e).epsilon(1e-14));
  CHECK(f.tangent[1].tangent[0] == Approx(x * e).epsilon(1e-14));
  CHECK(f.tangent[1].tangent[1] ==
        Approx(e * (x * x / y - 2 * x / (y * y) + 2 / (y * y * y))).epsilon(1e-14));
  const DD p = pow(a, b);  // ∂xy = x^{y−1}(1 + y log x)
  CHECK(p.tangent[0].tangent[1] ==
        Approx(std::pow(x, y - 1) * (1 + y * std::log(x))).epsilon(1e-14));
}

TEST_CASE("expm1 and log1p keep their digits near 0", "[core]") {
  using D = Dual<double, 1>;
  const D x = D::variable(1e-12, 0);
  CHECK(expm1(x).value == Approx(1e-12).epsilon(1e-11));
  CHECK(expm1(x).tangent[0] == Approx(1));
  CHECK(log1p(x).value == Approx(1e-12).epsilon(1e-11));
  CHECK(log1p(D::variable(3.0, 0)).tangent[0] == Approx(0.25));
}

TEST_CASE("at kinks the documented branch is taken", "[core]") {
  using D = Dual<double, 2>;
  const D zero = D::variable(0.0, 0), other = D::variable(0.0, 1), one = D::variable(1.0, 0);
  CHECK(abs(zero).tangent[0] == 0);
  CHECK(abs(D::variable(-2.0, 0)).tangent[0] == -1);
  CHECK(abs(D::variable(2.0, 0)).tangent[0] == 1);
  CHECK(min(zero, other).tangent[0] == 1);  // a tie: the first
  CHECK(max(zero, other).tangent[0] == 1);
  CHECK(max(zero, 0.0).tangent[0] == 1);
  CHECK(max(0.0, zero).tangent[0] == 0);
  CHECK(min(one, 0.5).value == 0.5);
  CHECK(max(one, other).tangent[0] == 1);
  CHECK(std::isinf(sqrt(zero).tangent[0]));
  CHECK(std::isnan(sqrt(zero).tangent[1]));
  CHECK(pow(zero, 2).tangent[0] == 0);
  CHECK(pow(zero, 1).tangent[0] == 1);
  CHECK(pow(zero, 0).tangent[0] == 0);
  CHECK(pow(zero, D::variable(2.0, 1)).tangent == std::array{0.0, 0.0});
  const D cube = pow(D::variable(-2.0, 0), D::variable(3.0, 1));
  CHECK(cube.tangent == std::array{12.0, 0.0});
}

TEST_CASE("comparisons look at the value, also with plain numbers and nested", "[core]") {
  using D = Dual<double, 1>;
  using DD = Dual<D, 2>;
  const D one = D::variable(1.0, 0), same(1.0);
  CHECK(one == same);
  CHECK(one < 2);
  CHECK(2 > one);
  CHECK(0.5 <= one);
  CHECK(!(one != 1));
  CHECK(DD(one) < DD(2.0));
  CHECK(DD(one) >= 1.0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(!(D(nan) < 1.0));
  CHECK(!(D(nan) >= 1.0));
  CHECK(value_of(DD(D::variable(3.5, 0))) == 3.5);
}

TEST_CASE("plain constants do not widen a float", "[core]") {
  using F = Dual<float, 2>;
  static_assert(std::same_as<decltype(1.0 + F() * 2 - 3.0), F>);
  static_assert(std::same_as<decltype(max(F(), 0.0)), F>);
  static_assert(sizeof(F) == 3 * sizeof(float));
  const F x = F::variable(2.0f, 1);
  const F y = 1.0 / (1.0 + x * x);  // slope −2x/(1 + x²)²
  CHECK(y.tangent[1] == Approx(-4.0 / 25).epsilon(1e-6));
  constexpr F three = F::variable(3.0f, 0) * 2 + 1;  // usable at compile time
  static_assert(three.value == 7 && three.tangent[0] == 2 && three.tangent[1] == 0);
}
