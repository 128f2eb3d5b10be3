// SPDX-License-Identifier: MIT
/// Objective: the one concept training knows.
#pragma once

#include <concepts>

#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>

namespace cytode::train {

/// A loss over one flat parameter vector, with its gradient, as a function of random numbers.
///
/// `value_and_gradient(stream, gradient)` draws everything random from the stream, which stands at
/// the training step already, returns the loss L(θ), and overwrites `gradient` with ∂L/∂θ, which
/// comes sized like θ. Same θ and same stream: same bytes. `parameters()` is θ itself, writable,
/// and keeps its size. An optimal-transport flow-matching loss, a likelihood and a Sinkhorn fit are
/// all objectives; trainer, checkpoint and progress know nothing else of them. One that works on a
/// crew may show it as `Workers& workers()`: updates then run on it too.
template <class O>
concept Objective = requires(O& objective, const Stream& stream,
                             Vector<typename O::Scalar>& gradient) {
  typename O::Scalar;
  { objective.parameters() } -> std::same_as<Vector<typename O::Scalar>&>;
  { objective.value_and_gradient(stream, gradient) } -> std::convertible_to<double>;
};

}  // namespace cytode::train
