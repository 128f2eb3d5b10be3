// SPDX-License-Identifier: MIT
/// Optimizer: a constant rule that moves parameters against a gradient; its memory is plain data.
#pragma once

#include <concepts>
#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::train {

/// A rule for one update of a flat parameter vector of length n.
///
/// The rule is a constant aggregate of options. What it remembers between steps is a
/// `State<S>`: vectors of length n (or 0), which `for_each(f)` shows as f(name, vector), and
/// `long step`, the updates done. `start<S>(n)` checks the options and makes the state before the
/// first step; `step(state, parameters, gradient, factor)` does one update with the learning rate
/// times `factor` and allocates nothing; a rule that takes a `Workers*` after them shares the
/// update among threads, to the same bytes. `name` tells optimizers apart in files.
template <class P, class S>
concept Optimizer = std::floating_point<S> && std::copyable<typename P::template State<S>> &&
    requires(const P& rule, typename P::template State<S>& state, Vector<S>& parameters,
             const Vector<S>& gradient, Index n, double factor) {
  { P::name } -> std::convertible_to<std::string_view>;
  { rule.learning_rate } -> std::convertible_to<double>;
  { rule.template start<S>(n) } -> std::same_as<typename P::template State<S>>;
  rule.step(state, parameters, gradient, factor);
  { state.step } -> std::same_as<long&>;
  state.for_each([](std::string_view, Vector<S>&) {});
};

/// Coefficients an update handles at a time: parameters, gradient and two moments of a block stay
/// in the L1 cache, so the whole update reads and writes memory once.
inline constexpr Index update_block = 512;

/// Throws std::invalid_argument unless all the vectors of an update are equally long.
template <std::floating_point S>
void check_update(std::string_view function, const Vector<S>& parameters, const Vector<S>& gradient,
                  Index remembered) {
  check(gradient.size() == parameters.size(), function, "gradient has ", gradient.size(),
        " coefficients, parameters have ", parameters.size());
  check(remembered == parameters.size(), function, "the state was started for ", remembered,
        " parameters, there are ", parameters.size());
}

}  // namespace cytode::train
