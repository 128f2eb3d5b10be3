// SPDX-License-Identifier: MIT
/// The solve of a gradient method, with the states that a way back must know.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <cytode/adjoint/landings.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/ode/differentiable_system.hpp>
#include <cytode/ode/integration.hpp>
#include <cytode/ode/method.hpp>

namespace cytode::adjoint {

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
    landings_.plan(x0, times, options());
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
  [[nodiscard]] const Landings<S>& landings() const { return landings_; }
  /// States at a landing before its jumps.
  [[nodiscard]] const Matrix<S>& before(std::size_t landing) const {
    return landings_.before(landing, solution().states);
  }
  /// Bytes kept for the way back, the states of the solution included.
  [[nodiscard]] std::size_t bytes() const {
    Index numbers = 0;
    for (const Matrix<S>& x : solution().states) numbers += x.size();
    return landings_.bytes() + static_cast<std::size_t>(numbers) * sizeof(S);
  }

 private:
  void keep(const Record& record, Index slot) {
    const Index landed = record.landed[static_cast<std::size_t>(slot)];
    if (landed < 0) return;
    landings_.keep(static_cast<std::size_t>(landed) + 1,
                   record.cells[static_cast<std::size_t>(slot)], record.next.col(slot));
  }

  const F& field_;
  ode::DifferentiableFieldSystem<F> system_;
  ode::Integration<S, Step> integration_;
  Landings<S> landings_;
};

}  // namespace cytode::adjoint
