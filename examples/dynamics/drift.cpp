// SPDX-License-Identifier: MIT
#include "drift.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <cytode/core/random.hpp>
#include <cytode/flow/metric.hpp>
#include <cytode/metrics/wasserstein.hpp>

namespace program {
namespace {

constexpr Index most_cells = 2000;  // of a kernel, which is evaluated in every step

/// Every k-th column, so that at most that many are left.
Matrix<float> thinned(const Matrix<float>& cells, Index most) {
  const Index every = (cells.cols() + most - 1) / most;
  return cells(Eigen::all, Eigen::seq(0, Eigen::last, every));
}

/// As many cells as that, drawn without order.
Matrix<float> drawn(const Matrix<float>& cells, Index count, const Stream& stream) {
  Matrix<float> out(cells.rows(), count);
  for (Index i = 0; i < count; ++i) {
    out.col(i) = cells.col(stream.below(static_cast<std::uint64_t>(i), cells.cols()));
  }
  return out;
}

/// The cells with a velocity, [x; v].
Matrix<float> measured(const std::vector<TrainingCells>& cells) {
  const Index d = cells.front().cells.rows();
  Index count = 0;
  for (const TrainingCells& c : cells) count += c.cells.cols();
  Matrix<float> out(2 * d, count);
  Index used = 0;
  for (const TrainingCells& c : cells) {
    for (Index i = 0; i < c.velocity.cols(); ++i) {
      if (!c.velocity.col(i).allFinite()) continue;
      out.col(used).head(d) = c.cells.col(i);
      out.col(used++).tail(d) = c.velocity.col(i);
    }
  }
  if (used == 0)
    throw std::invalid_argument("--velocity: no cell of the times kept has a velocity");
  return out.leftCols(used);
}

}  // namespace

double usual_bandwidth(const std::vector<TrainingCells>& cells) {
  constexpr Index neighbour = 10, probes = 200;
  const Matrix<float> all = thinned(flow::pooled_cells<float>(cells), most_cells);
  const Matrix<float> some = thinned(all, probes);
  const Index rank = std::min(neighbour, all.cols() - 1);
  double near = 0, squared_near = 0, squared_far = 0;
  for (Index i = 0; i < some.cols(); ++i) {
    Vector<float> far = (all.colwise() - some.col(i)).colwise().norm().transpose();
    std::nth_element(far.begin(), far.begin() + rank, far.end());  // the cell itself comes first
    near += static_cast<double>(far[rank]);
    squared_near += static_cast<double>(far[rank] * far[rank]);
    squared_far += static_cast<double>(far.squaredNorm()) / static_cast<double>(far.size());
  }
  const auto probed = static_cast<double>(some.cols());
  // Σ of n far cells' exp(−D²/2h²) is one neighbour's exp(−d²/2h²).
  const double local = (squared_far - squared_near) / probed /
                       (2 * std::log(static_cast<double>(std::max<Index>(all.cols(), 2))));
  return std::max(std::min(near / probed, std::sqrt(std::max(local, 0.))), 1e-6);
}

double usual_scale(const std::vector<TrainingCells>& cells, std::uint64_t seed) {
  constexpr Index batch = 500;
  double moved = 0;
  for (std::size_t k = 0; k + 1 < cells.size(); ++k) {
    const Stream stream = Stream(seed).fork(5).fork(k);
    const auto sample = [&](std::size_t of, std::uint64_t which) {
      return drawn(cells[of].cells, batch, stream.fork(which));
    };
    const Matrix<float> from = sample(k, 0), to = sample(k + 1, 1);
    const auto squared = [](const Matrix<float>& a, const Matrix<float>& b) {
      const double w = metrics::wasserstein2(a, b);
      return w * w;
    };
    // Two samples of one population are apart, too: that much is no movement.
    const double chance = (squared(from, sample(k, 2)) + squared(to, sample(k + 1, 3))) / 2;
    moved +=
        std::sqrt(std::max(squared(from, to) - chance, 0.)) / (cells[k + 1].time - cells[k].time);
  }
  moved /= static_cast<double>(cells.size() - 1);
  const Matrix<float> all = measured(cells);
  if (!(moved > 0)) {
    throw std::invalid_argument(
        "--velocity-scale is missing: the populations do not move from time to time, so that "
        "nothing says how long the velocities are; for the units of the data give 1");
  }
  const double speed = static_cast<double>(all.bottomRows(all.rows() / 2).colwise().norm().mean());
  if (!(speed > 0)) throw std::invalid_argument("--velocity: all velocities are zero");
  return moved / speed;
}

DriftKernel drift_of(const std::vector<TrainingCells>& cells, double bandwidth) {
  const Matrix<float> all = thinned(measured(cells), most_cells);
  const Index d = all.rows() / 2;
  return {all.topRows(d), all.bottomRows(d), {.bandwidth = bandwidth}};
}

}  // namespace program
