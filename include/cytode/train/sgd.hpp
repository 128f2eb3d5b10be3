// SPDX-License-Identifier: MIT
/// Stochastic gradient descent with momentum.
#pragma once

#include <algorithm>
#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/train/optimizer.hpp>

namespace cytode::train {

/// Stochastic gradient descent, the update of torch.optim.SGD.
///
/// g ← g + λθ,  b ← μb + g,  θ ← θ − η·b, or θ ← θ − η(g + μb) with Nesterov's look-ahead, all of
/// length n. Without momentum nothing is remembered.
struct Sgd {
  double learning_rate = 1e-2;  ///< η > 0.
  double momentum = 0;          ///< μ in [0, 1).
  bool nesterov = false;        ///< Needs momentum.
  double weight_decay = 0;      ///< λ ≥ 0, added to the gradient.

  static constexpr std::string_view name = "sgd";

  /// What is remembered between steps.
  template <std::floating_point S>
  struct State {
    Vector<S> momentum;  ///< b; empty without momentum.
    long step = 0;       ///< Updates done.

    template <class F>
    void for_each(F&& f) {
      f("momentum", momentum);
    }
    template <class F>
    void for_each(F&& f) const {
      f("momentum", momentum);
    }
  };

  /// The state before the first step; throws std::invalid_argument on options out of range.
  template <std::floating_point S>
  [[nodiscard]] State<S> start(Index n) const {
    check_positive("train::Sgd", "learning_rate", learning_rate);
    check_not_negative("train::Sgd", "weight_decay", weight_decay);
    check(momentum >= 0 && momentum < 1, "train::Sgd", "momentum is ", momentum, ", wanted [0, 1)");
    check(!nesterov || momentum > 0, "train::Sgd", "nesterov needs a momentum above 0");
    return {.momentum = Vector<S>::Zero(momentum > 0 ? n : 0)};
  }

  /// One update; `factor` scales the learning rate. The workers, if any, share it; same bytes.
  template <std::floating_point S>
  void step(State<S>& state, Vector<S>& parameters, const Vector<S>& gradient, double factor = 1,
            Workers* workers = nullptr) const {
    const Index n = parameters.size();
    check_update("train::Sgd::step", parameters, gradient,
                 momentum > 0 ? state.momentum.size() : n);
    const auto eta = static_cast<S>(learning_rate * factor);
    const auto mu = static_cast<S>(momentum);
    const auto lambda = static_cast<S>(weight_decay);
    ++state.step;
    const auto update = [&](Index i, Index size) {
      auto theta = parameters.segment(i, size).array();
      const auto g = gradient.segment(i, size).array() + lambda * theta;
      if (momentum > 0) {
        auto b = state.momentum.segment(i, size).array();
        b = mu * b + g;
        if (nesterov) {
          theta -= eta * (g + mu * b);
        } else {
          theta -= eta * b;
        }
      } else {
        theta -= eta * g;
      }
    };
    in_pieces(n, workers, [&](Index first, Index count) {
      for (Index i = 0; i < count; i += update_block) {
        update(first + i, std::min(update_block, count - i));
      }
    });
  }
};

}  // namespace cytode::train
