// SPDX-License-Identifier: MIT
/// The exact transpose of ESDIRK steps.
#pragma once

#include <vector>

#include <cytode/adjoint/stage_tape.hpp>
#include <cytode/adjoint/step_pullback.hpp>
#include <cytode/core/buffer.hpp>
#include <cytode/ode/cell_jacobians.hpp>
#include <cytode/ode/esdirk_step.hpp>

namespace cytode::adjoint {

/// Pulls cotangents through accepted ESDIRK steps by the implicit function theorem: a stage
/// z_i = h f(t_i, x + Σ_j a_ij z_j + γ z_i) with cotangent z̄_i gives f there the cotangent
/// h μ, μ = (I − hγJ_i)⁻ᵀ z̄_i with the Jacobian of that very stage.
///
/// Exact for converged stages; stages converged to a tolerance make an error of that size. Costs a
/// Jacobian, an LU and a vjp an implicit stage.
template <std::floating_point S>
class EsdirkPullback {
 public:
  using Step = ode::EsdirkStep<S>;

  explicit EsdirkPullback(const Step& step) : tape_(step.tableau()) {}

  void reserve(Index d, Index n, bool) {
    tape_.reserve(d, n);
    jacobians_.reserve(d, n, false);
    for (Buffer<S>* b : {&state_, &scaled_, &out_, &field_}) b->shape(d, n);
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
    const ode::EsdirkTableau& t = tape_.tableau();
    tape_.settle();
    slots_.clear();
    for (Index j = 0; j < a.cols(); ++j) slots_.push_back(j);
    for (int i = 0; i < t.stages; ++i) tape_.seed(i) += static_cast<S>(t.b(i)) * a;
    a += tape_.start();
    for (int i = t.stages - 1; i >= 0; --i) pull_stage(system, i, a, at, ah);
  }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  void pull_stage(ode::DifferentiableSystem<S>& system, int i, Batch<S>& a, double* at,
                  double* ah) {
    const ode::EsdirkTableau& t = tape_.tableau();
    const Index d = a.rows(), n = a.cols();
    auto state = state_.shape(d, n), scaled = scaled_.shape(d, n), out = out_.shape(d, n);
    auto field = field_.shape(d, n);
    state = tape_.x();
    for (int k = 0; k < i; ++k) {
      state += static_cast<S>(t.a[index(i)][index(k)]) * tape_.stage(k);
    }
    if (i > 0) {
      state += static_cast<S>(t.gamma) * tape_.stage(i);
      jacobians_.evaluate(system, round_, t.c[index(i)], state, slots_);
    }
    for (Index j = 0; j < n; ++j) {
      const double h = round_.size(j);
      scaled.col(j) = tape_.seed(i).col(j);
      if (i > 0) {
        jacobians_.factor(j, t.gamma * h, system.counts);
        jacobians_.solve_transposed(j, scaled.col(j).data());
      }
      ah[clock(j)] += static_cast<double>(scaled.col(j).dot(tape_.stage(i).col(j))) / h;
      scaled.col(j) *= static_cast<S>(h);
    }
    at_.head(n).setZero();
    out.setZero();
    system.pullback(ode::stage_times(round_, t.c[index(i)], row_), state, scaled, at_.head(n), out,
                    field);
    a += out;
    for (int k = 0; k < i; ++k) {
      tape_.seed(k) += static_cast<S>(t.a[index(i)][index(k)]) * out;
    }
    for (Index j = 0; j < n; ++j) {
      const double part = static_cast<double>(at_[j]);
      at[clock(j)] += part;
      ah[clock(j)] += t.c[index(i)] * part;
    }
  }
  [[nodiscard]] Index clock(Index slot) const { return round_.shared ? 0 : slot; }

  StageTape<S, ode::EsdirkTableau> tape_;
  ode::Round round_;
  ode::CellJacobians<S> jacobians_;
  Buffer<S> state_, scaled_, out_, field_;
  Row<S> at_, row_;
  std::vector<Index> slots_;
};

/// EsdirkPullback.
template <std::floating_point S>
struct StepPullbackOf<ode::EsdirkStep<S>> {
  using type = EsdirkPullback<S>;
};

}  // namespace cytode::adjoint
