// SPDX-License-Identifier: MIT
// Small multiples: a row a problem, error against evaluations and against time.
#include "figures.hpp"

#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include <cytode/data/atomic_file.hpp>
#include <cytode/plot/figure.hpp>
#include <cytode/plot/lines.hpp>
#include <cytode/plot/points.hpp>

namespace work_precision {
namespace {

// How a line looks: its place in the key follows from the order of the looks.
struct Look {
  std::string key;   // what of a row it is for
  std::string name;  // in the key
  plot::Color color;
  std::string_view dash = "";
};

plot::Color hue(int i) {
  return plot::okabe_ito(i);
}
constexpr std::string_view dashed = "5 3.5", dotted = "1 4";

const std::vector<Look>& method_looks() {
  static const std::vector<Look> all = {{"heun", "Heun 2(1)", hue(7), dashed},
                                        {"midpoint", "Midpoint 2(1)", hue(7), dotted},
                                        {"ralston", "Ralston 2(1)", hue(7)},
                                        {"bosh3", "Bogacki–Shampine 3(2)", hue(4)},
                                        {"dopri5", "Dormand–Prince 5(4)", hue(0)},
                                        {"tsit5", "Tsitouras 5(4)", hue(1)},
                                        {"dop853", "Dormand–Prince 8(5,3)", hue(2)},
                                        {"rodas3p", "Rodas3P", hue(4)},
                                        {"rodas4", "Rodas4", hue(0)},
                                        {"rodas5p", "Rodas5P", hue(2)},
                                        {"esdirk3", "ESDIRK3", hue(4), dashed},
                                        {"esdirk4", "ESDIRK4", hue(0), dashed},
                                        {"esdirk5", "ESDIRK5", hue(2), dashed},
                                        {"switch", "Tsitouras 5(4) → Rodas4", hue(1)}};
  return all;
}
const std::vector<Look>& control_looks() {
  static const std::vector<Look> all = {{"i shared", "I", hue(0)},
                                        {"pi shared", "PI", hue(1)},
                                        {"pid shared", "PID", hue(2)},
                                        {"i per_cell", "I, a clock per cell", hue(0), dashed},
                                        {"pi per_cell", "PI, a clock per cell", hue(1), dashed},
                                        {"pid per_cell", "PID, a clock per cell", hue(2), dashed}};
  return all;
}
const std::vector<Look>& gradient_looks() {
  static const std::vector<Look> all = {
      {"dopri5 discrete", "Discrete", hue(0)},
      {"dopri5 checkpointed", "Discrete, few kB", hue(5)},
      {"dopri5 reversible", "Reversible", hue(4)},
      {"dopri5 forward", "Forward", hue(3), dashed},
      {"dopri5 interpolating", "Interpolating", hue(2)},
      {"dopri5 continuous", "Continuous", hue(1)},
      {"tsit5 discrete", "Discrete, Tsitouras 5(4)", hue(0), dashed},
      {"dop853 discrete", "Discrete, Dormand–Prince 8", hue(0), dotted},
      {"rodas4 discrete", "Rodas4", hue(0)},
      {"rodas5p discrete", "Rodas5P", hue(2)},
      {"esdirk4 discrete", "ESDIRK4", hue(1)}};
  return all;
}

// One kind of figure.
struct Kind {
  std::string file, title, description;
  const std::vector<Look>& looks;
  std::function<std::string(const Row&)> key;  // of a row: a look's, or of none
  std::function<double(const Row&)> error, evaluations;
  std::string error_label, evaluations_label, time_label;
};

// The rows of a problem as lines, look by look.
void draw(plot::Panel& panel, const Kind& kind, const std::vector<const Row*>& rows,
          const std::function<double(const Row&)>& across) {
  for (const Look& look : kind.looks) {
    std::vector<double> x, y;
    for (const Row* r : rows) {
      if (!r->ok() || kind.key(*r) != look.key) continue;
      const double error = kind.error(*r), cost = across(*r);
      if (!(error > 0 && error < 3) || !(cost > 0)) continue;  // no digit is right
      x.push_back(cost);
      y.push_back(error);
    }
    if (x.empty()) continue;
    panel.add(plot::Lines{
        .x = x, .y = y, .name = look.name, .color = look.color, .width = 1.8, .dash = look.dash});
    panel.add(plot::Points{.x = x, .y = y, .color = look.color, .radius = 2.4, .opacity = 1});
  }
}

void write(const std::string& path, const std::string& text) {
  cytode::data::AtomicFile file(path);
  file.write(text);
  file.commit();
}

// False if no row belongs to it.
bool draw_figure(const std::string& folder, const Kind& kind, const std::vector<Problem>& problems,
                 const std::vector<Row>& rows) {
  plot::Figure figure({.title = kind.title,
                       .description = kind.description,
                       .columns = 2,
                       .width = 400,
                       .height = 250,
                       .shared_key = true});
  bool any = false;
  for (const Problem& p : problems) {
    std::vector<const Row*> mine;
    for (const Row& r : rows) {
      if (r.problem == p.name && !kind.key(r).empty()) mine.push_back(&r);
    }
    if (mine.empty()) continue;
    any = true;
    const auto axis = [](const std::string& label) {
      return plot::Axis{.label = label, .log = true, .grid = true};
    };
    draw(figure.panel(
             {.title = p.title, .x = axis(kind.evaluations_label), .y = axis(kind.error_label)}),
         kind, mine, kind.evaluations);
    draw(figure.panel({.title = p.title, .x = axis(kind.time_label), .y = axis(kind.error_label)}),
         kind, mine, [](const Row& r) { return 1e3 * r.seconds; });
  }
  if (any) write(folder + "/" + kind.file, figure.svg());
  return any;
}

double per_cell(long evaluations, const Row& r) {
  return static_cast<double>(evaluations) / static_cast<double>(r.cells);
}

}  // namespace

std::vector<std::string> draw_figures(const std::string& folder,
                                      const std::vector<Problem>& problems,
                                      const std::vector<Row>& rows) {
  std::map<std::string, bool> stiff;
  for (const Problem& p : problems) stiff[p.name] = p.stiff;
  const auto methods_of = [&](bool kind) {
    return [&stiff, kind](const Row& r) {
      const bool usual = r.gradient.empty() && r.controller == "i" && r.clock == "shared";
      return usual && stiff[r.problem] == kind ? r.method : std::string();
    };
  };
  const auto error = [](const Row& r) { return r.error; };
  const auto forward = [](const Row& r) { return per_cell(r.cell_evaluations, r); };
  const std::string evaluations = "field evaluations a cell", time = "time (ms)";
  const std::string about =
      ", at equal absolute and relative tolerances, one point a decade, runs without a correct "
      "digit left out. Left against field "
      "evaluations, right against time; lower left is better.";
  const auto gradients = [&](const char* file, const char* title, bool kind) {
    return Kind{
        file,
        title,
        "Error of gradients" + about,
        gradient_looks(),
        [&stiff, kind](const Row& r) {
          const bool mine = !r.gradient.empty() && r.controller == "i" && stiff[r.problem] == kind;
          return mine ? r.method + " " + r.gradient : std::string();
        },
        [](const Row& r) { return r.gradient_error; },
        [](const Row& r) { return per_cell(r.cell_evaluations + r.backward_evaluations, r); },
        "error of the gradient",
        evaluations + ", forward + backward",
        "time, forward + backward (ms)"};
  };
  const std::vector<Kind> kinds = {
      {"nonstiff.svg", "Work and precision: explicit methods", "Error of explicit methods" + about,
       method_looks(), methods_of(false), error, forward, "error at the observations", evaluations,
       time},
      {"stiff.svg", "Work and precision: stiff methods", "Error of stiff methods" + about,
       method_looks(), methods_of(true), error, forward, "error at the observations",
       evaluations + ", Jacobians apart", time},
      {"control.svg", "Controllers and clocks: Tsitouras 5(4), stiff: Rodas5P",
       "Error with each controller" + about, control_looks(),
       [&](const Row& r) {
         const bool mine =
             r.gradient.empty() && r.method == (stiff[r.problem] ? "rodas5p" : "tsit5");
         return mine ? r.controller + " " + r.clock : std::string();
       },
       error, forward, "error at the observations", evaluations, time},
      gradients("gradients.svg", "Gradients, through Dormand–Prince 5(4) unless another is named",
                false),
      gradients("stiff_gradients.svg", "Discrete adjoints of stiff methods", true)};
  std::vector<std::string> written;
  for (const Kind& kind : kinds) {
    if (draw_figure(folder, kind, problems, rows)) written.push_back(kind.file);
  }
  return written;
}

}  // namespace work_precision
