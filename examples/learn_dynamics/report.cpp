// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <utility>
#include <vector>

#include <cytode/plot/report.hpp>

#include "../dynamics/counted.hpp"
#include "../dynamics/recipe.hpp"
#include "figures.hpp"
#include "gene_figure.hpp"
#include "growth.hpp"
#include "verdict.hpp"

namespace program {
namespace {

std::string fixed(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// Digits for distances, so that a small one still shows three that count.
int digits_of(const Score& m) {
  return m.w1 < 1 ? 3 : 2;
}

/// The last part of a path.
std::string file_name(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

void add_cards(plot::Report& page, const Options& o, const Findings& f) {
  std::vector<plot::Card> cards;
  if (!f.scores.empty()) {
    const Score m = mean(f.scores);
    cards.push_back({"W1 on left-out times", fixed(m.w1, digits_of(m)),
                     "interpolation " + fixed(m.ot_interpolate_w1, digits_of(m)) + ", no change " +
                         fixed(m.previous_w1, digits_of(m))});
  }
  if (f.agreement) {
    cards.push_back({"Cosine to " + f.agreement->key, fixed(f.agreement->all.mean_cosine, 3),
                     "1: same direction, 0: unrelated"});
  }
  const double seconds = std::accumulate(f.seconds.begin(), f.seconds.end(), 0.0);
  cards.push_back({"Training", fixed(seconds, 1) + " s",
                   std::to_string(f.seconds.size()) +
                       (f.seconds.size() == 1 ? " model, " : " models, ") +
                       std::to_string(o.steps) + " steps each"});
  page.cards(cards);
}

void add_verdict(plot::Report& page, const Dataset& data, const Options& o, const Findings& f) {
  page.section("What to believe");
  page.prose(verdict(data, f));
  if (f.course.strayed() > 0) {
    page.callout(std::to_string(f.course.strayed()) + " of " + std::to_string(f.course.paths()) +
                 " paths followed from the first to the last time leave the range of the measured "
                 "cells by more than a quarter of it in some coordinate. There the field is a "
                 "guess, and so is everything after. Such paths are cut off below, and not in the "
                 "curves of genes; in trajectories.csv they are as computed.");
  }
  page.prose(limits(data, o, f));
}

void add_landscape(plot::Report& page, const Dataset& data, const Options& o, const Paths& paths,
                   const Findings& f) {
  page.section("Where cells go");
  const Index cells = data.snapshots.cells();
  const Index drawn = plot::thin(cells, 5000).drawn;
  page.figure(landscape(data, o, paths, f.course),
              "Left: cells (" + std::to_string(drawn) + " of " + std::to_string(cells) +
                  ") coloured by " + o.time +
                  "; arrows are the learned velocity of the cells near by, averaged, all on one "
                  "scale. Right: paths of cells of the first time through the learned field, "
                  "coloured by " +
                  o.time + " along the way. Model: " + f.outputs_from + ".");
  if (!f.agreement) return;
  const std::string cosine = fixed(f.agreement->all.mean_cosine, 3);
  const std::string cells_compared = std::to_string(f.agreement->all.compared) + " cells";
  const std::string given = f.agreement->given ? ", which was trained to follow it" : "";
  page.callout(
      f.agreement->truth
          ? "The true velocity is known (" + f.agreement->key +
                "). Mean cosine of the learned one to it" + given + ": " + cosine +
                "; mean relative error: " + fixed(f.agreement->all.mean_relative_error, 3) +
                "; over " + cells_compared + "."
          : "The data bring a velocity of their own (" + f.agreement->key +
                "), which is an estimate, and whose scale need not be that of " + o.time +
                ". Mean cosine of the learned one to it" + given + ": " + cosine + "; over " +
                cells_compared + ".");
}

void add_scores(plot::Report& page, const Dataset& data, const Options& o, const Findings& f) {
  const std::vector<Score>& scores = f.scores;
  const Score m = mean(scores);
  const int digits = digits_of(m);
  page.section("Cells the model never saw");
  page.prose(
      "Each left-out time point is predicted by carrying the real cells of the time before through "
      "the learned field. W1 is the exact optimal-transport distance to the cells measured then, "
      "over all cells, in the space of the data; lower is better.");
  page.figure(predictions(data, o, scores),
              "Left-out cells as measured (filled) and as predicted (rings), in the first two of " +
                  std::to_string(data.snapshots.features()) +
                  " coordinates. At most 2000 cells of a kind are drawn; predictions far from all "
                  "cells shown are cut off.");
  page.figure(score_bars(o, scores),
              "Distance to the left-out cells, in all coordinates. No change: the cells of the "
              "time before, as they are. Transport interpolation: cells moved along the exact plan "
              "between the neighbouring times.");
  plot::Table table{.columns = {{.name = "left out"},
                                {.name = "predicted from"},
                                {.name = "model W1", .digits = digits},
                                {.name = "transport interpolation W1", .digits = digits},
                                {.name = "no change W1", .digits = digits},
                                {.name = "model W2", .digits = digits, .compare = false},
                                {.name = "two halves W1", .digits = digits, .compare = false}},
                    .best_in_row = plot::Best::lowest};
  for (const Score& s : scores) {
    table.add({o.time + " " + s.label, short_number(s.from), s.w1, s.ot_interpolate_w1,
               s.previous_w1, s.w2, s.halves_w1});
  }
  if (scores.size() > 1) {
    table.add({std::string("mean"), std::string(), m.w1, m.ot_interpolate_w1, m.previous_w1, m.w2,
               m.halves_w1});
  }
  page.table(table,
             "Two halves: the mean distance between two random halves of the left-out cells. What "
             "is near it is as good as measuring again; being of fewer cells, it is somewhat "
             "large.");
}

void add_growth(plot::Report& page, const Dataset& data, const Options& o, const Paths& paths,
                const Findings& f) {
  const MassCourse mass = mass_course(data, f.course);
  const std::vector<Dying> dying = dying_cells(data, paths);
  page.section("Who multiplies and who dies");
  page.figure(growth_figure(data, o, paths, mass),
              "Left: growth rate of every cell at its own time. Right: mass of the cells of the "
              "first time as the model carries it, and the numbers of cells counted" +
                  std::string(data.growth && o.mass != MassFrom::counts
                                  ? ", which it was not told: growth by " + data.growth->source +
                                        " says how much there is."
                                  : ", which stand for the mass of the population: if they are an "
                                    "accident of sampling, so is the growth.") +
                  " Model: " + f.outputs_from + ".");
  page.prose(std::to_string(dying.size()) + " of " + std::to_string(data.snapshots.cells()) +
             " cells are predicted to leave less than half of themselves by the next time point "
             "(dying.csv has them all)" +
             (dying.empty() ? "." : "; the first of them:"));
  if (dying.empty()) return;
  plot::Table table{.columns = {{.name = "cell"},
                                {.name = o.time},
                                {.name = "growth rate", .digits = 3},
                                {.name = "expected to be left", .digits = 3}}};
  for (std::size_t i = 0; i < std::min<std::size_t>(dying.size(), 12); ++i) {
    const Dying& d = dying[i];
    table.add({data.names().empty() ? std::to_string(d.row)
                                    : data.names()[static_cast<std::size_t>(d.row)],
               short_number(d.time), d.growth, d.left});
  }
  page.table(table, "Cells least likely to survive.");
}

void add_genes(plot::Report& page, const Dataset& data, const Options& o, const Findings& f) {
  const std::vector<Matrix<float>> course = f.course.staying();
  page.section("Genes along the trajectories");
  std::string caption =
      o.genes.empty() ? "The genes that change most, beside how much cells of one time differ,"
                      : "The genes asked for";
  caption += " along the paths of cells of the first time";
  if (o.basis != "X") {
    caption += ", through " + counted(data.snapshots.features(), "coordinate") + " of " + o.basis +
               ": what varies outside them is not in the band";
  }
  caption += ". Dots: the cells as measured at each time. Model: " + f.outputs_from + ".";
  page.figure(gene_trends(data, o, course, f.course.times, choose_genes(data, o, course)), caption);
}

void add_settings(plot::Report& page, const Dataset& data, const Options& o, const Findings& f) {
  std::string widths;
  for (const long h : o.hidden) widths += (widths.empty() ? "" : ", ") + std::to_string(h);
  std::vector<std::pair<std::string, std::string>> settings = {
      {"data", file_name(o.data)},
      {"time column", o.time},
      {"basis", o.basis},
      {"coordinates", std::to_string(data.snapshots.features())},
      {"method", name_of(method_names, o.method)},
      {"standardize", name_of(standardize_names, o.standardize)},
      {"sigma", short_number(o.sigma)},
      {"hidden layers", widths},
      {"steps", std::to_string(o.steps)},
      {"batch", std::to_string(o.batch)},
      {"learning rate", short_number(o.learning_rate)},
      {"solver", name_of(solver_names, o.solver)},
      {"seed", std::to_string(o.seed)},
      {"trajectories and velocities from the model", f.outputs_from}};
  for (const std::string& note : data.notes) settings.emplace_back("note", note);
  page.settings("Settings and notes", settings);
}

}  // namespace

std::string report_html(const Dataset& data, const Options& o, const Paths& paths,
                        const Findings& f) {
  const auto& all = data.snapshots;
  const Recipe recipe = recipe_of(o);
  const std::string method = recipe.name + " (" + describe(recipe) + ")";
  plot::Report page({.title = "Learned dynamics: " + file_name(o.data),
                     .subtitle = counted(all.cells(), "cell") + " at " +
                                 counted(all.size(), "time point") + ", " +
                                 counted(all.features(), "coordinate") + " of " + o.basis,
                     .footer = "Made by learn_dynamics of cytode. Method: " + method + "."});
  add_cards(page, o, f);
  add_verdict(page, data, o, f);
  add_landscape(page, data, o, paths, f);
  if (!f.scores.empty()) add_scores(page, data, o, f);
  if (f.grows) add_growth(page, data, o, paths, f);
  if (data.genes) add_genes(page, data, o, f);
  page.section("Training");
  page.figure(loss_curves(f.losses),
              std::string("Training loss, averaged over hundredths of the run. ") +
                  (recipe.objective == Recipe::Objective::simulation
                       ? "Zero would be the cells of every time met exactly; the draws of cells "
                         "leave some."
                       : "It does not fall to zero: what is left is the spread of the directions "
                         "that pass through one place."));
  add_settings(page, data, o, f);
  return page.html();
}

}  // namespace program
