// SPDX-License-Identifier: MIT
/// The training loop: objective, optimizer, schedule, clipping, average, callbacks, resume.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>
#include <cytode/train/clip.hpp>
#include <cytode/train/ema.hpp>
#include <cytode/train/objective.hpp>
#include <cytode/train/optimizer.hpp>
#include <cytode/train/schedule.hpp>

namespace cytode::train {

/// How to train.
struct FitOptions {
  long steps = 1000;       ///< Updates in all; a resumed run counts those done before.
  std::uint64_t seed = 0;  ///< Of everything random; step s draws from the same numbers always.
  std::function<double(long, long)> schedule = Constant{};  ///< Any train::Schedule.
  double clip_norm = 0;                                     ///< Longest gradient; 0: no clipping.
  double ema_decay = 0;                                     ///< Of the average; 0: no average.
  bool ema_warmup = true;                                   ///< See train::Ema.
};

/// All that a run remembers between steps, besides the parameters. Plain data: copy it, save it.
template <std::floating_point S, Optimizer<S> P>
struct TrainingState {
  long step = 0;           ///< Updates done.
  std::uint64_t seed = 0;  ///< Seed of the run.
  typename P::template State<S> optimizer;
  Vector<S> average;           ///< Moving average of the parameters; empty without one.
  std::vector<double> losses;  ///< Loss of every step done.
};

/// What a callback sees after each update.
struct Progress {
  long step = 0;             ///< Updates done, this one included: 1, 2, …, total.
  long total = 0;            ///< Updates asked for.
  double loss = 0;           ///< Loss before this update.
  double gradient_norm = 0;  ///< Before clipping.
  double learning_rate = 0;  ///< Of this update.
  double seconds = 0;        ///< Since fit was called.
};

/// What became of a run.
struct FitResult {
  Status status = Status::ok;  ///< ok, stopped (by the callback) or non_finite_loss.
  long steps_done = 0;         ///< Updates kept, earlier runs included.
  double last_loss = std::numeric_limits<double>::quiet_NaN();      ///< Of the last step tried.
  double gradient_norm = std::numeric_limits<double>::quiet_NaN();  ///< Of the last step tried.
  double seconds = 0;                                               ///< Of this call.

  /// Throws std::runtime_error naming the step unless the status is ok.
  const FitResult& or_throw() const {
    if (status != Status::ok) {
      throw_unless_ok(status, "train::fit, after " + std::to_string(steps_done) + " steps (loss " +
                                  std::to_string(last_loss) + ", gradient norm " +
                                  std::to_string(gradient_norm) + ")");
    }
    return *this;
  }
};

/// A callback that lets the run go on.
struct Silent {
  void operator()(const Progress&) const noexcept {}
};

/// Something fit can call with a Progress; it may return bool, false to stop.
template <class F>
concept ProgressCallback = std::invocable<F&, const Progress&>;

/// Makes the state before the first step, or checks that a state fits what is asked of it.
template <std::floating_point S, Optimizer<S> P>
void prepare_state(TrainingState<S, P>& state, const Vector<S>& parameters, const P& optimizer,
                   const FitOptions& options) {
  constexpr auto here = "train::fit";
  check(options.steps >= 0, here, "steps is ", options.steps, ", wanted zero or more");
  check_not_negative(here, "clip_norm", options.clip_norm);
  check(options.ema_decay >= 0 && options.ema_decay < 1, here, "ema_decay is ", options.ema_decay,
        ", wanted [0, 1)");
  check(static_cast<bool>(options.schedule), here, "schedule is empty");
  const bool averages = options.ema_decay > 0;
  auto fresh = optimizer.template start<S>(parameters.size());
  if (state.step == 0) {
    state = {0, options.seed, std::move(fresh), averages ? parameters : Vector<S>{}, {}};
  }
  check(state.seed == options.seed, here, "the state was started with seed ", state.seed,
        ", the options say ", options.seed);
  check(state.average.size() == (averages ? parameters.size() : 0), here,
        "the state's average has ", state.average.size(), " coefficients, wanted ",
        averages ? parameters.size() : 0);
  state.losses.reserve(static_cast<std::size_t>(std::max(options.steps, state.step)));
}

/// One update of an objective's parameters, on its workers if it has some and the rule can use
/// them.
template <Objective O, Optimizer<typename O::Scalar> P>
void update(O& objective, const P& optimizer, typename P::template State<typename O::Scalar>& state,
            const Vector<typename O::Scalar>& gradient, double factor = 1) {
  auto& parameters = objective.parameters();
  if constexpr (requires {
                  optimizer.step(state, parameters, gradient, factor, &objective.workers());
                }) {
    optimizer.step(state, parameters, gradient, factor, &objective.workers());
  } else {
    optimizer.step(state, parameters, gradient, factor);
  }
}

/// Trains until `options.steps` updates are done, counting those in `state`.
///
/// Update s = 0, 1, … draws from Stream(seed) at step s, so a run that was stopped and goes on from
/// its parameters and state, in this process or from a checkpoint, gives the same bytes as one that
/// was not. The callback sees parameters and state after each update and may save them; if it
/// returns false the status is `stopped`. A loss, gradient or update that is not finite is not
/// applied: the status is `non_finite_loss`, the parameters are those of `steps_done` updates (only
/// the optimizer's memory may have seen an update that was taken back).
/// Once warm, a step allocates nothing of its own. Throws std::invalid_argument on options out of
/// range or a state that belongs to another run.
template <Objective O, Optimizer<typename O::Scalar> P, ProgressCallback F = Silent>
FitResult fit(O& objective, const P& optimizer, const FitOptions& options,
              TrainingState<typename O::Scalar, P>& state, F&& callback = F{}) {
  using S = typename O::Scalar;
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto seconds = [start] {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  Vector<S>& parameters = objective.parameters();
  prepare_state(state, parameters, optimizer, options);

  const Stream stream = Stream(options.seed).fork(0x747261696eu);  // "train"
  const Ema ema{.decay = options.ema_decay, .warmup = options.ema_warmup};
  Vector<S> gradient(parameters.size()), before(parameters.size());
  FitResult result{.steps_done = state.step};
  if (!state.losses.empty()) result.last_loss = state.losses.back();

  while (state.step < options.steps && result.status == Status::ok) {
    const auto s = static_cast<std::uint64_t>(state.step);
    result.last_loss = static_cast<double>(objective.value_and_gradient(stream.at(s), gradient));
    result.gradient_norm =
        options.clip_norm > 0 ? clip(gradient, options.clip_norm) : global_norm(gradient);
    if (!all_finite(&result.last_loss, 1) || !all_finite(&result.gradient_norm, 1)) {
      result.status = Status::non_finite_loss;
      break;
    }
    const double factor = options.schedule(state.step, options.steps);
    before = parameters;
    update(objective, optimizer, state.optimizer, gradient, factor);
    if (!all_finite(parameters)) {
      parameters = before;
      result.status = Status::non_finite_loss;
      break;
    }
    result.steps_done = ++state.step;
    state.losses.push_back(result.last_loss);
    if (options.ema_decay > 0) ema.update(state.average, parameters, state.step);

    const Progress progress{state.step,
                            options.steps,
                            result.last_loss,
                            result.gradient_norm,
                            optimizer.learning_rate * factor,
                            seconds()};
    if constexpr (std::is_void_v<std::invoke_result_t<F&, const Progress&>>) {
      callback(progress);
    } else if (!callback(progress) && state.step < options.steps) {
      result.status = Status::stopped;
    }
  }
  result.seconds = seconds();
  return result;
}

/// The same, without a state to keep: for runs that need neither resume nor average.
template <Objective O, Optimizer<typename O::Scalar> P, ProgressCallback F = Silent>
FitResult fit(O& objective, const P& optimizer, const FitOptions& options, F&& callback = F{}) {
  check(options.ema_decay == 0, "train::fit", "ema_decay is ", options.ema_decay,
        ": pass a TrainingState, which holds the average");
  TrainingState<typename O::Scalar, P> state;
  return fit(objective, optimizer, options, state, callback);
}

}  // namespace cytode::train
