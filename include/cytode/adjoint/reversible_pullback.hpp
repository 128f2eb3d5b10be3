// SPDX-License-Identifier: MIT
/// The way back through reversible steps: each is undone, and its transpose applied.
#pragma once

#include <cytode/adjoint/explicit_pullback.hpp>
#include <cytode/adjoint/reversible_step.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::adjoint {

/// With cotangents (ā, b̄) of (y', z') and p = (∂Ψ_{−h}/∂y')ᵀ b̄, the transpose of a ReversibleStep
/// is
///
///   ā ← ā − p,   b̄ ← b̄ + (1 − λ) ā + (∂Ψ_h/∂z)ᵀ ā,   ā ← λ ā.
///
/// The stages of both increments come from undoing the step; nothing of it was kept.
template <std::floating_point S>
class ReversiblePullback {
 public:
  ReversiblePullback(const ode::ExplicitTableau& tableau, double coupling)
      : step_(tableau, coupling),
        there_(ode::ExplicitStep<S>(tableau)),
        back_(ode::ExplicitStep<S>(tableau)),
        coupling_(static_cast<S>(coupling)) {}

  /// Memory for batches of d × n.
  void reserve(Index d, Index n) {
    step_.reserve(2 * d, n);
    there_.reserve(d, n, false);
    back_.reserve(d, n, false);
    if (tape_.size() < there_.numbers(d) * n) tape_.resize(there_.numbers(d) * n);
  }

  /// Undoes the step from t of size h: the pair w = [y'; z'] in, [y; z] out, and their cotangents
  /// ay, az likewise. at, ah += cotangents of t and h; those of θ go to the system's gradient.
  void undo(ode::DifferentiableSystem<S>& system, double t, double h, Matrix<S>& w, Matrix<S>& ay,
            Matrix<S>& az, double& at, double& ah) {
    const Index d = ay.rows(), n = ay.cols();
    const double end = t + h, minus = -h;
    const ode::Round there{n, true, &t, &h, nullptr}, back{n, true, &end, &minus, nullptr};
    step_.undo(system, there, w);
    double back_t = 0, back_h = 0;
    increment_ = -az;
    back_.record(step_.back(), step_.y(), nullptr, n, tape_.data());
    back_.begin(back, d, tape_.data());
    back_.pullback(system, increment_, &back_t, &back_h);  // −az − p
    ay += increment_ + az;
    increment_ = ay;
    there_.record(step_.there(), step_.z(), nullptr, n, tape_.data());
    there_.begin(there, d, tape_.data());
    there_.pullback(system, increment_, &at, &ah);  // ay + (∂Ψ_h/∂z)ᵀ ay
    az += increment_ - coupling_ * ay;
    ay *= coupling_;
    at += back_t;
    ah += back_t - back_h;
  }

 private:
  ReversibleStep<S> step_;
  ExplicitPullback<S> there_, back_;
  S coupling_;
  Matrix<S> increment_;
  Vector<S> tape_;
};

}  // namespace cytode::adjoint
