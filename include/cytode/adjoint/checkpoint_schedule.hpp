// SPDX-License-Identifier: MIT
/// Which states of a run to keep so that it can be retraced backwards with little repetition.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include <cytode/core/types.hpp>

namespace cytode::adjoint {

/// Checkpoints for a run of any number of rounds, known only when it is over, in a fixed number of
/// slots. Position i is the state before round i.
///
/// Forward, each position is offered and takes a slot; once there is none left, one that a later
/// checkpoint of a higher level has made dispensable is given up, or else the newest moves on and
/// rises by a level [Wang 2009]: the rounds are repeated at most r times, r the smallest with
/// C(slots + r, r) rounds or more. Backward, the gaps are divided by the binomial rule [Griewank
/// 2000] with the slots that have become free. Measured against the optimum for a known number of
/// rounds, this makes less than 1 round a round more (0.1 to 0.35 on average).
class CheckpointSchedule {
 public:
  /// One stretch of the way back to a round: from a checkpoint so many rounds on, and then either
  /// keep the state in slot `save`, or, with save = −1, make the round itself.
  struct Move {
    long from = 0;
    Index slot = 0;
    long advance = 0;
    Index save = -1;
  };

  /// Begins a run with so many slots, 2 or more.
  template <class = void>
  void start(Index slots) {
    slots_ = slots;
    used_ = 0;
    kept_.clear();
    spare_.clear();
    free_.clear();
  }

  /// Positions 0, 1, 2, … in turn: the slot to keep this one in.
  template <class = void>
  Index visit(long position) {
    int level = 0;
    Index slot = 0;
    if (used_ < slots_) {
      slot = used_++;
      if (position == 0) level = std::numeric_limits<int>::max();
    } else if (!spare_.empty()) {
      slot = spare_.back().slot;
      spare_.pop_back();
    } else {
      slot = kept_.back().slot;
      level = kept_.back().level + 1;
      kept_.pop_back();
      while (kept_.back().level < level) {
        spare_.push_back(kept_.back());
        kept_.pop_back();
      }
    }
    kept_.push_back({position, slot, level});
    return slot;
  }

  /// Ends the forward run.
  template <class = void>
  void turn() {
    kept_.insert(kept_.end(), spare_.begin(), spare_.end());
    spare_.clear();
    std::sort(kept_.begin(), kept_.end(),
              [](const Checkpoint& a, const Checkpoint& b) { return a.position < b.position; });
  }

  /// The next stretch of the way to a round; rounds come in reverse order, each until a move with
  /// save = −1.
  template <class = void>
  Move next(long round) {
    while (kept_.back().position > round) {
      free_.push_back(kept_.back().slot);
      kept_.pop_back();
    }
    const Checkpoint last = kept_.back();
    const long length = round - last.position + 1;
    const long slots = slots_ - static_cast<Index>(kept_.size()) + 1;
    if (length == 1 || slots == 1) return {last.position, last.slot, length - 1, -1};
    const long advance = split(length, slots);
    Index slot = used_;
    if (free_.empty()) {
      ++used_;
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    kept_.push_back({last.position + advance, slot, 0});
    return {last.position, last.slot, advance, slot};
  }

  /// Slots that have been asked for.
  [[nodiscard]] Index used() const { return used_; }

  /// Fewest rounds to make again for a run of so many rounds, all known before, in so many slots:
  /// r l − C(s + r, r − 1) with C(s + r − 1, s) < l ≤ C(s + r, s) [Griewank 2000].
  [[nodiscard]] static double optimum(long rounds, long slots) {
    const long r = repetitions(rounds, slots);
    return static_cast<double>(r) * static_cast<double>(rounds) - reach(slots + 1, r - 1);
  }
  /// Where to keep the next state of a stretch of so many rounds, one of the slots being its start.
  [[nodiscard]] static long split(long rounds, long slots) {
    const long r = repetitions(rounds, slots);
    const double left =
        std::max(reach(slots, r - 2), static_cast<double>(rounds) - reach(slots - 1, r));
    return std::max(1L, static_cast<long>(left));
  }

 private:
  struct Checkpoint {
    long position;
    Index slot;
    int level;
  };
  // C(s + r, r): rounds that s slots reach with r repetitions.
  static double reach(long slots, long r) {
    if (r < 0) return 0;
    double product = 1;
    for (long i = 1; i <= r; ++i) {
      product = product * static_cast<double>(slots + i) / static_cast<double>(i);
    }
    return product;
  }
  static long repetitions(long rounds, long slots) {
    long r = 0;
    for (double c = 1; c < static_cast<double>(rounds);) {
      ++r;
      c = c * static_cast<double>(slots + r) / static_cast<double>(r);
    }
    return r;
  }

  Index slots_ = 0, used_ = 0;
  std::vector<Checkpoint> kept_;   // by position; levels never rise
  std::vector<Checkpoint> spare_;  // dispensable
  std::vector<Index> free_;        // given back on the way back
};

}  // namespace cytode::adjoint
