// SPDX-License-Identifier: MIT
#include "simulation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/population_fit.hpp>
#include <cytode/fields/carried.hpp>
#include <cytode/ode/bosh3.hpp>

namespace program {
namespace {

using Field = fields::Carried<Map>;
using Fit = adjoint::PopulationFit<Field, ode::Bosh3, adjoint::Discrete>;

/// Cells of a time with their conditions, [x; c].
struct States {
  double time = 0;
  Matrix<float> cells;
};

/// The cells of one class, or all.
struct Group {
  std::vector<States> times;
  double share = 0;
};

Matrix<float> with_conditions(const TrainingCells& c) {
  Matrix<float> states(c.cells.rows() + c.conditions.rows(), c.cells.cols());
  states << c.cells, c.conditions;
  return states;
}

std::vector<Group> groups_of(const std::vector<TrainingCells>& cells) {
  std::map<Index, Group> groups;
  Index count = 0;
  for (const TrainingCells& c : cells) {
    const Matrix<float> states = with_conditions(c);
    std::map<Index, std::vector<Index>> members;
    for (Index i = 0; i < states.cols(); ++i) {
      members[c.groups.empty() ? 0 : c.groups[static_cast<std::size_t>(i)]].push_back(i);
    }
    for (const auto& [category, columns] : members) {
      groups[category].times.push_back({c.time, states(Eigen::all, columns)});
      groups[category].share += static_cast<double>(columns.size());
    }
    count += states.cols();
  }
  std::vector<Group> list;
  for (auto& [category, group] : groups) {
    if (group.times.size() < 2) continue;  // nothing to compare with
    group.share /= static_cast<double>(count);
    list.push_back(std::move(group));
  }
  if (list.empty()) throw std::invalid_argument("--condition: no class has cells at two times");
  return list;
}

/// E|x − x'|² of two cells of one time, mean over the times that are compared.
double mean_spread(const std::vector<TrainingCells>& cells) {
  double sum = 0;
  for (std::size_t k = 1; k < cells.size(); ++k) {
    const Matrix<double> x = cells[k].cells.cast<double>();
    const Vector<double> mean = x.rowwise().mean();
    sum += 2 * (x.colwise() - mean).squaredNorm() / static_cast<double>(x.cols());
  }
  // Cells that are all in one place blur by whatever.
  return std::max(sum / static_cast<double>(cells.size() - 1), 1e-6);
}

/// All fits of a run as one loss.
class Simulation {
 public:
  Simulation(std::vector<Group> groups, NetworkDynamics& dynamics,
             const adjoint::PopulationFitOptions& options, Index batch, Workers& workers)
      : groups_(std::move(groups)), field_(dynamics.map(), dynamics.heads()) {
    // A loss of batches is no smoother than a solve of this tolerance.
    const ode::Bosh3 solver{.relative_tolerance = 1e-3, .absolute_tolerance = 1e-3};
    for (const Group& g : groups_) {
      adjoint::PopulationFitOptions own = options;
      own.batch = batch_of(g, batch);
      fits_.push_back(
          std::make_unique<Fit>(field_, g.times, solver, adjoint::Discrete{}, own, workers));
    }
  }
  Vector<float>& parameters() { return field_.parameters(); }
  double value_and_gradient(const Stream& stream, Vector<float>& gradient) {
    gradient.setZero(parameters().size());
    double loss = 0;
    for (std::size_t g = 0; g < fits_.size(); ++g) {
      const double share = groups_[g].share;
      loss += share * fits_[g]->value_and_gradient(stream.fork(g), part_);
      const auto& solution = fits_[g]->solution();
      if (solution.status != Status::ok) {
        throw std::runtime_error("carrying the cells failed: " + solution.diagnosis.text() +
                                 ". Lower --lr, or look for outliers in the data");
      }
      gradient += static_cast<float>(share) * part_;
    }
    return loss;
  }

 private:
  /// A class has its share of a batch, and all cells are taken where that is no more.
  static Index batch_of(const Group& g, Index batch) {
    constexpr Index least = 32;
    const auto own =
        std::max(least, static_cast<Index>(std::lround(g.share * static_cast<double>(batch))));
    Index most = 0;
    for (const States& s : g.times) most = std::max(most, s.cells.cols());
    return most <= own ? 0 : own;
  }

  std::vector<Group> groups_;
  Field field_;
  std::vector<std::unique_ptr<Fit>> fits_;
  Vector<float> part_;
};

}  // namespace

AnyObjective simulation_of(const Recipe& r, const Options& o, NetworkDynamics& dynamics,
                           const Material& from) {
  const double spread = mean_spread(from.cells);
  const adjoint::PopulationFitOptions options{
      .divergence = {.epsilon = o.epsilon * spread,
                     .penalty = r.coupling == Recipe::Coupling::unbalanced
                                    ? o.relaxation * spread
                                    : std::numeric_limits<double>::infinity(),
                     .tolerance = 1e-3},
      .energy = r.energy};
  return AnyObjective::of(std::make_shared<Simulation>(groups_of(from.cells), dynamics, options,
                                                       o.batch, from.workers));
}

}  // namespace program
