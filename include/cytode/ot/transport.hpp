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
#include <cytode/ot/forbidden_pairs.hpp>
#include <cytode/ot/greedy_start.hpp>
#include <cytode/ot/integer_weights.hpp>
#include <cytode/ot/network_simplex.hpp>
#include <cytode/ot/plan.hpp>

namespace cytode::ot {

/// Limits of the exact solver.
struct TransportOptions {
  /// Pivots allowed a cell; past them the plan comes back feasible with Status::not_converged.
  Index pivots_per_cell = 2000;
};

namespace transport_detail {

/// Duals of all cells from those of the cells with mass; the others get the largest that fit, zero
/// if all their pairs are forbidden.
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
      if (!std::isfinite(plan.u[i])) plan.u[i] = 0;
    }
  }
  for (Index j = 0; j < plan.cols; ++j) {
    if (std::isnan(plan.v[j])) {
      plan.v[j] = (cost.col(j).template cast<double>() - plan.u).minCoeff();
      if (!std::isfinite(plan.v[j])) plan.v[j] = 0;
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

/// The same where pairs may be forbidden; `row_name` are the caller's numbers of the rows.
template <std::floating_point S>
Plan masked_simplex(const ConstBatch<S>& cost, const std::vector<std::int64_t>& supply,
                    const std::vector<std::int64_t>& demand, double total,
                    const TransportOptions& options, const std::vector<Index>& row_name) {
  const auto solve = [&](const ConstBatch<S>& c) {
    return simplex<S>(c, supply, demand, total, options);
  };
  for (Index j = 0; j < cost.cols(); ++j) {
    if (all_finite(&cost.coeffRef(0, j), cost.rows())) continue;
    return avoid_forbidden<S>("ot::transport", cost, row_name, solve);
  }
  return solve(cost);
}

template <std::floating_point S>
void check_size(const ConstBatch<S>& cost) {
  check_not_empty("ot::transport", "cost", cost);
  check(cost.rows() + cost.cols() < std::numeric_limits<std::int32_t>::max(), "ot::transport",
        "cost is ", cost.rows(), " x ", cost.cols(), ", too many cells");
}

template <class = void>
inline std::vector<Index> count_up(Index n) {
  std::vector<Index> cells(static_cast<std::size_t>(n));
  std::iota(cells.begin(), cells.end(), Index{0});
  return cells;
}

}  // namespace transport_detail

/// Optimal plan between n cells of mass 1/n and m cells of mass 1/m, for a cost of n × m.
///
/// min Σ_ij π_ij cost_ij over π ≥ 0 with the given row and column sums. Equal sizes: shortest
/// augmenting paths (Assignment); unequal ones: network simplex on masses m/g and n/g, g their
/// greatest common divisor, so that nothing is rounded. A cost of +∞ forbids its pair. Throws
/// std::invalid_argument on an empty cost, entries that are NaN or −∞, a row or column without an
/// allowed partner, and where forbidden pairs leave mass that cannot be transported.
template <std::floating_point S>
[[nodiscard]] Plan transport(const Matrix<S>& cost, const TransportOptions& options = {}) {
  namespace d = transport_detail;
  d::check_size<S>(cost);
  check_allowed<S>("ot::transport", cost);
  const Index n = cost.rows(), m = cost.cols(), g = std::gcd(n, m);
  Plan plan = n == m ? d::assign<S>(cost)
                     : d::masked_simplex<S>(cost, std::vector<std::int64_t>(std::size_t(n), m / g),
                                            std::vector<std::int64_t>(std::size_t(m), n / g),
                                            double(n) * double(m / g), options, d::count_up(n));
  d::finish<S>(plan, cost, Vector<double>::Constant(n, 1.0 / double(n)),
               Vector<double>::Constant(m, 1.0 / double(m)));
  return plan;
}

/// Optimal plan between cells of weights a (n) and b (m), for a cost of n × m.
///
/// Weights need not sum to 1: the plan has mass 1 in all. Inside they are rounded to integers of
/// sum 2⁵², the rounding shows in the certificate's marginal error. Cells of weight zero are
/// allowed and get duals, too; forbidden pairs as above. Throws std::invalid_argument on a bad
/// cost, weights that are negative, not finite, all zero or of the wrong number, on sums that
/// differ by more than 1e-9 of their size, and where that much mass cannot be transported.
template <std::floating_point S>
[[nodiscard]] Plan transport(const Matrix<S>& cost, const ConstVectorView<double>& a,
                             const ConstVectorView<double>& b,
                             const TransportOptions& options = {}) {
  namespace d = transport_detail;
  constexpr auto me = "ot::transport";
  d::check_size<S>(cost);
  const double a_sum = sum_of_weights(me, "a", a, cost.rows(), "rows");
  const double b_sum = sum_of_weights(me, "b", b, cost.cols(), "columns");
  check(std::abs(a_sum - b_sum) <= 1e-9 * std::max(a_sum, b_sum), me, "a sums to ", a_sum,
        ", b to ", b_sum, ", wanted equal sums");
  check_allowed<S>(me, cost, a, b);
  if (a.minCoeff() == a.maxCoeff() && b.minCoeff() == b.maxCoeff()) return transport(cost, options);
  const IntegerWeights supply = round_weights(a, a_sum);
  const IntegerWeights demand = round_weights(b, b_sum);
  const auto total = static_cast<double>(integer_weight_sum);
  Plan plan;
  if (std::ssize(supply.cell) == cost.rows() && std::ssize(demand.cell) == cost.cols()) {
    plan = d::masked_simplex<S>(cost, supply.mass, demand.mass, total, options, supply.cell);
  } else {
    const Matrix<S> used = cost(supply.cell, demand.cell);
    const Plan part =
        d::masked_simplex<S>(used, supply.mass, demand.mass, total, options, supply.cell);
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
