// SPDX-License-Identifier: MIT
/// The cells that run, side by side in memory, with their clocks and what their last trial brought.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <cytode/core/copy_batch.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/status.hpp>
#include <cytode/ode/control.hpp>
#include <cytode/ode/matrix_block.hpp>
#include <cytode/ode/pace.hpp>
#include <cytode/ode/round.hpp>

namespace cytode::ode {

/// A clock that ends without having come to the end; `slot` is the cell at fault.
struct Fallen {
  Index clock;
  Status status;
  Index slot;
};

/// Cells in slots 0 … running − 1 of matrices of more columns, so that the field is one matrix
/// product over exactly those that run; a cell that ends gives its slot to the last one, and cells
/// that wait come behind it. One Pace for all cells, or one a slot.
template <std::floating_point S>
class RunningCells {
 public:
  Index running = 0;
  bool shared = true;
  /// Matrices of its own in the block; those lent out come after them.
  static constexpr Index matrices = 5;
  MatrixBlock<S> block;
  std::vector<Index> cells;  ///< Slot → place in x0.
  std::vector<Pace> paces;
  long charged = 0;  ///< Evaluations that had every running cell.
  /// features × slots; memory is in a block of their own.
  Eigen::Map<Matrix<S>> x{nullptr, 0, 0}, next{nullptr, 0, 0}, slope{nullptr, 0, 0},
      next_slope{nullptr, 0, 0}, error{nullptr, 0, 0};
  std::vector<double> t, h;             ///< The round in progress, a clock.
  std::vector<unsigned char> ready;     ///< The slope at x is known.
  std::vector<unsigned char> moved;     ///< x is another than in the last trial.
  std::vector<unsigned char> accepted;  ///< The last trial passed.
  std::vector<unsigned char> carried;   ///< It did not, and x is in `next` again.
  std::vector<unsigned char> ended;
  std::vector<Index> landed;    ///< Stop that the accepted trial reached, or −1.
  std::vector<double> left_at;  ///< θ of the terminal event that ended it, or 2.
  std::vector<Fallen> fallen;
  bool all_ready = false, any_accepted = false, all_accepted = false, any_ended = false;

  RunningCells() = default;
  RunningCells(const RunningCells&) = delete;  // maps would stay with the memory copied from
  RunningCells& operator=(const RunningCells&) = delete;

  static std::size_t idx(Index i) { return static_cast<std::size_t>(i); }

  /// Room for n cells in the memory of a run before, and none of them there; `lent` more matrices
  /// of that shape are in the same block.
  void begin(Index features, Index n, const Control& control, Index lent = 0) {
    running = 0;
    shared = control.clock == Clock::shared;
    block.reserve(matrices + lent, features, n);
    Index place = 0;
    for (auto* m : {&x, &next, &slope, &next_slope, &error}) {
      MatrixBlock<S>::settle(*m, block.place(place++), features, n);
    }
    if (control.fixed_steps) error.setZero();
    cells.resize(idx(n));
    moves_.clear();
    moves_.reserve(2 * idx(n));  // of those that run and of those that come in their places
    listed_.resize(idx(n) + 1);
    paces.resize(shared ? 1 : idx(n));
    t.resize(paces.size());
    h.resize(paces.size());
    charged = 0;
    for (auto* flags : {&ready, &moved, &accepted, &carried, &ended}) flags->resize(idx(n));
    landed.resize(idx(n));
    left_at.resize(idx(n));
    fallen.clear();
    all_ready = any_accepted = all_accepted = any_ended = false;
  }
  /// Cells come to the first free slots: those in the places of x0 from `first` on, at these
  /// states, features × cells. On one clock, all of them at once.
  void admit(const ConstBatch<S>& states, Index first, const Control& control, double start) {
    const Index from = running, n = states.cols();
    copy_batch<S>(states, x.middleCols(from, n));
    Pace pace;
    pace.t = pace.from = start;
    pace.h = control.first_step;
    pace.evaluations = -charged;
    std::fill_n(paces.begin() + (shared ? 0 : from), shared ? 1 : n, pace);
    for (Index j = 0; j < n; ++j) cells[idx(from + j)] = first + j;
    std::fill_n(ready.begin() + from, n, 0);
    std::fill_n(moved.begin() + from, n, 1);
    for (auto* flags : {&accepted, &carried, &ended}) std::fill_n(flags->begin() + from, n, 0);
    std::fill_n(landed.begin() + from, n, -1);
    std::fill_n(left_at.begin() + from, n, 2);
    running += n;
    all_ready = false;
  }

  [[nodiscard]] Index clocks() const { return shared ? std::min<Index>(1, running) : running; }
  [[nodiscard]] Pace& pace(Index slot) { return paces[shared ? 0 : idx(slot)]; }
  [[nodiscard]] const Pace& pace(Index slot) const { return paces[shared ? 0 : idx(slot)]; }
  /// Slots of a clock: from this one …
  [[nodiscard]] Index first_of(Index clock) const { return shared ? 0 : clock; }
  /// … to before this one.
  [[nodiscard]] Index end_of(Index clock) const { return shared ? running : clock + 1; }
  /// Cells from a slot on have had an evaluation.
  void charge(Index from) {
    if (shared || from == 0) {
      ++charged;
      return;
    }
    for (Index j = from; j < running; ++j) ++paces[idx(j)].evaluations;
  }
  /// Evaluations that a cell has had.
  [[nodiscard]] long evaluations(Index slot) const { return pace(slot).evaluations + charged; }

  /// The trials that the paces plan.
  Round round(double direction) {
    const Index c = clocks();
    for (Index k = 0; k < c; ++k) plan(k, direction);
    return planned();
  }
  /// That of one clock …
  void plan(Index clock, double direction) {
    t[idx(clock)] = paces[idx(clock)].t;
    h[idx(clock)] = direction * paces[idx(clock)].trial;
  }
  /// … and the round once all of them are there.
  [[nodiscard]] Round planned() const {
    return {running, shared, t.data(), h.data(), moved.data()};
  }

  void end(Index slot) {
    ended[idx(slot)] = 1;
    any_ended = true;
  }
  void unready(Index slot) {
    ready[idx(slot)] = 0;
    all_ready = false;
  }
  /// A clock falls; without a slot its worst cell is at fault.
  void fall(Index clock, Status status, Index slot = -1) {
    fallen.push_back({clock, status, slot < 0 ? worst_slot(clock) : slot});
  }
  /// The cell of a clock whose error is largest.
  [[nodiscard]] Index worst_slot(Index clock) const {
    if (!shared) return clock;
    Index worst = 0;
    double most = -1;
    for (Index j = 0; j < running; ++j) {
      const double e = all_finite(error.col(j).data(), error.rows())
                           ? static_cast<double>(error.col(j).cwiseAbs().maxCoeff())
                           : std::numeric_limits<double>::infinity();
      if (e > most) {
        most = e;
        worst = j;
      }
    }
    return worst;
  }

  /// Those of the first n clocks or slots for which `is` holds, ascending; valid until the next
  /// call. A list, because a loop that asks as it goes is guessed wrong at every one of them.
  template <class Is>
  [[nodiscard]] std::span<const Index> those(Index n, Is is) {
    std::size_t count = 0;
    for (Index k = 0; k < n; ++k) {
      listed_[count] = k;
      count += is(k) ? 1 : 0;
    }
    return {listed_.data(), count};
  }
  /// True if the cells are all there, each in its place in x0.
  [[nodiscard]] bool in_place() const {
    if (running != x.cols()) return false;
    for (Index j = 0; j < running; ++j) {
      if (cells[idx(j)] != j) return false;
    }
    return true;
  }
  /// The cell in slot `from` moves to slot `to`.
  void move(Index from, Index to) {
    for (auto* m : {&x, &slope}) {
      std::copy_n(m->col(from).data(), m->rows(), m->col(to).data());
    }
    moves_.emplace_back(from, to);
    cells[idx(to)] = cells[idx(from)];
    ready[idx(to)] = ready[idx(from)];
    moved[idx(to)] = moved[idx(from)];
    ended[idx(to)] = ended[idx(from)];
    if (!shared) paces[idx(to)] = paces[idx(from)];
  }

  /// The cell in a slot stays where it is while the others `turn`.
  void carry(Index slot, bool slopes) {
    const Index d = x.rows(), from = slot * d;
    std::copy_n(x.data() + from, d, next.data() + from);
    if (slopes) std::copy_n(slope.data() + from, d, next_slope.data() + from);
    carried[idx(slot)] = 1;
  }
  /// The ends of the last trials become the current states, and their slopes if asked for.
  void turn(bool slopes) {
    MatrixBlock<S>::exchange(x, next);
    if (slopes) MatrixBlock<S>::exchange(slope, next_slope);
  }

  /// Where the cell in a slot was during its last trial: cells move without what that left behind,
  /// and a diagnosis finds it there.
  [[nodiscard]] Index trial_slot(Index slot) const {
    for (auto m = moves_.rbegin(); m != moves_.rend(); ++m) {
      if (m->second == slot) slot = m->first;
    }
    return slot;
  }
  /// Before new trials.
  void forget_moves() { moves_.clear(); }

 private:
  std::vector<std::pair<Index, Index>> moves_;  // since the last trial
  std::vector<Index> listed_;                   // longer by one than there are cells
};

}  // namespace cytode::ode
