// SPDX-License-Identifier: MIT
/// Fields that can be evaluated in dual numbers, parameters included.
#pragma once

#include <span>

#include <cytode/core/concepts.hpp>
#include <cytode/core/dual.hpp>

namespace cytode::adjoint {

/// A differentiable field with `evaluate(t, x, p, dx)`: one cell's right-hand side in any type of
/// numbers, its parameters handed in. x, dx: dims numbers; p: as many as parameters(). kinetics,
/// Linear, and Neural and Autonomous of a perceptron have it; a field of your own gets it with one
/// member template. Nothing of its vjp or jvp is used then.
template <class F>
concept DualField = DifferentiableField<F> &&
    requires(const F& field, const Dual<double, 1>& t, std::span<const Dual<double, 1>> in,
             std::span<Dual<double, 1>> out) {
  field.evaluate(t, in, in, out);
};

}  // namespace cytode::adjoint
