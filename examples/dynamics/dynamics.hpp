// SPDX-License-Identifier: MIT
/// What a trained model can do with cells, whatever it was trained by: carry them, say how fast
/// they move and how fast they multiply.
#pragma once

#include <string>
#include <vector>

#include <cytode/core/parameters.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/fields/heads.hpp>

#include "options.hpp"

namespace program {

using namespace cytode;

/// Cells carried to a list of times.
struct CarriedCells {
  std::vector<Matrix<float>> states;   // one a time, dims × n
  std::vector<Row<float>> log_masses;  // one a time; zeros where nothing grows
};

/// Draws of where cells are at a later time, dims × (n · samples), sample by sample.
struct Future {
  double time = 0;
  Matrix<float> places;
};

/// Dynamics in the scaled space and time that they were learned in.
class Dynamics {
 public:
  Dynamics() = default;
  Dynamics(const Dynamics&) = delete;
  Dynamics& operator=(const Dynamics&) = delete;
  virtual ~Dynamics() = default;

  [[nodiscard]] virtual const fields::Heads& heads() const = 0;
  [[nodiscard]] virtual ParameterLayout layout() const = 0;
  [[nodiscard]] virtual Vector<float>& parameters() = 0;
  /// One line: what the network's inputs and outputs are.
  [[nodiscard]] virtual std::string architecture() const = 0;
  /// How the velocity in the data's units follows from the network.
  [[nodiscard]] virtual std::string velocity_formula() const = 0;

  /// Cells x with conditions c (conditions × n) to every time, the first being the one they are at;
  /// adds to `evaluations`. Throws std::runtime_error if the solve fails.
  [[nodiscard]] virtual CarriedCells carry(const Matrix<float>& x, const Matrix<float>& c,
                                           const std::vector<double>& times, Solver solver,
                                           Workers& workers, long& evaluations) const = 0;
  /// True if cells are drawn from a law, forward only: `carry` then gives NaN for earlier times.
  [[nodiscard]] virtual bool draws() const { return false; }
  /// Draws of where cells of a time are at the next time point; no columns where there is no law,
  /// or nothing after that time.
  [[nodiscard]] virtual Future futures(const Matrix<float>& x, const Matrix<float>& /*c*/,
                                       double time, Index /*samples*/, Workers& /*workers*/) const {
    return {time, Matrix<float>(x.rows(), 0)};
  }
  /// [velocity; growth rate] of the cells, dims (+ 1) × n.
  [[nodiscard]] virtual Matrix<float> rates(const Matrix<float>& x, const Matrix<float>& c,
                                            double time, Workers& workers) const = 0;
};

}  // namespace program
