// SPDX-License-Identifier: MIT
/// Laws of every train::Optimizer.
#pragma once

#include <cmath>

#include <cytode/core/workers.hpp>
#include <cytode/train/optimizer.hpp>

#include "catch.hpp"

namespace cytode::laws {

/// Checks a rule in number type S on n parameters; n spans several blocks and leaves a tail.
template <std::floating_point S, train::Optimizer<S> P>
void check_optimizer(const P& rule, Index n = 2 * train::update_block + 37) {
  Vector<S> target(n), start(n);
  for (Index i = 0; i < n; ++i) {
    target[i] = static_cast<S>(std::cos(0.7 * static_cast<double>(i)));
    start[i] = static_cast<S>(2 * std::sin(1.3 * static_cast<double>(i)));
  }
  const auto run = [&](Vector<S> theta, const Vector<S>& aim, long steps, double factor) {
    auto state = rule.template start<S>(theta.size());
    for (long s = 0; s < steps; ++s) {
      rule.step(state, theta, Vector<S>(theta - aim), factor);  // gradient of |θ − aim|²/2
    }
    return theta;
  };

  SECTION("it descends on a quadratic") {
    CHECK((run(start, target, 200, 1) - target).norm() < S(0.9) * (start - target).norm());
  }
  SECTION("coordinates do not see each other: a part alone goes as in the whole") {
    // Other places in the vector may take other instructions, which may round otherwise.
    const Index cut = 333;
    const Vector<S> whole = run(start, target, 10, 1);
    const Vector<S> part = run(start.tail(n - cut), target.tail(n - cut), 10, 1);
    CHECK((whole.tail(n - cut) - part).cwiseAbs().maxCoeff() <
          32 * std::numeric_limits<S>::epsilon());
  }
  SECTION("factor scales the learning rate; 0 moves nothing") {
    P faster = rule;
    faster.learning_rate *= 4;
    Vector<S> a = start, b = start, c = start;
    auto state_a = rule.template start<S>(n), state_b = faster.template start<S>(n);
    auto state_c = rule.template start<S>(n);
    const Vector<S> gradient = start - target;
    rule.step(state_a, a, gradient, 4);
    faster.step(state_b, b, gradient, 1);
    rule.step(state_c, c, gradient, 0);
    CHECK(a == b);
    CHECK(a != start);
    CHECK(c == start);
  }
  SECTION("a rule shared among threads gives the same bytes") {
    const Index many = 3 * piece_numbers + 5;
    const Vector<S> from = start.replicate(many / n + 1, 1).col(0).head(many);
    const Vector<S> gradient = target.replicate(many / n + 1, 1).col(0).head(many) - from;
    Vector<S> alone = from;
    auto state = rule.template start<S>(many);
    for (int s = 0; s < 3; ++s) rule.step(state, alone, gradient, 1);
    for (const int threads : {1, 2, 3}) {
      Workers workers(threads);
      Vector<S> shared = from;
      auto memory = rule.template start<S>(many);
      for (int s = 0; s < 3; ++s) rule.step(memory, shared, gradient, 1, &workers);
      CHECK(shared == alone);
    }
  }
  SECTION("a copied state goes on as the first, and its vectors are all of it") {
    Vector<S> theta = start;
    auto state = rule.template start<S>(n);
    for (int s = 0; s < 5; ++s) rule.step(state, theta, Vector<S>(theta - target), 1);
    CHECK(state.step == 5);
    auto copy = rule.template start<S>(n);
    copy.step = state.step;
    copy.for_each([&](std::string_view name, Vector<S>& to) {
      state.for_each([&](std::string_view other, const Vector<S>& from) {
        if (name == other) to = from;
      });
    });
    Vector<S> theta_copy = theta;
    for (int s = 0; s < 5; ++s) rule.step(state, theta, Vector<S>(theta - target), 1);
    for (int s = 0; s < 5; ++s) rule.step(copy, theta_copy, Vector<S>(theta_copy - target), 1);
    CHECK(theta == theta_copy);
  }
  SECTION("lengths that differ and a learning rate of 0 are misuse") {
    auto state = rule.template start<S>(n);
    Vector<S> theta = start;
    CHECK_THROWS_AS(rule.step(state, theta, Vector<S>(start.head(3)), 1), std::invalid_argument);
    CHECK(theta == start);
    P still = rule;
    still.learning_rate = 0;
    CHECK_THROWS_AS(still.template start<S>(n), std::invalid_argument);
  }
}

}  // namespace cytode::laws
