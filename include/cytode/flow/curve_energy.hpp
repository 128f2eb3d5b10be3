// SPDX-License-Identifier: MIT
/// What the objectives that bend paths share: an energy along the curves between coupled pairs.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/flow/chunked_gradient.hpp>
#include <cytode/flow/fractions.hpp>
#include <cytode/flow/geodesic_path.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/flow/pair_draws.hpp>

namespace cytode::flow {

/// L(η) = E e(t, x_s, u_s),  t = t_k + sΔ, (x_s, u_s) the curve of a GeodesicPath between the ends
/// of coupled pairs, s uniform, for an energy e that the caller measures. A pair with an end that
/// dies or is born has no path and is left out.
///
/// Cost a step: a coupling an interval, the energy, and a jvp_vjp of the network on all pairs, in
/// chunks of cells, in parallel; the result does not depend on the number of threads.
template <class Net, PairSource C>
class CurveEnergy {
 public:
  using Scalar = typename Net::Scalar;

  /// `me` is the function in messages. `path`, the cells of `marginals` and `workers` must outlive
  /// this. Throws std::invalid_argument as Matching does.
  template <class Marginals>
  CurveEnergy(std::string_view me, GeodesicPath<Net>& path, const Marginals& marginals, C coupling,
              Index batch, Workers& workers)
      : path_(path),
        workers_(workers),
        draws_(me, marginals, LinearPath{}, std::move(coupling), {.batch = batch},
               {.dims = path.dims()}),
        rooms_(static_cast<std::size_t>(
            ChunkedGradient<S>::rooms(chunk_count(draws_.batch()), workers))) {}

  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return path_.parameters(); }
  /// Rooms that chunks are measured in, one for each thread that can have work.
  [[nodiscard]] std::size_t rooms() const noexcept { return rooms_.size(); }

  /// L and ∂L/∂η for the draws of `stream`, which stands at the training step.
  ///
  /// measure(room, pairs, x, u, e, ax, au): e, 1 × n, of n pairs of one interval, with ax = ∂e/∂x
  /// and au = ∂e/∂u, dims × n; all are to be overwritten. Calls at the same time have other rooms.
  template <class Measure>
  double value_and_gradient(const Stream& stream, Vector<Scalar>& gradient, Measure&& measure) {
    draws_.draw(stream.fork(0), workers_);
    gradient.resize(path_.parameters().size());
    return sum_.run(
        chunk_count(draws_.batch()), workers_,
        [&](Index room, Index chunk, Vector<S>& sum) {
          return follow(static_cast<std::size_t>(room), chunk, stream.fork(1), measure, sum);
        },
        gradient);
  }

 private:
  using S = Scalar;

  struct Room {
    typename GeodesicPath<Net>::template Workspace<S> path;
    Buffer<S> x0, x1, t0, t1, mass0, mass1, s;
    Buffer<S> x, u, e, ax, au;
  };

  // Adds the gradient of a chunk and returns its energy.
  template <class Measure>
  double follow(std::size_t room, Index chunk, const Stream& fractions, Measure& measure,
                Vector<S>& gradient) {
    Room& c = rooms_[room];
    const Index d = path_.dims(), first = chunk * chunk_cells;
    const Index n = std::min(chunk_cells, draws_.batch() - first);
    auto x0 = c.x0.shape(d, n), x1 = c.x1.shape(d, n);
    auto t0 = c.t0.row(n), t1 = c.t1.row(n), s = c.s.row(n);
    auto mass0 = c.mass0.row(n), mass1 = c.mass1.row(n);
    draws_.ends(first, {x0, x1, t0, t1, mass0, mass1});
    even_fractions<S>(fractions, first, s);
    double energy = 0;
    for (Index begin = 0; begin < n;) {  // pairs of one interval at a time
      Index end = begin + 1;
      while (end < n && t0[end] == t0[begin]) ++end;
      const Index count = end - begin;
      energy += add(room,
                    Pairs<S>{static_cast<double>(t0[begin]), static_cast<double>(t1[begin]),
                             s.segment(begin, count), x0.middleCols(begin, count),
                             x1.middleCols(begin, count), x0.middleCols(begin, count),
                             mass0.segment(begin, count), mass1.segment(begin, count)},
                    measure, gradient);
      begin = end;
    }
    return energy;
  }

  // The same of pairs of one interval.
  template <class Measure>
  double add(std::size_t room, const Pairs<S>& pairs, Measure& measure, Vector<S>& gradient) {
    Room& c = rooms_[room];
    const Index d = path_.dims(), n = pairs.s.size();
    auto x = c.x.shape(d, n), u = c.u.shape(d, n), ax = c.ax.shape(d, n), au = c.au.shape(d, n);
    auto e = c.e.row(n);
    path_.template curve<S>(pairs, x, u, c.path);
    measure(room, pairs, x, u, e, ax, au);
    const double share = 1 / static_cast<double>(draws_.batch());
    double energy = 0;
    for (Index i = 0; i < n; ++i) {
      const double weight = pairs.mass0[i] > 0 && pairs.mass1[i] > 0 ? share : 0;
      energy += weight * static_cast<double>(e[i]);
      ax.col(i) *= static_cast<S>(weight);
      au.col(i) *= static_cast<S>(weight);
    }
    path_.template pull_back<S>(pairs, ax, au, gradient, c.path);
    return energy;
  }

  GeodesicPath<Net>& path_;
  Workers& workers_;
  PairDraws<S, LinearPath, C> draws_;
  std::vector<Room> rooms_;
  ChunkedGradient<S> sum_;
};

}  // namespace cytode::flow
