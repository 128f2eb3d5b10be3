// SPDX-License-Identifier: MIT
/// An explicit step of the adjoint system, with its quadrature of the parameters' gradient.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <cytode/adjoint/adjoint_system.hpp>
#include <cytode/ode/control.hpp>
#include <cytode/ode/explicit_step.hpp>

namespace cytode::adjoint {

/// The Step of Integration for an AdjointSystem: an ExplicitStep whose stages are kept, so that an
/// accepted step adds h Σ b_i to the quadrature. Where the quadrature takes part in the control of
/// the error, each trial also computes it and its estimate h Σ e_i, and the norm runs over z and
/// the parameters together.
template <std::floating_point S>
class AdjointStep {
 public:
  using System = AdjointSystem<S>;

  /// control: of the integration, for the norm of everything; null to leave the parameters out.
  AdjointStep(const ode::ExplicitTableau& tableau, const ode::Control* control)
      : step_(tableau), control_(control) {}

  [[nodiscard]] int error_order() const { return step_.error_order(); }
  [[nodiscard]] bool first_same_as_last() const { return step_.first_same_as_last(); }
  [[nodiscard]] int degree() const { return step_.degree(); }
  void reserve(Index d, Index n) {
    step_.reserve(d, n);
    all_.assign(static_cast<std::size_t>(n), 1);
    gradient_.setZero(gradient_.size());
  }
  void move_slot(Index from, Index to) { step_.move_slot(from, to); }

  void trial(System& system, const ode::Round& round, const ConstBatch<S>& z,
             const ConstBatch<S>& slope, Batch<S> next, Batch<S> next_slope, Batch<S> error) {
    system.begin_trial();
    step_.trial(system, round, z, slope, next, next_slope, error);
    if (control_ != nullptr && step_.tableau().adaptive()) measure(system, round, z, next, error);
  }
  [[nodiscard]] const S* second_error() { return step_.second_error(); }
  void prepare_dense(System& system, const ode::Round& round, const ConstBatch<S>& z,
                     const ConstBatch<S>& next_slope) {
    step_.prepare_dense(system, round, z, next_slope);
  }
  void polynomial(const ode::Round& round, Index slot, Batch<S> coefficients) const {
    step_.polynomial(round, slot, coefficients);
  }
  [[nodiscard]] bool field_failed(const ode::Round& round, Index slot,
                                  const ConstBatch<S>& z) const {
    return step_.field_failed(round, slot, z);
  }
  [[nodiscard]] double stiffness(const ode::Round& round, Index slot, const ConstBatch<S>& z,
                                 const ConstBatch<S>& next, const ConstBatch<S>& next_slope) const {
    return step_.stiffness(round, slot, z, next, next_slope);
  }

  /// Adds the last trial's part for the cells that accepted it to the gradient of `into`.
  void accept(System& system, const ode::Round& round, const ConstBatch<S>& z,
              const std::vector<unsigned char>& accepted, ode::DifferentiableSystem<S>& into) {
    system.pull_parameters(round, step_.tableau(), step_.tableau().b, z, accepted, into);
    if (control_ != nullptr && accepted[0]) gradient_ += part_;
  }

 private:
  // Replaces the error by one whose norm is that of (error of z, error of the quadrature).
  void measure(System& system, const ode::Round& round, const ConstBatch<S>& z,
               const ConstBatch<S>& next, Batch<S> error) {
    pull(system, round, step_.tableau().b, z, part_);
    pull(system, round, step_.tableau().error, z, estimate_);
    if (gradient_.size() != part_.size()) gradient_.setZero(part_.size());
    double sum = 0, most = 0;
    const auto take = [&](double ratio) {
      sum += ratio * ratio;
      most = ratio <= most ? most : ratio;  // NaN gets through
    };
    for (Index j = 0; j < z.cols(); ++j) {
      for (Index i = 0; i < z.rows(); ++i)
        take(std::abs(error(i, j)) / scale(i, z(i, j), next(i, j)));
    }
    for (Index p = 0; p < part_.size(); ++p) {
      const double g = gradient_[p];
      take(std::abs(estimate_[p]) / scale(-1, g, g + part_[p]));
    }
    const double count = static_cast<double>(z.size() + part_.size());
    const double norm = control_->norm == ode::Norm::maximum ? most : std::sqrt(sum / count);
    for (Index j = 0; j < z.cols(); ++j) {
      for (Index i = 0; i < z.rows(); ++i) {
        error(i, j) = static_cast<S>(norm * scale(i, z(i, j), next(i, j)));
      }
    }
  }
  void pull(System& system, const ode::Round& round, std::span<const double> weights,
            const ConstBatch<S>& z, Vector<S>& to) {
    system.field().clear_gradient();
    system.pull_parameters(round, step_.tableau(), weights, z, all_, system.field());
    to.setZero(system.field().parameter_count());
    system.field().add_gradient(to);
  }
  [[nodiscard]] double scale(Index row, double before, double after) const {
    const auto& each = control_->absolute_tolerances;
    const double absolute = row < 0 || each.empty() ? control_->absolute_tolerance
                                                    : each[static_cast<std::size_t>(row)];
    return absolute + control_->relative_tolerance * std::max(std::abs(before), std::abs(after));
  }

  ode::ExplicitStep<S> step_;
  const ode::Control* control_;
  std::vector<unsigned char> all_;
  Vector<S> gradient_, part_, estimate_;
};

}  // namespace cytode::adjoint
