// SPDX-License-Identifier: MIT
/// The gradients of the comparison.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cytode/adjoint/gradient.hpp>

#include "measurement.hpp"

namespace work_precision {

/// ∂L/∂states for L = Σ_k ⟨w_k, x(t_k)⟩, one a time, and the gradient it should give.
struct GradientTask {
  const Problem& problem;
  std::vector<Matrix<double>> cotangents;
  adjoint::Gradient<double> reference;

  /// Finds the reference. Throws std::runtime_error if that fails.
  explicit GradientTask(const Problem& problem);
  /// Larger of the relative errors in x0 and parameters.
  [[nodiscard]] double error(const adjoint::Gradient<double>& g) const;
};

/// Every gradient method that suits the problem, at that tolerance. The task must outlive them.
[[nodiscard]] std::vector<std::unique_ptr<Run>> gradient_runs(const GradientTask& task,
                                                              double tolerance);

}  // namespace work_precision
