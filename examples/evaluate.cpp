// SPDX-License-Identifier: MIT
// Compares methods on time points they never saw, by the published protocols and by the same ones
// without their leaks, over methods, left-out times and seeds, beside the baselines that need no
// learning.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <cytode/data/split.hpp>

#include "dynamics/counted.hpp"
#include "dynamics/data_options.hpp"
#include "dynamics/method_options.hpp"
#include "dynamics/recipe.hpp"
#include "dynamics/result_files.hpp"
#include "dynamics/training.hpp"
#include "evaluate/protocol.hpp"
#include "evaluate/tables.hpp"

#ifndef CYTODE_MUSCLE
#error "CYTODE_MUSCLE must name the folder of the built-in data"
#endif

namespace program {
namespace {

/// What only this program asks for.
struct Plan {
  std::vector<std::string> methods{"icfm", "otcfm"};
  std::vector<std::string> protocols;
  long seeds = 3;
};

void declare_plan(CLI::App& app, Plan& plan, Options& o) {
  app.add_option("--methods", plan.methods,
                 "Methods to compare, each with what it composes with: otcfm, vgfm, otcfm+growth, "
                 "otcfm+land, otcfm+entropic+mean, sf2m+exact, sf2m+noise=0.5, vgfm+rates with "
                 "--growth-column or --proliferation, simulation+energy=0.1")
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("NAME[+PART...],...");
  app.add_option("--protocols", plan.protocols,
                 "A: one time left out, scored in z-scores. B: the same in the coordinates as they "
                 "are. E: from the first time, with weights and mass. Each comes leak-free and as "
                 "published; results.md says what either sees. Default: A up to 10 coordinates, "
                 "else B; E where a method grows")
      ->delimiter(',')
      ->type_name("A|B|E,...");
  app.add_option(
         "--standardize", o.standardize,
         "Leak-free B and E scale inside by the time points kept. train: each coordinate by "
         "its own spread. one: all by one, so that distances keep their proportions")
      ->transform(one_of(std::map<std::string, Standardize>{{"train", Standardize::train},
                                                            {"one", Standardize::one}}))
      ->type_name("train|one")
      ->default_str("train");
  app.add_option("--hold-out", o.hold_out, "Times to leave out in turn (default: each inner time)")
      ->delimiter(',')
      ->type_name("LABEL,...");
  app.add_option("--seeds", plan.seeds, "Runs of every model, with seeds 0, 1, 2, …")
      ->capture_default_str()
      ->check(whole_number(1, 1000));
}

std::vector<Protocol> protocols_of(const Plan& plan, const Dataset& data,
                                   const std::vector<Contender>& contenders) {
  std::vector<Protocol> list;
  for (const std::string& name : plan.protocols) {
    const auto found = protocol_names.find(
        name.size() == 1 ? std::string(1, static_cast<char>(std::toupper(name[0]))) : name);
    if (found == protocol_names.end()) {
      throw std::invalid_argument("--protocols: '" + name + "', wanted some of A, B, E");
    }
    list.push_back(found->second);
  }
  if (!list.empty()) return list;
  list.push_back(data.snapshots.features() <= 10 ? Protocol::a : Protocol::b);
  for (const Contender& c : contenders) {
    if (recipe_of(c.options).growth) {
      list.push_back(Protocol::e);
      break;
    }
  }
  return list;
}

std::vector<std::string> left_out(const Dataset& data, const Options& o) {
  const auto& all = data.snapshots;
  if (!o.hold_out.empty() && !leaves_out_each(o)) {
    std::vector<std::string> labels;
    for (const std::string& label : o.hold_out) {
      const auto split = about("--hold-out", [&] { return data::leave_out(all, {label}); });
      labels.push_back(split.held_out.front().label);
    }
    return labels;
  }
  if (all.size() < 3) {
    throw std::invalid_argument(
        "there are two time points and none between them to leave out: nothing can be compared");
  }
  std::vector<std::string> labels;
  for (Index k = 1; k + 1 < all.size(); ++k) labels.push_back(all[k].label);
  return labels;
}

std::vector<Contender> contenders_of(const Plan& plan, const Options& o) {
  std::vector<Contender> list;
  for (const std::string& text : plan.methods) {
    list.push_back(read_contender(text, o));
    if (std::ranges::count(plan.methods, text) > 1) {
      throw std::invalid_argument("--methods: '" + text + "' is there more than once");
    }
  }
  const auto none = [&](auto&& uses) { return std::ranges::none_of(list, uses); };
  if (o.knows_growth() && none([](const Contender& c) { return c.options.rates; })) {
    throw std::invalid_argument(
        "no method uses the growth that is known: add +rates to one that grows, as vgfm+rates");
  }
  if (o.energy > 0 && none([](const Contender& c) { return c.options.energy > 0; })) {
    throw std::invalid_argument("--energy: no method is simulation, which alone has it");
  }
  if ((o.velocity_scale > 0 || o.bandwidth > 0) &&
      none([](const Contender& c) { return c.options.method == Method::curly; })) {
    throw std::invalid_argument(
        "--velocity-scale, --bandwidth: no method is curly, which alone follows velocities");
  }
  return list;
}

/// Says which model is being trained, and how long the rest may take.
class Announcer {
 public:
  explicit Announcer(long models) : models_(models) {}
  void operator()(Protocol p, Variant v, const std::string& name) {
    std::string left;
    if (done_ > 0) {
      const double spent =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
      char text[48];
      const double rest = spent / static_cast<double>(done_) * static_cast<double>(models_ - done_);
      std::snprintf(text, sizeof text, rest < 90 ? " (%.0f s left)" : " (%.0f min left)",
                    rest < 90 ? rest : rest / 60);
      left = text;
    }
    std::fprintf(stderr, "model %ld of %ld%s: %s %s, %s\n", ++done_, models_, left.c_str(),
                 name_of(protocol_names, p).c_str(), name_of(v), name.c_str());
  }

 private:
  long models_, done_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void print_summary(const std::vector<Summary>& summaries) {
  std::string last;
  for (const Summary& s : summaries) {
    const std::string title = "protocol " + s.protocol + ", " + s.variant;
    if (title != last) {
      std::printf("\n%-28s %10s %10s %12s %8s\n", title.c_str(), "W1", "± seeds", "mass error",
                  "s/model");
      last = title;
    }
    std::printf("%-28s %10.4f", s.method.c_str(), s.w1);
    if (s.learned && s.seeds > 1) {
      std::printf(" %10.4f", s.w1_deviation);
    } else {
      std::printf(" %10s", "");
    }
    if (s.protocol == "E") {
      std::printf(" %12.4f", s.mass_error);
    } else {
      std::printf(" %12s", "");
    }
    if (s.learned) std::printf(" %8.1f", s.seconds);
    if (s.failed > 0) std::printf("  %ld without a result", s.failed);
    std::printf("\n");
  }
}

void run(const Options& o, const Plan& plan) {
  const std::vector<Contender> contenders = contenders_of(plan, o);
  const Dataset data = load(o);
  for (const Contender& c : contenders) {
    about("--methods: " + c.name, [&] { check_learnable(c.options, data); });
  }
  const std::vector<Protocol> protocols = protocols_of(plan, data, contenders);
  const std::vector<std::string> labels = left_out(data, o);
  std::vector<std::uint64_t> seeds;
  for (long s = 0; s < plan.seeds; ++s) seeds.push_back(o.seed + static_cast<std::uint64_t>(s));
  const Comparison comparison{data, contenders, labels, seeds};
  prepare_folder(o.out);
  Workers workers(o.threads);

  long models = 0;
  for (const Protocol p : protocols) {
    for (const Variant v : {Variant::leak_free, Variant::as_published}) {
      models += models_of(p, v, comparison);
    }
  }
  std::printf("%s, %s, %s; %s to train\n", counted(data.snapshots.cells(), "cell").c_str(),
              counted(data.snapshots.features(), "coordinate").c_str(),
              counted(data.snapshots.size(), "time point").c_str(),
              counted(models, "model").c_str());
  for (const std::string& note : data.notes) std::printf("note: %s\n", note.c_str());
  std::fflush(stdout);

  Announcer announce(models);
  std::vector<Result> results;
  const auto begin = [&](Protocol p, Variant v, const std::string& name) {
    stop_if_interrupted();
    announce(p, v, name);
  };
  const auto keep = [&](const std::vector<Result>& more) {
    for (const Result& r : more) {
      if (!r.problem.empty()) {
        std::fprintf(stderr, "%s: no result: %s\n", r.method.c_str(), r.problem.c_str());
      }
      results.push_back(r);
    }
  };
  try {
    for (const Protocol p : protocols) {
      for (const Variant v : {Variant::leak_free, Variant::as_published}) {
        compare(
            p, v, comparison, workers, [&](const std::string& name) { begin(p, v, name); }, keep);
      }
    }
  } catch (const Interrupted&) {
    ResultFiles files(o.out);
    write_text(files.path("results_so_far.csv"), results_csv(results));
    files.commit();
    throw Interrupted("interrupted: what was scored is in " + o.out + "/results_so_far.csv");
  }
  const std::vector<Summary> summaries = summarise(results);
  std::string about = "Data: " + o.time + " of " + counted(data.snapshots.cells(), "cell") + ", " +
                      counted(data.snapshots.features(), "coordinate") + " of " + o.basis + ". " +
                      std::to_string(o.steps) + " steps of " + std::to_string(o.batch) +
                      " pairs, seeds " + std::to_string(seeds.front()) + " to " +
                      std::to_string(seeds.back()) +
                      ". Means over the times scored, then over seeds; ± is the deviation over "
                      "seeds. Lower is better.\n";
  ResultFiles files(o.out);
  write_text(files.path("results.csv"), results_csv(results));
  write_text(files.path("results.md"), results_markdown(summaries, about));
  write_text(files.path("results.svg"), results_svg(summaries));
  files.commit();
  print_summary(summaries);
  std::printf("\ntables and figure: %s/results.csv, results.md, results.svg\n", o.out.c_str());
}

}  // namespace
}  // namespace program

int main(int argc, char** argv) {
  return program::guarded("evaluate", [&] {
    program::Options options;
    program::Plan plan;
    std::vector<std::string> time_map;
    CLI::App app("Compares methods on time points they never saw.");
    program::declare_data(app, options, time_map);
    program::declare_plan(app, plan, options);
    program::declare_parts(app, options);
    program::declare_training(app, options);
    app.add_option("--out", options.out,
                   "Folder for the tables; made if it is not there (required)")
        ->type_name("DIR");
    app.footer(
        "Example:\n"
        "  evaluate --data export --time day --basis X_pca --dims 5 --methods otcfm,mfm+land "
        "--out table\n\n"
        "Baselines are always there: no change, and transport interpolation, the cells moved "
        "straight along\nthe exact plan between the times before and after. In --out: results.csv, "
        "every number; results.md,\na table a protocol; results.svg.");
    if (!program::parse(app, argc, argv)) return;
    program::catch_interrupts();
    program::complete(options, time_map, CYTODE_MUSCLE);
    options.brief = true;
    program::run(options, plan);
  });
}
