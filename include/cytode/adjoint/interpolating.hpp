// SPDX-License-Identifier: MIT
/// The interpolating adjoint: the cotangent integrated backward along the dense solution.
#pragma once

#include <utility>
#include <vector>

#include <cytode/adjoint/continuous.hpp>

namespace cytode::adjoint {

template <DifferentiableField F, ode::Method M>
class InterpolatingRun;

/// The interpolating adjoint: da/dt = −(∂f/∂x)ᵀ a and ∂L/∂θ = ∫ (∂f/∂θ)ᵀ a dt as in Continuous,
/// with x(t) from the continuous extension of the solve. Only a is integrated, dims × cells.
///
///   memory       (degree + 1) × dims numbers a step and cell
///   evaluations  one field and one vjp a stage, and a second pair over the accepted steps for θ
///   exactness    of the order of the tolerances and of the extension's error
///   choose it    for long solves of contracting fields, where Continuous is unstable, with its own
///                step sizes on the way back; Discrete is exact, and usually cheaper
///
/// The solve may use any method with a continuous extension, stiff ones too; the way back is
/// explicit and on one clock. Seminorm, scaling and errors as in Continuous.
struct Interpolating {
  ExplicitMethod method = {};  ///< Of the way back; empty: that of the solve.
  bool seminorm = true;

  template <class F, class M>
  using Run = InterpolatingRun<F, M>;
};

/// A solve whose pullback is the interpolating adjoint; see Interpolating.
template <DifferentiableField F, ode::Method M>
class InterpolatingRun {
 public:
  using S = typename F::Scalar;

  InterpolatingRun(const F& field, const ConstBatch<S>& x0, const std::vector<double>& times,
                   const M& method, const Interpolating& gradient, ode::Options<S> options,
                   Workers* workers)
      : crew_(workers),
        forward_("adjoint::Interpolating", field, method, dense(std::move(options)), crew_()),
        backward_(
            forward_,
            backward_control("adjoint::Interpolating", gradient.method, method, gradient.seminorm),
            [this](Times<S> t, Batch<S> x) { path(static_cast<double>(t[0]), x); }, crew_()) {
    forward(x0, times);
  }
  InterpolatingRun(const InterpolatingRun&) = delete;
  InterpolatingRun& operator=(const InterpolatingRun&) = delete;

  void forward(const ConstBatch<S>& x0, const std::vector<double>& times) {
    forward_.run(x0, times);
    report_ = {};
    report_.forward = solution().counts;
    report_.bytes = forward_.bytes() + dense_bytes();
    report_.peak_bytes = report_.bytes;
  }
  [[nodiscard]] const ode::Solution<S>& solution() const { return forward_.solution(); }
  [[nodiscard]] const Report& report() const { return report_; }

  void pullback(const std::vector<Matrix<S>>& cotangents, Gradient<S>& g) {
    pullback(cotangents, {}, g);
  }
  void pullback(const std::vector<Matrix<S>>& cotangents,
                const std::vector<PassageCotangent<S>>& passages, Gradient<S>& g) {
    check_cotangents(solution(), cotangents, passages);
    backward_.run(cotangents, g);
    report_.backward = backward_.counts;
    report_.peak_bytes = report_.bytes + backward_.bytes();
  }

  /// Rows of the backward equation's state: dims.
  [[nodiscard]] Index backward_rows() const { return backward_.rows(); }

 private:
  static ode::Options<S> dense(ode::Options<S> options) {
    options.dense = true;
    return options;
  }
  // x(t) between the landing that the way back has passed and the one before it, sides told apart.
  void path(double t, Batch<S> x) const {
    const std::size_t later = backward_.landing();
    const double high = forward_.landings()[later].time, low = forward_.landings()[later - 1].time;
    if (forward_.landings().direction() * (t - static_cast<double>(static_cast<S>(high))) >= 0) {
      x = forward_.before(later);
      return;
    }
    if (forward_.landings().direction() * (t - low) < 0) t = low;
    for (Index j = 0; j < x.cols(); ++j) x.col(j) = solution().dense.evaluate(j, t);
  }
  [[nodiscard]] std::size_t dense_bytes() {
    const auto& s = solution();
    long steps = 0;
    for (const ode::CellReport& c : s.cells) steps += c.accepted;
    return static_cast<std::size_t>(steps * (forward_.degree() + 1) * s.states[0].rows()) *
           sizeof(S);
  }

  Crew crew_;
  ForwardPass<F, M> forward_;
  BackwardPass<F, M> backward_;
  Report report_;
};

}  // namespace cytode::adjoint
