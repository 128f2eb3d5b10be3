// SPDX-License-Identifier: MIT
/// differentiate: a solve that can be pulled back, by any gradient method.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/adjoint/gradient_method.hpp>

namespace cytode::adjoint {

/// Solves dx/dt = f(t, x) as ode::solve does, and keeps what its gradient needs.
///
///   auto run = adjoint::differentiate(field, x0, times, ode::Dopri5{}, adjoint::Discrete{});
///   // cotangents[k] = ∂L/∂states[k] from run.solution().states
///   adjoint::Gradient<float> g;
///   run.pullback(cotangents, g);       // g.parameters, g.x0, g.times
///   run.forward(x0, times);            // again, with the field's parameters of now
///
///   gradient  Discrete{…}, Continuous{…}, Interpolating{…}, Forward{}, Reversible{…}
///   workers   threads to share the cells among; results do not depend on their number
///
/// The field and the workers must outlive the run. Throws as ode::solve does.
template <class F, class X, class M, class G>
requires GradientMethod<G, F, M>
[[nodiscard]] typename G::template Run<F, M> differentiate(
    const F& field, const X& x0, const std::vector<double>& times, const M& method,
    const G& gradient, const ode::Options<std::type_identity_t<typename F::Scalar>>& options,
    Workers& workers) {
  return {field, x0, times, method, gradient, options, &workers};
}

/// The same on the calling thread alone.
template <class F, class X, class M, class G>
requires GradientMethod<G, F, M>
[[nodiscard]] typename G::template Run<F, M> differentiate(
    const F& field, const X& x0, const std::vector<double>& times, const M& method,
    const G& gradient, const ode::Options<std::type_identity_t<typename F::Scalar>>& options = {}) {
  return {field, x0, times, method, gradient, options, nullptr};
}

/// The same without options.
template <class F, class X, class M, class G>
requires GradientMethod<G, F, M>
[[nodiscard]] typename G::template Run<F, M> differentiate(const F& field, const X& x0,
                                                           const std::vector<double>& times,
                                                           const M& method, const G& gradient,
                                                           Workers& workers) {
  return {field, x0, times, method, gradient, {}, &workers};
}

}  // namespace cytode::adjoint
