// SPDX-License-Identifier: MIT
/// The continuous adjoint: state and cotangent integrated backward together.
#pragma once

#include <utility>
#include <vector>

#include <cytode/adjoint/backward_pass.hpp>
#include <cytode/adjoint/check_cotangents.hpp>
#include <cytode/adjoint/crew.hpp>

namespace cytode::adjoint {

template <DifferentiableField F, ode::Method M>
class ContinuousRun;

/// The continuous adjoint, or backsolve [Chen 2018]: from the last observation to the first
///
///   dx/dt = f(t, x),   da/dt = −(∂f/∂x)ᵀ a,   ∂L/∂θ = ∫ (∂f/∂θ)ᵀ a dt,
///
/// with a += ∂L/∂x_k and x = x_k, the state of the solve, at every observation t_k; times get
/// ∂L/∂t_k = ⟨∂L/∂x_k, f(t_k, x_k)⟩ and ∂L/∂t_0 = −⟨a(t_0), f(t_0, x_0)⟩.
///
///   memory       the states at the observations; none a step
///   evaluations  one field and one vjp a stage, and a second pair over the accepted steps for θ
///   exactness    of the order of the tolerances, backward as well as forward; the state is
///                computed a second time, so a field that contracts forward explodes backward
///   choose it    when even checkpoints of Discrete do not fit, and the field is not stiff
///
/// The state of the backward equation is (x, a), 2 dims × cells: θ is a quadrature with the step's
/// own weights b_i over its stages, computed once the step is accepted. So error control looks at x
/// and a alone, which is the seminorm of [Kidger 2021]: ∫ (∂f/∂θ)ᵀ a dt feeds back into nothing,
/// and its error follows from those of x and a. `seminorm = false` lets the quadrature's error
/// estimate take part, as adjoint methods with θ in the state do: more steps, about three times the
/// evaluations a step, one clock only. Weights of a loss do not matter: absolute tolerances for a
/// are relative to the largest cotangent.
///
/// Throws std::invalid_argument for events, for states between steps (`land = false`), and where
/// the method of the solve is stiff and none is given; std::runtime_error from pullback if the way
/// back fails.
struct Continuous {
  ExplicitMethod method = {};  ///< Of the way back; empty: that of the solve.
  bool seminorm = true;

  template <class F, class M>
  using Run = ContinuousRun<F, M>;
};

/// What the backward equation is integrated with: the given method, else the one of the solve.
template <ode::Method M>
[[nodiscard]] BackwardControl backward_control(const char* name, const ExplicitMethod& given,
                                               const M& solve, bool seminorm) {
  BackwardControl control{given, seminorm};
  if constexpr (Explicit<M>) {
    if (given.empty()) control.method = ExplicitMethod(solve);
  }
  check(!control.method.empty(), name,
        "the method of the solve is implicit; give an explicit one for the way back");
  check(seminorm || control.method.control().clock == ode::Clock::shared, name,
        "seminorm = false needs one clock for all cells");
  return control;
}

/// A solve whose pullback is the continuous adjoint; see Continuous.
template <DifferentiableField F, ode::Method M>
class ContinuousRun {
 public:
  using S = typename F::Scalar;

  ContinuousRun(const F& field, const ConstBatch<S>& x0, const std::vector<double>& times,
                const M& method, const Continuous& gradient, ode::Options<S> options,
                Workers* workers)
      : crew_(workers),
        forward_("adjoint::Continuous", field, method, std::move(options), crew_()),
        backward_(
            forward_,
            backward_control("adjoint::Continuous", gradient.method, method, gradient.seminorm), {},
            crew_()) {
    forward(x0, times);
  }
  ContinuousRun(const ContinuousRun&) = delete;
  ContinuousRun& operator=(const ContinuousRun&) = delete;

  void forward(const ConstBatch<S>& x0, const std::vector<double>& times) {
    forward_.run(x0, times);
    report_ = {};
    report_.forward = solution().counts;
    report_.bytes = forward_.bytes();
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

  /// Rows of the backward equation's state: 2 dims.
  [[nodiscard]] Index backward_rows() const { return backward_.rows(); }

 private:
  Crew crew_;
  ForwardPass<F, M> forward_;
  BackwardPass<F, M> backward_;
  Report report_;
};

}  // namespace cytode::adjoint
