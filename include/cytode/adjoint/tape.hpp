// SPDX-License-Identifier: MIT
/// The accepted steps of a run, as the reverse pass needs them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <cytode/adjoint/arena.hpp>
#include <cytode/adjoint/step_pullback.hpp>
#include <cytode/ode/integration.hpp>

namespace cytode::adjoint {

/// The accepted steps of one round, side by side; memory belongs to a Tape.
template <std::floating_point S>
struct TapedRound {
  ode::Round round;
  const Index* cells = nullptr;     ///< Slot → place in x0; null: all cells in their order.
  const Index* landed = nullptr;    ///< Stop reached, or −1, one a clock.
  const double* left_at = nullptr;  ///< θ of the terminal event of a slot, or 2; null: no events.
  const S* numbers = nullptr;       ///< What the step recorded.
  const S* next = nullptr;          ///< States before the jumps at the stop, features × slots.
  Index first = -1, second = -1;    ///< Remembered evaluations of the stages, or none.

  [[nodiscard]] Index cell(Index slot) const { return cells == nullptr ? slot : cells[slot]; }
  [[nodiscard]] bool left(Index slot) const { return left_at != nullptr && left_at[slot] <= 1; }
  [[nodiscard]] Index stop(Index slot) const {
    return left(slot) ? -1 : landed[round.shared ? 0 : slot];
  }
};

/// Takes down rounds from an Integration's listener.
template <std::floating_point S>
class Tape {
 public:
  /// Bytes that one round of so many cells takes at most, with so many numbers a cell.
  [[nodiscard]] static std::size_t round_bytes(Index d, Index cells, Index clocks, Index numbers,
                                               bool events, bool jumps) {
    return 2 * Arena::size_of<double>(clocks) + Arena::size_of<Index>(cells) +
           Arena::size_of<Index>(clocks) + (events ? Arena::size_of<double>(cells) : 0) +
           Arena::size_of<S>(numbers * cells) + sizeof(TapedRound<S>) +
           (jumps ? Arena::size_of<S>(d * cells) : 0);
  }

  /// Rounds take blocks of so many bytes each from now on.
  void fix(std::size_t bytes) {
    rounds_.clear();
    arena_.fix(bytes);
    fixed_ = true;
  }
  /// Leaves the tape empty, with memory for one round.
  void shrink() {
    rounds_.clear();
    arena_.keep(1);
  }
  void clear() {
    rounds_.clear();
    arena_.clear();
  }
  [[nodiscard]] const std::vector<TapedRound<S>>& rounds() const { return rounds_; }
  /// The system remembers the evaluations of the newest round's stages by these numbers.
  void note_evaluations(Index first, Index second) {
    rounds_.back().first = first;
    rounds_.back().second = second;
  }
  [[nodiscard]] std::size_t bytes() const {
    return arena_.taken() + rounds_.size() * sizeof(TapedRound<S>);
  }

  /// Appends the accepted slots of a round; true if there are any. `all`: cells of the run.
  template <class Step, class Transpose>
  bool record(const ode::RoundRecord<S>& r, const ode::Schedule& schedule, bool events, Index all,
              const Step& step, const Transpose& transpose) {
    slots_.clear();
    for (Index j = 0; j < r.round.cells; ++j) {
      if (r.accepted[idx(j)] != 0) slots_.push_back(j);
    }
    if (slots_.empty()) return false;
    const Index m = static_cast<Index>(slots_.size()), clocks = r.round.shared ? 1 : m;
    const Index* slots = m == r.round.cells ? nullptr : slots_.data();
    if (fixed_) arena_.next_block();
    TapedRound<S> to;
    double* t = arena_.take<double>(clocks);
    double* h = arena_.take<double>(clocks);
    Index* landed = arena_.take<Index>(clocks);
    for (Index k = 0; k < clocks; ++k) {
      t[k] = r.round.time(slots_[idx(k)]);
      h[k] = r.round.size(slots_[idx(k)]);
      landed[k] = r.landed[idx(slots_[idx(k)])];
    }
    to.round = {m, r.round.shared, t, h, nullptr};
    to.landed = landed;
    // A slot ended by an event has not landed, whatever its clock did.
    if (r.round.shared) {
      for (const Index j : slots_) landed[0] = std::max(landed[0], r.landed[idx(j)]);
    }
    if (m != all) to.cells = gather(r.cells, m);
    if (events) to.left_at = gather(r.left_at, m);
    S* numbers = arena_.take<S>(transpose.numbers(r.x.rows()) * m);
    transpose.record(step, r.x, slots, m, numbers);
    to.numbers = numbers;
    if (jumps_at(schedule, landed, clocks)) {
      S* next = arena_.take<S>(r.next.rows() * m);
      for (Index j = 0; j < m; ++j) {
        std::copy_n(r.next.data() + slots_[idx(j)] * r.next.rows(), r.next.rows(),
                    next + j * r.next.rows());
      }
      to.next = next;
    }
    rounds_.push_back(to);
    return true;
  }

 private:
  static std::size_t idx(Index i) { return static_cast<std::size_t>(i); }
  template <class T>
  const T* gather(const std::vector<T>& from, Index m) {
    T* to = arena_.take<T>(m);
    for (Index j = 0; j < m; ++j) to[j] = from[idx(slots_[idx(j)])];
    return to;
  }
  static bool jumps_at(const ode::Schedule& schedule, const Index* landed, Index clocks) {
    for (Index k = 0; k < clocks; ++k) {
      if (landed[k] >= 0 && !schedule.stops()[idx(landed[k])].jumps.empty()) return true;
    }
    return false;
  }

  Arena arena_;
  std::vector<TapedRound<S>> rounds_;
  std::vector<Index> slots_;
  bool fixed_ = false;
};

}  // namespace cytode::adjoint
