// SPDX-License-Identifier: MIT
/// Pairs from a coupling between two batches drawn anew in every step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/flow/pairing.hpp>
#include <cytode/ot/coupling.hpp>
#include <cytode/ot/weight_sampler.hpp>

namespace cytode::flow {

/// Draws as many cells of either population as there are pairs, in proportion to their weights, and
/// joins them by the coupling: minibatch transport [Tong 2024]. The coupling learns the ratio of
/// the populations' masses and which cells it was given.
///
/// Cost: that of the coupling. A warm step allocates nothing, if the coupling does not.
template <ot::Coupling C>
struct Minibatch {
  C coupling{};

  template <std::floating_point S>
  struct Workspace {
    typename C::template Workspace<S> coupling;
    std::vector<Index> cells0, cells1, row, col;
    std::vector<double> mass;
    Buffer<S> x0, x1;
    ot::WeightSampler weights;
  };

  template <std::floating_point S>
  void draw(const Interval<S>& interval, const ot::PairList& pairs, const Stream& stream,
            Workspace<S>& w) const {
    choose(interval.from, 0, pairs.size(), stream, w.cells0, w);
    choose(interval.to, 1, pairs.size(), stream, w.cells1, w);
    join(interval, pairs, stream, w);
    for (Index& i : pairs.row) i = i < 0 ? i : w.cells0[static_cast<std::size_t>(i)];
    for (Index& j : pairs.col) j = j < 0 ? j : w.cells1[static_cast<std::size_t>(j)];
  }

  /// Throws std::invalid_argument if the coupling has no partner for a cell: tuples need one.
  template <std::floating_point S>
  void follow(const Interval<S>& interval, std::span<const Index> cells, std::span<Index> next,
              const Stream& stream, Workspace<S>& w) const {
    w.cells0.assign(cells.begin(), cells.end());
    choose(interval.to, 1, static_cast<Index>(cells.size()), stream, w.cells1, w);
    w.row.resize(cells.size());
    w.col.resize(cells.size());
    w.mass.resize(2 * cells.size());
    const std::span<double> mass(w.mass);
    join(interval, {w.row, w.col, mass.first(cells.size()), mass.last(cells.size())}, stream, w);
    for (std::size_t k = 0; k < cells.size(); ++k) {
      check(w.row[k] == static_cast<Index>(k) && w.col[k] >= 0, "flow::Minibatch", "cell ",
            cells[k], " has no partner in interval ", interval.number,
            ": tuples through all times need a balanced coupling");
      next[k] = w.cells1[static_cast<std::size_t>(w.col[k])];
    }
  }

 private:
  static constexpr std::uint64_t coupling_label = 0;  // of an interval's stream

  // Numbers 3i and 3i + 1 of the stream are the cells of pair i; 3i + 2 is left for its fraction.
  template <std::floating_point S>
  static void choose(const Population<S>& p, std::uint64_t side, Index n, const Stream& stream,
                     std::vector<Index>& cells, Workspace<S>& w) {
    cells.resize(static_cast<std::size_t>(n));
    if (!p.weights.empty()) w.weights.load(p.weights, p.cells->cols());
    for (std::size_t first = 0; first < cells.size(); first += 16) {
      const auto bits = stream.bits16(3 * first + side, 3);
      for (std::size_t i = first; i < std::min(first + 16, cells.size()); ++i) {
        const std::uint64_t b = bits[i - first];
        cells[i] = p.weights.empty() ? Stream::below_of(b, p.cells->cols())
                                     : w.weights.draw(Stream::uniform_of(b));
      }
    }
  }
  template <std::floating_point S>
  void join(const Interval<S>& interval, const ot::PairList& pairs, const Stream& stream,
            Workspace<S>& w) const {
    if constexpr (requires { C::joins_in_order; }) {
      std::iota(pairs.row.begin(), pairs.row.end(), Index{0});
      std::iota(pairs.col.begin(), pairs.col.end(), Index{0});
      std::ranges::fill(pairs.mass0, 1);
      std::ranges::fill(pairs.mass1, 1);
      return;
    }
    const auto gather = [](const Population<S>& p, const std::vector<Index>& cells, Buffer<S>& x) {
      auto view = x.shape(p.cells->rows(), static_cast<Index>(cells.size()));
      for (std::size_t i = 0; i < cells.size(); ++i) {
        std::copy_n(p.cells->data() + cells[i] * view.rows(), view.rows(),
                    view.data() + static_cast<Index>(i) * view.rows());
      }
      return view;
    };
    const auto x0 = gather(interval.from, w.cells0, w.x0);
    const auto x1 = gather(interval.to, w.cells1, w.x1);
    coupling.template join<S>({.x0 = x0,
                               .x1 = x1,
                               .mass_ratio = interval.to.mass / interval.from.mass,
                               .cells0 = w.cells0,
                               .cells1 = w.cells1,
                               .duration = interval.to.time - interval.from.time,
                               .interval = interval.number},
                              pairs, stream.fork(coupling_label), w.coupling);
  }
};

}  // namespace cytode::flow
