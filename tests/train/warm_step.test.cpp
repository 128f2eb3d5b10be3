// SPDX-License-Identifier: MIT
#include <cytode/train/adamw.hpp>
#include <cytode/train/sgd.hpp>
#include <cytode/train/trainer.hpp>

#include "catch.hpp"
#include "laws/allocations.hpp"
#include "noisy_regression.hpp"

using namespace cytode;

namespace {

/// Allocations between the second and the last of 40 steps with everything switched on.
template <class S, class P>
std::size_t allocations_once_warm(const P& rule) {
  laws::NoisyRegression<S> objective;
  train::TrainingState<S, P> state;
  std::size_t warm = 0, last = 0;
  train::fit(objective, rule,
             {.steps = 40,
              .schedule = train::WarmupCosine{.warmup = 5},
              .clip_norm = 0.1,
              .ema_decay = 0.9},
             state,
             [&](const train::Progress& p) { (p.step <= 2 ? warm : last) = laws::allocations(); });
  CHECK((warm > 0 || !laws::allocations_are_counted));
  return last - warm;
}

}  // namespace

TEMPLATE_TEST_CASE("a warm training step allocates nothing", "[train]", float, double) {
  if (!laws::allocations_are_counted) {
    WARN("skipped: allocations are not counted here");
    return;
  }
  CHECK(allocations_once_warm<TestType>(train::AdamW{}) == 0);
  CHECK(allocations_once_warm<TestType>(train::Sgd{.momentum = 0.9, .nesterov = true}) == 0);
}
