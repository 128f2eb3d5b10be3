// SPDX-License-Identifier: MIT
/// Conditional flows of a coupling: for every cell the law of where it goes, not its mean alone.
#pragma once

#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/flow/fractions.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/flow/pair_draws.hpp>
#include <cytode/flow/regression.hpp>
#include <cytode/flow/transition_heads.hpp>
#include <cytode/ot/entropic.hpp>

namespace cytode::flow {

/// How a conditional coupling is learned.
struct GenotOptions {
  Index batch = 256;  ///< Pairs a step, shared evenly among the intervals.
  double sigma = 0;   ///< Noise left at s = 1, in data units: smooths the law of few pairs.
  bool condition_of_source = false;  ///< A pair's condition c is that of x0, not of x1.
  double condition_dropout = 0;      ///< Share of samples whose c is replaced by zeros, for
                                     ///< fields::Guided; x0 and t0 always stay.
};

/// The conditional law π(x1 | x0) of a coupling, as a flow from noise for every source cell
/// [Klein 2024, GENOT].
///
/// For pairs (x0, x1) of interval k, z ~ N(0, I) and a fraction s,
///
///   y_s = (1 − (1 − σ) s) z + s x1,
///   L(θ) = mean over pairs of m₁ |v_θ(s, [y_s; x0; t_k; c]) − (x1 − (1 − σ) z)|² / d.
///
/// What flows is noise, from s = 0 to 1: time is the fraction, and the cell is a condition (see
/// transition_heads). Draw from the law with `transition`. The coupling may be any: an entropic
/// plan has a law of its own for each cell (ε is how wide), an exact one a single place, fused
/// Gromov–Wasserstein and unbalanced ones theirs. m₁ is the pair's mass at t_{k+1}, so that with an
/// unbalanced coupling the law is of what the population becomes; a cell that dies or is born has
/// no partner and counts nothing.
///
/// Cost a step: one coupling an interval, then forward and vjp on all pairs in chunks of cells, in
/// parallel; the result does not depend on the number of threads.
template <TimedMap M, PairSource C = ot::Entropic<>>
class Genot {
 public:
  using Scalar = typename M::Scalar;

  /// `map`, the cells of `marginals` and `workers` must outlive this; a temporary list is refused.
  /// Throws std::invalid_argument as Matching, for a map without the inputs of transition_heads,
  /// and for σ outside [0, 1).
  template <class Marginals>
  Genot(M& map, const Marginals&& marginals, C coupling, GenotOptions options,
        Workers& workers) = delete;
  template <class Marginals>
  Genot(M& map, const Marginals& marginals, C coupling, GenotOptions options, Workers& workers)
      : conditions_(transition_conditions(me, map)),
        options_(options),
        regression_(me, map, transition_heads(map.outputs(), conditions_), {}, workers),
        draws_(me, marginals, LinearPath{}, std::move(coupling),
               {.batch = options.batch, .condition_dropout = options.condition_dropout},
               {.dims = map.outputs(), .conditions = conditions_}) {
    check(options.sigma >= 0 && options.sigma < 1, me, "sigma is ", options.sigma,
          ", wanted [0, 1)");
    rooms_.resize(static_cast<std::size_t>(chunk_count(options.batch)));
  }

  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return regression_.map().parameters(); }

  /// The loss and its gradient for the draws of `stream`, which stands at the training step.
  double value_and_gradient(const Stream& stream, Vector<Scalar>& gradient) {
    draws_.draw(stream.fork(pair_label), regression_.workers());
    return regression_.value_and_gradient(
        draws_.batch(),
        [&](Index room, Index first, const Samples<Scalar>& samples) {
          fill(rooms_[static_cast<std::size_t>(room)], first, samples, stream);
        },
        gradient);
  }

 private:
  using S = Scalar;
  static constexpr auto me = "flow::Genot";
  static constexpr std::uint64_t pair_label = 0, noise_label = 1, fraction_label = 2,
                                 dropout_label = 3;  // of a step's stream

  struct Room {
    Buffer<S> z0, z1, t0, t1, mass0, mass1;
  };

  void fill(Room& room, Index first, const Samples<S>& out, const Stream& stream) const {
    auto [s, z, length, u, growth, weight, spread, noise] = out;
    const Index d = u.rows(), n = z.cols();
    auto z0 = room.z0.shape(d + conditions_, n), z1 = room.z1.shape(d + conditions_, n);
    auto t0 = room.t0.row(n), t1 = room.t1.row(n);
    auto mass0 = room.mass0.row(n), mass1 = room.mass1.row(n);
    draws_.ends(first, {z0, z1, t0, t1, mass0, mass1});
    even_fractions<S>(stream.fork(fraction_label), first, s);
    stream.fork(noise_label)
        .fill_normal(static_cast<std::uint64_t>(first * d), noise.data(), noise.size());
    const S kept = static_cast<S>(1 - options_.sigma);
    u = z1.topRows(d) - kept * noise;
    for (Index i = 0; i < n; ++i) z.col(i).head(d) = noise.col(i) + s[i] * u.col(i);
    z.middleRows(d, d) = z0.topRows(d);
    z.row(2 * d) = t0;
    write_conditions(options_.condition_of_source ? z0 : z1, first, z, stream.fork(dropout_label));
    length.setOnes();
    weight = (mass0.array() > 0).select(mass1, Row<S>::Zero(n));
  }
  void write_conditions(const ConstBatch<S>& ends, Index first, Batch<S> z,
                        const Stream& dropout) const {
    for (Index i = 0; i < z.cols() && conditions_ > 0; ++i) {
      const bool dropped =
          dropout.uniform(static_cast<std::uint64_t>(first + i)) < options_.condition_dropout;
      auto c = z.col(i).tail(conditions_);
      c = ends.col(i).tail(conditions_);
      if (dropped) c.setZero();
    }
  }

  Index conditions_;
  GenotOptions options_;
  Regression<M> regression_;
  PairDraws<S, LinearPath, C> draws_;
  std::vector<Room> rooms_;
};

}  // namespace cytode::flow
