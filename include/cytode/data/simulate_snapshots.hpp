// SPDX-License-Identifier: MIT
/// Snapshots of a gene circuit with everything that was true of the cells.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/times.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/cell_fate.hpp>
#include <cytode/data/gene_circuit.hpp>
#include <cytode/data/simulate_clone.hpp>

namespace cytode::data {

/// Which living cells of a population become its snapshot.
enum class CellSampling {
  fixed,        ///< The same number every day, drawn evenly: what a sequencing run gives.
  proportional  ///< All of them: numbers of cells follow the true mass.
};

struct SimulationOptions {
  std::vector<double> days{0, 1, 2, 4, 7};  ///< Rising, from 0 on.
  Index cells = 300;  ///< Founders of each day's population and, if fixed, cells drawn from it.
  CellSampling sampling = CellSampling::fixed;
  double measurement = 0.1;  ///< Deviation of the noise added to expression; zero is the floor.
  Index continuations = 20;  ///< Noisy futures a cell for fate_a_probability; 0 leaves it at −1.
  CloneOptions clone{};
  std::uint64_t seed = 0;
};

/// Cells of all days, one after the other, and the truth about them; a column is a cell.
template <std::floating_point S>
struct SimulatedSnapshots {
  Matrix<S> expression;        ///< genes × cells; what was measured, at least 0.
  Matrix<S> state;             ///< genes × cells; what the cells were, before measurement noise.
  Matrix<S> velocity;          ///< genes × cells; the drift f at the state, per day.
  std::vector<double> day;     ///< One a cell, as the following.
  std::vector<double> growth;  ///< Division − death rate at the state, per day.
  std::vector<bool> fate_a;    ///< Fate of the noise-free drift: A, else B.
  std::vector<double> fate_a_probability;  ///< Share of noisy futures that end in A.
  std::vector<Index> clone;                ///< Number of the founder; never the same on two days.
  std::vector<double> days;                ///< The days asked for.
  std::vector<double> mass;                ///< Living cells a founder, on each of `days`.
  std::vector<Index> cells;                ///< Cells in the snapshot, on each of `days`.
};

namespace drawing {

/// One day's snapshot.
template <std::floating_point S>
struct Drawn {
  Matrix<S> cells;
  std::vector<Stream> keys;     ///< Randomness of each cell.
  std::vector<Index> founders;  ///< Of each cell.
  double mass = 0;
};

/// Grows a population to its day and draws the snapshot: the cells of the lowest random tickets.
template <std::floating_point S>
Drawn<S> draw_day(const GeneCircuit<S>& circuit, const Stream& stream, double day,
                  const SimulationOptions& options) {
  struct Member {
    std::uint64_t ticket;
    Index founder, number;
  };
  std::vector<Matrix<S>> clones;
  std::vector<Member> members;
  const auto stream_of = [&](Index f) { return stream.fork(static_cast<std::uint64_t>(f)); };
  for (Index f = 0; f < options.cells; ++f) {
    clones.push_back(simulate_clone(circuit, stream_of(f), day, options.clone));
    for (Index i = 0; i < clones.back().cols(); ++i) {
      members.push_back({stream_of(f).fork(8).bits(static_cast<std::uint64_t>(i)), f, i});
    }
  }
  if (members.empty()) {
    std::ostringstream text;
    text << "data::simulate_snapshots: no cell is alive on day " << day
         << "; lower the death rate or start with more cells";
    throw std::runtime_error(text.str());
  }
  Drawn<S> out;
  out.mass = static_cast<double>(members.size()) / static_cast<double>(options.cells);
  const auto most = static_cast<std::size_t>(options.cells);
  if (options.sampling == CellSampling::fixed && members.size() > most) {
    std::nth_element(members.begin(), members.begin() + options.cells, members.end(),
                     [](const Member& a, const Member& b) { return a.ticket < b.ticket; });
    members.resize(most);
    std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
      return std::pair(a.founder, a.number) < std::pair(b.founder, b.number);
    });
  }
  out.cells.resize(circuit.dims(), static_cast<Index>(members.size()));
  for (const Member& m : members) {
    out.cells.col(static_cast<Index>(out.keys.size())) =
        clones[static_cast<std::size_t>(m.founder)].col(m.number);
    out.keys.push_back(stream_of(m.founder).fork(9).fork(static_cast<std::uint64_t>(m.number)));
    out.founders.push_back(m.founder);
  }
  return out;
}

template <std::same_as<SimulationOptions> O>
void check_options(const O& options) {
  constexpr auto me = "data::simulate_snapshots";
  check(!options.days.empty(), me, "days is empty");
  for (std::size_t i = 0; i < options.days.size(); ++i) {
    check_not_negative(me, "days[" + std::to_string(i) + "]", options.days[i]);
    check(i == 0 || options.days[i] > options.days[i - 1], me, "days[", i, "] = ", options.days[i],
          " is not later than the day before");
  }
  check(options.cells >= 1, me, "cells is ", options.cells, ", wanted 1 or more");
  check(options.continuations >= 0, me, "continuations is ", options.continuations,
        ", wanted zero or more");
  check_not_negative(me, "measurement", options.measurement);
}

}  // namespace drawing

/// Simulates one independent population for every day and destroys it for its snapshot.
///
/// Each day has `cells` founders of its own; all their living descendants are the population, and
/// the snapshot is drawn from it without replacement (fixed; fewer cells if fewer live) or is all
/// of it (proportional). Relative mass of a day: `mass`. Every number is keyed by (seed, day's
/// number, founder, division path, step), so it does not depend on the other days or founders.
/// Note that snapshots with noise D = noise² (p + k ∘ x) move, as densities ρ, with the velocity
/// f − ½ ∇·(D ρ) / ρ: a learned velocity field meets `velocity` exactly only without noise.
/// Throws std::invalid_argument for misuse and std::runtime_error if a population dies out.
template <std::floating_point S>
[[nodiscard]] SimulatedSnapshots<S> simulate_snapshots(const GeneCircuit<S>& circuit,
                                                       const SimulationOptions& options = {}) {
  drawing::check_options(options);
  std::vector<drawing::Drawn<S>> drawn;
  Index total = 0;
  for (const double day : options.days) {
    const Stream stream = Stream(options.seed).fork(0x736e6170).fork(drawn.size());
    drawn.push_back(drawing::draw_day(circuit, stream, day, options));
    total += drawn.back().cells.cols();
  }
  SimulatedSnapshots<S> out;
  out.days = options.days;
  out.state.resize(circuit.dims(), total);
  out.expression.resizeLike(out.state);
  out.velocity.resizeLike(out.state);
  Index c = 0;
  for (std::size_t d = 0; d < drawn.size(); ++d) {
    out.mass.push_back(drawn[d].mass);
    out.cells.push_back(drawn[d].cells.cols());
    for (Index i = 0; i < drawn[d].cells.cols(); ++i, ++c) {
      const Stream& key = drawn[d].keys[static_cast<std::size_t>(i)];
      out.state.col(c) = drawn[d].cells.col(i);
      const auto x = out.state.col(c);
      key.fork(1).fill_normal(0, out.expression.col(c).data(), circuit.dims());
      out.expression.col(c) = (x + S(options.measurement) * out.expression.col(c)).cwiseMax(S{0});
      const CellFate fate = cell_fate(circuit, x, options.continuations, key.fork(0));
      out.day.push_back(options.days[d]);
      out.growth.push_back(static_cast<double>(circuit.division(x) - circuit.death(x)));
      out.fate_a.push_back(fate.a);
      out.fate_a_probability.push_back(fate.probability);
      out.clone.push_back(static_cast<Index>(d) * options.cells +
                          drawn[d].founders[static_cast<std::size_t>(i)]);
    }
  }
  typename GeneCircuit<S>::Cache cache;
  const S any = 0;
  circuit.forward(Times<S>(any), out.state, out.velocity, cache);
  return out;
}

}  // namespace cytode::data
