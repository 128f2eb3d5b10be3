// SPDX-License-Identifier: MIT
/// The transpose of a step: what the discrete adjoint asks of every kind of method.
#pragma once

#include <concepts>

#include <cytode/core/types.hpp>
#include <cytode/ode/round.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::adjoint {

/// Names the transpose of a step class: specialised beside each, with one member `type`.
template <class Step>
struct StepPullbackOf;

/// The transpose of the steps of class `Step`.
template <class Step>
using StepPullback = typename StepPullbackOf<Step>::type;

/// The exact transpose of accepted steps that were made side by side: m cells with their own
/// (t, h), or one of both, in a Round of m cells.
///
/// | operation | does |
/// |---|---|
/// | `P(step)` | takes the tableau |
/// | `reserve(d, n, extension)` | memory for d × n; extension: x(t + θh) will be differentiated too
/// | | `numbers(d)` | numbers a cell that `record` writes | | `record(step, x, slots, m, to)` |
/// copies what the reverse pass needs of the last trial, from x = the states before it, for these
/// slots (null: the first m) | | `begin(round, d, tape)` | takes a recorded round as the current
/// one; the tape stays in place | | `point(slot, θ, x, slope)` | x(t + θh) and dx/dθ of one cell |
/// | `add_point(slot, θ, a)` | adds a cotangent of x(t + θh) |
/// | `pullback(system, a, at, ah)` | a: cotangent of the state after in, of the state before out;
/// at, ah += those of t and h, one a clock; parameters into the system's gradient |
template <class P, class Step, class S>
concept StepTranspose = requires(P& p, const P& view, Step& step, const ode::Round& round,
                                 const ConstBatch<S>& x, Batch<S> a, const Index* slots, S* to,
                                 const S* tape, double* clock, Index n, VectorView<S> column,
                                 const ConstVectorView<S>& given,
                                 ode::DifferentiableSystem<S>& system) {
  P(step);
  p.reserve(n, n, true);
  { view.numbers(n) } -> std::same_as<Index>;
  p.record(step, x, slots, n, to);
  p.begin(round, n, tape);
  p.point(n, 0.5, column, column);
  p.add_point(n, 0.5, given);
  p.pullback(system, a, clock, clock);
};

}  // namespace cytode::adjoint
