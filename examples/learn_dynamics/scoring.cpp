// SPDX-License-Identifier: MIT
#include "scoring.hpp"

#include <cytode/metrics/wasserstein.hpp>
#include <cytode/ot/plan.hpp>

namespace program {

Score score(const Model& model, const data::Snapshots<float>& kept,
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

}  // namespace program
