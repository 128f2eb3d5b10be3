// SPDX-License-Identifier: MIT
// From an AnnData CSV export to learned cell dynamics: trains a velocity field between snapshots by
// conditional flow matching, scores it on time points it never saw, and writes tables and a report.
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <cytode/data/split.hpp>

#include "learn_dynamics/command_line.hpp"
#include "learn_dynamics/outputs.hpp"
#include "learn_dynamics/report.hpp"
#include "learn_dynamics/scoring.hpp"
#include "learn_dynamics/training.hpp"

#ifndef CYTODE_MUSCLE
#error "CYTODE_MUSCLE must name the folder of the built-in data"
#endif

namespace program {
namespace {

/// Makes the folder and shows, before any work, that files can be written there.
void prepare_folder(const std::string& out) {
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) {
    throw std::runtime_error("cannot make the folder '" + out + "': " + error.message());
  }
  const std::string probe = out + "/.writable";
  write_text(probe, "");
  std::filesystem::remove(probe, error);
}

/// Removes the checkpoints of a run that is complete.
void remove_checkpoints(const std::vector<std::string>& paths) {
  std::error_code ignored;
  for (const std::string& p : paths) std::filesystem::remove(p, ignored);
}

void print_data(const Dataset& data, const Options& o) {
  std::printf("%ld cells, %ld coordinates of %s; %s", static_cast<long>(data.snapshots.cells()),
              static_cast<long>(data.snapshots.features()), o.basis.c_str(), o.time.c_str());
  for (const auto& s : data.snapshots) {
    std::printf("%s %s (%ld)", s.time == data.snapshots.front().time ? "" : ",",
                short_number(s.time).c_str(), static_cast<long>(s.cells.cols()));
  }
  std::printf("\n");
  for (const std::string& note : data.notes) std::printf("note: %s\n", note.c_str());
  std::fflush(stdout);
}

void print_scores(const std::vector<Score>& scores) {
  if (scores.empty()) return;
  std::printf("\n%-12s %10s %16s %12s %10s\n", "left out", "model W1", "interpolation W1",
              "no change W1", "model W2");
  const auto line = [](const std::string& name, const Score& s) {
    std::printf("%-12s %10.4f %16.4f %12.4f %10.4f\n", name.c_str(), s.w1, s.ot_interpolate_w1,
                s.previous_w1, s.w2);
  };
  for (const Score& s : scores) line(s.label, s);
  if (scores.size() > 1) line("mean", mean(scores));
}

/// The whole run: read, learn, score, write.
void run(const Options& o) {
  prepare_folder(o.out);
  const Dataset data = load(o);
  print_data(data, o);
  Workers workers(o.threads);
  const Clock clock = Clock::of(data.snapshots);

  Findings found;
  std::vector<std::string> checkpoints;
  const auto train = [&](const data::Snapshots<float>& kept, const std::string& name) {
    checkpoints.push_back(o.out + "/checkpoint_" + std::to_string(checkpoints.size()) +
                          ".safetensors");
    Trained t = learn(kept, clock, o, name, checkpoints.back(), workers);
    found.losses.emplace_back(name, std::move(t.losses));
    found.seconds.push_back(t.seconds);
    return std::move(t.model);
  };
  const auto without = [&](const std::vector<std::string>& labels) {
    const auto split = data::leave_out(data.snapshots, labels);
    std::string name = "without";
    for (const auto& s : split.held_out) name += " " + name_of(s);
    Model model = train(split.train, name);
    for (const auto& s : split.held_out) {
      found.scores.push_back(score(model, split.train, s, o.solver, workers));
    }
    return std::pair(std::move(model), std::move(name));
  };

  std::optional<Model> model;
  if (o.hold_out.empty() || leaves_out_each(o)) {
    if (leaves_out_each(o)) {
      if (data.snapshots.size() < 3) {
        throw std::invalid_argument(
            "--hold-out all: there are two time points and none between "
            "them to leave out");
      }
      for (Index k = 1; k + 1 < data.snapshots.size(); ++k) without({data.snapshots[k].label});
    }
    model.emplace(train(data.snapshots, "all times"));
    found.outputs_from = "trained on all times";
  } else {
    auto [held, name] = without(o.hold_out);
    model.emplace(std::move(held));
    found.outputs_from = "trained " + name;
  }

  const Paths paths = follow_all(*model, data, o.solver, workers);
  found.agreement = compare_velocity(data, paths);
  write_velocity(o.out + "/velocity.csv", data, o, paths);
  write_trajectories(o.out + "/trajectories.csv", data, o, paths);
  write_model(o.out + "/model.safetensors", *model, o);
  write_text(o.out + "/report.html", report_html(*model, data, o, paths, found, workers));
  write_text(o.out + "/metrics.json", metrics_json(o, data, found.seconds, found.scores,
                                                   found.agreement, found.outputs_from));
  remove_checkpoints(checkpoints);

  print_scores(found.scores);
  if (found.agreement) {
    std::printf("\nvelocity against %s: mean cosine %.3f, mean relative error %.3f\n",
                found.agreement->key.c_str(), found.agreement->all.mean_cosine,
                found.agreement->all.mean_relative_error);
  }
  std::printf("\nreport: %s/report.html\n", o.out.c_str());
}

/// One line on standard error.
int fail(const std::exception& e, int code) {
  std::string text = e.what();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  std::fprintf(stderr, "learn_dynamics: %s\n", text.c_str());
  return code;
}

}  // namespace
}  // namespace program

int main(int argc, char** argv) {
  program::Options options;
  std::vector<std::string> time_map;
  CLI::App app("Learns how cells move from snapshots of different cells at several times.");
  program::declare(app, options, time_map);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);
    return program::fail(e, 2);
  }
  std::signal(SIGINT, [](int) { program::interrupted = 1; });
  std::signal(SIGTERM, [](int) { program::interrupted = 1; });
  try {
    program::complete(options, time_map, CYTODE_MUSCLE);
    program::run(options);
    return 0;
  } catch (const program::Interrupted& e) {
    return program::fail(e, 130);
  } catch (const std::invalid_argument& e) {
    return program::fail(e, 2);
  } catch (const std::bad_alloc&) {
    return program::fail(std::runtime_error("out of memory: use fewer --dims or cells"), 1);
  } catch (const std::exception& e) {
    return program::fail(e, 1);
  }
}
