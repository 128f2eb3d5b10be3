// SPDX-License-Identifier: MIT
/// The draws of a flow-matching step: pairs of every interval, and points on their paths.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/fields/heads.hpp>
#include <cytode/flow/columns.hpp>
#include <cytode/flow/minibatch.hpp>
#include <cytode/flow/pairing.hpp>
#include <cytode/flow/path.hpp>
#include <cytode/flow/population.hpp>
#include <cytode/flow/samples.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/ot/weight_sampler.hpp>

namespace cytode::flow {

/// What pairs can be drawn from: a coupling of minibatches or any other pairing.
template <class C>
concept PairSource = ot::Coupling<C> || Pairing<C>;

/// How the draws of a step are set up.
struct DrawOptions {
  Index batch = 256;                 ///< Pairs a step, shared evenly among the intervals.
  bool condition_of_source = false;  ///< A pair's condition is that of x0, not of x1.
  double condition_dropout = 0;      ///< Share of samples whose condition is replaced by zeros.
};

/// Draws what one step of a simulation-free objective needs: for every interval k pairs of cells x0
/// of t_k and x1 of t_{k+1} (or tuples through all times), a fraction s and noise ε a pair, then
/// the path's position, velocity, growth and mass there.
///
/// The fractions are stratified: the i-th of n pairs has s ∈ [i/n, (i+1)/n). Draws are a function
/// of the stream alone; nothing is allocated once warm.
template <std::floating_point S, Path P, PairSource C>
class PairDraws {
 public:
  /// See Matching for what is thrown; `me` is the function in messages.
  template <class Marginals>
  PairDraws(std::string_view me, const Marginals& marginals, P path, C coupling,
            const DrawOptions& options, const fields::Heads& heads)
      : path_(std::move(path)),
        source_{std::move(coupling)},
        options_(options),
        heads_(heads),
        points_(populations<S>(me, marginals, heads.dims, heads.conditions)),
        parts_(points_.size() - 1),
        paths_(static_cast<std::size_t>(std::max<Index>(chunk_count(options.batch), 0))) {
    check(options.condition_dropout >= 0 && options.condition_dropout < 1, me,
          "condition_dropout is ", options.condition_dropout, ", wanted [0, 1)");
    const Index count = static_cast<Index>(points_.size()) - 1, batch = options.batch;
    check(batch >= count, me, "batch is ", batch, ", wanted at least one pair for each of the ",
          count, " intervals");
    for (Index k = 0, first = 0; k < count; ++k) {
      const Index n = batch / count + (k < batch % count ? 1 : 0);
      parts_[static_cast<std::size_t>(k)].shape(first, n, runs_through_all<P> ? points_.size() : 2);
      first += n;
    }
    fraction_.resize(batch);
    mass0_.resize(batch);
    mass1_.resize(batch);
    for (PathRoom& room : paths_) {
      room.cells = std::vector<Buffer<S>>(parts_[0].index.size());
    }
  }

  [[nodiscard]] Index batch() const noexcept { return options_.batch; }
  [[nodiscard]] const fields::Heads& heads() const noexcept { return heads_; }

  /// Draws the pairs of a step.
  void draw(const Stream& stream, Workers& workers) {
    workers.run(static_cast<Index>(parts_.size()), [&](Index k, int) { draw(k, stream); });
  }
  /// Samples first, first + 1, … of the step, as many as `out` has columns; `chunk` numbers the
  /// caller, and callers with different numbers may run in parallel. The same stream as for draw.
  void fill(Index chunk, Index first, const Samples<S>& out, const Stream& stream) {
    PathRoom& room = paths_[static_cast<std::size_t>(chunk)];
    const Index n = out.z.cols(), d = heads_.dims;
    auto noise = out.noise;
    stream.fork(noise_label)
        .fill_normal(static_cast<std::uint64_t>(first * d), noise.data(), noise.size());
    for_each_part(first, n, [&](Index k, Index begin, Index count, Index at) {
      follow_path(k, begin, count, at, out, room);
    });
    if (heads_.conditions > 0) write_conditions(first, out, stream.fork(dropout_label));
  }
  /// The ends of the same pairs: x0 and x1 with their conditions, heads.inputs() × n each, times
  /// and masses, 1 × n.
  struct Ends {
    Batch<S> z0, z1;
    RowView<S> t0, t1, mass0, mass1;
  };
  void ends(Index first, const Ends& out) const {
    auto z0 = out.z0, z1 = out.z1;  // named: clang 14 does not capture structured bindings
    auto t0 = out.t0, t1 = out.t1, mass0 = out.mass0, mass1 = out.mass1;
    for_each_part(first, z0.cols(), [&](Index k, Index begin, Index count, Index at) {
      const Part& part = parts_[static_cast<std::size_t>(k)];
      const Interval<S> span = interval(k);
      const Index own = begin - part.first;
      gather(k, slot(k, 0), own, count, z0.data() + at * z0.outerStride(), z0.outerStride());
      gather(k, slot(k, 1), own, count, z1.data() + at * z1.outerStride(), z1.outerStride());
      t0.segment(at, count).setConstant(static_cast<S>(span.from.time));
      t1.segment(at, count).setConstant(static_cast<S>(span.to.time));
      mass0.segment(at, count) = mass0_.segment(begin, count);
      mass1.segment(at, count) = mass1_.segment(begin, count);
      for (Index i = 0; i < count && heads_.conditions > 0; ++i) {
        std::copy_n(condition(k, own + i, true), heads_.conditions, conditions_of(z0, at + i));
        std::copy_n(condition(k, own + i, false), heads_.conditions, conditions_of(z1, at + i));
      }
    });
  }

 private:
  using Source = std::conditional_t<Pairing<C>, C,
                                    Minibatch<std::conditional_t<Pairing<C>, ot::Independent, C>>>;
  static constexpr std::uint64_t noise_label = 0, interval_label = 1;  // of a step's stream
  static constexpr std::uint64_t dropout_label = ~std::uint64_t{0};

  // The pairs of one interval: which cells of its two time points, or of all.
  struct Part {
    // `pairs` from pair number `at` on, of cells at so many time points.
    void shape(Index at, Index n, std::size_t knots) {
      first = at;
      pairs = n;
      index = std::vector<std::vector<Index>>(knots);
      for (auto& i : index) i.resize(static_cast<std::size_t>(n));
      mass0.resize(static_cast<std::size_t>(n));
      mass1.resize(static_cast<std::size_t>(n));
      source = std::vector<typename Source::template Workspace<S>>(knots - 1);
    }
    Index first = 0, pairs = 0;
    std::vector<std::vector<Index>> index;
    std::vector<double> mass0, mass1;
    ot::WeightSampler starts{};  // of tuples
    std::vector<typename Source::template Workspace<S>> source{};
  };
  struct PathRoom {
    typename P::template Workspace<S> workspace;
    std::vector<Buffer<S>> cells;  // x0 and x1 of pairs, or all time points
    std::vector<Knot<S>> knots;
    Buffer<S> x;
  };

  [[nodiscard]] Interval<S> interval(Index k) const {
    const auto at = static_cast<std::size_t>(k);
    return {points_[at], points_[at + 1], k};
  }
  // Column of the part's cells that time point k + side has.
  [[nodiscard]] static std::size_t slot(Index k, Index side) {
    return static_cast<std::size_t>(runs_through_all<P> ? k + side : side);
  }

  // Number `slot` of the cells of pairs own, own + 1, … of interval k, `right` numbers from column
  // to column. A cell that dies or is born stays where it is.
  void gather(Index k, std::size_t slot, Index own, Index n, S* to, Index right) const {
    const Part& part = parts_[static_cast<std::size_t>(k)];
    const std::size_t other = runs_through_all<P> ? slot : 1 - slot;
    const auto cells = [&](std::size_t at) -> const Matrix<S>& {
      return *points_[runs_through_all<P> ? at : static_cast<std::size_t>(k) + at].cells;
    };
    const Matrix<S>&here = cells(slot), &there = cells(other);
    for (Index i = 0; i < n; ++i, to += right) {
      const auto at = static_cast<std::size_t>(own + i);
      const Index cell = part.index[slot][at];
      const S* const from = cell >= 0 ? here.data() + cell * here.rows()
                                      : there.data() + part.index[other][at] * there.rows();
      std::copy_n(from, here.rows(), to);
    }
  }

  // Draws the pairs, or tuples, of interval k.
  void draw(Index k, const Stream& stream) {
    Part& part = parts_[static_cast<std::size_t>(k)];
    const Stream own = stream.fork(interval_label + static_cast<std::uint64_t>(k));
    if constexpr (runs_through_all<P>) {
      draw_tuples(part, own);
    } else {
      source_.template draw<S>(interval(k), {part.index[0], part.index[1], part.mass0, part.mass1},
                               own, part.source[0]);
    }
    std::array<std::uint64_t, 16> bits{};
    for (Index i = 0; i < part.pairs; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (at % 16 == 0) bits = own.bits16(3 * at + 2, 3);
      const double u = Stream::uniform_of(bits[at % 16]);
      fraction_[part.first + i] =
          static_cast<S>((static_cast<double>(i) + u) / static_cast<double>(part.pairs));
      mass0_[part.first + i] = static_cast<S>(part.mass0[at]);
      mass1_[part.first + i] = static_cast<S>(part.mass1[at]);
    }
  }
  void draw_tuples(Part& part, const Stream& own) {
    const Stream start = own.fork(1);
    const Population<S>& from = points_[0];
    if (!from.weights.empty()) part.starts.load(from.weights, from.cells->cols());
    for (std::size_t i = 0; i < part.index[0].size(); ++i) {
      part.index[0][i] = from.weights.empty() ? start.below(i, from.cells->cols())
                                              : part.starts.draw(start.uniform(i));
      part.mass0[i] = part.mass1[i] = 1;
    }
    for (std::size_t j = 0; j + 1 < points_.size(); ++j) {
      source_.template follow<S>(interval(static_cast<Index>(j)), part.index[j], part.index[j + 1],
                                 own.fork(2 + j), part.source[j]);
    }
  }
  // `count` pairs of interval k from pair `begin` on, into columns `at`, at + 1, … of the samples.
  void follow_path(Index k, Index begin, Index count, Index at, const Samples<S>& out,
                   PathRoom& room) {
    const Part& part = parts_[static_cast<std::size_t>(k)];
    const Interval<S> span = interval(k);
    const Index own = begin - part.first;
    for (std::size_t j = 0; j < room.cells.size(); ++j) {
      gather(k, j, own, count, room.cells[j].shape(heads_.dims, count).data(), heads_.dims);
    }
    const auto cells = [&](std::size_t j) { return ConstBatch<S>(room.cells[j].view()); };
    const auto piece = [&](RowView<S> row) {
      return row.size() > 0 ? columns(row, at, count) : row;
    };
    room.knots.clear();
    if constexpr (runs_through_all<P>) {
      for (std::size_t j = 0; j < points_.size(); ++j) {
        room.knots.push_back({points_[j].time, cells(j)});
      }
    }
    auto x = room.x.shape(heads_.dims, count);
    path_.template sample<S>(
        Pairs<S>{span.from.time, span.to.time, columns(fraction_, begin, count), cells(slot(k, 0)),
                 cells(slot(k, 1)), columns(out.noise, at, count), columns(mass0_, begin, count),
                 columns(mass1_, begin, count), room.knots},
        Targets<S>{x, columns(out.u, at, count), piece(out.growth), piece(out.weight),
                   piece(out.spread)},
        room.workspace);
    auto z = out.z;
    for (Index i = 0; i < count; ++i) {
      std::copy_n(x.data() + i * x.rows(), x.rows(), z.data() + (at + i) * z.outerStride());
    }
    auto time = out.time;
    auto length = out.length;
    const double delta = span.to.time - span.from.time;
    for (Index i = 0; i < count; ++i) {
      const double s = static_cast<double>(fraction_[begin + i]);
      time[at + i] = static_cast<S>(span.from.time + s * delta);
      length[at + i] = static_cast<S>(delta);
    }
  }
  void write_conditions(Index first, const Samples<S>& out, const Stream& dropout) {
    auto z = out.z;
    for_each_part(first, z.cols(), [&](Index k, Index begin, Index count, Index at) {
      const Index own = begin - parts_[static_cast<std::size_t>(k)].first;
      for (Index i = 0; i < count; ++i) {
        S* const c = conditions_of(z, at + i);
        if (dropout.uniform(static_cast<std::uint64_t>(begin + i)) < options_.condition_dropout) {
          std::fill_n(c, heads_.conditions, S(0));
        } else {
          std::copy_n(condition(k, own + i, options_.condition_of_source), heads_.conditions, c);
        }
      }
    });
  }
  // The condition of one end of a pair of interval k; that of the other end where there is none.
  [[nodiscard]] const S* condition(Index k, Index pair, bool of_source) const {
    const Part& part = parts_[static_cast<std::size_t>(k)];
    const Interval<S> span = interval(k);
    const auto at = static_cast<std::size_t>(pair);
    const Index source = part.index[slot(k, 0)][at], target = part.index[slot(k, 1)][at];
    const bool first = target < 0 || (of_source && source >= 0);
    return first ? span.from.conditions->data() + source * heads_.conditions
                 : span.to.conditions->data() + target * heads_.conditions;
  }
  // Where the conditions of a column begin: they are its last rows.
  [[nodiscard]] S* conditions_of(Batch<S>& z, Index column) const {
    return z.data() + column * z.outerStride() + z.rows() - heads_.conditions;
  }
  // Calls f(interval, first pair, pairs, column) for the pieces of pairs [first, first + n).
  template <class F>
  void for_each_part(Index first, Index n, F&& f) const {
    for (Index k = 0; k < static_cast<Index>(parts_.size()); ++k) {
      const Part& part = parts_[static_cast<std::size_t>(k)];
      const Index begin = std::max(first, part.first);
      const Index end = std::min(first + n, part.first + part.pairs);
      if (begin < end) f(k, begin, end - begin, begin - first);
    }
  }

  P path_;
  Source source_;
  DrawOptions options_;
  fields::Heads heads_;
  std::vector<Population<S>> points_;
  std::vector<Part> parts_;
  std::vector<PathRoom> paths_;
  Row<S> fraction_, mass0_, mass1_;
};

}  // namespace cytode::flow
