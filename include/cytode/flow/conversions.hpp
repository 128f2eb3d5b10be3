// SPDX-License-Identifier: MIT
/// Velocity, score, noise and data prediction of a Gaussian path, each from each other.
#pragma once

#include <cmath>
#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/flow/schedule.hpp>

namespace cytode::flow {

/// What a map may predict at x = x_s = α x1 + σ ε, ε standard normal.
enum class Prediction {
  velocity,  ///< E[α' x1 + σ' ε | x], in units of s.
  score,     ///< ∇ log p_s(x) = −E[ε | x] / σ.
  noise,     ///< E[ε | x].
  data,      ///< E[x1 | x].
};

/// Wanted prediction = state · x + given · (the prediction at hand).
struct Conversion {
  double state, given;
};

/// The mixing of a path whose source is standard normal and independent of the target: source and
/// noise become one noise, σ² = β² + γ². Throws std::invalid_argument where both β and γ are 0 but
/// do not stay so.
template <class = void>
[[nodiscard]] inline Mixing with_normal_source(const Mixing& m) {
  const double b = m.source.value, g = m.noise.value, sigma = std::hypot(b, g);
  const double slope = b * m.source.rate + g * m.noise.rate;
  const bool still = m.source.rate == 0 && m.noise.rate == 0;
  // One of them alone keeps its own slope, at 0 too, but for the sign of a root that passes 0.
  if (g == 0 && m.noise.rate == 0) return {.target = m.target, .noise = m.source};
  if (b == 0 && m.source.rate == 0) return {.target = m.target, .noise = m.noise};
  check(sigma > 0 || still, "flow::with_normal_source",
        "source and noise both vanish here, and their joint slope is not defined");
  return {.target = m.target, .noise = {sigma, sigma > 0 ? slope / sigma : 0}};
}

/// A schedule whose source is standard normal and independent of the target, seen as a Gaussian
/// path: for LinearPath, TrigonometricPath and interpolants that start in noise.
template <Schedule T>
struct NormalSource {
  T schedule{};

  [[nodiscard]] Mixing at(double s, double length) const {
    return with_normal_source(schedule.at(s, length));
  }
};

/// How the prediction `to` follows from `from` on a path with this mixing.
///
/// Every prediction is the mean of a x1 + b ε given x, and so is x itself, with (α, σ): two of them
/// give all others, where they are not multiples of one another. Velocity cannot come from noise or
/// score where α = 0, nor from data where σ = 0. Between noise and score α is not needed, so there
/// the mixing may have a source. [Albergo 2023b, section 3; Lipman 2024, table 1]
///
/// Throws std::invalid_argument where `to` is not determined, and for a mixing with a source of
/// its own (see with_normal_source).
template <class = void>
[[nodiscard]] inline Conversion convert(Prediction from, Prediction to, const Mixing& m) {
  constexpr auto me = "flow::convert";
  if (from == to) return {0, 1};
  const double alpha = m.target.value, sigma = m.noise.value;
  if (from == Prediction::score || to == Prediction::score) {
    check(sigma > 0, me, "there is no score where sigma is ", sigma);
  }
  if (from == Prediction::noise && to == Prediction::score) return {0, -1 / sigma};
  if (from == Prediction::score && to == Prediction::noise) return {0, -sigma};
  check(m.source.value == 0 && m.source.rate == 0, me,
        "the path has a source beside its noise: only noise and score follow from one another");
  struct Parts {
    double data, noise;
  };
  const auto parts = [&](Prediction p) -> Parts {
    switch (p) {
      case Prediction::velocity:
        return {m.target.rate, m.noise.rate};
      case Prediction::score:
        return {0, -1 / sigma};
      case Prediction::noise:
        return {0, 1};
      case Prediction::data:
        break;
    }
    return {1, 0};
  };
  const Parts have = parts(from), want = parts(to);
  const double det = alpha * have.noise - sigma * have.data;
  check(det != 0, me, "the state and the prediction at hand tell the same where alpha is ", alpha,
        " and sigma is ", sigma);
  return {(want.data * have.noise - want.noise * have.data) / det,
          (alpha * want.noise - sigma * want.data) / det};
}

/// Predictions of kind `to` at states x from those of kind `from`, cell by cell at fractions s of
/// an interval of `length`: x, given, out: features × n, s: 1 × n. `out` may be `given`.
///
/// Throws std::invalid_argument on shapes that do not fit and as the rule for one cell does.
template <std::floating_point S, Schedule T>
void convert(Prediction from, Prediction to, const T& schedule, double length,
             const ConstRowView<S>& s, const ConstBatch<S>& x, const ConstBatch<S>& given,
             Batch<S> out) {
  constexpr auto me = "flow::convert";
  check_shape(me, "s", s, 1, x.cols());
  check_shape(me, "given", given, x.rows(), x.cols());
  check_shape(me, "out", out, x.rows(), x.cols());
  for (Index i = 0; i < x.cols(); ++i) {
    const Conversion c = convert(from, to, schedule.at(static_cast<double>(s[i]), length));
    out.col(i) = static_cast<S>(c.given) * given.col(i);
    if (c.state != 0) out.col(i) += static_cast<S>(c.state) * x.col(i);
  }
}

}  // namespace cytode::flow
