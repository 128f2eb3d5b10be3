// SPDX-License-Identifier: MIT
/// The step of an ESDIRK method on many cells side by side.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/ode/cell_jacobians.hpp>
#include <cytode/ode/esdirk_tableau.hpp>
#include <cytode/ode/newton_rate.hpp>
#include <cytode/ode/round.hpp>

namespace cytode::ode {

/// One trial step of any ESDIRK tableau. Every stage is solved by a simplified Newton iteration
/// with one LU a cell and step size; a cell leaves the iteration when its own numbers have
/// converged, so the field is evaluated for those cells only that still need it. A Jacobian serves
/// the cell's next steps too while the iteration converges fast; where it fails with an old one,
/// the step is done over with a new one. A cell that fails even so gets a state that is not finite:
/// the step is tried smaller.
///
/// Part of the Step concept of Integration; allocates only in reserve.
template <std::floating_point S>
class EsdirkStep {
 public:
  using System = DifferentiableSystem<S>;

  /// Iterates to rounding, with a new Jacobian a step: what a step gives depends on its start
  /// alone.
  explicit EsdirkStep(const EsdirkTableau& tableau) : tableau_(&tableau) {}
  /// Iterates to a ten-thousandth of the tolerance and shares Jacobians among steps, unless the
  /// control has fixed steps.
  EsdirkStep(const EsdirkTableau& tableau, const Control& control)
      : tableau_(&tableau), goal_(control) {}

  [[nodiscard]] const EsdirkTableau& tableau() const { return *tableau_; }
  /// z_i = h k_i of the last trial, features × cells, i = 0 … stages − 1.
  [[nodiscard]] ConstBatch<S> stage(int i) const { return stages_[at(i)].view(); }
  [[nodiscard]] int error_order() const { return tableau_->error_order; }
  [[nodiscard]] bool first_same_as_last() const { return true; }

  /// Memory for batches of up to d × n; forgets all Jacobians.
  void reserve(Index d, Index n) {
    stages_.resize(at(tableau_->stages));
    for (Buffer<S>& z : stages_) z.shape(d, n);
    base_.shape(d, n);
    points_.shape(d, n);
    fields_.shape(d, n);
    step_.resize(d);
    row_.resize(n);
    jacobians_.reserve(d, n, false);
    cells_.assign(at(n), Cell{});
    for (auto* list : {&work_, &active_, &again_}) list->reserve(at(n));
  }
  /// The cell in slot `from` has moved to slot `to`.
  void move_slot(Index from, Index to) {
    jacobians_.move_slot(from, to);
    cells_[at(to)] = cells_[at(from)];
  }
  /// Evaluates all Jacobians anew in the next trial, so that it depends on nothing before.
  void forget() { std::fill(cells_.begin(), cells_.end(), Cell{}); }

  /// next = the last stage, next_slope the field there, error = h Σ e_i k_i, from x and slope =
  /// f(t, x); all features × round.cells.
  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S> next_slope, Batch<S> error) {
    const Index d = x.rows(), n = x.cols();
    for (Buffer<S>& z : stages_) z.shape(d, n);
    base_.shape(d, n);
    work_.clear();
    for (Index j = 0; j < n; ++j) {
      stages_[0].view().col(j) = static_cast<S>(round.size(j)) * slope.col(j);
      cells_[at(j)].begin(round.moved[j] != 0, goal_.exact());
      work_.push_back(j);
    }
    attempt(system, round, x);
    again_.clear();
    for (Index j = 0; j < n; ++j) {
      Cell& c = cells_[at(j)];
      if (!c.failed || c.fresh) continue;
      c.stale = true;
      again_.push_back(j);
    }
    if (!again_.empty()) {
      std::swap(work_, again_);
      attempt(system, round, x);
    }
    for (Index j = 0; j < n; ++j) close(round, j, next, next_slope, error);
  }
  [[nodiscard]] const S* second_error() { return nullptr; }

  /// Degree in θ of the continuous extension.
  [[nodiscard]] int degree() const { return tableau_->dense_order > 3 ? 4 : 3; }
  /// The stages are all that the continuous extension needs.
  void prepare_dense(System&, const Round&, const ConstBatch<S>&, const ConstBatch<S>&) {}
  /// x(t + θh) = x + Σ_m coefficients_m θ^m of one cell, m = 1 … degree; features × degree.
  void polynomial(const Round&, Index slot, Batch<S> coefficients) const {
    const int last = tableau_->stages - 1;
    const auto z = [&](int i) { return stages_[at(i)].view().col(slot); };
    auto total = coefficients.col(1);  // x₁ − x, for now
    total = static_cast<S>(tableau_->gamma) * z(last);
    for (int i = 0; i < last; ++i) total += static_cast<S>(tableau_->a[at(last)][at(i)]) * z(i);
    coefficients.col(2) = S{-2} * total + z(0) + z(last);
    coefficients.col(1) = S{3} * total - S{2} * z(0) - z(last);
    coefficients.col(0) = z(0);
    if (degree() == 3) return;
    coefficients.col(3).setZero();
    for (int i = 0; i <= last; ++i) {
      coefficients.col(3) += static_cast<S>(tableau_->w[at(i)]) * z(i);
    }
    coefficients.col(1) += coefficients.col(3);
    coefficients.col(2) -= S{2} * coefficients.col(3);
  }
  /// h times a bound of the largest rate of change |∂f/∂x| of a cell.
  [[nodiscard]] double stiffness(const Round& round, Index slot, const ConstBatch<S>&,
                                 const ConstBatch<S>&, const ConstBatch<S>&) const {
    return std::abs(round.size(slot)) * jacobians_.bound(slot);
  }
  /// True if the last trial of a cell met a value of the field that is not finite.
  [[nodiscard]] bool field_failed(const Round&, Index slot, const ConstBatch<S>&) const {
    return cells_[at(slot)].bad_field;
  }
  /// True if a stage of the last trial of a cell did not converge.
  [[nodiscard]] bool not_converged(Index slot) const { return cells_[at(slot)].failed; }

 private:
  // What is remembered of a cell between trials, and during one.
  struct Cell {
    bool stale = true;   // the Jacobian must be evaluated
    bool fresh = false;  // the Jacobian is of this very state
    bool failed = false, bad_field = false;
    NewtonRate rate;

    void begin(bool moved, bool exact) {
      if (moved) {
        fresh = false;
        stale = stale || exact || !rate.fast();
      }
      rate.begin();
      failed = bad_field = false;
    }
  };
  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  // All stages of the cells in work_.
  void attempt(System& system, const Round& round, const ConstBatch<S>& x) {
    active_.clear();
    for (const Index j : work_) {
      Cell& c = cells_[at(j)];
      c.failed = c.bad_field = false;
      if (c.stale) active_.push_back(j);
    }
    jacobians_.evaluate(system, round, 0, x, active_);
    for (const Index j : active_) {
      cells_[at(j)].stale = false;
      cells_[at(j)].fresh = true;
      cells_[at(j)].rate.reset();
    }
    for (const Index j : work_) {
      const double factor = tableau_->gamma * round.size(j);
      if (!jacobians_.factor(j, factor, system.counts)) cells_[at(j)].failed = true;
    }
    for (int i = 1; i < tableau_->stages; ++i) {
      active_.clear();
      for (const Index j : work_) {
        if (cells_[at(j)].failed) continue;
        active_.push_back(j);
        begin_stage(i, j, x);
      }
      for (int m = 0; !active_.empty(); ++m) iterate(system, round, x, i, m);
    }
  }
  // base = x + Σ a_ij z_j, and the first guess of z_i.
  void begin_stage(int i, Index slot, const ConstBatch<S>& x) {
    auto base = base_.view().col(slot);
    auto z = stages_[at(i)].view().col(slot);
    base = x.col(slot);
    z.setZero();
    const double inverse = 1 / tableau_->gamma;
    for (int j = 0; j < i; ++j) {
      const double a = tableau_->a[at(i)][at(j)], p = tableau_->p[at(i)][at(j)];
      const auto before = stages_[at(j)].view().col(slot);
      base += static_cast<S>(a) * before;
      z += static_cast<S>((p - a) * inverse) * before;
    }
    cells_[at(slot)].rate.begin_stage();
  }
  // One iteration of the active cells: (I − hγJ) δ = h f(base + γ z) − z, z ← z + δ.
  void iterate(System& system, const Round& round, const ConstBatch<S>& x, int i, int m) {
    const Index d = x.rows(), count = static_cast<Index>(active_.size());
    const S gamma = static_cast<S>(tableau_->gamma);
    auto z = stages_[at(i)].view();
    auto points = points_.shape(d, count);
    auto fields = fields_.shape(d, count);
    for (Index k = 0; k < count; ++k) {
      const Index j = active_[at(k)];
      points.col(k) = base_.view().col(j) + gamma * z.col(j);
      row_[k] = static_cast<S>(round.time(j) + tableau_->c[at(i)] * round.size(j));
    }
    const Times<S> t = round.shared ? Times<S>(row_[0]) : Times<S>(row_).slice(0, count);
    system.evaluate(t, points, fields);
    Index left = 0;
    for (Index k = 0; k < count; ++k) {
      const Index j = active_[at(k)];
      Cell& c = cells_[at(j)];
      step_ = static_cast<S>(round.size(j)) * fields.col(k) - z.col(j);
      if (!all_finite(step_.data(), d)) {
        c.failed = true;
        c.bad_field = all_finite(points.data() + k * d, d);
        continue;
      }
      jacobians_.solve(j, step_.data());
      z.col(j) += step_;
      step_ *= gamma;
      const auto size = goal_.size(step_.data(), x.col(j).data(), points.data() + k * d, d);
      const auto verdict = c.rate.judge(size, m, goal_);
      if (verdict == NewtonRate::Verdict::failed) c.failed = true;
      if (verdict == NewtonRate::Verdict::on) active_[at(left++)] = j;
    }
    active_.resize(at(left));
  }
  // Results of one cell.
  void close(const Round& round, Index j, Batch<S>& next, Batch<S>& next_slope, Batch<S>& error) {
    if (cells_[at(j)].failed) {
      cells_[at(j)].stale = !cells_[at(j)].fresh;
      const S nan = std::numeric_limits<S>::quiet_NaN();
      next.col(j).setConstant(nan);
      next_slope.col(j).setConstant(nan);
      error.col(j).setConstant(nan);
      return;
    }
    const auto last = stages_.back().view().col(j);
    next.col(j) = base_.view().col(j) + static_cast<S>(tableau_->gamma) * last;
    next_slope.col(j) = last / static_cast<S>(round.size(j));
    error.col(j).setZero();
    for (int i = 0; i < tableau_->stages; ++i) {
      error.col(j) += static_cast<S>(tableau_->e[at(i)]) * stages_[at(i)].view().col(j);
    }
  }

  const EsdirkTableau* tableau_;
  NewtonGoal<S> goal_;
  std::vector<Buffer<S>> stages_;  // z_i = h k_i
  Buffer<S> base_, points_, fields_;
  Vector<S> step_;
  Row<S> row_;
  CellJacobians<S> jacobians_;
  std::vector<Cell> cells_;
  std::vector<Index> work_, active_, again_;
};

}  // namespace cytode::ode
