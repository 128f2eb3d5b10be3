// SPDX-License-Identifier: MIT
/// Scores a model on time points it never saw, beside the two baselines that need no learning.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cytode/metrics/wasserstein.hpp>
#include <cytode/ot/plan.hpp>

#include "model.hpp"

namespace program {

/// One left-out time point: the prediction, the truth, and how far apart they are.
struct Score {
  double time = 0, from = 0, to = 0;  // left out; the kept times before and after
  std::string label;
  double w1 = 0, w2 = 0;
  double previous_w1 = 0, ot_interpolate_w1 = 0;
  long evaluations = 0;
  Matrix<float> start, predicted, observed;
};

/// Predicts a left-out time point from all real cells of the nearest earlier time kept.
///
/// previous_w1: those cells as they are. ot_interpolate_w1: displacement interpolation along the
/// exact plan (squared Euclidean cost) to the nearest later time kept. Distances are exact, over
/// all cells, with Euclidean ground cost, in the space of the data given.
inline Score score(const Model& model, const data::Snapshots<float>& kept,
                   const data::Snapshot<float>& left_out, Solver solver, Workers& workers) {
  Index after = 0;
  while (kept[after].time < left_out.time) ++after;
  const data::Snapshot<float>& before = kept[after - 1];
  const data::Snapshot<float>& next = kept[after];

  Score s;
  s.time = left_out.time;
  s.from = before.time;
  s.to = next.time;
  s.label = name_of(left_out);
  s.start = before.cells;
  s.observed = left_out.cells;
  s.predicted =
      model.carry(before.cells, {before.time, left_out.time}, solver, workers, s.evaluations)
          .back();
  s.w1 = metrics::wasserstein1(s.predicted, s.observed);
  s.w2 = metrics::wasserstein2(s.predicted, s.observed);
  s.previous_w1 = metrics::wasserstein1(before.cells, s.observed);

  const ot::Plan plan =
      metrics::optimal_plan(before.cells, next.cells, metrics::GroundCost::squared_euclidean);
  const double fraction = (left_out.time - before.time) / (next.time - before.time);
  const auto middle = ot::displacement_interpolate(plan, before.cells, next.cells, fraction);
  const Vector<double> uniform = Vector<double>::Ones(s.observed.cols());
  s.ot_interpolate_w1 =
      metrics::wasserstein1(middle.points, s.observed, metrics::Weights{middle.weights, uniform});
  return s;
}

/// Means over the left-out time points.
inline Score mean(const std::vector<Score>& scores) {
  Score m;
  const auto n = static_cast<double>(scores.size());
  for (const Score& s : scores) {
    m.w1 += s.w1 / n;
    m.w2 += s.w2 / n;
    m.previous_w1 += s.previous_w1 / n;
    m.ot_interpolate_w1 += s.ot_interpolate_w1 / n;
    m.evaluations += s.evaluations;
  }
  return m;
}

}  // namespace program
