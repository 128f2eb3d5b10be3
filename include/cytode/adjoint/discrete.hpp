// SPDX-License-Identifier: MIT
/// The discrete adjoint: the exact gradient of the solution that was computed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/adjoint/check_cotangents.hpp>
#include <cytode/adjoint/checkpoint_schedule.hpp>
#include <cytode/adjoint/crew.hpp>
#include <cytode/adjoint/esdirk_pullback.hpp>
#include <cytode/adjoint/explicit_pullback.hpp>
#include <cytode/adjoint/gradient.hpp>
#include <cytode/adjoint/reverse.hpp>
#include <cytode/adjoint/rosenbrock_pullback.hpp>
#include <cytode/adjoint/snapshots.hpp>
#include <cytode/adjoint/tape.hpp>
#include <cytode/ode/solve.hpp>

namespace cytode::adjoint {

template <DifferentiableField F, ode::Method M>
class DiscreteRun;

/// Differentiates the steps themselves: exact for the computed solution, whatever the tolerance.
///
/// The accepted steps count as fixed fractions of the intervals between stops (requested times and
/// jumps), so that the step-size control and its rejected trials have no derivative; x0, θ, the
/// times and the hitting times of events are then differentiated exactly.
///
/// Memory, with memory_bytes = 0: stages × features numbers a cell and step, and the backward pass
/// costs one pullback of the field a stage. Under a budget the same, while it lasts; beyond it,
/// snapshots of the run, placed online for any number of steps and then by the binomial rule, and
/// one round of steps: the rounds between are done again, Report::recomputation times each on
/// average. The gradient is the same to the last bit. The budget counts what is kept of the run,
/// not the solution and work space.
struct Discrete {
  std::size_t memory_bytes = 0;  ///< 0: no limit.
  /// Without a limit and on one clock, what the field's pullback needs of its evaluations is kept
  /// as well, up to so many bytes: the backward pass evaluates nothing anew. 0: it does.
  std::size_t activation_bytes = std::size_t{256} << 20;

  template <class F, class M>
  using Run = DiscreteRun<F, M>;
};

/// A solve with the discrete adjoint; see GradientRun. Once warm, forward and pullback with the
/// same shapes allocate nothing (but the states of passages).
///
/// The field's parameters must be the same in pullback as in the forward pass before it. Throws
/// std::invalid_argument if the budget is below two snapshots and a round, and if the cotangent of
/// an event's passage is asked for without Event::slope.
template <DifferentiableField F, ode::Method M>
class DiscreteRun {
 public:
  using S = typename F::Scalar;
  using Step = ode::StepOf<M, S>;

  DiscreteRun(const F& field, const ConstBatch<S>& x0, const std::vector<double>& times,
              const M& method, const Discrete& options, ode::Options<S> solve, Workers* workers)
      : options_(options),
        crew_(workers),
        field_dims_(field.dims()),
        system_(field, crew_()),
        run_(system_, Step(M::tableau), method.control(), std::move(solve)),
        reverse_(run_, system_) {
    run_.listener = [this](const ode::RoundRecord<S>& r) { take_down(r); };
    forward(x0, times);
  }

  /// Solves, and keeps what pullback needs.
  void forward(const ConstBatch<S>& x0, const std::vector<double>& times) {
    check_features("adjoint::differentiate", "x0", x0, field_dims_);
    const bool same_shape = x0.rows() == x0_.rows() && x0.cols() == x0_.cols();
    const long expected = same_shape ? rounds_ : none;
    rounds_ = none;
    x0_ = x0;
    position_ = 0;
    phase_ = Phase::first;
    passage_rounds_.clear();
    reverse_.reserve(x0.rows(), x0.cols());
    tape_.clear();
    whole_ = true;
    peak_bytes_ = 0;
    if (limited()) divide_budget(x0.rows(), x0.cols(), expected);
    remembers_ = may_remember();
    first_evaluation_ = 0;
    if (remembers_) system_.remember(options_.activation_bytes);
    run_.start(x0, times);
    long kept = none;  // position of the newest checkpoint
    do {
      if (limited() && kept != position_) {
        kept = position_;
        spill_beyond(0, static_cast<std::size_t>(position_) + 1);
        snapshots_.save(run_, checkpoints_.visit(position_));
      }
    } while (run_.advance());
    run_.close();
    system_.remember(0);
    rounds_ = position_;
    report_ = {};
    report_.forward = run_.solution().counts;
    report_.bytes = kept_bytes();
    report_.peak_bytes = std::max(peak_bytes_, report_.bytes);
    fresh_ = true;
  }

  [[nodiscard]] const ode::Solution<S>& solution() const { return run_.solution(); }
  [[nodiscard]] const Report& report() const { return report_; }

  void pullback(const std::vector<Matrix<S>>& cotangents, Gradient<S>& g) {
    pullback(cotangents, no_passages_, g);
  }
  void pullback(const std::vector<Matrix<S>>& cotangents,
                const std::vector<PassageCotangent<S>>& passages, Gradient<S>& g) {
    check(rounds_ != none, "adjoint::pullback", "the last forward threw, there is no solve");
    check_cotangents(solution(), cotangents, passages);
    const ode::Counts before = system_.counts;
    replayed_ = 0;
    reverse_.begin(cotangents, passages, passage_rounds_);
    if (whole_) {
      const auto& rounds = tape_.rounds();
      for (long r = rounds_; r-- > 0;) reverse_.pull(rounds[static_cast<std::size_t>(r)], r);
    } else {
      pull_and_replay();
    }
    reverse_.finish(x0_, g);
    report_.backward = system_.counts - before;
    report_.recomputation =
        rounds_ == 0 ? 0 : static_cast<double>(replayed_) / static_cast<double>(rounds_);
    report_.peak_bytes = std::max(report_.peak_bytes, kept_bytes());
  }

 private:
  enum class Phase {
    first,   // the forward pass
    pass,    // on the way to a round
    record,  // a round that is pulled back next
  };

  [[nodiscard]] bool limited() const { return options_.memory_bytes > 0; }
  [[nodiscard]] std::size_t kept_bytes() const {
    return limited() ? tape_.rounds().size() * round_bytes_ + snapshots_.bytes()
                     : tape_.bytes() + system_.remembered_bytes();
  }
  // Lets go of the tape if so many more rounds, and snapshots so many in all, are too much.
  void spill_beyond(std::size_t rounds, std::size_t snapshots) {
    if (!whole_ || !limited()) return;
    const std::size_t more = snapshots > snapshots_.size() ? snapshots - snapshots_.size() : 0;
    const std::size_t bytes = kept_bytes() + rounds * round_bytes_ + more * snapshot_bytes_;
    if (bytes <= options_.memory_bytes) return;
    peak_bytes_ = kept_bytes();
    whole_ = false;
    tape_.shrink();
  }
  // At first the whole tape, and the snapshots that take its place once the budget is spent; not
  // where the run before was too long for it.
  void divide_budget(Index d, Index n, long expected) {
    const ode::Options<S>& o = run_.options();
    const Index clocks = run_.shared() ? 1 : n, events = static_cast<Index>(o.events.size());
    round_bytes_ = Tape<S>::round_bytes(d, n, clocks, reverse_.step().numbers(d), events > 0,
                                        !o.jumps.empty());
    snapshot_bytes_ = Snapshots<S>::slot_bytes(d, n, clocks, events);
    const std::size_t each = snapshot_bytes_;
    const std::size_t least = round_bytes_ + 2 * each;
    check(options_.memory_bytes >= least, "adjoint::Discrete", "memory_bytes is ",
          options_.memory_bytes, ", wanted ", least,
          " or more: one round of steps and two snapshots of the run");
    tape_.fix(round_bytes_);
    snapshots_.shape(d, n, clocks, events);
    checkpoints_.start(static_cast<Index>((options_.memory_bytes - round_bytes_) / each));
    if (expected == none) return;
    const auto rounds = static_cast<std::size_t>(expected);
    whole_ = rounds * (round_bytes_ + each) <= options_.memory_bytes;
    if (whole_) {
      snapshots_.keep(rounds);
    } else {
      tape_.shrink();
    }
  }

  // Stages are remembered where every trial evaluates the same cells, and nothing else.
  [[nodiscard]] bool may_remember() const {
    const ode::Options<S>& o = run_.options();
    return std::is_same_v<Step, ode::ExplicitStep<S>> && !limited() && run_.shared() &&
           o.events.empty() && o.jumps.empty() && o.land && !o.dense && o.samples == 0;
  }
  // The newest evaluations are the stages of the trial after the first, which was evaluated as the
  // last of the accepted step before, or on its own.
  void note_evaluations(bool accepted) {
    if constexpr (std::is_same_v<Step, ode::ExplicitStep<S>>) {
      const ode::ExplicitTableau& tableau = run_.step().tableau();
      const Index second = system_.remembered() - (tableau.stages - 1);
      if (accepted) {
        tape_.note_evaluations(first_evaluation_, second);
        first_evaluation_ = system_.remembered() - (tableau.first_same_as_last() ? 1 : 0);
      } else {
        system_.forget(second);
      }
    }
  }

  void take_down(const ode::RoundRecord<S>& r) {
    const auto end = r.accepted.begin() + r.round.cells;
    if (std::find(r.accepted.begin(), end, 1) == end) {
      if (remembers_ && phase_ == Phase::first) note_evaluations(false);
      return;
    }
    if (phase_ != Phase::pass) {
      spill_beyond(1, snapshots_.size());
      if (!whole_) tape_.clear();
      tape_.record(r, run_.schedule(), !run_.options().events.empty(), x0_.cols(), run_.step(),
                   reverse_.step());
      if (remembers_ && phase_ == Phase::first) note_evaluations(true);
    }
    if (phase_ == Phase::first) {
      passage_rounds_.resize(run_.solution().passages.size(), position_);
    }
    ++position_;
  }

  // After a forward pass the last round is on the tape; the others are made again from the
  // checkpoints.
  void pull_and_replay() {
    if (rounds_ == 0) return;
    long r = rounds_ - 1;
    // A second pullback begins with the first checkpoint alone.
    if (fresh_) {
      fresh_ = false;
      checkpoints_.turn();
      reverse_.pull(tape_.rounds().back(), r--);
    }
    for (; r >= 0; --r) {
      for (bool on = true; on;) {
        const CheckpointSchedule::Move move = checkpoints_.next(r);
        if (position_ != move.from) {
          snapshots_.restore(run_, move.slot);
          position_ = move.from;
        }
        replay(move.from + move.advance, Phase::pass);
        on = move.save >= 0;
        if (on) {
          snapshots_.save(run_, move.save);
        } else {
          replay(r + 1, Phase::record);
        }
      }
      reverse_.pull(tape_.rounds().back(), r);
    }
  }
  void replay(long to, Phase phase) {
    phase_ = phase;
    replayed_ += to - position_;
    while (position_ < to) {
      const long before = position_;
      const bool on = run_.advance();
      check(on || position_ > before, "adjoint::pullback",
            "the run took another way than before: the field, its parameters, the events or the "
            "jumps have changed since");
    }
  }

  Discrete options_;
  Crew crew_;
  Index field_dims_;
  ode::DifferentiableFieldSystem<F> system_;
  ode::Integration<S, Step> run_;
  Reverse<S, Step> reverse_;
  Tape<S> tape_;
  Snapshots<S> snapshots_;
  CheckpointSchedule checkpoints_;
  Matrix<S> x0_;
  std::vector<long> passage_rounds_;
  const std::vector<PassageCotangent<S>> no_passages_;
  Report report_;
  static constexpr long none = -1;
  Phase phase_ = Phase::first;
  long position_ = 0, rounds_ = none, replayed_ = 0;  // rounds with accepted steps
  std::size_t round_bytes_ = 0, snapshot_bytes_ = 0, peak_bytes_ = 0;
  bool whole_ = true;  // every round is on the tape
  bool remembers_ = false;
  Index first_evaluation_ = 0;  // of the slope at the state of now
  bool fresh_ = false;          // no pullback since the forward pass
};

}  // namespace cytode::adjoint
