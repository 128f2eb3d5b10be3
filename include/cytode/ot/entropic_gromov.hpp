// SPDX-License-Identifier: MIT
/// Entropic (fused) Gromov-Wasserstein transport: smooth plans by projected mirror descent.
#pragma once

#include <algorithm>
#include <cmath>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/fused_gromov.hpp>
#include <cytode/ot/gromov_problem.hpp>
#include <cytode/ot/plan.hpp>
#include <cytode/ot/sinkhorn.hpp>

namespace cytode::ot {

/// Parameters of entropic_fused_gromov.
struct EntropicGromovOptions {
  double epsilon = 0.05;    ///< Weight of the entropy, in the units of the objective.
  bool relative = true;     ///< True: epsilon counts in means of the gradient's size at the start.
  Index iterations = 1000;  ///< Plans.
  double tolerance = 1e-7;  ///< Σ |T' − T| between plans at the end.
  Index passes = 100000;    ///< Of Sinkhorn, a plan.
  Matrix<double> start = {};  ///< A plan n × m with the marginals; empty: a bᵀ.
};

/// A plan of small (1 − α) Σ M T + α Σ (C1_ik − C2_jl)² T_ij T_kl + ε KL(T | a bᵀ), arguments as of
/// fused_gromov; M may be empty where α = 1 (entropic Gromov–Wasserstein).
///
/// Each plan is the entropic one for the gradient at the plan before [Peyré 2016, Vayer 2020]. cost
/// is the value without the entropy, u and v the potentials of the last problem, the duality gap
/// what the linearised regularised problem could still gain, zero at a fixed point. O(n² m + n m²)
/// and one Sinkhorn solve an iteration. Status::not_converged past `iterations`. Throws
/// std::invalid_argument as fused_gromov and Sinkhorn do.
template <std::floating_point S>
[[nodiscard]] Plan entropic_fused_gromov(const Matrix<S>& features, const Matrix<S>& c1,
                                         const Matrix<S>& c2, double alpha,
                                         const ConstVectorView<double>& a,
                                         const ConstVectorView<double>& b,
                                         const EntropicGromovOptions& options = {}) {
  constexpr auto me = "ot::entropic_fused_gromov";
  const GromovProblem problem(me, features, c1, c2, alpha, a, b);
  check_positive(me, "epsilon", options.epsilon);
  check_positive(me, "tolerance", options.tolerance);
  check(options.iterations >= 1, me, "iterations is ", options.iterations, ", wanted 1 or more");
  const Index n = problem.rows(), m = problem.cols();
  using Double = deferred_t<double, S>;
  Matrix<Double> t = deferred<S>(problem).a() * deferred<S>(problem).b().transpose(), next, g;
  const Matrix<Double> product = t;
  if (options.start.size() > 0) {
    gromov_detail::check_start(me, problem, options.start);
    t = options.start;
  }
  Sinkhorn<double> sinkhorn;
  SinkhornOptions inner{.epsilon = options.epsilon,
                        .relative = options.relative,
                        .tolerance = std::min(1e-9, 0.1 * options.tolerance),
                        .passes = options.passes};
  double change = 0, linear = 0;
  SinkhornResult result;
  for (Index k = 0; k < options.iterations; ++k) {
    problem.gradient(problem.image(t), g);
    result = sinkhorn.solve(g, {problem.a().data(), static_cast<std::size_t>(n)},
                            {problem.b().data(), static_cast<std::size_t>(m)}, inner);
    inner.epsilon = result.epsilon;  // a relative one is settled by the first gradient
    inner.relative = false;
    inner.warm = true;
    sinkhorn.plan(next);
    change = (next - t).cwiseAbs().sum();
    linear = problem.inner(g, t);
    t.swap(next);
    if (change <= options.tolerance || result.status != Status::ok) break;
  }
  // `next` is the plan before; what it pays for the last gradient and its entropy, above the least.
  const auto entropy =
      (next.array() > 0)
          .select(next.array() * (next.array() / product.array().max(1e-300)).log(), 0)
          .sum();
  const double gap = linear + result.epsilon * (entropy - next.sum() + 1) - result.objective;
  Plan plan = gromov_detail::to_plan(t);
  plan.cost = problem.value(t, problem.image(t));
  plan.u = sinkhorn.f();
  plan.v = sinkhorn.g();
  plan.certificate = {.marginal_error = gromov_detail::marginal_error(t, problem),
                      .duality_gap = gap};
  plan.status = change <= options.tolerance ? result.status : Status::not_converged;
  return plan;
}

}  // namespace cytode::ot
