// SPDX-License-Identifier: MIT
/// The reverse pass over recorded rounds, from the cotangents of a solution to a gradient.
#pragma once

#include <algorithm>
#include <vector>

#include <cytode/adjoint/gradient.hpp>
#include <cytode/adjoint/tape.hpp>
#include <cytode/adjoint/time_gradient.hpp>
#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>

namespace cytode::adjoint {

/// Carries the cotangent λ of every cell's state from the end of a run to its start: at a stop the
/// cotangent of the state asked for enters, then the jumps there are pulled back, then the step.
/// Rounds come in reverse order; what a cell does between its own steps is nothing, so this is
/// right for a clock per cell as well.
///
/// A terminal event at θ with g(t + θh, x(θ)) = 0 and cotangents a of its state, τ of its time:
/// with D = h ∂g/∂t + ∂g/∂x · x'(θ) and μ = (a · x'(θ) + hτ) / D,
///   x(θ) receives a − μ ∂g/∂x,   t + θh receives τ − μ ∂g/∂t.
template <std::floating_point S, class Step>
class Reverse {
 public:
  using Run = ode::Integration<S, Step>;
  using Cotangents = std::vector<Matrix<S>>;
  using PassageCotangents = std::vector<PassageCotangent<S>>;

  /// The system is the one of the run.
  Reverse(Run& run, ode::DifferentiableSystem<S>& system)
      : run_(run), system_(system), step_(run.step()) {}

  /// The transpose of the steps, for recording too.
  [[nodiscard]] StepPullback<Step>& step() { return step_; }
  /// Memory for a run of d × n.
  void reserve(Index d, Index n) {
    const bool inside = !run_.options().events.empty() || !run_.options().land;
    step_.reserve(d, n, inside);
    lambda_.shape(d, n);
    gathered_.shape(d, n);
    at_.resize(idx(n));
    ah_.resize(idx(n));
    outputs_.resize(idx(n));
    slots_.resize(idx(n));
    for (Vector<S>* v : {&point_, &slope_, &cotangent_, &event_slope_}) v->resize(d);
  }

  /// Begins a reverse pass; `passage_rounds` gives the round of each passage of the solution.
  void begin(const Cotangents& cotangents, const PassageCotangents& passages,
             const std::vector<long>& passage_rounds) {
    cotangents_ = &cotangents;
    passages_ = &passages;
    passage_rounds_ = &passage_rounds;
    passage_ = passage_rounds.size();
    lambda_.view().setZero();
    times_.begin(run_.schedule());
    std::fill(outputs_.begin(), outputs_.end(), static_cast<Index>(cotangents.size()) - 1);
    system_.clear_gradient();
  }

  /// Pulls back round number `number`.
  void pull(const TapedRound<S>& r, long number) {
    const Index d = lambda_.rows(), m = r.round.cells;
    if (r.cells != nullptr) {
      auto a = gathered_.shape(d, m);
      for (Index j = 0; j < m; ++j) a.col(j) = lambda_.view().col(r.cells[j]);
    }
    Buffer<S>& states = r.cells == nullptr ? lambda_ : gathered_;
    arrive(r, states.view());
    step_.begin(r.round, d, r.numbers);
    if constexpr (requires { step_.recall(r.first, r.second); }) step_.recall(r.first, r.second);
    const std::size_t clocks = idx(r.round.clocks());
    std::fill(at_.begin(), at_.begin() + static_cast<long>(clocks), 0.0);
    std::fill(ah_.begin(), ah_.begin() + static_cast<long>(clocks), 0.0);
    if (!run_.options().events.empty()) pull_events(r, number);
    if (!run_.options().land) pull_outputs(r);
    step_.pullback(system_, states.view(), at_.data(), ah_.data());
    for (Index k = 0; k < r.round.clocks(); ++k) {
      times_.add_step(r.round.t[k], r.round.h[k], at_[idx(k)], ah_[idx(k)]);
    }
    if (r.cells != nullptr) {
      for (Index j = 0; j < m; ++j) lambda_.view().col(r.cells[j]) = states.view().col(j);
    }
  }

  /// Ends at the start of the run, where x0 was handed in.
  void finish(const Matrix<S>& x0, Gradient<S>& g) {
    auto lambda = lambda_.view();
    const ode::Stop& start = run_.schedule().start();
    if (run_.schedule().still()) pull_stillness();
    add_cotangent(0, lambda);
    for (Index j = 0; j < x0.cols(); ++j) {
      if (!start.jumps.empty()) pull_jumps(start, j, x0.col(j), lambda.col(j));
    }
    g.x0 = lambda;
    g.parameters.setZero(system_.parameter_count());
    system_.add_gradient(g.parameters);
    times_.finish(g.times);
  }

 private:
  static std::size_t idx(Index i) { return static_cast<std::size_t>(i); }
  [[nodiscard]] const Matrix<S>& cotangent(Index output) const {
    return (*cotangents_)[idx(output)];
  }
  // False where a solve that was stopped has no state, or the cotangent is zero.
  [[nodiscard]] bool has_cotangent(Index output) const {
    return output >= 0 && output < static_cast<Index>(cotangents_->size()) &&
           cotangent(output).size() > 0;
  }
  void add_cotangent(Index output, Batch<S> lambda) {
    if (has_cotangent(output)) lambda += cotangent(output);
  }

  // States that were stored at a stop, and jumps there.
  void arrive(const TapedRound<S>& r, Batch<S> a) {
    const std::vector<ode::Stop>& stops = run_.schedule().stops();
    if (r.round.shared && r.landed[0] < 0) return;
    for (Index j = 0; j < r.round.cells; ++j) {
      const Index landed = r.stop(j);
      if (landed < 0) continue;
      const ode::Stop& stop = stops[idx(landed)];
      if (has_cotangent(stop.output)) a.col(j) += cotangent(stop.output).col(r.cell(j));
      if (stop.jumps.empty()) continue;
      pull_jumps(stop, r.cell(j), Eigen::Map<const Vector<S>>(r.next + j * a.rows(), a.rows()),
                 a.col(j));
    }
  }
  void pull_jumps(const ode::Stop& stop, Index cell, const ConstVectorView<S>& before,
                  VectorView<S> lambda) {
    const auto& jumps = run_.options().jumps;
    for (std::size_t q = stop.jumps.size(); q-- > 0;) {
      const auto& jump = jumps[idx(stop.jumps[q])];
      if (!jump.pullback) continue;
      point_ = before;
      for (std::size_t p = 0; p < q; ++p) jumps[idx(stop.jumps[p])].apply(cell, point_);
      jump.pullback(cell, point_, lambda);
    }
  }

  // Passages of the round, and the states of cells that ended.
  void pull_events(const TapedRound<S>& r, long number) {
    bool mapped = false;
    while (passage_ > 0 && (*passage_rounds_)[passage_ - 1] == number) {
      --passage_;
      if (!mapped) {
        for (Index j = 0; j < r.round.cells; ++j) slots_[idx(r.cell(j))] = j;
        mapped = true;
      }
      const ode::Passage<S>& p = run_.solution().passages[passage_];
      pull_passage(r, p, slots_[idx(p.cell)]);
    }
  }
  void pull_passage(const TapedRound<S>& r, const ode::Passage<S>& p, Index slot) {
    const ode::Event<S>& event = run_.options().events[idx(p.event)];
    const double t = r.round.time(slot), h = r.round.size(slot);
    const double theta = event.terminal ? r.left_at[slot] : (p.time - t) / h;
    cotangent_.setZero();
    double tau = 0;
    if (!passages_->empty()) {
      const PassageCotangent<S>& given = (*passages_)[passage_];
      tau = given.time;
      if (given.state.size() > 0) cotangent_ = given.state;
    }
    if (event.terminal) add_outputs_after(t + theta * h, p.cell);
    if (tau == 0 && cotangent_.isZero(S(0))) return;
    check(static_cast<bool>(event.slope), "adjoint::pullback", "events[", p.event,
          "] has no slope: the hitting time cannot be differentiated");
    step_.point(slot, theta, point_, slope_);
    event_slope_.setZero();
    const double in_t = event.slope(t + theta * h, point_, event_slope_);
    const double rate = h * in_t + dot(event_slope_, slope_);
    const double mu = (dot(cotangent_, slope_) + h * tau) / rate;
    cotangent_ -= static_cast<S>(mu) * event_slope_;
    step_.add_point(slot, theta, cotangent_);
    const Index clock = r.round.shared ? 0 : slot;
    at_[idx(clock)] += tau - mu * in_t;
    ah_[idx(clock)] += theta * (tau - mu * in_t);
  }
  // A cell that ended keeps its state at all later outputs.
  void add_outputs_after(double time, Index cell) {
    const std::vector<double>& times = run_.schedule().times();
    Index& k = outputs_[idx(cell)];
    for (; k >= 0 && run_.schedule().direction() * (times[idx(k)] - time) >= 0; --k) {
      if (has_cotangent(k)) cotangent_ += cotangent(k).col(cell);
    }
  }

  // Outputs between the ends of steps.
  void pull_outputs(const TapedRound<S>& r) {
    const std::vector<double>& times = run_.schedule().times();
    const Index last = static_cast<Index>(times.size()) - 1;
    for (Index j = 0; j < r.round.cells; ++j) {
      const double t = r.round.time(j), h = r.round.size(j);
      const Index cell = r.cell(j), clock = r.round.shared ? 0 : j;
      Index& k = outputs_[idx(cell)];
      for (; k > 0 && (times[idx(k)] - t) / h > 0; --k) {
        if (k == last || !has_cotangent(k)) continue;
        const double theta = std::min((times[idx(k)] - t) / h, 1.0);
        cotangent_ = cotangent(k).col(cell);
        step_.add_point(j, theta, cotangent_);
        step_.point(j, theta, point_, slope_);
        // θ = (T − t) / h.
        const double along = dot(cotangent_, slope_) / h;
        times_.add_output(k, along);
        at_[idx(clock)] -= along;
        ah_[idx(clock)] -= theta * along;
      }
    }
  }
  static double dot(const Vector<S>& a, const Vector<S>& b) {
    return a.template cast<double>().dot(b.template cast<double>());
  }

  // [t, t]: the state there moves with the field as the end moves.
  void pull_stillness() {
    const std::vector<Matrix<S>>& states = run_.solution().states;
    if (states.size() < 2) return;
    const Index d = lambda_.rows(), n = lambda_.cols();
    auto slope = gathered_.shape(d, n);
    system_.evaluate(Times<S>(static_cast<S>(run_.schedule().start_time())), states[0], slope);
    for (Index k = 1; k < static_cast<Index>(states.size()); ++k) {
      if (!has_cotangent(k)) continue;
      lambda_.view() += cotangent(k);
      double along = 0;
      for (Index j = 0; j < n; ++j) {
        along +=
            cotangent(k).col(j).template cast<double>().dot(slope.col(j).template cast<double>());
      }
      times_.add_output(k, along);
      times_.add_output(0, -along);
    }
  }

  Run& run_;
  ode::DifferentiableSystem<S>& system_;
  StepPullback<Step> step_;
  const Cotangents* cotangents_ = nullptr;
  const PassageCotangents* passages_ = nullptr;
  const std::vector<long>* passage_rounds_ = nullptr;
  std::size_t passage_ = 0;  // passages still to come
  Buffer<S> lambda_, gathered_;
  std::vector<double> at_, ah_;  // one a clock
  std::vector<Index> outputs_;   // a cell: outputs up to this one are still to come
  std::vector<Index> slots_;     // a cell
  Vector<S> point_, slope_, cotangent_, event_slope_;
  TimeGradient times_;
};

}  // namespace cytode::adjoint
