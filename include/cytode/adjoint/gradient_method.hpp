// SPDX-License-Identifier: MIT
/// What a gradient method offers: the concepts behind differentiate.
#pragma once

#include <concepts>
#include <vector>

#include <cytode/adjoint/gradient.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/ode/method.hpp>
#include <cytode/ode/options.hpp>
#include <cytode/ode/solution.hpp>

namespace cytode::adjoint {

/// A solve that can be pulled back.
///
/// | operation | does |
/// |---|---|
/// | `forward(x0, times)` | solves again, in the memory of the solve before |
/// | `solution()` | states at the times, statuses, counts |
/// | `pullback(cotangents, g)` | g = the gradient at cotangents ∂L/∂states[k] |
/// | `pullback(cotangents, passages, g)` | the same with cotangents of Solution::passages |
/// | `report()` | cost of the last passes |
///
/// A cotangent is features × cells, or empty for zero.
///
/// pullback may be called any number of times. It throws std::invalid_argument for cotangents of
/// the wrong number or shape, and std::runtime_error with the diagnosis if the solve failed.
template <class R, class S>
concept GradientRun = requires(R& run, const R& view, const Matrix<S>& x0,
                               const std::vector<double>& times,
                               const std::vector<Matrix<S>>& cotangents,
                               const std::vector<PassageCotangent<S>>& passages, Gradient<S>& g) {
  run.forward(x0, times);
  run.pullback(cotangents, g);
  run.pullback(cotangents, passages, g);
  { view.solution() } -> std::same_as<const ode::Solution<S>&>;
  { view.report() } -> std::same_as<const Report&>;
};

/// A way to differentiate solves of a field F by a method M: `typename G::template Run<F, M>` is a
/// GradientRun, made from (field, x0, times, method, gradient, options, workers or null) and then
/// solved already. The field and the workers must outlive it; without workers it works alone.
template <class G, class F, class M>
concept GradientMethod =
    DifferentiableField<F> && ode::Method<M> && GradientRun < typename G::template Run<F, M>,
typename F::Scalar >
    &&std::constructible_from<typename G::template Run<F, M>, const F&,
                              const Matrix<typename F::Scalar>&, const std::vector<double>&,
                              const M&, const G&, ode::Options<typename F::Scalar>, Workers*>;

}  // namespace cytode::adjoint
