// SPDX-License-Identifier: MIT
/// Exact optimal transport between weighted cells: any sizes, any weights, certified.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/assignment.hpp>
#include <cytode/ot/greedy_start.hpp>
#include <cytode/ot/network_simplex.hpp>
#include <cytode/ot/plan.hpp>

namespace cytode::ot {

/// Limits of the exact solver.
struct TransportOptions {
  /// Pivots allowed a cell; past them the plan comes back feasible with Status::not_converged.
  Index pivots_per_cell = 2000;
};

namespace transport_detail {

inline double check_weights(std::string_view argument, const ConstVectorView<double>& w, Index size,
                            std::string_view side) {
  constexpr auto me = "ot::transport";
  check(w.size() == size, me, argument, " has ", w.size(), " weights, cost has ", size, " ", side);
  for (Index i = 0; i < size; ++i) {
    check(std::isfinite(w[i]) && w[i] >= 0, me, argument, "[", i, "] is ", w[i],
          ", wanted zero or more");
  }
  const double sum = w.sum();
  check(sum > 0 && std::isfinite(sum), me, argument, " sums to ", sum, ", wanted a positive sum");
  return sum;
}

/// The positive weights as integers that sum to 2⁵², and where they came from.
struct IntegerWeights {
  std::vector<Index> cell;
  std::vector<std::int64_t> mass;
};
inline constexpr std::int64_t whole = std::int64_t{1} << 52;

inline IntegerWeights round_weights(const ConstVectorView<double>& w, double sum) {
  IntegerWeights r;
  std::int64_t left = whole;
  std::size_t largest = 0;
  for (Index i = 0; i < w.size(); ++i) {
    const auto mass = static_cast<std::int64_t>(std::llround(w[i] / sum * double(whole)));
    if (mass <= 0) continue;
    r.cell.push_back(i);
    r.mass.push_back(mass);
    left -= mass;
    if (mass > r.mass[largest]) largest = r.mass.size() - 1;
  }
  r.mass[largest] += left;
  return r;
}

/// Duals of all cells from those of the cells with mass; the others get the largest that fit.
template <class Cost>
void extend_duals(const Cost& cost, const std::vector<Index>& rows, const std::vector<Index>& cols,
                  const Plan& part, Plan& plan) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  plan.u.setConstant(plan.rows, none);
  plan.v.setConstant(plan.cols, none);
  plan.u(rows) = part.u;
  plan.v(cols) = part.v;
  for (Index i = 0; i < plan.rows; ++i) {
    if (std::isnan(plan.u[i])) {
      plan.u[i] = (cost(i, cols).template cast<double>() - part.v.transpose()).minCoeff();
    }
  }
  for (Index j = 0; j < plan.cols; ++j) {
    if (std::isnan(plan.v[j])) {
      plan.v[j] = (cost.col(j).template cast<double>() - plan.u).minCoeff();
    }
  }
}

/// Entries in order, cost and certificate of a plan whose masses and duals are set.
template <std::floating_point S>
void finish(Plan& plan, const ConstBatch<S>& cost, const Vector<double>& a,
            const Vector<double>& b) {
  std::ranges::sort(plan.entries, {}, [](const PlanEntry& e) { return std::pair(e.row, e.col); });
  plan.cost = 0;
  for (const PlanEntry& e : plan.entries) plan.cost += e.mass * double(cost(e.row, e.col));
  plan.certificate = certify<S>(plan, cost, a, b);
}

/// n cells of mass 1/n to as many of mass 1/n: a permutation.
template <std::floating_point S>
Plan assign(const ConstBatch<S>& cost) {
  Assignment<S> assignment;
  assignment.solve(cost);
  const Index n = cost.rows();
  Plan plan{.rows = n, .cols = n};
  for (Index i = 0; i < n; ++i) {
    plan.entries.push_back({i, assignment.partner()[std::size_t(i)], 1.0 / double(n)});
  }
  plan.u = Eigen::Map<const Vector<double>>(assignment.u().data(), n);
  plan.v = Eigen::Map<const Vector<double>>(assignment.v().data(), n);
  return plan;
}

/// Integer masses by the network simplex; `total` is the sum of either side.
template <std::floating_point S>
Plan simplex(const ConstBatch<S>& cost, std::vector<std::int64_t> supply,
             std::vector<std::int64_t> demand, double total, const TransportOptions& options) {
  const Index n = cost.rows(), m = cost.cols();
  const double largest = static_cast<double>(cost.cwiseAbs().maxCoeff());
  const double tolerance = 8 * std::numeric_limits<double>::epsilon() * largest;
  NetworkSimplex<S> solver(cost, greedy_start<S>(cost, std::move(supply), std::move(demand)));
  Plan plan{.rows = n, .cols = m};
  if (!solver.run(tolerance, options.pivots_per_cell * (n + m))) {
    plan.status = Status::not_converged;
  }
  solver.for_each_flow([&](Index i, Index j, std::int64_t flow) {
    plan.entries.push_back({i, j, static_cast<double>(flow) / total});
  });
  plan.u = solver.u();
  plan.v = solver.v();
  return plan;
}

template <std::floating_point S>
void check_cost(const ConstBatch<S>& cost) {
  constexpr auto me = "ot::transport";
  check_not_empty(me, "cost", cost);
  check(cost.rows() + cost.cols() < std::numeric_limits<std::int32_t>::max(), me, "cost is ",
        cost.rows(), " x ", cost.cols(), ", too many cells");
  for (Index j = 0; j < cost.cols(); ++j) {
    if (all_finite(&cost.coeffRef(0, j), cost.rows())) continue;
    Index i = 0;
    while (std::isfinite(cost(i, j))) ++i;
    fail_check(me, "cost(", i, ", ", j, ") is ", cost(i, j), ", wanted a finite number");
  }
}

}  // namespace transport_detail

/// Optimal plan between n cells of mass 1/n and m cells of mass 1/m, for a cost of n × m.
///
/// min Σ_ij π_ij cost_ij over π ≥ 0 with the given row and column sums. Equal sizes: shortest
/// augmenting paths (Assignment); unequal ones: network simplex on masses m/g and n/g, g their
/// greatest common divisor, so that nothing is rounded. Throws std::invalid_argument on an empty
/// cost or one with NaN or infinite entries.
template <std::floating_point S>
[[nodiscard]] Plan transport(const Matrix<S>& cost, const TransportOptions& options = {}) {
  namespace d = transport_detail;
  d::check_cost<S>(cost);
  const Index n = cost.rows(), m = cost.cols(), g = std::gcd(n, m);
  Plan plan = n == m ? d::assign<S>(cost)
                     : d::simplex<S>(cost, std::vector<std::int64_t>(std::size_t(n), m / g),
                                     std::vector<std::int64_t>(std::size_t(m), n / g),
                                     double(n) * double(m / g), options);
  d::finish<S>(plan, cost, Vector<double>::Constant(n, 1.0 / double(n)),
               Vector<double>::Constant(m, 1.0 / double(m)));
  return plan;
}

/// Optimal plan between cells of weights a (n) and b (m), for a cost of n × m.
///
/// Weights need not sum to 1: the plan has mass 1 in all. Inside they are rounded to integers of
/// sum 2⁵², the rounding shows in the certificate's marginal error. Cells of weight zero are
/// allowed and get duals, too. Throws std::invalid_argument on a bad cost, weights that are
/// negative, not finite, all zero or of the wrong number, and on sums that differ by more than
/// 1e-9 of their size.
template <std::floating_point S>
[[nodiscard]] Plan transport(const Matrix<S>& cost, const ConstVectorView<double>& a,
                             const ConstVectorView<double>& b,
                             const TransportOptions& options = {}) {
  namespace d = transport_detail;
  d::check_cost<S>(cost);
  const double a_sum = d::check_weights("a", a, cost.rows(), "rows");
  const double b_sum = d::check_weights("b", b, cost.cols(), "columns");
  check(std::abs(a_sum - b_sum) <= 1e-9 * std::max(a_sum, b_sum), "ot::transport", "a sums to ",
        a_sum, ", b to ", b_sum, ", wanted equal sums");
  if (a.minCoeff() == a.maxCoeff() && b.minCoeff() == b.maxCoeff()) return transport(cost, options);
  const d::IntegerWeights supply = d::round_weights(a, a_sum);
  const d::IntegerWeights demand = d::round_weights(b, b_sum);
  const auto total = static_cast<double>(d::whole);
  Plan plan;
  if (std::ssize(supply.cell) == cost.rows() && std::ssize(demand.cell) == cost.cols()) {
    plan = d::simplex<S>(cost, supply.mass, demand.mass, total, options);
  } else {
    const Matrix<S> used = cost(supply.cell, demand.cell);
    const Plan part = d::simplex<S>(used, supply.mass, demand.mass, total, options);
    plan = {.rows = cost.rows(), .cols = cost.cols(), .status = part.status};
    for (const PlanEntry& e : part.entries) {
      plan.entries.push_back(
          {supply.cell[std::size_t(e.row)], demand.cell[std::size_t(e.col)], e.mass});
    }
    d::extend_duals(cost, supply.cell, demand.cell, part, plan);
  }
  d::finish<S>(plan, cost, a / a_sum, b / b_sum);
  return plan;
}

}  // namespace cytode::ot
