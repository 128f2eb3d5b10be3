// SPDX-License-Identifier: MIT
/// The step of a Rosenbrock method on many cells side by side.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/ode/cell_jacobians.hpp>
#include <cytode/ode/combine.hpp>
#include <cytode/ode/rosenbrock_tableau.hpp>
#include <cytode/ode/round.hpp>

namespace cytode::ode {

/// One trial step of any Rosenbrock tableau: a Jacobian and an LU a cell, then one field evaluation
/// for all cells and one solve a cell and stage. After a rejection the Jacobian is kept. A cell
/// whose matrix is singular gets a state that is not finite: the step is tried smaller.
///
/// Part of the Step concept of Integration; allocates only in reserve.
template <std::floating_point S>
class RosenbrockStep {
 public:
  using System = DifferentiableSystem<S>;

  explicit RosenbrockStep(const RosenbrockTableau& tableau) : tableau_(&tableau) {}

  [[nodiscard]] const RosenbrockTableau& tableau() const { return *tableau_; }
  /// u_i of the last trial, features × cells, i = 0 … stages − 1.
  [[nodiscard]] ConstBatch<S> stage(int i) const { return stages_[at(i)].view(); }
  [[nodiscard]] int error_order() const { return tableau_->error_order; }
  [[nodiscard]] bool first_same_as_last() const { return false; }

  /// Memory for batches of up to d × n.
  void reserve(Index d, Index n) {
    stages_.resize(at(tableau_->stages));
    for (Buffer<S>& u : stages_) u.shape(d, n);
    state_.shape(d, n);
    slope_.shape(d, n);
    jacobians_.reserve(d, n, true);
    slots_.reserve(at(n));
    if (row_.size() < n) row_.resize(n);
  }
  /// The cell in slot `from` has moved to slot `to`.
  void move_slot(Index from, Index to) { jacobians_.move_slot(from, to); }

  /// next = x + Σ m_i u_i and error = Σ e_i u_i from x and slope = f(t, x); all features ×
  /// round.cells.
  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S>, Batch<S> error) {
    const Index d = x.rows(), n = x.cols();
    prepare(system, round, x);
    for (Buffer<S>& u : stages_) u.shape(d, n);
    auto state = state_.shape(d, n);
    auto field = slope_.shape(d, n);
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      auto u = stages_[i].view();
      sum_of(tableau_->c[i], static_cast<int>(i));
      sum_.step(x.size(), u.data(), nullptr, 1.0);
      if (tableau_->evaluates(static_cast<int>(i))) {
        sum_of(tableau_->a[i], static_cast<int>(i));
        sum_.step(x.size(), state.data(), x.data(), 1.0);
        system.evaluate(stage_times(round, tableau_->alpha[i], row_), state, field);
      } else {
        field = slope;
      }
      const S gamma = static_cast<S>(tableau_->gamma), part = static_cast<S>(tableau_->gammas[i]);
      for (Index j = 0; j < n; ++j) {
        const S h = static_cast<S>(round.size(j));
        u.col(j) = gamma * (u.col(j) + h * (field.col(j) + (h * part) * jacobians_.slope(j)));
        jacobians_.solve(j, u.col(j).data());
      }
    }
    sum_of(tableau_->m, tableau_->stages);
    sum_.step(x.size(), next.data(), x.data(), 1.0);
    for (const Index j : slots_) next.col(j).setConstant(std::numeric_limits<S>::quiet_NaN());
    sum_of(tableau_->e, tableau_->stages);
    sum_.step(x.size(), error.data(), nullptr, 1.0);
  }
  [[nodiscard]] const S* second_error() { return nullptr; }

  /// Degree in θ of the continuous extension.
  [[nodiscard]] int degree() const { return tableau_->dense_rows + 1; }
  /// The stages are all that the continuous extension needs.
  void prepare_dense(System&, const Round&, const ConstBatch<S>&, const ConstBatch<S>&) {}
  /// x(t + θh) = x + Σ_m coefficients_m θ^m of one cell, m = 1 … degree; features × degree.
  void polynomial(const Round&, Index slot, Batch<S> coefficients) const {
    coefficients.setZero();
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      const auto u = stages_[i].view().col(slot);
      coefficients.col(0) += static_cast<S>(tableau_->m[i]) * u;
      for (Index r = 0; r < tableau_->dense_rows; ++r) {  // θ^r (1 − θ) θ
        const S weight = static_cast<S>(tableau_->dense[at(r)][i]);
        coefficients.col(r) += weight * u;
        coefficients.col(r + 1) -= weight * u;
      }
    }
  }
  /// h times a bound of the largest rate of change |∂f/∂x| of a cell.
  [[nodiscard]] double stiffness(const Round& round, Index slot, const ConstBatch<S>&,
                                 const ConstBatch<S>&, const ConstBatch<S>&) const {
    return std::abs(round.size(slot)) * jacobians_.bound(slot);
  }
  /// True if the last trial of a cell met a value of the field that is not finite.
  [[nodiscard]] bool field_failed(const Round&, Index slot, const ConstBatch<S>& x) const {
    Vector<S> state(x.rows());
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      state = x.col(slot);
      for (std::size_t j = 0; j < i; ++j) {
        state += static_cast<S>(tableau_->a[i][j]) * stages_[j].view().col(slot);
      }
      if (!all_finite(state.data(), state.size())) return false;
      if (!all_finite(stages_[i].view().col(slot).data(), x.rows())) {
        return jacobians_.factored(slot);
      }
    }
    return false;
  }

 private:
  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }
  void sum_of(const RosenbrockTableau::Weights& weights, int count) {
    sum_.clear();
    for (int j = 0; j < count; ++j) sum_.add(weights[at(j)], stages_[at(j)].view().data());
  }
  // Jacobians where the state is new, factors where they or the step size are; slots_ is left with
  // the cells whose matrix is singular.
  void prepare(System& system, const Round& round, const ConstBatch<S>& x) {
    slots_.clear();
    for (Index j = 0; j < round.cells; ++j) {
      if (!jacobians_.known(j) || round.moved[j] != 0) slots_.push_back(j);
    }
    jacobians_.evaluate(system, round, 0, x, slots_);
    slots_.clear();
    for (Index j = 0; j < round.cells; ++j) {
      if (!jacobians_.factor(j, tableau_->gamma * round.size(j), system.counts)) {
        slots_.push_back(j);
      }
    }
  }

  const RosenbrockTableau* tableau_;
  std::vector<Buffer<S>> stages_;  // u_i
  Buffer<S> state_, slope_;
  CellJacobians<S> jacobians_;
  std::vector<Index> slots_;
  Row<S> row_;
  Combination<S> sum_;
};

}  // namespace cytode::ode
