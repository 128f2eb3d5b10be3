// SPDX-License-Identifier: MIT
#include "baselines.hpp"

#include <cmath>

#include <cytode/metrics/wasserstein.hpp>
#include <cytode/ot/plan.hpp>

namespace program {

void fill(Result& r, const Matrix<float>& predicted, const Vector<double>& mass,
          const Snapshot& observed, Index cells_at_start) {
  const metrics::Weights weights{mass, Vector<double>::Ones(observed.cells.cols())};
  r.w1 = metrics::wasserstein1(predicted, observed.cells, weights);
  r.w2 = metrics::wasserstein2(predicted, observed.cells, weights);
  const double truth =
      static_cast<double>(observed.cells.cols()) / static_cast<double>(cells_at_start);
  r.mass_error = std::abs(mass.mean() - truth) / truth;
}

Result persistence(Result r, const Snapshot& from, const Snapshot& at) {
  r.learned = false;
  fill(r, from.cells, Vector<double>::Ones(from.cells.cols()), at, from.cells.cols());
  return r;
}

Result transport(Result r, const Snapshot& from, const Snapshot& to, const Snapshot& at,
                 Index cells_at_start) {
  r.learned = false;
  const ot::Plan plan =
      metrics::optimal_plan(from.cells, to.cells, metrics::GroundCost::squared_euclidean);
  const auto start = ot::displacement_interpolate(plan, from.cells, to.cells, 0);
  const auto end = ot::displacement_interpolate(plan, from.cells, to.cells, 1);
  const auto s = static_cast<float>((at.time - from.time) / (to.time - from.time));
  const Vector<double> mass =
      start.weights * static_cast<double>(start.weights.size()) / start.weights.sum();
  fill(r, (1 - s) * start.points + s * end.points, mass, at, cells_at_start);
  return r;
}

}  // namespace program
