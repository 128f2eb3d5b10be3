// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <cytode/train/adamw.hpp>
#include <cytode/train/sgd.hpp>
#include <cytode/train/trainer.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "noisy_regression.hpp"

using namespace cytode;
using laws::check_says;
using laws::NoisyRegression;
using train::AdamW;
using train::FitOptions;
using train::Progress;
using train::Sgd;

namespace {

/// |θ|²/2 with a value or gradient gone wrong at one step.
struct Treacherous {
  using Scalar = double;
  long bad_step = -1;
  double bad_loss = 0, bad_gradient = 0;
  Vector<double> theta = Vector<double>::Ones(3);
  long calls = 0;
  std::vector<std::uint64_t> draws = {};

  Vector<double>& parameters() { return theta; }
  double value_and_gradient(const Stream& stream, Vector<double>& gradient) {
    draws.push_back(stream.bits(0));
    gradient = theta;
    const bool bad = calls++ == bad_step;
    if (bad) gradient[1] += bad_gradient;
    return theta.squaredNorm() / 2 + (bad ? bad_loss : 0);
  }
};

struct Gradientless : NoisyRegression<float> {
  double value_and_gradient(const Stream&) { return 0; }
};
struct ReadOnly : NoisyRegression<float> {
  const Vector<float>& parameters() const;
};
static_assert(train::Objective<NoisyRegression<float>>);
static_assert(!train::Objective<Gradientless> && !train::Objective<ReadOnly>);
static_assert(train::Schedule<train::Cosine> && !train::Schedule<double>);
static_assert(train::ProgressCallback<train::Silent> && !train::ProgressCallback<int>);

}  // namespace

TEMPLATE_TEST_CASE("training learns, and the state tells how", "[train]", float, double) {
  NoisyRegression<TestType> objective;
  train::TrainingState<TestType, AdamW> state;
  long seen = 0;
  const auto result = train::fit(
      objective, AdamW{.learning_rate = 0.05},
      {.steps = 300, .seed = 3, .schedule = train::Cosine{}, .clip_norm = 5, .ema_decay = 0.9},
      state, [&](const Progress& p) {
        CHECK(p.step == ++seen);
        CHECK(p.total == 300);
        CHECK(p.loss == state.losses.back());
        CHECK(p.learning_rate == 0.05 * train::Cosine{}(p.step - 1, 300));
        CHECK(p.gradient_norm > 0);
      });
  result.or_throw();
  CHECK(seen == 300);
  CHECK(result.steps_done == 300);
  CHECK(state.optimizer.step == 300);
  CHECK(state.losses.size() == 300);
  CHECK(state.losses.front() > 1);
  CHECK(result.last_loss == state.losses.back());
  CHECK(result.last_loss < 0.1);  // noise of deviation 0.1 on 3 outputs leaves 0.015
  CHECK((state.average - objective.parameters()).norm() < 0.1);
  CHECK(state.average != objective.parameters());
}

TEST_CASE("a step draws from the seed and its number alone", "[train]") {
  const auto draws = [](std::uint64_t seed, std::vector<long> stops) {
    Treacherous objective;
    train::TrainingState<double, Sgd> state;
    for (const long steps : stops) {
      train::fit(objective, Sgd{}, {.steps = steps, .seed = seed}, state);
    }
    return objective.draws;
  };
  const auto whole = draws(1, {6});
  CHECK(draws(1, {6}) == whole);
  CHECK(draws(1, {2, 3, 6}) == whole);
  CHECK(std::set(whole.begin(), whole.end()).size() == 6);
  CHECK(draws(2, {6}) != whole);
}

TEST_CASE("a callback stops a run, and the run goes on to the same bytes", "[train]") {
  const FitOptions options{.steps = 50, .schedule = train::Cosine{}};
  NoisyRegression<float> straight, stopped;
  train::fit(straight, AdamW{}, options).or_throw();
  train::TrainingState<float, AdamW> state;
  const auto first =
      train::fit(stopped, AdamW{}, options, state, [](const Progress& p) { return p.step < 20; });
  CHECK(first.status == Status::stopped);
  CHECK(first.steps_done == 20);
  CHECK(state.step == 20);
  check_says<std::runtime_error>([&] { first.or_throw(); }, "after 20 steps", "stopped");
  const auto second = train::fit(stopped, AdamW{}, options, state);
  CHECK(second.status == Status::ok);
  CHECK(second.steps_done == 50);
  CHECK(stopped.parameters() == straight.parameters());
}

TEST_CASE("no steps, or no more steps, do nothing", "[train]") {
  NoisyRegression<float> objective;
  const Vector<float> before = objective.parameters();
  train::TrainingState<float, AdamW> state;
  const auto none = train::fit(objective, AdamW{}, {.steps = 0}, state);
  CHECK(none.status == Status::ok);
  CHECK(none.steps_done == 0);
  CHECK(std::isnan(none.last_loss));
  CHECK(objective.parameters() == before);
  train::fit(objective, AdamW{}, {.steps = 5}, state);
  const Vector<float> after = objective.parameters();
  CHECK(after != before);
  for (const long steps : {0L, 3L, 5L}) {
    const auto again = train::fit(objective, AdamW{}, {.steps = steps}, state,
                                  [](const Progress&) { FAIL("a step was done"); });
    CHECK(again.status == Status::ok);
    CHECK(again.steps_done == 5);
    CHECK(again.last_loss == state.losses.back());
  }
  CHECK(objective.parameters() == after);
}

TEST_CASE("a step that is not finite is not applied", "[train]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  for (const auto& [loss, gradient] : {std::pair{nan, 0.0}, {inf, 0.0}, {0.0, nan}, {0.0, -inf}}) {
    for (const double clip_norm : {0.0, 1.0}) {
      Treacherous good, bad{.bad_step = 7, .bad_loss = loss, .bad_gradient = gradient};
      train::fit(good, AdamW{}, {.steps = 7, .clip_norm = clip_norm}).or_throw();
      train::TrainingState<double, AdamW> state;
      const auto result = train::fit(bad, AdamW{}, {.steps = 20, .clip_norm = clip_norm}, state);
      CHECK(result.status == Status::non_finite_loss);
      CHECK(result.steps_done == 7);
      CHECK(state.step == 7);
      CHECK(state.losses.size() == 7);
      CHECK(state.optimizer.step == 7);
      CHECK(state.optimizer.m.allFinite());
      CHECK(bad.theta == good.theta);
      check_says<std::runtime_error>([&] { result.or_throw(); }, "after 7 steps",
                                     "non-finite loss");
    }
  }
}

TEST_CASE("an update that leaves the range is taken back", "[train]") {
  // The loss is finite and so is the gradient, 1e300, but not the learning rate times it.
  Treacherous good, bad{.bad_step = 2, .bad_gradient = 1e300};
  train::fit(good, Sgd{.learning_rate = 1e10}, {.steps = 2}).or_throw();
  const auto result = train::fit(bad, Sgd{.learning_rate = 1e10}, {.steps = 5});
  CHECK(result.status == Status::non_finite_loss);
  CHECK(result.steps_done == 2);
  CHECK(bad.theta == good.theta);
}

TEST_CASE("the average is that of the parameters after every update", "[train]") {
  Treacherous objective;  // plain descent: θ_k = (1 − η)^k
  train::TrainingState<double, Sgd> state;
  train::fit(objective, Sgd{.learning_rate = 0.5},
             {.steps = 2, .ema_decay = 0.75, .ema_warmup = false}, state);
  // 0.75 (0.75 · 1 + 0.25 · 1/2) + 0.25 · 1/4
  CHECK(state.average[0] == Approx(0.71875).epsilon(1e-15));
}

TEST_CASE("clipping bounds the update and reports the norm before", "[train]") {
  Treacherous objective;  // gradient (1, 1, 1)
  train::fit(objective, Sgd{.learning_rate = 1}, {.steps = 1, .clip_norm = std::sqrt(3.0) / 4},
             [](const Progress& p) { CHECK(p.gradient_norm == Approx(std::sqrt(3.0))); });
  CHECK(objective.theta[2] == Approx(0.75));
}

TEST_CASE("options and states that do not fit are named", "[train]") {
  NoisyRegression<float> objective;
  const auto says = [&](const FitOptions& options, const std::string& text) {
    train::TrainingState<float, AdamW> state;
    check_says<std::invalid_argument>([&] { train::fit(objective, AdamW{}, options, state); },
                                      text);
  };
  says({.steps = -1}, "train::fit: steps is -1, wanted zero or more");
  says({.clip_norm = -2}, "clip_norm is -2");
  says({.ema_decay = 1}, "ema_decay is 1, wanted [0, 1)");
  says({.schedule = nullptr}, "schedule is empty");
  check_says<std::invalid_argument>([&] { train::fit(objective, AdamW{}, {.ema_decay = 0.9}); },
                                    "pass a TrainingState");
  train::TrainingState<float, AdamW> state;
  train::fit(objective, AdamW{}, {.steps = 3, .seed = 1}, state);
  const auto resume = [&](const FitOptions& options, const std::string& text) {
    check_says<std::invalid_argument>([&] { train::fit(objective, AdamW{}, options, state); },
                                      text);
  };
  resume({.steps = 9, .seed = 2}, "started with seed 1, the options say 2");
  resume({.steps = 9, .seed = 1, .ema_decay = 0.5}, "average has 0 coefficients, wanted 15");
  CHECK(state.step == 3);
}
