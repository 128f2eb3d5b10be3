// SPDX-License-Identifier: MIT
#include "stage.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include <cytode/train/adamw.hpp>
#include <cytode/train/checkpoint.hpp>

#include "progress.hpp"

namespace program {
namespace {

/// Memory of the moving average of the parameters, which is what a finished model has.
constexpr double ema_decay = 0.999;

/// A checkpoint is written when either has passed.
constexpr long steps_between_saves = 500;
constexpr double seconds_between_saves = 30;

}  // namespace

std::string configuration(const Options& o, const data::Snapshots<float>& kept,
                          const std::vector<TrainingCells>& cells) {
  std::uint64_t sum = 14695981039346656037ull;  // FNV-1a
  const auto add = [&sum](const auto& numbers) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(numbers.data());
    const std::size_t length = sizeof(*numbers.data()) * static_cast<std::size_t>(numbers.size());
    for (std::size_t i = 0; i < length; ++i) sum = (sum ^ bytes[i]) * 1099511628211ull;
  };
  std::string text = "times:";
  for (const auto& s : kept) {
    text += " " + s.label;
    add(s.cells);
  }
  for (const TrainingCells& c : cells) {
    add(c.conditions);
    add(c.rates);
    add(c.velocity);
  }
  const auto line = [&](const char* key, const std::string& value) {
    text += "\n" + std::string(key) + ": " + value;
  };
  line("cells", std::to_string(kept.cells()) + " x " + std::to_string(kept.features()) +
                    ", checksum " + std::to_string(sum));
  line("method", name_of(method_names, o.method));
  line("coupling", name_of(coupling_names, o.coupling));
  if (o.targets != Targets::cells) line("targets", name_of(targets_names, o.targets));
  line("growth", o.growth ? "yes" : "no");
  if (o.rates) {
    line("growth column", o.growth_column + ", " + name_of(growth_unit_names, o.growth_unit));
    for (const std::string& gene : o.proliferation) line("proliferation", gene);
    for (const std::string& gene : o.apoptosis) line("apoptosis", gene);
    if (o.units_per_day > 0) line("units per day", std::to_string(o.units_per_day));
    if (o.mass != MassFrom::usual) line("mass", name_of(mass_names, o.mass));
  }
  line("noise", std::to_string(o.noise));
  line("metric", name_of(metric_names, o.metric));
  line("condition", o.condition);
  if (o.guidance != 0) {
    line("guidance", std::to_string(o.guidance));
    line("condition dropout", std::to_string(o.condition_dropout));
  }
  if (!o.velocity.empty()) line("velocity", o.velocity);
  if (o.velocity_scale > 0) line("velocity scale", std::to_string(o.velocity_scale));
  if (o.bandwidth > 0) line("bandwidth", std::to_string(o.bandwidth));
  line("standardize", name_of(standardize_names, o.standardize));
  std::string widths;
  for (const long h : o.hidden) widths += (widths.empty() ? "" : ",") + std::to_string(h);
  line("hidden", widths);
  line("sigma", std::to_string(o.sigma));
  line("epsilon", std::to_string(o.epsilon));
  line("delta", std::to_string(o.delta));
  line("relaxation", std::to_string(o.relaxation));
  if (o.energy > 0) line("energy", std::to_string(o.energy));
  line("steps", std::to_string(o.steps));
  line("batch", std::to_string(o.batch));
  line("lr", std::to_string(o.learning_rate));
  line("seed", std::to_string(o.seed));
  return text;
}

void optimise(Stage& stage, const Options& o, Trained& out) {
  AnyObjective& loss = stage.loss;
  Vector<float>& parameters = loss.parameters();
  const ParameterLayout& layout = stage.layout;
  const std::string &name = stage.name, &checkpoint = stage.checkpoint, &settings = stage.settings;
  const train::AdamW optimizer{.learning_rate = o.learning_rate};
  const train::FitOptions fit{
      .steps = o.steps, .seed = o.seed, .schedule = train::Cosine{}, .ema_decay = ema_decay};
  train::TrainingState<float, train::AdamW> state;
  double before = 0;  // seconds spent by earlier runs
  const bool keeps = !checkpoint.empty();
  const bool resumed = keeps && o.resume && std::filesystem::exists(checkpoint);
  if (resumed) {
    const auto notes = [&] {
      try {
        return train::load_checkpoint(checkpoint, layout, parameters, state, settings);
      } catch (const std::runtime_error& e) {
        throw std::runtime_error(e.what() +
                                 std::string("; --resume goes on with the same data and options: "
                                             "run without it, or with another --out"));
      }
    }();
    if (const auto found = notes.find("seconds"); found != notes.end()) {
      before = std::stod(found->second);
    }
    if (state.step < o.steps) {
      std::fprintf(stderr, "%s: going on from step %ld of %ld\n", name.c_str(), state.step,
                   o.steps);
    } else {
      std::fprintf(stderr, "%s: trained before\n", name.c_str());
    }
  }
  long kept = resumed ? state.step : 0;  // step of the last checkpoint
  double saved = 0;                      // seconds at which it was written
  const auto save = [&](double seconds) {
    if (!keeps) return;
    train::save_checkpoint(checkpoint, layout, parameters, state, settings,
                           {{"seconds", std::to_string(before + seconds)}});
    kept = state.step;
    saved = seconds;
  };
  const auto what_is_kept = [&] {
    return kept == 0
               ? std::string()
               : "; the checkpoint of step " + std::to_string(kept) + " is kept in " + checkpoint;
  };
  Progress progress(name, o.brief);
  const auto result = train::fit(loss, optimizer, fit, state, [&](const train::Progress& p) {
    progress(p);
    const double sane = state.losses.front();  // a hundredfold of the first loss is no learning
    if (p.loss > 100 * sane + 100) {
      progress.clear();
      throw std::runtime_error(name + ": the loss exploded at step " + std::to_string(p.step) +
                               " (from " + short_number(sane) + " to " + short_number(p.loss) +
                               "): lower --lr or --sigma" + what_is_kept());
    }
    const bool due = p.step % steps_between_saves == 0 || p.seconds - saved > seconds_between_saves;
    if (due && p.step < p.total) save(p.seconds);
    return interrupted == 0;
  });
  if (result.status == Status::non_finite_loss) {
    progress.clear();
    throw std::runtime_error(name + ": the loss is not finite at step " +
                             std::to_string(result.steps_done + 1) +
                             ": lower --lr or look for outliers in the data" + what_is_kept());
  }
  if (result.status == Status::stopped) {
    progress.clear();
    save(result.seconds);
    throw Interrupted(name + ": interrupted after step " + std::to_string(state.step) +
                      (keeps ? "; the same command with --resume goes on from there"
                             : "; nothing of it is kept"));
  }
  out.seconds += before + result.seconds;
  if (kept < state.step)
    save(result.seconds);  // a finished model of several: --resume does not train it again
  parameters = state.average;
  out.losses.insert(out.losses.end(), state.losses.begin(), state.losses.end());
  if (keeps) out.checkpoints.push_back(checkpoint);
}

}  // namespace program
