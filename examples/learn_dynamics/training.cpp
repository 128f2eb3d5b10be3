// SPDX-License-Identifier: MIT
#include "training.hpp"

#include <cstdio>
#include <filesystem>

#include <cytode/flow/matching.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/checkpoint.hpp>

#include "progress.hpp"

namespace program {
namespace {

/// Memory of the moving average of the parameters, which is what a finished model has.
constexpr double ema_decay = 0.999;

/// Everything a checkpoint must share with the run that goes on from it, one setting a line, the
/// training cells themselves by a checksum.
std::string configuration(const Options& o, const data::Snapshots<float>& kept) {
  std::uint64_t sum = 14695981039346656037ull;  // FNV-1a over the bytes of the cells
  std::string text = "times:";
  for (const auto& s : kept) {
    text += " " + s.label;
    const auto* bytes = reinterpret_cast<const unsigned char*>(s.cells.data());
    for (std::size_t i = 0; i < sizeof(float) * static_cast<std::size_t>(s.cells.size()); ++i) {
      sum = (sum ^ bytes[i]) * 1099511628211ull;
    }
  }
  const auto line = [&](const char* key, const std::string& value) {
    text += "\n" + std::string(key) + ": " + value;
  };
  line("cells", std::to_string(kept.cells()) + " x " + std::to_string(kept.features()) +
                    ", checksum " + std::to_string(sum));
  line("method", name_of(method_names, o.method));
  line("standardize", name_of(standardize_names, o.standardize));
  std::string widths;
  for (const long h : o.hidden) widths += (widths.empty() ? "" : ",") + std::to_string(h);
  line("hidden", widths);
  line("sigma", std::to_string(o.sigma));
  line("steps", std::to_string(o.steps));
  line("batch", std::to_string(o.batch));
  line("lr", std::to_string(o.learning_rate));
  line("seed", std::to_string(o.seed));
  return text;
}

/// Runs the optimiser on an objective until done, interrupted or broken.
template <class Loss>
void optimise(Loss& loss, const Options& o, const std::string& name, const std::string& checkpoint,
              const std::string& settings, Trained& out) {
  const train::AdamW optimizer{.learning_rate = o.learning_rate};
  const train::FitOptions fit{
      .steps = o.steps, .seed = o.seed, .schedule = train::Cosine{}, .ema_decay = ema_decay};
  train::TrainingState<float, train::AdamW> state;
  Field& field = out.model.field;
  double before = 0;  // seconds spent by earlier runs
  if (o.resume && std::filesystem::exists(checkpoint)) {
    const auto notes =
        train::load_checkpoint(checkpoint, field.layout(), field.parameters(), state, settings);
    if (const auto found = notes.find("seconds"); found != notes.end()) {
      before = std::stod(found->second);
    }
    std::fprintf(stderr, "%s: going on from step %ld of %ld\n", name.c_str(), state.step, o.steps);
  }
  const auto save = [&](double seconds) {
    train::save_checkpoint(checkpoint, field.layout(), field.parameters(), state, settings,
                           {{"seconds", std::to_string(before + seconds)}});
  };
  Progress progress(name);
  double sane = 0;  // the loss at the start of the run: a hundredfold of it is no learning
  const auto result = train::fit(loss, optimizer, fit, state, [&](const train::Progress& p) {
    if (state.losses.size() == 1 || sane == 0) sane = state.losses.front();
    progress(p);
    const bool exploding = p.loss > 100 * sane + 100;
    if (p.step % 500 == 0 && p.step < p.total && !exploding) save(p.seconds);
    if (exploding)
      throw std::runtime_error(name + ": the loss exploded at step " + std::to_string(p.step) +
                               " (" + std::to_string(p.loss) +
                               "); lower --lr. The last good checkpoint is kept");
    return interrupted == 0;
  });
  if (result.status == Status::non_finite_loss) {
    progress.interrupt();
    throw std::runtime_error(name + ": the loss is not finite at step " +
                             std::to_string(result.steps_done + 1) +
                             "; lower --lr or look for outliers in the data. The last good "
                             "checkpoint is kept");
  }
  if (result.status == Status::stopped) {
    progress.interrupt();
    save(result.seconds);
    throw Interrupted(name + ": interrupted after step " + std::to_string(state.step) +
                      "; the same command with --resume goes on from there");
  }
  out.seconds = before + result.seconds;
  save(result.seconds);  // a finished model of several: --resume does not train it again
  field.parameters() = state.average;
  out.losses = std::move(state.losses);
}

}  // namespace

Trained learn(const data::Snapshots<float>& kept, const Clock& clock, const Options& o,
              const std::string& name, const std::string& checkpoint, Workers& workers) {
  const Index d = kept.features();
  const data::Standardizer scaling =
      o.standardize == Standardize::train
          ? data::Standardizer::fit(kept)
          : data::Standardizer(Vector<double>::Zero(d), Vector<double>::Ones(d));
  std::vector<Index> hidden(o.hidden.begin(), o.hidden.end());
  Trained out{
      {fields::neural<float>(d, std::move(hidden), Stream(o.seed).fork(0)), scaling, clock}, {}, 0};
  std::vector<data::Snapshot<float>> list;
  for (const auto& s : kept) {
    list.push_back({clock(s.time), s.label, scaling.apply(s.cells), s.rows});
    Index feature = 0, cell = 0;
    const float largest = list.back().cells.cwiseAbs().maxCoeff(&feature, &cell);
    if (largest > 1e9f) {  // squared distances would lose everything else, or overflow
      throw std::runtime_error("coordinate " + std::to_string(feature + 1) + " of a cell at time " +
                               name_of(s) + " is " + short_number(s.cells(feature, cell)) +
                               ", too large to learn from: leave the cell out" +
                               (o.standardize == Standardize::none ? " or scale the data" : ""));
    }
  }
  const data::Snapshots<float> inside(std::move(list));
  const flow::LinearPath path{.sigma = o.sigma};
  const std::string settings = configuration(o, kept);
  const auto run = [&](auto coupling) {
    flow::Matching loss(out.model.field, inside, path, coupling, o.batch, workers);
    optimise(loss, o, name, checkpoint, settings, out);
  };
  if (o.method == Method::otcfm) {
    run(ot::Exact{});
  } else {
    run(ot::Independent{});
  }
  return out;
}

}  // namespace program
