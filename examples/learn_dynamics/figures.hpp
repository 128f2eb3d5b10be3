// SPDX-License-Identifier: MIT
/// The figures of a report.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include <cytode/plot/arrows.hpp>
#include <cytode/plot/band.hpp>
#include <cytode/plot/bars.hpp>
#include <cytode/plot/figure.hpp>
#include <cytode/plot/lines.hpp>
#include <cytode/plot/points.hpp>
#include <cytode/plot/quiver.hpp>
#include <cytode/plot/rule.hpp>

#include "outputs.hpp"

namespace program {

/// Name of coordinate i (from 0) of the basis: "PC 1", "UMAP 2", "FateA", "ae 1".
inline std::string axis_name(const Dataset& data, const Options& o, Index i) {
  if (o.basis == "X" && static_cast<std::size_t>(i) < data.source.var.row_names.size()) {
    return data.source.var.row_names[static_cast<std::size_t>(i)];
  }
  const std::string own = suffix(o.basis);
  const std::string name = own == "pca"    ? "PC"
                           : own == "umap" ? "UMAP"
                           : own == "tsne" ? "t-SNE"
                                           : own;
  return name + " " + std::to_string(i + 1) + (o.standardize == Standardize::all ? " (z)" : "");
}

inline std::vector<double> row_of(const Matrix<float>& m, Index row) {
  std::vector<double> out(static_cast<std::size_t>(m.cols()));
  for (Index i = 0; i < m.cols(); ++i) {
    out[static_cast<std::size_t>(i)] = static_cast<double>(m(std::min(row, m.rows() - 1), i));
  }
  return out;
}

/// All cells of the data, time by time.
struct Cloud {
  Matrix<float> cells;
  std::vector<double> times;
};

inline Cloud cloud_of(const data::Snapshots<float>& all) {
  Cloud c{Matrix<float>(all.features(), all.cells()), {}};
  for (const auto& s : all) {
    c.cells.middleCols(static_cast<Index>(c.times.size()), s.cells.cols()) = s.cells;
    c.times.insert(c.times.end(), static_cast<std::size_t>(s.cells.cols()), s.time);
  }
  return c;
}

/// Draws axes for the first two coordinates (or the one there is).
inline plot::PanelOptions embedding_axes(const Dataset& data, const Options& o,
                                         const std::string& title) {
  const bool flat = data.snapshots.features() == 1;
  return {.title = title,
          .x = {.label = axis_name(data, o, 0)},
          .y = {.label = flat ? "" : axis_name(data, o, 1)},
          .equal_aspect = true};
}

/// Cells coloured by time with the learned velocity, and trajectories of cells of the first time.
inline plot::Figure landscape(const Dataset& data, const Options& o, const Paths& paths,
                              const std::vector<Matrix<float>>& fine,
                              const std::vector<double>& fine_times) {
  const Cloud cloud = cloud_of(data.snapshots);
  const auto colors = plot::ColorScale::of_stops(data.snapshots.times(), o.time);
  plot::Figure figure({.title = "",
                       .description = "Cells in the first two coordinates, coloured "
                                      "by time, with learned velocities and trajectories",
                       .columns = 2,
                       .width = 420,
                       .height = 380,
                       .shared_key = true});
  auto& left = figure.panel(embedding_axes(data, o, "Cells and learned velocity"));
  left.add(plot::Points{.x = row_of(cloud.cells, 0),
                        .y = row_of(cloud.cells, 1),
                        .values = cloud.times,
                        .colors = colors,
                        .radius = 2.2,
                        .opacity = 0.55});
  if (data.snapshots.features() > 1) {
    Matrix<float> velocity(cloud.cells.rows(), cloud.cells.cols());
    Index at = 0;
    for (const auto& s : data.snapshots) {
      for (const Index row : s.rows) velocity.col(at++) = paths.velocity.col(row);
    }
    left.add(plot::quiver(cloud.cells, velocity, {.cells = 17}));
  }
  auto& right = figure.panel(embedding_axes(data, o, "Trajectories of cells of the first time"));
  right.add(plot::Points{.x = row_of(cloud.cells, 0),
                         .y = row_of(cloud.cells, 1),
                         .color = plot::grey,
                         .radius = 1.8,
                         .opacity = 0.25});
  const Index lines = std::min<Index>(60, fine.front().cols());
  const Index every = fine.front().cols() / lines;
  plot::Lines paths_drawn{
      .length = fine.size(), .colors = colors, .width = 1.3, .opacity = 0.9, .head = 7};
  for (Index c = 0; c < lines; ++c) {
    for (std::size_t k = 0; k < fine.size(); ++k) {
      paths_drawn.x.push_back(static_cast<double>(fine[k](0, c * every)));
      paths_drawn.y.push_back(
          static_cast<double>(fine[k](std::min<Index>(1, fine[k].rows() - 1), c * every)));
      paths_drawn.values.push_back(fine_times[k]);
    }
  }
  right.add(std::move(paths_drawn));
  return figure;
}

/// Every left-out time point: predicted over observed cells.
inline plot::Figure predictions(const Dataset& data, const Options& o,
                                const std::vector<Score>& scores) {
  plot::Figure figure({.description = "Predicted and observed cells at the left-out times",
                       .columns = scores.size() > 1 ? 2 : 1,
                       .width = 420,
                       .height = 360,
                       .shared_key = true});
  for (const Score& s : scores) {
    auto& panel = figure.panel(embedding_axes(
        data, o, o.time + " " + s.label + ", predicted from " + short_number(s.from)));
    panel.add(plot::Points{.x = row_of(s.start, 0),
                           .y = row_of(s.start, 1),
                           .name = "cells it starts from",
                           .color = plot::grey,
                           .radius = 1.8,
                           .opacity = 0.35,
                           .most = 2000});
    panel.add(plot::Points{.x = row_of(s.observed, 0),
                           .y = row_of(s.observed, 1),
                           .name = "observed",
                           .color = plot::okabe_ito(0),
                           .radius = 2.4,
                           .opacity = 0.6,
                           .most = 2000});
    panel.add(plot::Points{.x = row_of(s.predicted, 0),
                           .y = row_of(s.predicted, 1),
                           .name = "predicted",
                           .color = plot::okabe_ito(1),
                           .radius = 2.4,
                           .opacity = 0.6,
                           .hollow = true,
                           .most = 2000});
  }
  return figure;
}

/// The model's distance beside the baselines', for every left-out time point.
inline plot::Figure score_bars(const Options& o, const std::vector<Score>& scores) {
  plot::Figure figure(
      {.description = "Distance to the left-out cells: model and baselines",
       .width = std::clamp(170.0 * static_cast<double>(scores.size()), 340.0, 860.0),
       .height = 260});
  plot::Bars bars{.digits = scores[0].w1 < 1 ? 3 : 2};
  plot::BarSeries model{.name = "model", .color = plot::okabe_ito(1)};
  plot::BarSeries line{.name = "transport interpolation", .color = plot::okabe_ito(5)};
  plot::BarSeries stay{.name = "no change", .color = plot::grey};
  for (const Score& s : scores) {
    bars.groups.push_back(o.time + " " + s.label);
    model.values.push_back(s.w1);
    line.values.push_back(s.ot_interpolate_w1);
    stay.values.push_back(s.previous_w1);
  }
  bars.series = {std::move(model), std::move(line), std::move(stay)};
  figure.panel({.y = {.label = "W1 to the left-out cells"}}).add(std::move(bars));
  return figure;
}

/// Training loss of every model, smoothed over about a hundredth of the run.
inline plot::Figure loss_curves(
    const std::vector<std::pair<std::string, std::vector<double>>>& runs) {
  plot::Figure figure({.description = "Training loss over steps", .width = 640, .height = 260});
  auto& panel = figure.panel(
      {.x = {.label = "training step"}, .y = {.label = "flow-matching loss", .log = true}});
  int color = 0;
  for (const auto& [name, losses] : runs) {
    const std::size_t window = std::max<std::size_t>(1, losses.size() / 100);
    plot::Lines line{.name = name, .color = plot::okabe_ito(color++), .width = 1.5};
    for (std::size_t i = 0; i + window <= losses.size(); i += window) {
      const auto first = losses.begin() + static_cast<std::ptrdiff_t>(i);
      const double sum = std::accumulate(first, first + static_cast<std::ptrdiff_t>(window), 0.0);
      line.x.push_back(static_cast<double>(i) + 0.5 * static_cast<double>(window));
      line.y.push_back(std::max(sum / static_cast<double>(window), 1e-12));
    }
    panel.add(std::move(line));
  }
  return figure;
}

/// The genes whose mean along the trajectories changes most, relative to how much cells differ.
inline std::vector<Index> choose_genes(const Dataset& data, const Options& o,
                                       const std::vector<Matrix<float>>& fine) {
  const Genes& genes = *data.genes;
  std::vector<Index> chosen;
  for (const std::string& name : o.genes) chosen.push_back(genes.find(name));
  if (!chosen.empty()) return chosen;
  std::vector<std::pair<double, Index>> order;
  for (Index g = 0; g < genes.loadings.cols(); ++g) {
    double low = 1e300, high = -1e300;
    for (const Matrix<float>& x : fine) {
      const double value = (genes.loadings.col(g).transpose() * x).template cast<double>().mean();
      low = std::min(low, value);
      high = std::max(high, value);
    }
    order.emplace_back(low - high, g);
  }
  std::stable_sort(order.begin(), order.end());
  for (std::size_t i = 0; i < std::min<std::size_t>(6, order.size()); ++i) {
    chosen.push_back(order[i].second);
  }
  return chosen;
}

/// Expression along the trajectories, mean ± sd over cells, beside the cells as measured.
inline plot::Figure gene_trends(const Dataset& data, const Options& o,
                                const std::vector<Matrix<float>>& fine,
                                const std::vector<double>& fine_times,
                                const std::vector<Index>& chosen) {
  const Genes& genes = *data.genes;
  plot::Figure figure({.description = "Expression of genes along the learned trajectories",
                       .columns = 3,
                       .width = 250,
                       .height = 170,
                       .shared_key = true});
  std::vector<Matrix<double>> along;
  for (const Matrix<float>& x : fine) along.push_back(genes.at(x, chosen));
  std::vector<Matrix<double>> measured;
  for (const auto& s : data.snapshots) {
    Matrix<double> m = genes.at(s.cells, chosen);
    for (std::size_t i = 0; genes.observed.size() > 0 && i < chosen.size(); ++i) {
      for (std::size_t c = 0; c < s.rows.size(); ++c) {
        m(static_cast<Index>(i), static_cast<Index>(c)) =
            static_cast<double>(genes.observed(chosen[i], s.rows[c]));
      }
    }
    measured.push_back(std::move(m));
  }
  const auto spread = [](const Matrix<double>& m, Index row) {
    const double mean = m.row(row).mean();
    return std::pair(mean, std::sqrt((m.row(row).array() - mean).square().mean()));
  };
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto row = static_cast<Index>(i);
    auto& panel = figure.panel({.title = genes.names[static_cast<std::size_t>(chosen[i])],
                                .x = {.label = o.time},
                                .y = {.label = genes.unit}});
    plot::Band band{.x = fine_times, .name = "trajectories, mean ± sd"};
    plot::Lines line{.x = fine_times, .width = 2};
    for (const Matrix<double>& m : along) {
      const auto [mean, sd] = spread(m, row);
      line.y.push_back(mean);
      band.low.push_back(mean - sd);
      band.high.push_back(mean + sd);
    }
    plot::Lines bars{.length = 2, .color = plot::okabe_ito(1), .width = 1.2};
    plot::Points dots{.name = "measured cells, mean ± sd",
                      .color = plot::okabe_ito(1),
                      .radius = 3.2,
                      .opacity = 1};
    for (std::size_t k = 0; k < measured.size(); ++k) {
      const auto [mean, sd] = spread(measured[k], row);
      const double t = data.snapshots[static_cast<Index>(k)].time;
      dots.x.push_back(t);
      dots.y.push_back(mean);
      for (const double end : {mean - sd, mean + sd}) {
        bars.x.push_back(t);
        bars.y.push_back(end);
      }
    }
    panel.add(std::move(band)).add(std::move(line)).add(std::move(bars)).add(std::move(dots));
  }
  return figure;
}

}  // namespace program
