// SPDX-License-Identifier: MIT
/// The gradients of the comparison.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cytode/adjoint/gradient.hpp>

#include "measurement.hpp"
#include "method.hpp"

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

/// Every method with a gradient that suits the problem, under a controller at a tolerance. The task
/// must outlive them.
[[nodiscard]] std::vector<std::unique_ptr<Run>> gradient_runs(const GradientTask& task,
                                                              const NamedController& controller,
                                                              double tolerance);

}  // namespace work_precision
