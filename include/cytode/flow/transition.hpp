// SPDX-License-Identifier: MIT
/// Draws from a learned conditional coupling: samples of where each cell is at the next time point.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/fields/carried.hpp>
#include <cytode/fields/guided.hpp>
#include <cytode/flow/population.hpp>
#include <cytode/flow/transition_heads.hpp>
#include <cytode/ode/solve.hpp>

namespace cytode::flow {

/// Samples of the futures of n cells.
template <std::floating_point S>
struct Futures {
  Matrix<S> cells;       ///< Features × (n · samples): sample k of cell i is column k n + i.
  Index sources = 0;     ///< n.
  long evaluations = 0;  ///< Of the field, over the solve.

  /// One sample of every cell, features × n: a draw of the population at the next time.
  [[nodiscard]] auto draw(Index k) const { return cells.middleCols(k * sources, sources); }
  /// All samples of one cell, features × samples.
  [[nodiscard]] Matrix<S> of(Index i) const {
    Matrix<S> out(cells.rows(), sources > 0 ? cells.cols() / sources : 0);
    for (Index k = 0; k < out.cols(); ++k) out.col(k) = cells.col(k * sources + i);
    return out;
  }
};

/// How futures are drawn.
struct TransitionOptions {
  Index samples = 1;    ///< Of each cell.
  double guidance = 0;  ///< w of fields::Guided; unless 0 the map needs conditions.
};

/// Samples of where the cells of a population are at the next time point, by a map that Genot
/// trained: noise is carried from s = 0 to 1 with [x0; t0; c] held.
///
/// The noise of sample k of cell i depends on the stream, k, and i alone. Cost: a solve of
/// n · samples states. Throws std::invalid_argument on a map, a population or conditions that do
/// not fit one another or samples below 1, std::runtime_error if the solve fails.
template <TimedMap M, ode::Method Method = ode::Dopri5>
[[nodiscard]] Futures<typename M::Scalar> transition(M& map,
                                                     const Population<typename M::Scalar>& from,
                                                     const TransitionOptions& options,
                                                     const Stream& stream, const Method& method,
                                                     Workers& workers) {
  using S = typename M::Scalar;
  constexpr auto me = "flow::transition";
  const Index d = map.outputs(), c = transition_conditions(me, map);
  check(from.cells != nullptr, me, "the population has no cells");
  check_not_empty(me, "the population", *from.cells);
  check_features(me, "the population", *from.cells, d);
  check(std::isfinite(from.time), me, "the time of the population is ", from.time);
  check(options.samples >= 1, me, "samples is ", options.samples, ", wanted 1 or more");
  check(options.guidance == 0 || c > 0, me, "guidance is ", options.guidance,
        " but the map has no conditions");
  const Index n = from.cells->cols();
  if (c > 0) {
    check(from.conditions != nullptr, me, "the population has no conditions, the map wants ", c);
    check_shape(me, "the conditions", *from.conditions, c, n);
  }

  Matrix<S> state(2 * d + 1 + c, n * options.samples), noise(d, n);
  for (Index k = 0; k < options.samples; ++k) {
    auto part = state.middleCols(k * n, n);
    stream.fork(static_cast<std::uint64_t>(k)).fill_normal(0, noise.data(), noise.size());
    part.topRows(d) = noise;
    part.middleRows(d, d) = *from.cells;
    part.row(2 * d).setConstant(static_cast<S>(from.time));
    if (c > 0) part.bottomRows(c) = *from.conditions;
  }
  const fields::Carried<M> held(map, transition_heads(d, c));
  const std::vector<double> whole = {0, 1};
  const auto solution =
      options.guidance == 0
          ? ode::solve(held, state, whole, method, workers)
          : ode::solve(fields::Guided(held, c, options.guidance), state, whole, method, workers);
  return {solution.or_throw().last().topRows(d), n, solution.counts.evaluations};
}

/// The same by Dopri5 on the calling thread.
template <TimedMap M>
[[nodiscard]] Futures<typename M::Scalar> transition(M& map,
                                                     const Population<typename M::Scalar>& from,
                                                     const TransitionOptions& options,
                                                     const Stream& stream) {
  Workers alone(1);
  return transition(map, from, options, stream, ode::Dopri5{}, alone);
}

}  // namespace cytode::flow
