// SPDX-License-Identifier: MIT
/// Probability flow, drift and reverse-time drift as fields, made of a field, a noise and a score.
#pragma once

#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>

#include <cytode/core/buffer.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/sde/score.hpp>

namespace cytode::sde {

/// The field α f(t, x) + β c(t, x) + γ g(t, x)² s(t, x) of a Conversion, with field f, diffusion g
/// and score field s; reversed, at time end − t.
///
/// Rolled out or solved like any field. If the parts are differentiable and the noise is additive,
/// so is this, in t, x and θ = [θ_f, θ_g, θ_s]; `parameters()` is then a vector of its own, copied
/// into the parts of every cache, which costs as much as reading it: change it there, not in the
/// parts. Throws std::invalid_argument if field and score differ in their number of features.
template <VectorField F, Diffusion D, VectorField Score>
requires std::same_as<typename F::Scalar, typename D::Scalar> &&
    std::same_as<typename F::Scalar, typename Score::Scalar>
class Converted {
  static constexpr bool smooth = DifferentiableField<F> && DifferentiableField<Score> &&
                                 DifferentiableDiffusion<D> && D::noise == Noise::additive;
  struct Parts {
    F field;
    D diffusion;
    Score score;
  };

 public:
  using Scalar = typename F::Scalar;
  using S = Scalar;
  struct Cache {
    std::optional<Parts> parts;  // with the θ of the last call
    typename F::Cache field;
    typename D::Cache diffusion;
    typename Score::Cache score;
    Buffer<S> g, slope, s, sdot, a, b, ag, time, rate, at;
  };

  Converted(F field, D diffusion, Score score, const Conversion& conversion, double end = 0)
      : parts_{std::move(field), std::move(diffusion), std::move(score)},
        conversion_(conversion),
        end_(static_cast<S>(end)) {
    check(parts_.score.dims() == parts_.field.dims(), "sde::Converted", "the score has ",
          parts_.score.dims(), " features, the field ", parts_.field.dims());
    check(std::isfinite(end), "sde::Converted", "end is ", end, ", wanted a finite time");
    rows_ = parts_.diffusion.rows(dims());
    if constexpr (smooth) {
      const auto &f = parts_.field.parameters(), &g = parts_.diffusion.parameters(),
                 &s = parts_.score.parameters();
      theta_.resize(f.size() + g.size() + s.size());
      theta_ << f, g, s;
    }
  }

  [[nodiscard]] Index dims() const noexcept { return parts_.field.dims(); }
  [[nodiscard]] const Conversion& conversion() const noexcept { return conversion_; }
  [[nodiscard]] Vector<S>& parameters() noexcept requires smooth { return theta_; }
  [[nodiscard]] const Vector<S>& parameters() const noexcept requires smooth { return theta_; }
  /// Blocks "field.…", "diffusion.…" and "score.…".
  [[nodiscard]] ParameterLayout layout() const requires smooth {
    ParameterLayout all;
    all.append("field.", parts_.field.layout());
    all.append("diffusion.", parts_.diffusion.layout());
    all.append("score.", parts_.score.layout());
    return all;
  }

  void forward(Times<S> t, const ConstBatch<S>& x, Batch<S> dx, Cache& cache) const {
    const Index n = x.cols();
    const Parts& p = parts(cache);
    const Times<S> time = clock(t, n, cache);
    p.field.forward(time, x, dx, cache.field);
    auto s = cache.s.shape(dims(), n);
    p.score.forward(time, x, s, cache.score);
    auto g = cache.g.shape(rows_, n);
    p.diffusion.forward(time, x, g, cache.diffusion);
    auto slope = cache.slope.shape(rows_, D::noise == Noise::additive ? 0 : n);
    if (D::noise != Noise::additive) p.diffusion.slope(time, x, slope, cache.diffusion);
    convert<S>(conversion_, dx, g, slope, s);
  }
  void vjp(Times<S> t, const ConstBatch<S>& x, const ConstBatch<S>& a, VectorView<S> atheta,
           Cache& cache) const requires smooth {
    const Times<S> time = clock(t, x.cols(), cache);
    const Parts& p = *cache.parts;
    p.field.vjp(time, x, scaled(a, cache), first(atheta), cache.field);
    pull_noise(time, x, a, cache.s.view(), atheta, cache);
    p.score.vjp(time, x, weighted(a, cache), last(atheta), cache.score);
  }
  void vjp(Times<S> t, const ConstBatch<S>& x, const ConstBatch<S>& a, RowView<S> at, Batch<S> ax,
           VectorView<S> atheta, Cache& cache) const requires smooth {
    const Times<S> time = clock(t, x.cols(), cache);
    const Parts& p = *cache.parts;
    auto time_cotangent = cache.at.row(x.cols());
    time_cotangent.setZero();
    p.field.vjp(time, x, scaled(a, cache), time_cotangent, ax, first(atheta), cache.field);
    pull_noise(time, x, a, cache.s.view(), atheta, cache);
    p.score.vjp(time, x, weighted(a, cache), time_cotangent, ax, last(atheta), cache.score);
    at += sign() * time_cotangent;
  }
  void jvp(Times<S> t, const ConstBatch<S>& x, Times<S> tdot, const ConstBatch<S>& xdot,
           Batch<S> out, Cache& cache) const requires smooth {
    const Index n = x.cols();
    const Times<S> time = clock(t, n, cache), rate = speed(tdot, n, cache);
    const Parts& p = *cache.parts;
    p.field.jvp(time, x, rate, xdot, out, cache.field);
    auto sdot = cache.sdot.shape(dims(), n);
    p.score.jvp(time, x, rate, xdot, sdot, cache.score);
    convert<S>(conversion_, out, cache.g.view(), ConstBatch<S>(Matrix<S>()), sdot);
  }
  void jvp_vjp(Times<S> t, const ConstBatch<S>& x, Times<S> tdot, const ConstBatch<S>& xdot,
               const ConstBatch<S>& a, const ConstBatch<S>& b, RowView<S> at, Batch<S> ax,
               Batch<S> axdot, VectorView<S> atheta, Cache& cache) const requires smooth {
    const Index n = x.cols();
    const Times<S> time = clock(t, n, cache), rate = speed(tdot, n, cache);
    const Parts& p = *cache.parts;
    auto time_cotangent = cache.at.row(n);
    time_cotangent.setZero();
    auto bs = cache.b.shape(dims(), n);
    bs = static_cast<S>(conversion_.field) * b;
    p.field.jvp_vjp(time, x, rate, xdot, scaled(a, cache), bs, time_cotangent, ax, axdot,
                    first(atheta), cache.field);
    pull_noise(time, x, a, cache.s.view(), atheta, cache);
    pull_noise(time, x, b, cache.sdot.view(), atheta, cache);
    bs.setZero();
    bs.topRows(rows_).array() = static_cast<S>(conversion_.score) *
                                cache.g.view().array().square() * b.topRows(rows_).array();
    p.score.jvp_vjp(time, x, rate, xdot, weighted(a, cache), bs, time_cotangent, ax, axdot,
                    last(atheta), cache.score);
    at += sign() * time_cotangent;
  }

 private:
  using View = typename Buffer<S>::View;

  [[nodiscard]] S sign() const noexcept { return conversion_.reversed ? S(-1) : S(1); }
  /// The parts with the current θ.
  const Parts& parts(Cache& cache) const {
    if constexpr (smooth) {
      if (!cache.parts) cache.parts = parts_;
      Parts& p = *cache.parts;
      p.field.parameters() = first(theta_);
      p.diffusion.parameters() = middle(theta_);
      p.score.parameters() = last(theta_);
      return p;
    } else {
      return parts_;
    }
  }
  Times<S> clock(Times<S> t, Index n, Cache& cache) const {
    if (!conversion_.reversed) return t;
    if (t.shared()) return Times<S>(end_ - t[0]);
    auto times = cache.time.row(n);
    times = Row<S>::Constant(n, end_) - t.row(n);
    return Times<S>(times);
  }
  Times<S> speed(Times<S> tdot, Index n, Cache& cache) const {
    if (!conversion_.reversed) return tdot;
    if (tdot.shared()) return Times<S>(-tdot[0]);
    auto rates = cache.rate.row(n);
    rates = -tdot.row(n);
    return Times<S>(rates);
  }
  View scaled(const ConstBatch<S>& a, Cache& cache) const {
    auto out = cache.a.shape(a.rows(), a.cols());
    out = static_cast<S>(conversion_.field) * a;
    return out;
  }
  /// The cotangent of s: γ g² a.
  View weighted(const ConstBatch<S>& a, Cache& cache) const {
    auto out = cache.a.shape(a.rows(), a.cols());
    out.setZero();
    out.topRows(rows_).array() = static_cast<S>(conversion_.score) *
                                 cache.g.view().array().square() * a.topRows(rows_).array();
    return out;
  }
  /// The cotangent of g: 2 γ g s a, into θ_g; additive noise has none elsewhere.
  void pull_noise(Times<S> t, const ConstBatch<S>& x, const ConstBatch<S>& a,
                  const ConstBatch<S>& s, VectorView<S> atheta, Cache& cache) const {
    auto ag = cache.ag.shape(rows_, a.cols());
    ag.array() = static_cast<S>(2 * conversion_.score) * cache.g.view().array() *
                 s.topRows(rows_).array() * a.topRows(rows_).array();
    auto none = cache.a.shape(a.rows(), a.cols());
    cache.parts->diffusion.vjp(t, x, ag, none, middle(atheta), cache.diffusion);
  }
  template <class V>
  auto first(V&& theta) const {
    return theta.head(parts_.field.parameters().size());
  }
  template <class V>
  auto middle(V&& theta) const {
    return theta.segment(parts_.field.parameters().size(), parts_.diffusion.parameters().size());
  }
  template <class V>
  auto last(V&& theta) const {
    return theta.tail(parts_.score.parameters().size());
  }

  Parts parts_;
  Conversion conversion_;
  S end_;
  Index rows_ = 0;
  Vector<S> theta_;
};

/// The probability flow of the process with Itô drift b, noise g and score s.
template <VectorField B, Diffusion D, VectorField Score>
[[nodiscard]] Converted<B, D, Score> probability_flow(B drift, D diffusion, Score score) {
  return {std::move(drift), std::move(diffusion), std::move(score), Conversion::drift_to_flow()};
}
/// The Itô drift that, with noise g, has the densities that the flow v carries, whose score is s.
template <VectorField V, Diffusion D, VectorField Score>
[[nodiscard]] Converted<V, D, Score> drift(V flow, D diffusion, Score score) {
  return {std::move(flow), std::move(diffusion), std::move(score), Conversion::flow_to_drift()};
}
/// The Itô drift of the process with drift b, noise g and score s run backward from time `end`: at
/// its own time τ it has the density of time end − τ. Its noise is g at end − τ.
template <VectorField B, Diffusion D, VectorField Score>
[[nodiscard]] Converted<B, D, Score> reverse_drift(B drift, D diffusion, Score score, double end) {
  return {std::move(drift), std::move(diffusion), std::move(score), Conversion::drift_to_reverse(),
          end};
}

}  // namespace cytode::sde
