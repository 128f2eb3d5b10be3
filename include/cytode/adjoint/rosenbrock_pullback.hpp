// SPDX-License-Identifier: MIT
/// The exact transpose of Rosenbrock steps.
#pragma once

#include <vector>

#include <cytode/adjoint/stage_tape.hpp>
#include <cytode/adjoint/step_pullback.hpp>
#include <cytode/core/buffer.hpp>
#include <cytode/ode/cell_jacobians.hpp>
#include <cytode/ode/rosenbrock_step.hpp>

namespace cytode::adjoint {

/// Pulls cotangents through accepted Rosenbrock steps. The Jacobian J and ∂f/∂t are functions of
/// the state, the time and the parameters too, so the second derivatives of the field enter,
/// through the vjp of its jvp. With W = I − hγJ, cotangents s̄_i of the stages and λ = W⁻ᵀ s̄_i:
///
///     f at stage i           gets  hγ λ
///     J u_i + h γ_i ∂f/∂t    gets  hγ λ, at the start of the step
///     u_j                    gets  γ c_ij λ
///     h                      gets  λᵀ(u_i − γ Σ_j c_ij u_j)/h + hγ γ_i λᵀ∂f/∂t
///
/// Costs a Jacobian, an LU, and a vjp and a vjp of a jvp a stage.
template <std::floating_point S>
class RosenbrockPullback {
 public:
  using Step = ode::RosenbrockStep<S>;

  explicit RosenbrockPullback(const Step& step) : tape_(step.tableau()) {}

  void reserve(Index d, Index n, bool) {
    tape_.reserve(d, n);
    jacobians_.reserve(d, n, true);
    for (Buffer<S>* b : {&lambda_, &scaled_, &along_, &state_, &out_, &field_}) b->shape(d, n);
    zero_.setZero(d, n);
    at_.resize(n);
    row_.resize(n);
    slots_.reserve(static_cast<std::size_t>(n));
  }
  [[nodiscard]] Index numbers(Index d) const { return tape_.numbers(d); }
  void record(const Step& step, const ConstBatch<S>& x, const Index* slots, Index m, S* to) const {
    tape_.record(step, x, slots, m, to);
  }
  void begin(const ode::Round& round, Index d, const S* tape) {
    round_ = round;
    tape_.begin(d, round.cells, tape);
  }
  void point(Index slot, double theta, VectorView<S> x, VectorView<S> slope) const {
    tape_.point(slot, theta, x, slope);
  }
  void add_point(Index slot, double theta, const ConstVectorView<S>& a) {
    tape_.add_point(slot, theta, a);
  }

  /// a: cotangent of the state after in, of the state before out; at, ah += those of t and h, one a
  /// clock; parameters into the system's gradient.
  void pullback(ode::DifferentiableSystem<S>& system, Batch<S> a, double* at, double* ah) {
    const ode::RosenbrockTableau& t = tape_.tableau();
    const Index d = a.rows(), n = a.cols();
    tape_.settle();
    slots_.clear();
    for (Index j = 0; j < n; ++j) slots_.push_back(j);
    jacobians_.evaluate(system, round_, 0, tape_.x(), slots_);
    for (Index j = 0; j < n; ++j) {
      jacobians_.factor(j, t.gamma * round_.size(j), system.counts);
    }
    for (int i = 0; i < t.stages; ++i) tape_.seed(i) += static_cast<S>(t.m[index(i)]) * a;
    a += tape_.start();
    for (int i = t.stages - 1; i >= 0; --i) {
      auto lambda = lambda_.shape(d, n);
      lambda = tape_.seed(i);
      for (Index j = 0; j < n; ++j) {
        jacobians_.solve_transposed(j, lambda.col(j).data());
        ah[clock(j)] += size_cotangent(i, j);
      }
      for (int k = 0; k < i; ++k) {
        const double weight = t.gamma * t.c[index(i)][index(k)];
        if (weight != 0) tape_.seed(k) += static_cast<S>(weight) * lambda;
      }
      pull_start(system, i, a, at);
      if (!t.evaluates(i)) continue;
      pull_stage(system, i, a, at, ah);
    }
  }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  [[nodiscard]] Index clock(Index slot) const { return round_.shared ? 0 : slot; }

  // What h gets from stage i of a cell, with f there eliminated by the stage's own equation.
  [[nodiscard]] double size_cotangent(int i, Index j) {
    const ode::RosenbrockTableau& t = tape_.tableau();
    const double h = round_.size(j);
    const auto lambda = lambda_.view().col(j);
    double sum = static_cast<double>(lambda.dot(tape_.stage(i).col(j)));
    for (int k = 0; k < i; ++k) {
      const double weight = t.gamma * t.c[index(i)][index(k)];
      if (weight != 0) sum -= weight * static_cast<double>(lambda.dot(tape_.stage(k).col(j)));
    }
    const double part = t.gamma * t.gammas[index(i)];
    return sum / h + h * part * static_cast<double>(lambda.dot(jacobians_.slope(j)));
  }
  // J u_i + h γ_i ∂f/∂t at the start of the step, and f there if the stage takes it: the tangent
  // along (ṫ, ẋ) = (γ_i, u_i / h), the same ṫ for all cells, has cotangent h²γ λ.
  void pull_start(ode::DifferentiableSystem<S>& system, int i, Batch<S>& a, double* at) {
    const ode::RosenbrockTableau& t = tape_.tableau();
    const Index d = a.rows(), n = a.cols();
    auto along = along_.shape(d, n), scaled = scaled_.shape(d, n), out = out_.shape(d, n);
    auto field = field_.shape(d, n);
    const bool direct = !t.evaluates(i);
    for (Index j = 0; j < n; ++j) {
      const S h = static_cast<S>(round_.size(j)), g = h * static_cast<S>(t.gamma);
      along.col(j) = tape_.stage(i).col(j) / h;
      scaled.col(j) = (h * g) * lambda_.view().col(j);
      if (direct) field.col(j) = g * lambda_.view().col(j);
    }
    at_.head(n).setZero();
    out.setZero();
    const ConstBatch<S> none = zero_.leftCols(n), given = field;
    system.tangent_pullback(ode::stage_times(round_, 0, row_), tape_.x(),
                            static_cast<S>(t.gammas[index(i)]), along, direct ? given : none,
                            scaled, at_.head(n), a, out);
    for (Index j = 0; j < n; ++j) at[clock(j)] += static_cast<double>(at_[j]);
  }
  // f at the stage.
  void pull_stage(ode::DifferentiableSystem<S>& system, int i, Batch<S>& a, double* at,
                  double* ah) {
    const ode::RosenbrockTableau& t = tape_.tableau();
    const Index d = a.rows(), n = a.cols();
    auto state = state_.shape(d, n), scaled = scaled_.shape(d, n), out = out_.shape(d, n);
    auto field = field_.shape(d, n);
    state = tape_.x();
    for (int k = 0; k < i; ++k) {
      const double weight = t.a[index(i)][index(k)];
      if (weight != 0) state += static_cast<S>(weight) * tape_.stage(k);
    }
    for (Index j = 0; j < n; ++j) {
      scaled.col(j) = static_cast<S>(t.gamma * round_.size(j)) * lambda_.view().col(j);
    }
    at_.head(n).setZero();
    out.setZero();
    system.pullback(ode::stage_times(round_, t.alpha[index(i)], row_), state, scaled, at_.head(n),
                    out, field);
    a += out;
    for (int k = 0; k < i; ++k) {
      const double weight = t.a[index(i)][index(k)];
      if (weight != 0) tape_.seed(k) += static_cast<S>(weight) * out;
    }
    for (Index j = 0; j < n; ++j) {
      const double part = static_cast<double>(at_[j]);
      at[clock(j)] += part;
      ah[clock(j)] += t.alpha[index(i)] * part;
    }
  }

  StageTape<S, ode::RosenbrockTableau> tape_;
  ode::Round round_;
  ode::CellJacobians<S> jacobians_;
  Buffer<S> lambda_, scaled_, along_, state_, out_, field_;
  Matrix<S> zero_;
  Row<S> at_, row_;
  std::vector<Index> slots_;
};

/// RosenbrockPullback.
template <std::floating_point S>
struct StepPullbackOf<ode::RosenbrockStep<S>> {
  using type = RosenbrockPullback<S>;
};

}  // namespace cytode::adjoint
