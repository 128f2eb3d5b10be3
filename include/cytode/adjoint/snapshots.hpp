// SPDX-License-Identifier: MIT
/// Snapshots of a run in slots of equal size.
#pragma once

#include <cstddef>
#include <deque>

#include <cytode/ode/integration.hpp>

namespace cytode::adjoint {

/// Slots for snapshots of an Integration, made when first used, each for the whole batch, so that
/// no later save allocates.
template <std::floating_point S>
class Snapshots {
 public:
  /// Bytes of a slot for d × n numbers, so many clocks and events, bookkeeping included.
  [[nodiscard]] static std::size_t slot_bytes(Index d, Index n, Index clocks, Index events) {
    const auto size = [](Index count, std::size_t each) {
      return static_cast<std::size_t>(count) * each;
    };
    return size(2 * d * n, sizeof(S)) + size(n, sizeof(Index) + 1) +
           size(clocks, sizeof(ode::Pace)) + size(events * n, sizeof(double)) +
           sizeof(ode::Snapshot<S>) + bookkeeping;
  }

  /// Slots for runs of this shape from now on; those of another shape are given back.
  void shape(Index d, Index n, Index clocks, Index events) {
    if (d != d_ || n != n_ || clocks != clocks_ || events != events_) slots_.clear();
    d_ = d;
    n_ = n;
    clocks_ = clocks;
    events_ = events;
  }

  /// Gives back all slots but so many.
  void keep(std::size_t slots) {
    while (slots_.size() > slots) slots_.pop_back();
  }
  [[nodiscard]] std::size_t size() const { return slots_.size(); }

  /// Keeps the state of a run in a slot.
  template <class Run>
  void save(const Run& run, Index slot) {
    const auto at = static_cast<std::size_t>(slot);
    while (slots_.size() <= at) {
      ode::Snapshot<S>& s = slots_.emplace_back();
      s.x.shape(d_, n_);
      s.slope.shape(d_, n_);
      s.events.shape(events_, n_);
      s.cells.reserve(static_cast<std::size_t>(n_));
      s.ready.reserve(static_cast<std::size_t>(n_));
      s.paces.reserve(static_cast<std::size_t>(clocks_));
    }
    run.save(slots_[at]);
  }
  /// Takes a run back to the state in a slot.
  template <class Run>
  void restore(Run& run, Index slot) const {
    run.restore(slots_[static_cast<std::size_t>(slot)]);
  }

  [[nodiscard]] std::size_t bytes() const {
    return slots_.size() * slot_bytes(d_, n_, clocks_, events_);
  }

 private:
  // A slot's entries in the schedule that places it.
  static constexpr std::size_t bookkeeping = 96;

  Index d_ = 0, n_ = 0, clocks_ = 0, events_ = 0;
  std::deque<ode::Snapshot<S>> slots_;
};

}  // namespace cytode::adjoint
