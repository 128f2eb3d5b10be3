// SPDX-License-Identifier: MIT
/// One network for velocity, growth and score: the dynamics that regressions learn.
#pragma once

#include <utility>

#include <cytode/fields/carried.hpp>
#include <cytode/fields/neural_map.hpp>

#include "dynamics.hpp"

namespace program {

using Map = fields::NeuralMap<nn::Mlp<float>>;

class NetworkDynamics final : public Dynamics {
 public:
  /// noise: σ of the diffusion in scaled space and time, for solvers that make noise. guidance:
  /// weight of fields::Guided; 0 or no condition: none.
  NetworkDynamics(Map map, fields::Heads heads, double noise, std::uint64_t seed, double guidance)
      : map_(std::move(map)),
        heads_(heads),
        noise_(noise),
        seed_(seed),
        guidance_(heads.conditions > 0 ? guidance : 0) {}

  [[nodiscard]] Map& map() { return map_; }
  [[nodiscard]] const fields::Heads& heads() const override { return heads_; }
  [[nodiscard]] ParameterLayout layout() const override { return map_.layout(); }
  [[nodiscard]] Vector<float>& parameters() override { return map_.parameters(); }
  [[nodiscard]] std::string architecture() const override;
  [[nodiscard]] std::string velocity_formula() const override;
  [[nodiscard]] CarriedCells carry(const Matrix<float>& x, const Matrix<float>& c,
                                   const std::vector<double>& times, Solver solver,
                                   Workers& workers, long& evaluations) const override;
  [[nodiscard]] Matrix<float> rates(const Matrix<float>& x, const Matrix<float>& c, double time,
                                    Workers& workers) const override;

 private:
  mutable Map map_;  // fields refer to it as to something with parameters; evaluation is const
  fields::Heads heads_;
  double noise_;
  std::uint64_t seed_;
  double guidance_;
};

}  // namespace program
