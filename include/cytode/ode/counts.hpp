// SPDX-License-Identifier: MIT
/// What a solve cost.
#pragma once

namespace cytode::ode {

/// Evaluations are calls of the field; a call on many cells is one. (With a clock per cell, how
/// many of them are in a call depends on the number of threads.) Steps are counted a clock: on one
/// clock a step of the batch, with a clock per cell a step of a cell.
struct Counts {
  long evaluations = 0;
  long cell_evaluations = 0;  ///< The same, each times the cells it was for.
  long accepted = 0;
  long rejected = 0;
  long jacobians = 0;       ///< Jacobians of a cell.
  long factorisations = 0;  ///< LU factorisations of a cell.
  long pullbacks = 0;       ///< Transposed Jacobian products (vjp): calls.

  Counts& operator+=(const Counts& o) {
    evaluations += o.evaluations;
    cell_evaluations += o.cell_evaluations;
    accepted += o.accepted;
    rejected += o.rejected;
    jacobians += o.jacobians;
    factorisations += o.factorisations;
    pullbacks += o.pullbacks;
    return *this;
  }
  friend Counts operator-(Counts a, const Counts& b) {
    a.evaluations -= b.evaluations;
    a.cell_evaluations -= b.cell_evaluations;
    a.accepted -= b.accepted;
    a.rejected -= b.rejected;
    a.jacobians -= b.jacobians;
    a.factorisations -= b.factorisations;
    a.pullbacks -= b.pullbacks;
    return a;
  }
  friend bool operator==(const Counts&, const Counts&) = default;
};

}  // namespace cytode::ode
