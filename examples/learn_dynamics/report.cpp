// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <cstdio>

#include <cytode/plot/report.hpp>

#include "figures.hpp"

namespace program {
namespace {

std::string fixed(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// Cells of the first time point at evenly spaced times to the last, for smooth curves.
std::pair<std::vector<Matrix<float>>, std::vector<double>> fine_paths(const Model& model,
                                                                      const Dataset& data,
                                                                      Solver solver,
                                                                      Workers& workers) {
  const auto& all = data.snapshots;
  std::vector<double> times;
  for (Index k = 0; k + 1 < all.size(); ++k) {
    const int pieces = std::max(4, static_cast<int>(48 / (all.size() - 1)));
    for (int i = 0; i < pieces; ++i) {
      times.push_back(all[k].time + (all[k + 1].time - all[k].time) * i / pieces);
    }
  }
  times.push_back(all.back().time);
  Matrix<float> start = all.front().cells;
  if (start.cols() > 2000) {  // every k-th cell is plenty for curves
    const Index every = (start.cols() + 1999) / 2000;
    start = start(Eigen::all, Eigen::seq(0, Eigen::last, every)).eval();
  }
  long unused = 0;
  return {model.carry(start, times, solver, workers, unused), times};
}

void add_scores(plot::Report& page, const Dataset& data, const Options& o,
                const std::vector<Score>& scores) {
  const Score m = mean(scores);
  const int digits = m.w1 < 1 ? 3 : 2;
  page.section("Cells the model never saw");
  page.prose(
      std::string(
          "Each left-out time point is predicted by carrying the real cells of the "
          "time before through the learned field. W1 is the exact optimal-transport distance "
          "to the cells measured then, over all cells, in the space of the data; lower is "
          "better. ") +
      (m.w1 < m.ot_interpolate_w1
           ? "On average the model does better than a straight line along the optimal plan "
             "between the neighbouring times, which uses no model."
           : "On average a straight line along the optimal plan between the neighbouring "
             "times, which uses no model, does better than the model: do not read more "
             "into the curves than that line says."));
  page.figure(predictions(data, o, scores),
              "Left-out cells as measured (filled) and as predicted (rings), in the first two "
              "coordinates; the distances below use all " +
                  std::to_string(data.snapshots.features()) +
                  ". At most 2000 cells of a kind are "
                  "drawn.");
  page.figure(score_bars(o, scores),
              "Distance to the left-out cells. No change: the cells of the time before, as they "
              "are. Transport interpolation: cells moved along the exact plan between the "
              "neighbouring times.");
  plot::Table table{.columns = {{.name = "left out"},
                                {.name = "predicted from"},
                                {.name = "model W1", .digits = digits},
                                {.name = "transport interpolation W1", .digits = digits},
                                {.name = "no change W1", .digits = digits},
                                {.name = "model W2", .digits = digits, .compare = false}},
                    .best_in_row = plot::Best::lowest};
  for (const Score& s : scores) {
    table.add({o.time + " " + s.label, short_number(s.from), s.w1, s.ot_interpolate_w1,
               s.previous_w1, s.w2});
  }
  if (scores.size() > 1) {
    table.add({std::string("mean"), std::string(), m.w1, m.ot_interpolate_w1, m.previous_w1, m.w2});
  }
  page.table(table);
}

}  // namespace

std::string report_html(const Model& model, const Dataset& data, const Options& o,
                        const Paths& paths, const Findings& f, Workers& workers) {
  const auto& all = data.snapshots;
  const auto [fine, fine_times] = fine_paths(model, data, o.solver, workers);
  std::string folder = o.data;
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  folder = folder.substr(folder.rfind('/') + 1);
  plot::Report page(
      {.title = "Learned dynamics: " + folder,
       .subtitle = std::to_string(all.cells()) + " cells at " + std::to_string(all.size()) +
                   " time points, " + std::to_string(all.features()) + " coordinates of " + o.basis,
       .footer =
           "Made by learn_dynamics of cytode. Method: " +
           std::string(o.method == Method::otcfm ? "optimal-transport conditional flow matching"
                                                 : "conditional flow matching, independent pairs") +
           "."});
  std::vector<plot::Card> cards;
  if (!f.scores.empty()) {
    const Score m = mean(f.scores);
    const int digits = m.w1 < 1 ? 3 : 2;
    cards.push_back({"W1 on left-out times", fixed(m.w1, digits),
                     "interpolation " + fixed(m.ot_interpolate_w1, digits) + ", no change " +
                         fixed(m.previous_w1, digits)});
  }
  if (f.agreement) {
    cards.push_back({"Cosine to " + f.agreement->key, fixed(f.agreement->all.mean_cosine, 3),
                     "1: same direction, 0: unrelated"});
  }
  double seconds = 0;
  for (const double s : f.seconds) seconds += s;
  cards.push_back({"Training", fixed(seconds, 1) + " s",
                   std::to_string(f.seconds.size()) +
                       (f.seconds.size() == 1 ? " model, " : " models, ") +
                       std::to_string(o.steps) + " steps each"});
  page.cards(cards);

  page.section("Where cells go");
  const Index drawn = plot::thin(all.cells(), 5000).drawn;
  page.figure(landscape(data, o, paths, fine, fine_times),
              "Left: cells (" + std::to_string(drawn) + " of " + std::to_string(all.cells()) +
                  ") coloured by " + o.time +
                  "; arrows are the learned velocity of the cells near "
                  "by, averaged, all on one scale. Right: paths of cells of the first time "
                  "through the learned field, coloured by " +
                  o.time + " along the way. Model: " + f.outputs_from + ".");
  if (f.agreement) {
    page.callout("The data bring a velocity of their own, " + f.agreement->key +
                 ". Mean cosine to it: " + fixed(f.agreement->all.mean_cosine, 3) +
                 "; mean relative error: " + fixed(f.agreement->all.mean_relative_error, 3) +
                 "; over " + std::to_string(f.agreement->all.compared) + " cells.");
  }
  if (!f.scores.empty()) add_scores(page, data, o, f.scores);
  if (data.genes) {
    const auto chosen = choose_genes(data, o, fine);
    page.section("Genes along the trajectories");
    page.figure(
        gene_trends(data, o, fine, fine_times, chosen),
        std::string(o.genes.empty() ? "The genes that change most" : "The genes asked for") +
            " along the paths of all cells of the first time" +
            (o.basis == "X" ? "."
                            : ", through " + std::to_string(all.features()) + " coordinates of " +
                                  o.basis + ": variation outside them is not in the curves.") +
            " Dots: the cells as measured at each time.");
  }
  page.section("Training");
  page.figure(loss_curves(f.losses),
              "Flow-matching loss, averaged over hundredths of the run. It does not fall to zero: "
              "what is left is the spread of the directions that pass through one place.");
  std::vector<std::pair<std::string, std::string>> settings = {
      {"data", folder},
      {"time column", o.time},
      {"basis", o.basis},
      {"method", name_of(method_names, o.method)},
      {"standardize", name_of(standardize_names, o.standardize)},
      {"sigma", short_number(o.sigma)},
      {"steps", std::to_string(o.steps)},
      {"batch", std::to_string(o.batch)},
      {"learning rate", short_number(o.learning_rate)},
      {"solver", name_of(solver_names, o.solver)},
      {"seed", std::to_string(o.seed)},
      {"trajectories and velocities from", f.outputs_from}};
  for (const std::string& note : data.notes) settings.emplace_back("note", note);
  page.settings("Settings and notes", settings);
  return page.html();
}

}  // namespace program
