// SPDX-License-Identifier: MIT
/// Conditional flow matching over any number of time points: the objective that trains a velocity.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/ot/exact.hpp>

namespace cytode::flow {

/// A population at a time, as anything with a `time` and features × cells `cells`.
template <class M, class S>
concept Marginal = requires(const M& m) {
  { m.time } -> std::convertible_to<double>;
  { m.cells } -> std::convertible_to<const Matrix<S>&>;
};

/// One velocity field for all intervals between consecutive time points t_0 < t_1 < … [Tong 2024].
///
/// A step draws pairs for every interval k: cells x0 of t_k and x1 of t_{k+1}, joined by the
/// coupling within the step's draw, a fraction s, noise ε. With (x_s, u_s) from the path, Δ =
/// t_{k+1} − t_k and d features it regresses the velocity in units of displacement,
///
///   L(θ) = mean over pairs of |Δ v_θ(t_k + sΔ, x_s) − u_s|² / d,
///
/// which is the usual loss where Δ = 1 and keeps short intervals from drowning long ones where time
/// points are uneven. The fractions are stratified: the i-th of n pairs has s ∈ [i/n, (i+1)/n).
///
/// Cost a step: one coupling an interval, then forward and vjp on all pairs in chunks of cells, in
/// parallel; the result does not depend on the number of threads. Nothing is allocated once warm.
template <DifferentiableField F, Path P = LinearPath, ot::Coupling C = ot::Exact>
class Matching {
 public:
  using Scalar = typename F::Scalar;

  /// `field`, the cells of `marginals` and `workers` must outlive this; a temporary list is
  /// refused. `batch` is the number of pairs a step, shared evenly among the intervals. Throws
  /// std::invalid_argument for fewer than two marginals, times that do not increase, other features
  /// than the field's, a marginal that is empty or holds NaN or infinity, or a batch smaller than
  /// the number of intervals.
  template <class Marginals>
  Matching(F& field, const Marginals&& marginals, P path, C coupling, Index batch,
           Workers& workers) = delete;
  template <class Marginals>
  Matching(F& field, const Marginals& marginals, P path, C coupling, Index batch, Workers& workers)
      : field_(field), path_(std::move(path)), coupling_(std::move(coupling)), workers_(workers) {
    for (const auto& m : marginals) {
      static_assert(Marginal<std::decay_t<decltype(m)>, Scalar>);
      check_features("flow::Matching", "a marginal", m.cells, field.dims());
      check_not_empty("flow::Matching", "a marginal", m.cells);
      check(all_finite(m.cells), "flow::Matching", "the marginal at time ", m.time,
            " holds NaN or infinity");
      check(std::isfinite(static_cast<double>(m.time)), "flow::Matching", "a time is ", m.time);
      check(points_.empty() || points_.back().time < m.time, "flow::Matching",
            "times must increase, got ", m.time, " after ",
            points_.empty() ? 0. : points_.back().time);
      points_.push_back({m.time, &m.cells});
    }
    check(points_.size() >= 2, "flow::Matching", "got ", points_.size(),
          " marginals, wanted 2 or more");
    const Index intervals = static_cast<Index>(points_.size()) - 1;
    check(batch >= intervals, "flow::Matching", "batch is ", batch,
          ", wanted at least one pair for each of the ", intervals, " intervals");
    Index first = 0;
    for (Index k = 0; k < intervals; ++k) {
      const Index n = batch / intervals + (k < batch % intervals ? 1 : 0);
      intervals_.push_back({first, n, {}, std::vector<Index>(static_cast<std::size_t>(n)), {}, {}});
      first += n;
    }
    x0_.resize(field.dims(), batch);
    x1_.resize(field.dims(), batch);
    fraction_.resize(batch);
    time_.resize(batch);
    length_.resize(batch);
    chunks_.resize(static_cast<std::size_t>(chunk_count(batch)));
  }

  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return field_.parameters(); }

  /// The loss and its gradient for the draws of `stream`, which stands at the training step.
  double value_and_gradient(const Stream& stream, Vector<Scalar>& gradient) {
    workers_.run(static_cast<Index>(intervals_.size()), [&](Index k, int) { draw(k, stream); });
    workers_.run(static_cast<Index>(chunks_.size()),
                 [&](Index c, int) { regress(c, stream.fork(noise_label)); });
    gradient.setZero(field_.parameters().size());
    double loss = 0;
    for (Chunk& c : chunks_) {
      gradient += c.gradient;
      loss += c.loss;
    }
    return loss;
  }

 private:
  using S = Scalar;
  static constexpr std::uint64_t noise_label = 0, interval_label = 1;  // of a step's stream
  static constexpr std::uint64_t coupling_label = 0;                   // of an interval's stream

  struct Point {
    double time;
    const Matrix<S>* cells;
  };
  struct Interval {
    Index first, pairs;
    typename C::template Workspace<S> coupling;
    std::vector<Index> partner;
    Buffer<S> x0, x1;
  };
  struct Chunk {
    typename F::Cache field;
    Buffer<S> noise, x, u, v;
    Vector<S> gradient;
    double loss = 0;
  };

  // Draws the pairs of interval k into its columns of x0_, x1_ and their times.
  void draw(Index k, const Stream& stream) {
    Interval& part = intervals_[static_cast<std::size_t>(k)];
    const Point& from = points_[static_cast<std::size_t>(k)];
    const Point& to = points_[static_cast<std::size_t>(k) + 1];
    const Stream own = stream.fork(interval_label + static_cast<std::uint64_t>(k));
    const S span = static_cast<S>(to.time - from.time);
    auto x0 = part.x0.shape(field_.dims(), part.pairs);
    auto x1 = part.x1.shape(field_.dims(), part.pairs);
    for (Index i = 0; i < part.pairs; ++i) {
      const auto number = static_cast<std::uint64_t>(3 * i);
      x0.col(i) = from.cells->col(own.below(number, from.cells->cols()));
      x1.col(i) = to.cells->col(own.below(number + 1, to.cells->cols()));
      const double s =
          (static_cast<double>(i) + own.uniform(number + 2)) / static_cast<double>(part.pairs);
      fraction_[part.first + i] = static_cast<S>(s);
      time_[part.first + i] = static_cast<S>(from.time + s * (to.time - from.time));
      length_[part.first + i] = span;
    }
    coupling_.template pair<S>(x0, x1, std::span<Index>(part.partner), own.fork(coupling_label),
                               part.coupling);
    for (Index i = 0; i < part.pairs; ++i) {
      x0_.col(part.first + i) = x0.col(i);
      x1_.col(part.first + i) = x1.col(part.partner[static_cast<std::size_t>(i)]);
    }
  }

  // Loss and gradient of one chunk of pairs.
  void regress(Index index, const Stream& noise_stream) {
    Chunk& c = chunks_[static_cast<std::size_t>(index)];
    const Index d = field_.dims(), first = index * chunk_cells;
    const Index n = std::min(chunk_cells, x0_.cols() - first);
    auto noise = c.noise.shape(d, n);
    auto x = c.x.shape(d, n), u = c.u.shape(d, n), v = c.v.shape(d, n);
    noise_stream.fill_normal(static_cast<std::uint64_t>(first * d), noise.data(), noise.size());
    path_.template sample<S>(fraction_.segment(first, n), x0_.middleCols(first, n),
                             x1_.middleCols(first, n), noise, x, u);

    const Times<S> t = Times<S>(time_).slice(first, n);
    field_.forward(t, x, v, c.field);
    const auto length = length_.segment(first, n).array();
    u = (v.array().rowwise() * length).matrix() - u;  // now the residual, in displacement
    const double scale = 1 / static_cast<double>(d * x0_.cols());
    c.loss = scale * static_cast<double>(u.squaredNorm());
    u.array() *= static_cast<S>(2 * scale);
    v = (u.array().rowwise() * length).matrix();  // now the cotangent of the velocity
    c.gradient.setZero(field_.parameters().size());
    field_.vjp(t, x, v, c.gradient, c.field);
  }

  F& field_;
  P path_;
  C coupling_;
  Workers& workers_;
  std::vector<Point> points_;
  std::vector<Interval> intervals_;
  std::vector<Chunk> chunks_;
  Matrix<S> x0_, x1_;
  Row<S> fraction_, time_, length_;
};

}  // namespace cytode::flow
