// SPDX-License-Identifier: MIT
/// The law of where cells go from time point to time point: dynamics that are drawn, not solved.
#pragma once

#include <utility>
#include <vector>

#include "dynamics.hpp"
#include "network_dynamics.hpp"

namespace program {

/// Draws a cell's place at the next time point learned from; between time points a cell is on the
/// straight line to what was drawn for it. A cell of a time between two is taken for one of the
/// earlier. Nothing is known of the past of a cell, nor beyond the last time point.
class TransitionDynamics final : public Dynamics {
 public:
  /// map: of flow::transition_heads(dims, conditions); times: those learned from, scaled.
  TransitionDynamics(Map map, Index dims, Index conditions, std::vector<double> times,
                     std::uint64_t seed, double guidance)
      : map_(std::move(map)),
        heads_{.dims = dims, .conditions = conditions},
        times_(std::move(times)),
        seed_(seed),
        guidance_(guidance) {}

  [[nodiscard]] Map& map() { return map_; }
  [[nodiscard]] const fields::Heads& heads() const override { return heads_; }
  [[nodiscard]] ParameterLayout layout() const override { return map_.layout(); }
  [[nodiscard]] Vector<float>& parameters() override { return map_.parameters(); }
  [[nodiscard]] std::string architecture() const override;
  [[nodiscard]] std::string velocity_formula() const override;
  [[nodiscard]] bool draws() const override { return true; }
  [[nodiscard]] CarriedCells carry(const Matrix<float>& x, const Matrix<float>& c,
                                   const std::vector<double>& times, Solver solver,
                                   Workers& workers, long& evaluations) const override;
  /// Mean of the way to some draws over the time it takes.
  [[nodiscard]] Matrix<float> rates(const Matrix<float>& x, const Matrix<float>& c, double time,
                                    Workers& workers) const override;
  [[nodiscard]] Future futures(const Matrix<float>& x, const Matrix<float>& c, double time,
                               Index samples, Workers& workers) const override;

 private:
  /// Draws of the next places of cells of time point k.
  [[nodiscard]] Matrix<float> next(std::size_t k, const Matrix<float>& x, const Matrix<float>& c,
                                   Index samples, Solver solver, Workers& workers,
                                   long& evaluations) const;
  /// The interval a time lies in, the number of intervals if it is the last time or later.
  [[nodiscard]] std::size_t interval(double time) const;

  mutable Map map_;  // as in NetworkDynamics
  fields::Heads heads_;
  std::vector<double> times_;
  std::uint64_t seed_;
  double guidance_;
};

}  // namespace program
