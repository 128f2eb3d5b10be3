// SPDX-License-Identifier: MIT
/// Special functions on lanes, made of additions, products, one division and exp: these vectorise.
#pragma once

#include <cstddef>
#include <numbers>
#include <utility>

#include <cytode/nn/exp_below.hpp>

namespace cytode::nn {

/// The step of a packet or number; see step.
template <std::floating_point S, class P>
[[nodiscard]] P step_packet(const P& z) {
  using namespace Eigen::internal;
  return pmin(pmax(pmul(z, pset1<P>(S(1e30))), pset1<P>(S(0))), pset1<P>(S(1)));
}

/// 1 where z > 0, 0 where z ≤ 0 (numbers below 1e-30 count as 0), NaN where NaN.
template <std::floating_point S>
[[nodiscard]] Lanes<S> step(const Lanes<S>& z) {
  return packet_by_packet<S>([](const auto& p) { return step_packet<S>(p); }, z);
}

/// σ(z) = 1 / (1 + e⁻ᶻ).
template <std::floating_point S>
[[nodiscard]] Lanes<S> sigmoid(const Lanes<S>& z) {
  return S(1) / (S(1) + (-z).exp());
}

/// Σ_k c[k] uᵏ by Horner's rule, unrolled, 64 bytes at a time so that they stay in registers.
template <std::floating_point S, std::size_t n>
[[nodiscard]] Lanes<S> polynomial(const double (&c)[n], const Lanes<S>& u) {
  constexpr Index width = 64 / sizeof(S);
  using Part = Eigen::Array<S, width, 1>;
  Lanes<S> out;
  for (Index i = 0; i < 16; i += width) {
    const Part x = u.template segment<width>(i);
    Part p = Part::Constant(S(c[n - 1]));
    [&]<std::size_t... k>(std::index_sequence<k...>) {
      ((p = p * x + S(c[n - 2 - k])), ...);
    }
    (std::make_index_sequence<n - 1>{});
    out.template segment<width>(i) = p;
  }
  return out;
}

/// e^(−z²/2), the normal density up to its constant.
template <std::floating_point S>
[[nodiscard]] Lanes<S> bell(const Lanes<S>& z) {
  return exp_below<S>(S(-0.5) * z * z);
}

/// Upper tail of the standard normal at |z|: Q = ½ erfc(|z|/√2), given e = e^(−z²/2); relative
/// error of a few ulp beside that of e.
///
/// With x = |z|/√2 and t = 2/(2 + x), Q = ½ e t R(2t − 1), R(u) = exp(x²) erfc(x) / t: smooth on
/// [−1, 1]. Its Chebyshev series, computed in 60 digits for this file and cut at a relative error
/// of 1.2e-8 and 1.4e-16, stands here in powers of u.
template <std::floating_point S>
[[nodiscard]] Lanes<S> normal_tail(const Lanes<S>& z, const Lanes<S>& e) {
  static constexpr double in_float[] = {
      0.51079135691594520886,      0.34358031871096482542,    0.13973573352192913223,
      0.018221669428387857351,     -0.010751626186584587444,  -0.0032434519180997083734,
      0.0015291571607636921153,    0.00043067048843585944805, -0.00029938271207156448071,
      -0.000036601876943794854187, 0.000042161197196387806377};
  static constexpr double in_double[] = {
      0.51079135262101152502,      0.3435803422069051367,      0.13973604627801475144,
      0.018221115753459039907,     -0.010755330944036531378,   -0.0032395925345820674644,
      0.0015453060141013286867,    0.00041864804327911113001,  -0.00033153657669014612407,
      -0.000017185831874889751496, 0.000072234188295048068032, -0.000017073781133818914395,
      -0.00001084298532996441017,  8.0578758671473404027e-6,   -5.7764236115114267533e-7,
      -1.8150355080541665643e-6,   1.0305699215291105379e-6,   -1.3754508233185945131e-8,
      -3.2624609352966720074e-7,   1.7867229479168534543e-7,   3.6000845292079934437e-8,
      -6.9658429434091383088e-8,   6.5204346144015395798e-9,   1.3216325517632648636e-8,
      -1.9111737286078939413e-9,   -1.0590333143571798631e-9};
  const Lanes<S> t = S(2) / (S(2) + z.abs() * S(std::numbers::sqrt2 / 2));
  const Lanes<S> u = S(2) * t - S(1);
  if constexpr (sizeof(S) == 4) {
    return S(0.5) * e * t * polynomial<S>(in_float, u);
  } else {
    return S(0.5) * e * t * polynomial<S>(in_double, u);
  }
}

/// log(1 + e) for e in [0, 1], relative error of a few ulp: 2 artanh s with s = e/(2 + e) ≤ 1/3, by
/// its power series.
template <std::floating_point S>
[[nodiscard]] Lanes<S> log_one_plus(const Lanes<S>& e) {
  static constexpr double series[] = {2.,      2. / 3,  2. / 5,  2. / 7,  2. / 9,  2. / 11,
                                      2. / 13, 2. / 15, 2. / 17, 2. / 19, 2. / 21, 2. / 23,
                                      2. / 25, 2. / 27, 2. / 29, 2. / 31, 2. / 33};
  static constexpr double short_series[] = {2.,     2. / 3,  2. / 5,  2. / 7,
                                            2. / 9, 2. / 11, 2. / 13, 2. / 15};
  const Lanes<S> s = e / (S(2) + e);
  const Lanes<S> w = s.square();
  if constexpr (sizeof(S) == 4) {
    return s * polynomial<S>(short_series, w);
  } else {
    return s * polynomial<S>(series, w);
  }
}

}  // namespace cytode::nn
