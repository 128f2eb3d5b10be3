// SPDX-License-Identifier: MIT
/// carry: a population with its weights through learned dynamics, and what became of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/fields/carried.hpp>
#include <cytode/flow/mass_field.hpp>
#include <cytode/flow/population.hpp>
#include <cytode/ode/solve.hpp>

namespace cytode::flow {

/// A population of n cells at the times 0, 1, …, K − 1 of a solve, time 0 being the start.
///
/// Its cells are the cells it started from, moved: what divides or dies is their weight,
/// w_i(t) = w_i(t_0) exp ∫ g dt along the path of cell i.
template <std::floating_point S>
class CarriedPopulation {
 public:
  /// Made by `carry`.
  CarriedPopulation(ode::Solution<S> solution, fields::Heads heads, Vector<double> weights)
      : solution_(std::move(solution)), heads_(heads), start_(std::move(weights)) {}

  /// The solve itself: states of rows x, log growth factor, condition, exposure to death.
  [[nodiscard]] const ode::Solution<S>& solution() const noexcept { return solution_; }
  /// Times that were reached; fewer than asked for if the solve failed.
  [[nodiscard]] Index size() const noexcept { return std::ssize(solution_.states); }
  [[nodiscard]] double time(Index k) const { return solution_.times[at(k)]; }

  /// Cells at time k, features × n.
  [[nodiscard]] auto cells(Index k) const { return solution_.states[at(k)].topRows(heads_.dims); }
  /// ∫ g dt from the start to time k, one number a cell; zero without a growth head.
  [[nodiscard]] Vector<double> log_growth(Index k) const { return row(k, heads_.dims); }
  /// Weights at time k, in the unit of the population's mass.
  [[nodiscard]] Vector<double> weights(Index k) const {
    return start_.array() * log_growth(k).array().exp();
  }
  /// Mass of the population at time k: Σ w_i.
  [[nodiscard]] double mass(Index k) const { return weights(k).sum(); }
  /// Mass at all times.
  [[nodiscard]] std::vector<double> masses() const {
    std::vector<double> m;
    for (Index k = 0; k < size(); ++k) m.push_back(mass(k));
    return m;
  }

  /// The best chance a cell can have to be alive at time k, exp(−∫ max(−g, 0) dt): deaths that
  /// divisions make up for leave no trace in growth. 1 without a growth head. Throws
  /// std::invalid_argument where the population was carried back in time.
  [[nodiscard]] Vector<double> survival(Index k) const {
    check(time(k) >= time(0), "flow::CarriedPopulation", "survival was asked for from time ",
          time(0), " back to ", time(k));
    return (-row(k, heads_.inputs() + 1).array()).exp();
  }
  /// The least a cell must have divided by time k, ∫ max(g, 0) dt = log growth − log survival: of
  /// e^births daughters a share survival lives on. 0 without a growth head. Throws as survival
  /// does.
  [[nodiscard]] Vector<double> births(Index k) const {
    return log_growth(k).array() - survival(k).array().log();
  }
  /// Cells more likely dead than alive at time k, or whose survival is below another bound, the
  /// least likely to live first.
  [[nodiscard]] std::vector<Index> deaths(Index k, double bound = 0.5) const {
    const Vector<double> alive = survival(k);
    std::vector<Index> dead;
    for (Index i = 0; i < alive.size(); ++i) {
      if (alive[i] < bound) dead.push_back(i);
    }
    std::ranges::stable_sort(dead, {}, [&](Index i) { return alive[i]; });
    return dead;
  }

 private:
  [[nodiscard]] std::size_t at(Index k) const {
    check(k >= 0 && k < size(), "flow::CarriedPopulation", "got time ", k, " of ", size());
    return static_cast<std::size_t>(k);
  }
  [[nodiscard]] Vector<double> row(Index k, Index number) const {
    if (!heads_.growth) return Vector<deferred_t<double, S>>::Zero(start_.size());
    return solution_.states[at(k)].row(number).transpose().template cast<double>();
  }

  ode::Solution<S> solution_;
  fields::Heads heads_;
  Vector<double> start_;
};

/// Carries the cells of a population, from its time on, to each of the given times.
///
/// The state is [x; ∫ g; c; ∫ max(−g, 0)], solved together, so position and mass have the same
/// error control. A map without a growth head keeps every weight. A solve that fails is a value:
/// see CarriedPopulation::solution. Throws std::invalid_argument on heads that do not fit the map,
/// a population without cells or with conditions, weights or a mass that do not fit, and as
/// ode::solve on times that do not run one way.
template <TimedMap M, ode::Method Method = ode::Dopri5>
[[nodiscard]] CarriedPopulation<typename M::Scalar> carry(
    M& map, const fields::Heads& heads, const Population<typename M::Scalar>& start,
    const std::vector<double>& times, const Method& method, Workers& workers) {
  using S = typename M::Scalar;
  constexpr std::string_view me = "flow::carry";
  heads.check_fits(me, map.inputs(), map.outputs());
  check(start.cells != nullptr, me, "the population has no cells");
  check_not_empty(me, "the population", *start.cells);
  check_features(me, "the population", *start.cells, heads.dims);
  check_positive(me, "the mass of the population", start.mass);
  const Index n = start.cells->cols();
  const auto given = static_cast<Index>(start.weights.size());
  check(given == 0 || given == n, me, "got ", given, " weights for ", n, " cells");
  Vector<double> weights = Vector<double>::Ones(n);
  for (Index i = 0; i < given; ++i) {
    weights[i] = start.weights[static_cast<std::size_t>(i)];
    check_not_negative(me, "a weight", weights[i]);
  }
  check(weights.sum() > 0, me, "all weights are zero");
  weights *= start.mass / weights.sum();

  const Index extra = heads.growth ? 1 : 0;
  Matrix<S> state = Matrix<S>::Zero(heads.inputs() + 2 * extra, n);
  state.topRows(heads.dims) = *start.cells;
  if (heads.conditions > 0) {
    check(start.conditions != nullptr, me, "the population has no conditions, the map wants ",
          heads.conditions);
    check_shape(me, "the conditions", *start.conditions, heads.conditions, n);
    state.middleRows(heads.dims + extra, heads.conditions) = *start.conditions;
  }
  std::vector<double> all{start.time};
  all.insert(all.end(), times.begin(), times.end());
  auto solution = heads.growth
                      ? ode::solve(MassField<M>(map, heads), state, all, method, workers)
                      : ode::solve(fields::Carried<M>(map, heads), state, all, method, workers);
  return {std::move(solution), heads, std::move(weights)};
}

}  // namespace cytode::flow
