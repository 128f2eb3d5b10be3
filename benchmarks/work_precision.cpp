// SPDX-License-Identifier: MIT
// Work and precision: what accuracy costs in field evaluations and in time, for method × controller
// × clock and for method × controller × gradient, on a set of problems. Writes a table and figures.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <cytode/data/nearest.hpp>

#include "../examples/shared/program.hpp"
#include "work_precision/figures.hpp"
#include "work_precision/gradients.hpp"
#include "work_precision/method.hpp"
#include "work_precision/problem.hpp"

namespace work_precision {
namespace {

struct Wishes {
  std::vector<std::string> problems, methods;
  std::string out = "work_precision";
  int repeat = 7;
  bool quick = false;
  bool gradients = true;
};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}
std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const Method& m : methods()) names.push_back(m.name);
  return names;
}

void declare(CLI::App& app, Wishes& w) {
  app.add_option("--problems", w.problems, "Some of: " + listed(problem_names()) + "; default: all")
      ->delimiter(',')
      ->type_name("NAME,...");
  app.add_option("--methods", w.methods,
                 "Some of: " + listed(method_names()) +
                     ", each on every problem; default: explicit ones from bosh3 on where the "
                     "problem is not stiff, the others where it is")
      ->delimiter(',')
      ->type_name("NAME,...");
  app.add_option("--out", w.out, "Folder for work_precision.csv and the figures")
      ->capture_default_str()
      ->type_name("DIR");
  app.add_option("--repeat", w.repeat, "Times that each run is timed; the median counts")
      ->check(program::whole_number(1, 1000))
      ->capture_default_str()
      ->type_name("N");
  app.add_flag("--quick", w.quick,
               "Four problems, two tolerances, one repeat: does it work at all?");
  app.add_flag("!--no-gradients", w.gradients, "Solves alone");
  std::string rule_text = "What is compared:";
  for (const std::string& rule : rules()) rule_text += "\n  - " + rule;
  app.footer(rule_text);
}

// The same for all methods of a problem; batches are dear, kinks more so.
std::vector<double> tolerances(const Problem& p, bool quick) {
  if (quick) return {1e-4, 1e-6};
  std::vector<double> all = {1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11};
  all.resize(p.name == "selu" ? 6 : p.cells() > 1 ? 7 : 9);
  return all;
}

// The methods for a problem.
std::vector<const Method*> methods_for(const Problem& p, const std::vector<std::string>& names) {
  std::vector<const Method*> some;
  for (const Method& m : methods()) {
    const bool named = std::find(names.begin(), names.end(), m.name) != names.end();
    if (names.empty() ? m.usual && m.stiff() == p.stiff : named) some.push_back(&m);
  }
  return some;
}

void measure_solves(const Problem& p, const Wishes& w, std::vector<Row>& rows) {
  std::vector<std::unique_ptr<Run>> runs;
  for (const Method* m : methods_for(p, w.methods)) {
    for (const NamedController& c : controllers()) {
      if (w.quick && c.name != "i") continue;
      for (const ode::Clock clock : {ode::Clock::shared, ode::Clock::per_cell}) {
        if (clock == ode::Clock::per_cell && p.cells() == 1) continue;
        for (const double tolerance : tolerances(p, w.quick)) {
          runs.push_back(solve_run(p, *m, c, clock, tolerance));
        }
      }
    }
  }
  std::fprintf(stderr, "%s: %zu solves\n", p.name.c_str(), runs.size());
  measure(runs, w.repeat, rows);
}

void measure_gradients(const Problem& p, const Wishes& w, std::vector<Row>& rows) {
  if (p.name == "selu") return;  // a gradient at kinks is no better than its first order
  const GradientTask task(p);
  std::vector<std::unique_ptr<Run>> runs;
  for (const NamedController& c : controllers()) {
    if (w.quick && c.name != "i") continue;
    for (const double tolerance : tolerances(p, w.quick)) {
      for (auto& run : gradient_runs(task, c, tolerance)) runs.push_back(std::move(run));
    }
  }
  std::fprintf(stderr, "%s: %zu gradients\n", p.name.c_str(), runs.size());
  measure(runs, w.repeat, rows);
}

void compare(Wishes w) {
  for (const std::string& name : w.methods) {
    const auto known = method_names();
    check(std::find(known.begin(), known.end(), name) != known.end(), "work_precision",
          "--methods: no method '", name, "'", cytode::data::suggest(name, known));
  }
  if (w.quick) {
    w.repeat = 1;
    if (w.problems.empty()) w.problems = {"brusselator", "spiral", "batch", "hires"};
  }
  const std::vector<Problem> problems =
      program::about("--problems", [&] { return make_problems(w.problems); });
  std::filesystem::create_directories(w.out);
  std::vector<Row> rows;
  for (const Problem& p : problems) {
    measure_solves(p, w, rows);
    if (w.gradients) measure_gradients(p, w, rows);
  }
  write_csv(w.out + "/work_precision.csv", rows);
  std::fprintf(stderr, "wrote %s/work_precision.csv: %zu rows\n", w.out.c_str(), rows.size());
  for (const std::string& name : draw_figures(w.out, problems, rows)) {
    std::fprintf(stderr, "wrote %s/%s\n", w.out.c_str(), name.c_str());
  }
}

}  // namespace

void run(int argc, char** argv) {
  CLI::App app("What accuracy costs, in field evaluations and in time");
  Wishes wishes;
  declare(app, wishes);
  if (program::parse(app, argc, argv)) compare(std::move(wishes));
}

}  // namespace work_precision

int main(int argc, char** argv) {
  return program::guarded("work_precision", [&] { work_precision::run(argc, argv); });
}
