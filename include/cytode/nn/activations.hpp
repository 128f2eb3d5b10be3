// SPDX-License-Identifier: MIT
/// Activations: value f, slope f′ and curvature f″ on lanes, vectorised in float and double.
#pragma once

#include <concepts>
#include <numbers>
#include <string_view>

#include <cytode/nn/special.hpp>

namespace cytode::nn {

// Branches are written with min and max: a select does not vectorise. NaN goes in, NaN comes out:
// Eigen's z.max(c) returns z where z is NaN.

/// An activation: three pure functions on lanes and the name PyTorch gives it, in lower case.
template <class A>
concept Activation = requires(const Lanes<deferred_t<float, A>>& z,
                              const Lanes<deferred_t<double, A>>& w) {
  { A::name } -> std::convertible_to<std::string_view>;
  { A::value(z) } -> std::same_as<Lanes<float>>;
  { A::slope(z) } -> std::same_as<Lanes<float>>;
  { A::curvature(z) } -> std::same_as<Lanes<float>>;
  { A::value(w) } -> std::same_as<Lanes<double>>;
};

/// An activation whose derivatives can be read off its value h = f(z): `slope_from_value(h)` =
/// f′(z) and `curvature_from_value(h)` = f″(z). A network then keeps h alone and computes f once.
template <class A>
concept KnownByValue = Activation<A> && requires(const Lanes<deferred_t<float, A>>& h) {
  { A::slope_from_value(h) } -> std::same_as<Lanes<float>>;
  { A::curvature_from_value(h) } -> std::same_as<Lanes<float>>;
};

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
  template <std::floating_point S>
  static Lanes<S> slope_from_value(const Lanes<S>& h) {
    return slope<S>(h);
  }
  template <std::floating_point S>
  static Lanes<S> curvature_from_value(const Lanes<S>& h) {
    return curvature<S>(h);
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
  template <std::floating_point S>
  static Lanes<S> slope_from_value(const Lanes<S>& h) {
    return step<S>(h);
  }
  template <std::floating_point S>
  static Lanes<S> curvature_from_value(const Lanes<S>& h) {
    return curvature<S>(h);
  }
};

/// f(z) = z for z > 0, eᶻ − 1 otherwise [Clevert 2016].
struct Elu {
  static constexpr std::string_view name = "elu";
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    return exp_linear<Unit>(z);
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    return exp_below<S>(z.min(S(0)));
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    return exp_below<S>(z.min(S(0))) * (S(1) - step<S>(z));
  }
  template <std::floating_point S>
  static Lanes<S> slope_from_value(const Lanes<S>& h) {
    return h.min(S(0)) + S(1);
  }
  template <std::floating_point S>
  static Lanes<S> curvature_from_value(const Lanes<S>& h) {
    return (h.min(S(0)) + S(1)) * (S(1) - step<S>(h));
  }

 private:
  struct Unit {
    static constexpr double slope = 1, scale = 1;
  };
};

/// f(z) = λ z for z > 0, λα (eᶻ − 1) otherwise, with λ and α that keep mean 0 and variance 1
/// through layers [Klambauer 2017].
struct Selu {
  static constexpr std::string_view name = "selu";
  static constexpr double alpha = 1.6732632423543772848170429916717;
  static constexpr double lambda = 1.0507009873554804934193349852946;
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    return exp_linear<Unit>(z);
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    // λαeᶻ below zero; above, e^0 = 1 and the step takes λα down to λ.
    return S(lambda * alpha) * exp_below<S>(z.min(S(0))) - S(lambda * (alpha - 1)) * step<S>(z);
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    return S(lambda * alpha) * exp_below<S>(z.min(S(0))) * (S(1) - step<S>(z));
  }
  template <std::floating_point S>
  static Lanes<S> slope_from_value(const Lanes<S>& h) {
    return packet_by_packet<S>(
        []<class P>(const P& p) {
          using namespace Eigen::internal;
          const P below = padd(pmin(p, pset1<P>(S(0))), pset1<P>(S(lambda * alpha)));
          return psub(below, pand(pcmp_lt(pset1<P>(S(0)), p), pset1<P>(S(lambda * (alpha - 1)))));
        },
        h);
  }
  template <std::floating_point S>
  static Lanes<S> curvature_from_value(const Lanes<S>& h) {
    return (h.min(S(0)) + S(lambda * alpha)) * (S(1) - step<S>(h));
  }

 private:
  struct Unit {
    static constexpr double slope = lambda, scale = lambda * alpha;
  };
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
    return slope_from_value<S>(value<S>(z));
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    return curvature_from_value<S>(value<S>(z));
  }
  template <std::floating_point S>
  static Lanes<S> slope_from_value(const Lanes<S>& h) {
    return S(1) - h.square();
  }
  template <std::floating_point S>
  static Lanes<S> curvature_from_value(const Lanes<S>& h) {
    return S(-2) * h * (S(1) - h.square());
  }
};

/// f(z) = log(1 + eᶻ), positive and accurate in both tails.
struct Softplus {
  static constexpr std::string_view name = "softplus";
  template <std::floating_point S>
  static Lanes<S> value(const Lanes<S>& z) {
    const Lanes<S> e = exp_below<S>(-z.abs());
    return z.max(S(0)) + log_one_plus<S>(e);
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
    const Lanes<S> e = bell<S>(z);
    return z.max(S(0)) - z.abs() * normal_tail<S>(z, e);  // z Φ(z) on either side of 0
  }
  template <std::floating_point S>
  static Lanes<S> slope(const Lanes<S>& z) {
    const Lanes<S> sign = (z * S(1e30)).max(S(-1)).min(S(1));
    const Lanes<S> e = bell<S>(z);
    return S(0.5) + sign * (S(0.5) - normal_tail<S>(z, e)) + S(peak) * z * e;
  }
  template <std::floating_point S>
  static Lanes<S> curvature(const Lanes<S>& z) {
    return S(peak) * bell<S>(z) * (S(2) - z * z);
  }

 private:
  static constexpr double peak = std::numbers::inv_sqrtpi / std::numbers::sqrt2;  // 1/√(2π)
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
