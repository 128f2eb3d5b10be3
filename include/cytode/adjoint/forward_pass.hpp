// SPDX-License-Identifier: MIT
/// The solve of a gradient method, with the states that a way back must know.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/ode/differentiable_system.hpp>
#include <cytode/ode/integration.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::adjoint {

/// Where a solve must stop: the start, every requested time and every jump, in their order.
template <std::floating_point S>
struct Landing {
  double time = 0;
  Index output = -1;              ///< Position in the requested times, or none.
  std::vector<Index> jumps = {};  ///< Positions in Options::jumps.
  Matrix<S> before = {};          ///< States before the jumps, where there are any.
};

/// One solve as often as wanted, in the memory of the one before, landing by landing.
template <DifferentiableField F, ode::Method M>
class ForwardPass {
 public:
  using S = typename F::Scalar;
  using Step = ode::StepOf<M, S>;
  using Record = ode::RoundRecord<S>;

  /// Throws std::invalid_argument for options that only the discrete adjoint differentiates.
  ForwardPass(const char* name, const F& field, const M& method, ode::Options<S> options,
              Workers& workers)
      : field_(field),
        system_(field, workers),
        integration_(system_, Step(M::tableau), method.control(), std::move(options)) {
    check(integration_.options().events.empty(), name,
          "options.events is not empty; adjoint::Discrete differentiates through events");
    check(integration_.options().land, name,
          "options.land is false; adjoint::Discrete differentiates states between steps");
    integration_.listener = [this](const Record& record) {
      for (Index slot = 0; slot < record.round.cells; ++slot) keep(record, slot);
      if (listener) listener(record);
    };
  }
  ForwardPass(const ForwardPass&) = delete;
  ForwardPass& operator=(const ForwardPass&) = delete;

  /// Called after each trial.
  std::function<void(const Record&)> listener;

  /// Solves; throws std::invalid_argument as ode::solve does.
  void run(const ConstBatch<S>& x0, const std::vector<double>& times) {
    check_features("ode::solve", "x0", x0, field_.dims());
    plan(x0, times);
    integration_.start(x0, times);
    while (integration_.advance()) {
    }
    integration_.close();
  }

  [[nodiscard]] const ode::Solution<S>& solution() const { return integration_.solution(); }
  [[nodiscard]] const ode::Options<S>& options() const { return integration_.options(); }
  [[nodiscard]] ode::DifferentiableFieldSystem<F>& system() { return system_; }
  /// Degree of the continuous extension.
  [[nodiscard]] Index degree() { return integration_.step().degree(); }
  [[nodiscard]] const F& field() const { return field_; }

  /// The start and every stop of the last solve.
  [[nodiscard]] const std::vector<Landing<S>>& landings() const { return landings_; }
  /// 1 forward in time, −1 backward.
  [[nodiscard]] double direction() const { return schedule_.direction(); }
  /// States at a landing before its jumps.
  [[nodiscard]] const Matrix<S>& before(std::size_t landing) const {
    const Landing<S>& l = landings_[landing];
    return l.jumps.empty() ? solution().states[static_cast<std::size_t>(l.output)] : l.before;
  }
  /// Turns cotangents of the states after a landing's jumps into those of the states before.
  void pull_jumps(std::size_t landing, Index cell, VectorView<S> a) const {
    const Landing<S>& l = landings_[landing];
    for (std::size_t k = l.jumps.size(); k-- > 0;) {
      const auto& jumps = options().jumps;
      if (!jumps[static_cast<std::size_t>(l.jumps[k])].pullback) continue;
      Vector<S> x = l.before.col(cell);
      for (std::size_t i = 0; i < k; ++i) {
        jumps[static_cast<std::size_t>(l.jumps[i])].apply(cell, x);
      }
      jumps[static_cast<std::size_t>(l.jumps[k])].pullback(cell, x, a);
    }
  }
  /// Bytes kept for the way back, the states of the solution included.
  [[nodiscard]] std::size_t bytes() const {
    Index numbers = 0;
    for (const Landing<S>& l : landings_) numbers += l.before.size();
    for (const Matrix<S>& x : solution().states) numbers += x.size();
    return static_cast<std::size_t>(numbers) * sizeof(S);
  }

 private:
  void plan(const ConstBatch<S>& x0, const std::vector<double>& times) {
    schedule_ = ode::Schedule(times, integration_.options());
    landings_.resize(schedule_.stops().size() + 1);
    const auto set = [&](Landing<S>& landing, const ode::Stop& stop) {
      landing.time = stop.time;
      landing.output = stop.output;
      landing.jumps = stop.jumps;
      landing.before.resize(x0.rows(), stop.jumps.empty() ? 0 : x0.cols());
    };
    set(landings_[0], schedule_.start());
    if (!schedule_.start().jumps.empty()) landings_[0].before = x0;
    for (std::size_t k = 1; k < landings_.size(); ++k) set(landings_[k], schedule_.stops()[k - 1]);
  }
  void keep(const Record& record, Index slot) {
    const Index landed = record.landed[static_cast<std::size_t>(slot)];
    if (landed < 0) return;
    Landing<S>& l = landings_[static_cast<std::size_t>(landed) + 1];
    if (l.before.size() == 0) return;
    l.before.col(record.cells[static_cast<std::size_t>(slot)]) = record.next.col(slot);
  }

  const F& field_;
  ode::DifferentiableFieldSystem<F> system_;
  ode::Integration<S, Step> integration_;
  ode::Schedule schedule_;
  std::vector<Landing<S>> landings_;
};

}  // namespace cytode::adjoint
