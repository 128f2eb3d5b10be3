// SPDX-License-Identifier: MIT
/// Fused Gromov-Wasserstein transport: cells are matched by features and by their place among their
/// own kind.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/gromov_problem.hpp>
#include <cytode/ot/plan.hpp>
#include <cytode/ot/transport.hpp>

namespace cytode::ot {

/// Where the search starts and when it ends. The problem is not convex: every start is followed to
/// its end and the best plan returned.
struct GromovOptions {
  Index iterations = 1000;    ///< A start.
  double tolerance = 1e-9;    ///< Of the Frank–Wolfe gap, as a share of the product plan's cost.
  bool from_product = true;   ///< Start at a bᵀ, as other packages do.
  bool from_profiles = true;  ///< Start at the plan that matches distance profiles.
  Index random_starts = 0;    ///< Halfway between a bᵀ and a random vertex each.
  std::uint64_t seed = 0;     ///< Of the random starts.
  Matrix<double> start = {};  ///< A plan of one's own, n × m with the marginals; used in addition.
};

namespace gromov_detail {

template <class = void>
inline Plan to_plan(const Matrix<double>& t) {
  Plan plan{.rows = t.rows(), .cols = t.cols()};
  const double least = 1e-16 * t.maxCoeff();
  for (Index i = 0; i < t.rows(); ++i) {
    for (Index j = 0; j < t.cols(); ++j) {
      if (t(i, j) > least) plan.entries.push_back({i, j, t(i, j)});
    }
  }
  return plan;
}

template <class D = void>
inline double marginal_error(const Matrix<double>& plan, const GromovProblem<>& problem) {
  const auto& t = deferred<D>(plan);
  return std::max((t.rowwise().sum() - problem.a()).cwiseAbs().maxCoeff(),
                  (t.colwise().sum().transpose() - problem.b()).cwiseAbs().maxCoeff());
}

template <class = void>
inline void check_start(std::string_view me, const GromovProblem<>& problem,
                        const Matrix<double>& start) {
  check_shape(me, "start", start, problem.rows(), problem.cols());
  check(start.minCoeff() >= 0 && marginal_error(start, problem) <= 1e-6, me,
        "start is no plan with these marginals");
  Matrix<double> g;
  problem.gradient(problem.image(start), g);
  check(std::isfinite(problem.inner(g, start)), me,
        "start has NaN, or moves mass between a forbidden pair");
}

/// Frank–Wolfe: the plan of least linearised cost, then the exact minimum on the line to it.
template <class D = void>
inline Plan descend(const GromovProblem<>& problem, Matrix<deferred_t<double, D>> t, double scale,
                    const GromovOptions& options) {
  Matrix<deferred_t<double, D>> k = problem.image(t), g, d, kd;
  deferred_t<Plan, D> vertex;
  double gap = 0;
  bool met = false;
  for (Index iteration = 0;; ++iteration) {
    problem.gradient(k, g);
    vertex = transport(g, problem.a(), problem.b());
    const double at = problem.inner(g, t);
    gap = std::max(0.0, at - vertex.cost);
    // Sums of n m products round: a gap below what they can show is none.
    met = gap <= options.tolerance * scale + 1e-14 * std::abs(at);
    if (met || iteration == options.iterations) break;
    d = vertex.dense() - t;
    kd = problem.image(vertex) - k;
    const double slope = -gap, bend = problem.curvature(d, kd);
    const double step = bend > 0 ? std::min(1.0, -slope / (2 * bend)) : 1.0;
    if (step == 1) {
      t = vertex.dense();
      k += kd;
    } else {
      t += step * d;
      k += step * kd;
    }
  }
  Plan plan = to_plan(t);
  plan.cost = problem.value(t, problem.image(t));
  plan.u = vertex.u;
  plan.v = vertex.v;
  plan.certificate = {.marginal_error = marginal_error(t, problem), .duality_gap = gap};
  plan.status = met ? Status::ok : Status::not_converged;
  return plan;
}

/// The best plan over all starts.
template <class D = void>
inline Plan solve(std::string_view me, const GromovProblem<>& problem,
                  const GromovOptions& options) {
  check_positive(me, "tolerance", options.tolerance);
  check(options.iterations >= 0 && options.random_starts >= 0, me, "iterations is ",
        options.iterations, ", random_starts is ", options.random_starts, ", wanted zero or more");
  const auto &a = deferred<D>(problem.a()), &b = deferred<D>(problem.b());
  const Matrix<deferred_t<double, D>> product = a * b.transpose();
  const double scale = std::abs(problem.value(product, problem.image(product)));
  Plan best;
  const auto follow = [&](Matrix<deferred_t<double, D>> t) {
    Plan plan = descend(problem, std::move(t), scale, options);
    // A later start must be better by more than rounding, so that ties keep the first.
    if (best.rows == 0 || plan.cost < best.cost - 1e-12 * scale) best = std::move(plan);
  };
  if (options.start.size() > 0) {
    check_start(me, problem, options.start);
    follow(options.start);
  }
  if (options.from_product && !problem.masked()) follow(product);
  // A mask leaves no product: the profiles stand in, and always give a plan.
  const bool nothing = best.rows == 0 && options.random_starts == 0;
  if (options.from_profiles || nothing) {
    follow(transport(problem.profile_costs(), a, b).dense());
  }
  for (Index k = 0; k < options.random_starts; ++k) {
    const Stream stream = Stream(options.seed).at(static_cast<std::uint64_t>(k));
    const Matrix<deferred_t<double, D>> vertex =
        transport(problem.random_costs(stream), a, b).dense();
    follow(problem.masked() ? vertex : Matrix<deferred_t<double, D>>(0.5 * (vertex + product)));
  }
  return best;
}

}  // namespace gromov_detail

/// A plan of small (1 − α) Σ M T + α Σ (C1_ik − C2_jl)² T_ij T_kl between cells of weights a (n)
/// and b (m): M the n × m cost between features (+∞ forbids a pair), C1 and C2 the symmetric costs
/// or distances within each side, n × n and m × m [Vayer 2020].
///
/// Frank–Wolfe with exact steps and exact line search [Lacoste-Julien 2016] from several starts;
/// α = 0 is plain transport, α = 1 Gromov–Wasserstein. cost is the value reached, u and v the duals
/// of the last linear problem, the duality gap the Frank–Wolfe gap: an upper bound of what any plan
/// can still gain to first order, zero at a stationary plan, no bound of the global optimum.
/// O(n² m + n m²) and one exact transport an iteration. Status::not_converged past `iterations`.
/// Throws std::invalid_argument on shapes that do not fit, C1 or C2 not symmetric or not finite,
/// NaN or −∞ in M, α outside [0, 1], bad weights or options, and mass that cannot be transported.
template <std::floating_point S>
[[nodiscard]] Plan fused_gromov(const Matrix<S>& features, const Matrix<S>& c1, const Matrix<S>& c2,
                                double alpha, const ConstVectorView<double>& a,
                                const ConstVectorView<double>& b,
                                const GromovOptions& options = {}) {
  constexpr auto me = "ot::fused_gromov";
  return gromov_detail::solve(me, GromovProblem(me, features, c1, c2, alpha, a, b), options);
}

/// The same between cells that all weigh alike.
template <std::floating_point S>
[[nodiscard]] Plan fused_gromov(const Matrix<S>& features, const Matrix<S>& c1, const Matrix<S>& c2,
                                double alpha, const GromovOptions& options = {}) {
  return fused_gromov(features, c1, c2, alpha, Vector<double>::Ones(c1.rows()),
                      Vector<double>::Ones(c2.rows()), options);
}

}  // namespace cytode::ot
