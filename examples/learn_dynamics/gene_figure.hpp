// SPDX-License-Identifier: MIT
/// Figure of a report: the expression of genes along the learned trajectories.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <cytode/plot/band.hpp>
#include <cytode/plot/figure.hpp>
#include <cytode/plot/lines.hpp>
#include <cytode/plot/points.hpp>

#include "outputs.hpp"

namespace program {

/// Standard deviation of every gene among cells of the same time: as measured where that is known,
/// else through the loadings.
inline Vector<double> spread_within_times(const Dataset& data) {
  const Genes& genes = *data.genes;
  const bool measured = genes.observed.size() > 0;
  const Index n = genes.loadings.cols();
  Vector<double> squares = Vector<double>::Zero(n);
  for (const auto& s : data.snapshots) {
    const auto cell = [&](Index c) -> Vector<double> {
      if (measured) {
        return genes.observed.col(s.rows[static_cast<std::size_t>(c)]).template cast<double>();
      }
      return (genes.loadings.transpose() * s.cells.col(c)).template cast<double>();
    };
    Vector<double> mean = Vector<double>::Zero(n);
    for (Index c = 0; c < s.cells.cols(); ++c) mean += cell(c);
    mean /= static_cast<double>(s.cells.cols());
    for (Index c = 0; c < s.cells.cols(); ++c) squares += (cell(c) - mean).cwiseAbs2();
  }
  return (squares / static_cast<double>(data.snapshots.cells())).cwiseSqrt();
}

/// The genes to draw: those asked for, or those that change most along the trajectories: up to
/// three that rise and three that fall.
///
/// Rank is by change · (change / spread), the change being that of the mean over cells and the
/// spread that among cells of one time: a gene must move by much, and by more than its noise.
inline std::vector<Index> choose_genes(const Dataset& data, const Options& o,
                                       const std::vector<Matrix<float>>& course) {
  constexpr std::size_t most = 6;
  const Genes& genes = *data.genes;
  std::vector<Index> chosen;
  for (const std::string& name : o.genes) chosen.push_back(genes.find(name));
  if (!chosen.empty()) return chosen;
  Matrix<double> means(data.snapshots.features(), static_cast<Index>(course.size()));
  for (std::size_t k = 0; k < course.size(); ++k) {
    means.col(static_cast<Index>(k)) = course[k].template cast<double>().rowwise().mean();
  }
  const Matrix<double> along = genes.loadings.transpose().template cast<double>() * means;
  const Vector<double> change = along.rowwise().maxCoeff() - along.rowwise().minCoeff();
  const Vector<double> spread = spread_within_times(data);
  const double least = 0.05 * change.maxCoeff() + 1e-30;  // a gene without noise is no infinity
  std::vector<std::pair<double, Index>> rising, falling;
  for (Index g = 0; g < change.size(); ++g) {
    const double rank = -change[g] * change[g] / (spread[g] + least);
    const bool up = along(g, along.cols() - 1) >= along(g, 0);
    (up ? rising : falling).emplace_back(rank, g);
  }
  std::sort(rising.begin(), rising.end());
  std::sort(falling.begin(), falling.end());
  const std::size_t down = std::min(falling.size(), most - std::min(rising.size(), most / 2));
  const std::size_t up = std::min(rising.size(), most - down);
  for (std::size_t i = 0; i < up; ++i) chosen.push_back(rising[i].second);
  for (std::size_t i = 0; i < down; ++i) chosen.push_back(falling[i].second);
  return chosen;
}

/// Times of measurement to mark on an axis, none closer to the one before than an eighth of it.
inline std::vector<double> marked_times(const data::Snapshots<float>& all) {
  const double gap = (all.back().time - all.front().time) / 8;
  std::vector<double> marked;
  for (const auto& s : all) {
    if (marked.empty() || s.time - marked.back() >= gap) marked.push_back(s.time);
  }
  return marked;
}

/// Expression along the trajectories, mean ± sd over cells, beside the cells as measured.
inline plot::Figure gene_trends(const Dataset& data, const Options& o,
                                const std::vector<Matrix<float>>& course,
                                const std::vector<double>& course_times,
                                const std::vector<Index>& chosen) {
  const Genes& genes = *data.genes;
  plot::Figure figure({.description = "Expression of genes along the learned trajectories",
                       .columns = 3,
                       .width = 250,
                       .height = 170,
                       .shared_key = true});
  std::vector<Matrix<double>> along;
  for (const Matrix<float>& x : course) along.push_back(genes.at(x, chosen));
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
                                .x = {.label = o.time, .ticks = marked_times(data.snapshots)},
                                .y = {.label = genes.unit}});
    plot::Band band{.x = course_times, .name = "trajectories, mean ± sd"};
    plot::Lines line{.x = course_times, .width = 2};
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
