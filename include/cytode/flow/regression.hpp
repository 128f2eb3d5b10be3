// SPDX-License-Identifier: MIT
/// Weighted regression of a map's heads on velocity, growth and score, in chunks of cells.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/fields/heads.hpp>
#include <cytode/flow/chunked_gradient.hpp>
#include <cytode/flow/samples.hpp>
#include <cytode/flow/weighted_residual.hpp>

namespace cytode::flow {

/// A field, or a map of time and state whose heads a regression can train.
template <class M>
concept Trainable = DifferentiableField<M> || TimedMap<M>;

/// What the losses of the heads count beside that of the velocity.
struct HeadWeights {
  double growth = 1;
  double score = 1;
};

/// The loss of n samples with weights w and its gradient,
///
///   L = 1/n Σ w (|Δ v − u|²/d + λ_g (Δ g − γ)² + λ_s |σ_s s + ε|²/d),
///
/// γ the growth of the sample, the last two terms where the heads are there. |σ_s s + ε|² is the
/// denoising score loss: its minimiser is s = ∇ log p_t [Vincent 2011; Tong 2024b]. Errors in
/// displacement, not velocity, keep short intervals from drowning long ones.
///
/// Chunks of cells run in parallel; the result does not depend on the number of threads. Nothing is
/// allocated once warm.
template <Trainable M>
class Regression {
 public:
  using Scalar = typename M::Scalar;

  /// `map` and `workers` must outlive this. heads.dims = 0: the map is a plain velocity field.
  /// Throws std::invalid_argument if the heads do not fit the map or a weight is negative.
  Regression(std::string_view me, M& map, fields::Heads heads, HeadWeights weights,
             Workers& workers)
      : map_(map), heads_(heads), weights_(weights), workers_(workers) {
    if (heads_.dims == 0) heads_.dims = outputs(map);
    heads_.check_fits(me, inputs(map), outputs(map));
    check_not_negative(me, "the weight of growth", weights.growth);
    check_not_negative(me, "the weight of the score", weights.score);
  }

  [[nodiscard]] M& map() noexcept { return map_; }
  [[nodiscard]] Workers& workers() noexcept { return workers_; }
  [[nodiscard]] const fields::Heads& heads() const noexcept { return heads_; }

  /// Loss of n samples; fill(room, first, Samples) writes samples first, first + 1, … and is called
  /// from several threads, each with a number `room` below chunk_count(n) of its own. gradient:
  /// overwritten.
  template <class Fill>
  double value_and_gradient(Index n, Fill&& fill, Vector<Scalar>& gradient) {
    const Index chunks = chunk_count(n);
    const auto rooms = static_cast<std::size_t>(ChunkedGradient<S>::rooms(chunks, workers_));
    if (rooms_.size() != rooms) rooms_ = std::vector<Room>(rooms);
    gradient.resize(map_.parameters().size());
    return sum_.run(
        chunks, workers_,
        [&](Index room, Index chunk, Vector<S>& sum) { return regress(room, chunk, n, fill, sum); },
        gradient);
  }

 private:
  using S = Scalar;
  // What one thread needs for the chunk it works on.
  struct Room {
    typename M::Cache map;
    Buffer<S> time, length, growth, weight, spread;
    Buffer<S> z, u, noise, y;
  };

  static Index inputs(const M& map) {
    if constexpr (requires { map.inputs(); })
      return map.inputs();
    else
      return map.dims();
  }
  static Index outputs(const M& map) {
    if constexpr (requires { map.outputs(); })
      return map.outputs();
    else
      return map.dims();
  }

  // Adds the gradient of a chunk and returns its loss.
  template <class Fill>
  double regress(Index room, Index chunk, Index all, Fill&& fill, Vector<S>& gradient) {
    Room& c = rooms_[static_cast<std::size_t>(room)];
    const Index d = heads_.dims, first = chunk * chunk_cells;
    const Index n = std::min(chunk_cells, all - first);
    auto time = c.time.row(n), length = c.length.row(n), weight = c.weight.row(n);
    auto growth = c.growth.row(heads_.growth ? n : 0), spread = c.spread.row(heads_.score ? n : 0);
    auto z = c.z.shape(heads_.inputs(), n), u = c.u.shape(d, n), noise = c.noise.shape(d, n);
    auto y = c.y.shape(heads_.outputs(), n);
    fill(room, first, Samples<S>{time, z, length, u, growth, weight, spread, noise});

    const Times<S> t(time);
    map_.forward(t, z, y, c.map);
    // Each head's rows of y become its residuals, then the cotangents of the map's output.
    const double scale = 1 / static_cast<double>(d * all);
    const auto rows = [&y](Index first_row) { return Rows<S>{y.data() + first_row, y.rows()}; };
    const S* const w = weight.data();
    double loss = weighted_residual<S>(rows(0), d, n, length.data(), {u.data(), d}, 1, w, scale);
    if (heads_.growth) {
      const double part = weights_.growth / static_cast<double>(all);
      loss += weighted_residual<S>(rows(heads_.growth_row()), 1, n, length.data(),
                                   {growth.data(), 1}, 1, w, part);
    }
    if (heads_.score) {
      loss += weighted_residual<S>(rows(heads_.score_row()), d, n, spread.data(), {noise.data(), d},
                                   -1, w, weights_.score * scale);
    }
    map_.vjp(t, z, y, gradient, c.map);
    return loss;
  }

  M& map_;
  fields::Heads heads_;
  HeadWeights weights_;
  Workers& workers_;
  std::vector<Room> rooms_;
  ChunkedGradient<S> sum_;
};

}  // namespace cytode::flow
