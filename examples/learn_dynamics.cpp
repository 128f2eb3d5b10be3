// SPDX-License-Identifier: MIT
// From an AnnData CSV export to learned cell dynamics: trains a velocity field between snapshots by
// conditional flow matching, scores it on time points it never saw, and writes tables and a report.
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <cytode/data/split.hpp>

#include "dynamics/counted.hpp"
#include "dynamics/recipe.hpp"
#include "dynamics/result_files.hpp"
#include "dynamics/scoring.hpp"
#include "dynamics/training.hpp"
#include "learn_dynamics/command_line.hpp"
#include "learn_dynamics/growth.hpp"
#include "learn_dynamics/outputs.hpp"
#include "learn_dynamics/report.hpp"
#include "learn_dynamics/verdict.hpp"

#ifndef CYTODE_MUSCLE
#error "CYTODE_MUSCLE must name the folder of the built-in data"
#endif

namespace program {
namespace {

/// Removes the checkpoints of a run that is complete.
void remove_checkpoints(const std::vector<std::string>& paths) {
  std::error_code ignored;
  for (const std::string& p : paths) std::filesystem::remove(p, ignored);
}

void print_data(const Dataset& data, const Options& o) {
  std::printf("%s, %s of %s; %s", counted(data.snapshots.cells(), "cell").c_str(),
              counted(data.snapshots.features(), "coordinate").c_str(), o.basis.c_str(),
              o.time.c_str());
  constexpr Index most = 24;  // times that a reader may want to see
  const Index times = data.snapshots.size();
  for (Index k = 0; k < times; ++k) {
    if (times > most && k == most / 2) {
      std::printf(", ... (%ld time points)", static_cast<long>(times));
      k = times - most / 4;
    }
    const auto& s = data.snapshots[k];
    std::printf("%s %s (%ld)", k == 0 ? "" : ",", short_number(s.time).c_str(),
                static_cast<long>(s.cells.cols()));
  }
  std::printf("\n");
  for (const std::string& note : data.notes) std::printf("note: %s\n", note.c_str());
  std::fflush(stdout);
}

void print_scores(const Dataset& data, const Options& o, const Findings& f) {
  const std::vector<Score>& scores = f.scores;
  if (!scores.empty()) {
    std::printf("\n%-12s %10s %16s %12s %10s%s\n", "left out", "model W1", "interpolation W1",
                "no change W1", "model W2", f.grows ? "   mass error" : "");
  }
  const auto line = [&](const std::string& name, const Score& s) {
    std::printf("%-12s %10.4f %16.4f %12.4f %10.4f", name.c_str(), s.w1, s.ot_interpolate_w1,
                s.previous_w1, s.w2);
    if (f.grows) std::printf(" %12.4f", s.mass_error);
    std::printf("\n");
  };
  for (const Score& s : scores) line(s.label, s);
  if (scores.size() > 1) line("mean", mean(scores));
  if (!scores.empty() && data.growth && o.mass != MassFrom::counts) {
    std::printf("mass follows from growth by %s; its error is that against the numbers of cells\n",
                data.growth->source.c_str());
  }
  if (f.agreement) {
    std::printf("\nvelocity against %s: mean cosine %.3f", f.agreement->key.c_str(),
                f.agreement->all.mean_cosine);
    if (f.agreement->truth) {
      std::printf(", mean relative error %.3f", f.agreement->all.mean_relative_error);
    }
    std::printf("%s\n", f.agreement->given ? ", which it was trained to follow" : "");
  }
  std::printf("\n%s\n", verdict(data, f).c_str());
  for (const std::string& caution : cautions(f)) std::printf("caution: %s\n", caution.c_str());
}

std::string checkpoint_path(const Options& o, std::size_t model) {
  return o.out + "/checkpoint_" + std::to_string(model) + ".safetensors";
}

/// Says what becomes of checkpoints that are there, or not there.
void print_checkpoints(const Options& o) {
  const bool there = std::filesystem::exists(checkpoint_path(o, 0));
  if (there && !o.resume) {
    std::printf(
        "note: %s has checkpoints of an unfinished run; this run starts anew, --resume "
        "would go on\n",
        o.out.c_str());
  } else if (!there && o.resume) {
    std::printf("note: no checkpoint in %s; starting from the beginning\n", o.out.c_str());
  }
  std::fflush(stdout);
}

/// Trains and scores the models of one run.
class Learner {
 public:
  Learner(const Dataset& data, const Options& o, Workers& workers, Findings& found)
      : data_(data), o_(o), workers_(workers), found_(found), clock_(Clock::of(data.snapshots)) {
    // Before any work: are the times to leave out there?
    if (leaves_out_each(o)) {
      inner_ = inner_labels();
    } else if (!o.hold_out.empty()) {
      (void)split_without(o.hold_out);
    }
  }

  /// Everything asked for; returns the model that tables and figures are made with.
  Model run() {
    if (leaves_out_each(o_)) {
      for (const std::string& label : inner_) (void)without({label});
    }
    if (o_.hold_out.empty() || leaves_out_each(o_)) {
      found_.outputs_from = "trained on all times";
      return train(data_.snapshots, "all times");
    }
    return without(o_.hold_out);
  }
  [[nodiscard]] const std::vector<std::string>& checkpoints() const { return checkpoints_; }

 private:
  [[nodiscard]] std::vector<std::string> inner_labels() const {
    const auto& all = data_.snapshots;
    if (all.size() < 3) {
      throw std::invalid_argument(
          "--hold-out all: there are two time points and none between them to leave out");
    }
    std::vector<std::string> labels;
    for (Index k = 1; k + 1 < all.size(); ++k) labels.push_back(all[k].label);
    return labels;
  }
  [[nodiscard]] data::Split<float> split_without(const std::vector<std::string>& labels) const {
    return about("--hold-out", [&] { return data::leave_out(data_.snapshots, labels); });
  }
  Model without(const std::vector<std::string>& labels) {
    const auto split = split_without(labels);
    std::string times;
    for (const auto& s : split.held_out) times += (times.empty() ? "" : ", ") + name_of(s);
    found_.outputs_from = "trained without " + times;
    Model model = train(split.train, "without " + times);
    for (const auto& s : split.held_out) {
      found_.scores.push_back(score(model, data_, split.train, s, o_.solver, workers_));
      stop_if_interrupted();
    }
    return model;
  }
  Model train(const data::Snapshots<float>& kept, const std::string& name) {
    if (o_.standardize == Standardize::train) check_varies(kept, data_, "to learn from");
    Trained t = learn(kept, data_, clock_, o_, name, checkpoint_path(o_, models_++), workers_);
    checkpoints_.insert(checkpoints_.end(), t.checkpoints.begin(), t.checkpoints.end());
    found_.losses.emplace_back(name, std::move(t.losses));
    found_.seconds.push_back(t.seconds);
    stop_if_interrupted();
    return std::move(t.model);
  }

  const Dataset& data_;
  const Options& o_;
  Workers& workers_;
  Findings& found_;
  Clock clock_;
  std::vector<std::string> inner_;  // labels to leave out in turn
  std::vector<std::string> checkpoints_;
  std::size_t models_ = 0;  // trained so far
};

/// The whole run: read, learn, score, write.
void run(const Options& o) {
  const Recipe recipe = recipe_of(o);  // before any work: does it make sense?
  const Dataset data = load(o);
  check_learnable(o, data);
  if (o.standardize == Standardize::train) check_varies(data.snapshots, data, "of the data");
  Workers workers(o.threads);
  Findings found;
  Learner learner(data, o, workers, found);
  prepare_folder(o.out);
  print_data(data, o);
  std::printf("%s: %s\n", recipe.name.c_str(), describe(recipe).c_str());
  print_checkpoints(o);
  const Model model = learner.run();

  const Paths paths = follow_all(model, data, o.solver, workers);
  found.grows = model.grows();
  found.draws = model.dynamics->draws();
  found.agreement = compare_velocity(data, o, paths);
  found.course = follow_first(model, data, o.solver, workers);
  stop_if_interrupted();

  ResultFiles files(o.out);
  write_velocity(files.path("velocity.csv"), data, o, paths);
  write_trajectories(files.path("trajectories.csv"), data, o, paths);
  write_model(files.path("model.safetensors"), model, data, o);
  if (model.grows()) {
    write_growth(files.path("growth.csv"), data, paths);
    write_dying(files.path("dying.csv"), data, dying_cells(data, paths));
  }
  if (found.draws) write_futures(files.path("futures.csv"), model, data, o, workers);
  write_text(files.path("report.html"), report_html(data, o, paths, found));
  write_text(files.path("metrics.json"), metrics_json(o, data, found));
  files.commit();
  remove_checkpoints(learner.checkpoints());

  print_scores(data, o, found);
  std::printf("report: %s/report.html\n", o.out.c_str());
}

}  // namespace
}  // namespace program

int main(int argc, char** argv) {
  return program::guarded("learn_dynamics", [&] {
    program::Options options;
    std::vector<std::string> time_map;
    CLI::App app("Learns how cells move from snapshots of different cells at several times.");
    program::declare(app, options, time_map);
    if (!program::parse(app, argc, argv)) return;
    program::catch_interrupts();
    program::complete(options, time_map, CYTODE_MUSCLE);
    options.rates = options.knows_growth();
    program::run(options);
  });
}
