// SPDX-License-Identifier: MIT
/// Plan: the one result type of every transport problem, with a certificate of its optimality.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ot {

/// Mass moved from one cell of the first batch to one of the second.
struct PlanEntry {
  Index row;
  Index col;
  double mass;

  friend bool operator==(const PlanEntry&, const PlanEntry&) = default;
};

/// What can be checked of a plan without trusting the solver.
struct Certificate {
  double marginal_error = 0;  ///< Largest difference of a row or column sum from its weight.
  double duality_gap = 0;     ///< Primal cost minus a true lower bound of the optimum.
};

/// A sparse coupling of `rows` with `cols` cells, and the duals that prove its cost.
///
/// Entries are ordered by row, then column. Balanced plans have total mass 1; unbalanced and
/// partial ones have the mass they move. Of an exact plan u_i + v_j ≤ cost_ij up to rounding, with
/// equality where mass is moved; of a regularised one u and v are the potentials of its own
/// problem. What the certificate's gap refers to, the solver says.
struct Plan {
  Index rows = 0;
  Index cols = 0;
  std::vector<PlanEntry> entries = {};
  double cost = 0;  ///< Σ mass · cost_ij.
  Vector<double> u = {};
  Vector<double> v = {};
  Certificate certificate = {};
  Status status = Status::ok;

  /// The partner of each row, for a plan that is an assignment; throws std::invalid_argument if it
  /// is not one.
  template <class = void>
  [[nodiscard]] std::vector<Index> partners() const {
    std::vector<Index> partner;
    partner.reserve(entries.size());
    std::vector<bool> taken(static_cast<std::size_t>(cols), false);
    for (const PlanEntry& e : entries) {
      const bool fits =
          e.row == static_cast<Index>(partner.size()) && !taken[static_cast<std::size_t>(e.col)];
      check(fits, "ot::Plan::partners", "the plan is not an assignment");
      taken[static_cast<std::size_t>(e.col)] = true;
      partner.push_back(e.col);
    }
    check(static_cast<Index>(partner.size()) == rows && rows == cols, "ot::Plan::partners",
          "the plan is not an assignment");
    return partner;
  }

  /// The plan as a dense rows × cols matrix.
  template <class D = void>
  [[nodiscard]] Matrix<double> dense() const {
    Matrix<double> p = Matrix<deferred_t<double, D>>::Zero(rows, cols);
    for (const PlanEntry& e : entries) p(e.row, e.col) += e.mass;
    return p;
  }
};

/// Certificate of a plan under a rows × cols cost and weights a, b.
///
/// One pass over all pairs: if some slack c_ij − u_i − v_j is negative, v lowered by the worst
/// violation is feasible, so Σ a u + Σ b v − violation bounds the optimum from below. The gap
/// therefore holds whatever solver made the duals.
template <std::floating_point S>
[[nodiscard]] Certificate certify(const Plan& plan, const std::type_identity_t<ConstBatch<S>>& cost,
                                  const ConstVectorView<double>& a,
                                  const ConstVectorView<double>& b) {
  check_shape("ot::certify", "cost", cost, plan.rows, plan.cols);
  check_shape("ot::certify", "a", a, plan.rows, 1);
  check_shape("ot::certify", "b", b, plan.cols, 1);
  check_shape("ot::certify", "plan.u", plan.u, plan.rows, 1);
  check_shape("ot::certify", "plan.v", plan.v, plan.cols, 1);
  Vector<deferred_t<double, S>> row = -deferred<S>(a), col = -deferred<S>(b);
  double primal = 0;
  for (const PlanEntry& e : plan.entries) {
    row[e.row] += e.mass;
    col[e.col] += e.mass;
    primal += e.mass * static_cast<double>(cost(e.row, e.col));
  }
  double slack = 0;
  for (Index j = 0; j < plan.cols; ++j) {
    const double least = (cost.col(j).template cast<double>() - plan.u).minCoeff() - plan.v[j];
    slack = std::min(slack, least);
  }
  Certificate c;
  c.marginal_error = std::max(row.cwiseAbs().maxCoeff(), col.cwiseAbs().maxCoeff());
  c.duality_gap =
      primal - (deferred<S>(a).dot(plan.u) + deferred<S>(b).dot(plan.v) + slack * b.sum());
  return c;
}

/// Points with weights, as displacement interpolation makes them.
template <std::floating_point S>
struct WeightedCells {
  Matrix<S> points;        ///< features × entries
  Vector<double> weights;  ///< one an entry
};

/// Displacement interpolation: the points (1 − s) x0_i + s x1_j with mass π_ij, s = fraction.
///
/// For the plan of squared Euclidean cost this is the W2 geodesic [McCann 1997]. Throws
/// std::invalid_argument if batches and plan do not fit or the fraction lies outside [0, 1].
template <std::floating_point S>
[[nodiscard]] WeightedCells<S> displacement_interpolate(
    const Plan& plan, const Matrix<S>& x0, const std::type_identity_t<ConstBatch<S>>& x1,
    double fraction) {
  constexpr auto me = "ot::displacement_interpolate";
  check_shape(me, "x0", x0, x0.rows(), plan.rows);
  check_shape(me, "x1", x1, x0.rows(), plan.cols);
  check(fraction >= 0 && fraction <= 1, me, "fraction is ", fraction, ", wanted 0 to 1");
  const auto size = static_cast<Index>(plan.entries.size());
  const auto s = static_cast<S>(fraction);
  WeightedCells<S> cells{Matrix<S>(x0.rows(), size), Vector<double>(size)};
  for (Index k = 0; k < size; ++k) {
    const PlanEntry& e = plan.entries[static_cast<std::size_t>(k)];
    cells.points.col(k) = (S(1) - s) * x0.col(e.row) + s * x1.col(e.col);
    cells.weights[k] = e.mass;
  }
  return cells;
}

/// Where the plan sends each cell on average, its barycentric projection: column i is
/// Σ_j π_ij x1_j / Σ_j π_ij, features × rows.
///
/// For the exact plan of an assignment the partners themselves; the more an entropic plan blurs,
/// the smoother the map. Throws std::invalid_argument if the plan does not fit, or moves nothing
/// from a cell.
template <std::floating_point S>
[[nodiscard]] Matrix<S> mean_partners(const Plan& plan, const Matrix<S>& x1) {
  constexpr auto me = "ot::mean_partners";
  check_shape(me, "x1", x1, x1.rows(), plan.cols);
  using Double = deferred_t<double, S>;
  Matrix<Double> sum = Matrix<Double>::Zero(x1.rows(), plan.rows);
  Vector<Double> mass = Vector<Double>::Zero(plan.rows);
  for (const PlanEntry& e : plan.entries) {
    sum.col(e.row) += e.mass * x1.col(e.col).template cast<double>();
    mass[e.row] += e.mass;
  }
  for (Index i = 0; i < plan.rows; ++i) {
    check(mass[i] > 0, me, "the plan moves nothing from cell ", i);
    sum.col(i) /= mass[i];
  }
  return sum.template cast<S>();
}

}  // namespace cytode::ot
