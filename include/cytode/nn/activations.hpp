// SPDX-License-Identifier: MIT
/// Activations: value f, slope f′ and curvature f″ on lanes, vectorised in float and double.
#pragma once

#include <concepts>
#include <numbers>
#include <string_view>

#include <cytode/nn/lanes.hpp>

namespace cytode::nn {

// Branches are written with min and max: a select does not vectorise. NaN goes in, NaN comes out:
// Eigen's z.max(c) returns z where z is NaN.

/// An activation: three pure functions on lanes and the name PyTorch gives it, in lower case.
template <class A>
concept Activation = requires(const Lanes<float>& z, const Lanes<double>& w) {
  { A::name } -> std::convertible_to<std::string_view>;
  { A::value(z) } -> std::same_as<Lanes<float>>;
  { A::slope(z) } -> std::same_as<Lanes<float>>;
  { A::curvature(z) } -> std::same_as<Lanes<float>>;
  { A::value(w) } -> std::same_as<Lanes<double>>;
};

/// 1 where z > 0, 0 where z ≤ 0 (numbers below 1e-30 count as 0), NaN where NaN.
template <std::floating_point S>
[[nodiscard]] Lanes<S> step(const Lanes<S>& z) {
  return (z * S(1e30)).max(S(0)).min(S(1));
}

/// σ(z) = 1 / (1 + e⁻ᶻ).
template <std::floating_point S>
[[nodiscard]] Lanes<S> sigmoid(const Lanes<S>& z) {
  return S(1) / (S(1) + (-z).exp());
}

/// Upper tail of the standard normal at |z|: Q = ½ erfc(|z|/√2), absolute error below 2 ulp of ½.
///
/// erfc(x) = t exp(−x² + P(t)), t = 2/(2 + x); P is the Chebyshev series of that logarithm in
/// 2t − 1, whose coefficients were computed in 40 digits for this file.
template <std::floating_point S>
[[nodiscard]] Lanes<S> normal_tail(const Lanes<S>& z) {
  constexpr double c[] = {
      -0.6513268598908547171,     0.6419697923564902603,       0.019476473204185836312,
      -0.0095615147868086316419,  -0.0009465953444820368663,   0.00036683949785276145187,
      0.000042523324806907771645, -0.000020278578112534243154, -1.6242900046470255135e-6,
      1.3036558355805232018e-6,   1.5626441722066143178e-8,    -8.5238095914926542525e-8,
      6.5290544390988514964e-9,   5.0593434955514689418e-9,    -9.9136415649303308674e-10,
      -2.2736512229318358557e-10, 9.646791102015526802e-11,    2.3940380830391147447e-12,
      -6.8860275264975533984e-12, 8.9448792730907257167e-13,   3.1309213993429580783e-13,
      -1.1270822361367252366e-13, 3.8109052551892320553e-16,   7.1060976136092369877e-15,
      -1.5230282014571043043e-15, -9.457494571291234002e-17,   1.2102371892242789925e-16};
  constexpr int terms = sizeof(S) == 4 ? 14 : 27;
  const Lanes<S> x = z.abs() * S(std::numbers::sqrt2 / 2);
  const Lanes<S> t = S(2) / (S(2) + x);
  const Lanes<S> twice = S(4) * t - S(2);  // 2 (2t − 1)
  Lanes<S> b1 = Lanes<S>::Zero(), b2 = Lanes<S>::Zero();
  for (int k = terms - 1; k > 0; --k) {  // Clenshaw's recurrence
    const Lanes<S> b0 = twice * b1 - b2 + S(c[k]);
    b2 = b1;
    b1 = b0;
  }
  return S(0.5) * t * (S(0.5) * twice * b1 - b2 + S(c[0]) - x * x).exp();
}

/// f(z) = z: the output of a regression.
struct Identity {
  static constexpr std::string_view name = "identity";
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    return z;
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>&) {
    return Lanes<S>::Ones();
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>&) {
    return Lanes<S>::Zero();
  }
};

/// f(z) = max(z, 0); f′(0) = 0.
struct Relu {
  static constexpr std::string_view name = "relu";
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    return z.max(S(0));
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    return step<S>(z);
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>&) {
    return Lanes<S>::Zero();
  }
};

/// f(z) = z for z > 0, eᶻ − 1 otherwise [Clevert 2016].
struct Elu {
  static constexpr std::string_view name = "elu";
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    return z.max(S(0)) + (z.min(S(0)).exp() - S(1));
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    return z.min(S(0)).exp();
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    return z.min(S(0)).exp() * (S(1) - step<S>(z));
  }
};

/// f(z) = λ z for z > 0, λα (eᶻ − 1) otherwise, with λ and α that keep mean 0 and variance 1
/// through layers [Klambauer 2017].
struct Selu {
  static constexpr std::string_view name = "selu";
  static constexpr double alpha = 1.6732632423543772848170429916717;
  static constexpr double lambda = 1.0507009873554804934193349852946;
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    return S(lambda) * z.max(S(0)) + S(lambda * alpha) * (z.min(S(0)).exp() - S(1));
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    // λαeᶻ below zero; above, e^0 = 1 and the step takes λα down to λ.
    return S(lambda * alpha) * z.min(S(0)).exp() - S(lambda * (alpha - 1)) * step<S>(z);
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    return S(lambda * alpha) * z.min(S(0)).exp() * (S(1) - step<S>(z));
  }
};

/// f(z) = z σ(z), also called swish.
struct Silu {
  static constexpr std::string_view name = "silu";
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    return z * sigmoid<S>(z);
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    const Lanes<S> s = sigmoid<S>(z);
    return s * (S(1) + z * (S(1) - s));
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    const Lanes<S> s = sigmoid<S>(z);
    return s * (S(1) - s) * (S(2) + z * (S(1) - S(2) * s));
  }
};

/// f(z) = tanh z = 1 − 2 / (e²ᶻ + 1); absolute error of a few ulp of 1.
struct Tanh {
  static constexpr std::string_view name = "tanh";
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    if constexpr (sizeof(S) == 4) {
      return z.tanh();
    } else {  // Eigen's tanh is not vectorised in double
      return S(1) - S(2) / ((S(2) * z).exp() + S(1));
    }
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    return S(1) - value<S>(z).square();
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    const Lanes<S> t = value<S>(z);
    return S(-2) * t * (S(1) - t.square());
  }
};

/// f(z) = log(1 + eᶻ), positive and accurate in both tails.
struct Softplus {
  static constexpr std::string_view name = "softplus";
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    const Lanes<S> e = (-z.abs()).exp();
    const Lanes<S> u = S(1) + e;
    // log1p(e) = log(u) e / (u − 1) [Kahan]; where u rounds to 1 the bound e − e²/2 takes over.
    const Lanes<S> log1p = (u.log() * e / (u - S(1)).max(S(1e-30))).max(e - S(0.5) * e * e);
    return z.max(S(0)) + log1p;
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    return sigmoid<S>(z);
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    const Lanes<S> s = sigmoid<S>(z);
    return s * (S(1) - s);
  }
};

/// f(z) = z Φ(z) with the exact normal distribution function, PyTorch's default [Hendrycks 2016].
struct Gelu {
  static constexpr std::string_view name = "gelu";
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    return z.max(S(0)) - z.abs() * normal_tail<S>(z);  // z Φ(z) on either side of 0
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    const Lanes<S> sign = (z * S(1e30)).max(S(-1)).min(S(1));
    return S(0.5) + sign * (S(0.5) - normal_tail<S>(z)) + z * density<S>(z);
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    return density<S>(z) * (S(2) - z * z);
  }

 private:
  template <std::floating_point S>
  static Lanes<S> density(const Lanes<S>& z) {
    return S(std::numbers::inv_sqrtpi / std::numbers::sqrt2) * (S(-0.5) * z * z).exp();
  }
};

/// Ready-made values, so that `Mlp(shape, nn::selu)` names its activation.
inline constexpr Identity identity;
inline constexpr Relu relu;
inline constexpr Elu elu;
inline constexpr Selu selu;
inline constexpr Silu silu;
inline constexpr Tanh tanh;
inline constexpr Softplus softplus;
inline constexpr Gelu gelu;

}  // namespace cytode::nn
