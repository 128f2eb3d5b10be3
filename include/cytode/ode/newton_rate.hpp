// SPDX-License-Identifier: MIT
/// When Newton's iteration for an implicit stage has converged, and when it never will.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/ode/control.hpp>

namespace cytode::ode {

/// How exact a stage must be: a ten-thousandth of the tolerance of a step, or rounding.
template <std::floating_point S>
class NewtonGoal {
 public:
  /// Rounding.
  NewtonGoal() = default;
  /// A ten-thousandth of the tolerance, or rounding if the control has fixed steps.
  explicit NewtonGoal(const Control& control) : exact_(control.fixed_steps.has_value()) {
    if (exact_) return;
    relative_ = control.relative_tolerance;
    absolute_ = control.absolute_tolerance;
    each_ = control.absolute_tolerances;
  }

  /// True if stages are solved to rounding.
  [[nodiscard]] bool exact() const { return exact_; }
  /// The size of one iteration's step.
  struct Size {
    double value = 0;    ///< Root mean square of its features in units of what is allowed.
    bool noise = false;  ///< It is so small that rounding may make it.
  };
  /// x, y: the state at the start of the step and in the stage; d numbers each.
  [[nodiscard]] Size size(const S* step, const S* x, const S* y, Index d) const {
    constexpr double eps = std::numeric_limits<S>::epsilon();
    double sum = 0, largest = 0, most = 0;
    for (Index i = 0; i < d; ++i) {
      const double s = std::abs(static_cast<double>(step[i]));
      const double here =
          std::max({std::abs(static_cast<double>(x[i])), std::abs(static_cast<double>(y[i])), s});
      const double allowed =
          exact_ ? std::max(eps * here, std::numeric_limits<double>::min())
                 : 1e-4 * ((each_.empty() ? absolute_ : each_[static_cast<std::size_t>(i)]) +
                           relative_ * here);
      // Rounding of the stage itself is nothing that an iteration could mend.
      const double ratio = s <= 2 * eps * here ? 0 : s / allowed;
      sum += ratio * ratio;
      largest = std::max(largest, s);
      most = std::max(most, here);
    }
    return {std::sqrt(sum / static_cast<double>(d)), largest <= 64 * eps * most};
  }
  /// Most iterations of a stage.
  [[nodiscard]] int most() const { return exact_ ? 50 : 10; }

 private:
  bool exact_ = true;
  double relative_ = 0, absolute_ = 0;
  std::vector<double> each_;
};

/// The rate at which the iterations of a cell converge, learnt from their steps [Hairer 1996,
/// IV.8]: with steps shrinking by θ the error left is θ/(1 − θ) times the last step.
class NewtonRate {
 public:
  enum class Verdict { on, converged, failed };

  /// A new Jacobian: nothing is known.
  void reset() { left_ = 1; }
  /// A new step.
  void begin() { worst_ = 0; }
  void begin_stage() {
    before_ = 0;
    left_ = std::pow(std::max(left_, 1e-16), 0.8);
  }
  /// True if the stages of the last step converged so fast that the Jacobian is worth keeping.
  [[nodiscard]] bool fast() const { return worst_ < 0.1; }

  /// After iteration m = 0, 1 … with a step of this size.
  template <std::floating_point S>
  Verdict judge(typename NewtonGoal<S>::Size size, int m, const NewtonGoal<S>& goal) {
    if (!std::isfinite(size.value)) return Verdict::failed;
    if (size.value == 0) return Verdict::converged;
    if (m > 0) {
      const double theta = size.value / before_;
      if (theta >= 0.5 && size.noise) return Verdict::converged;
      worst_ = std::max(worst_, theta);
      if (theta >= 0.95) return Verdict::failed;
      left_ = theta / (1 - theta);
    }
    if ((m > 0 || !goal.exact()) && left_ * size.value <= 1) return Verdict::converged;
    if (m + 1 >= goal.most()) return Verdict::failed;
    before_ = size.value;
    return Verdict::on;
  }

 private:
  double before_ = 0, left_ = 1, worst_ = 0;
};

}  // namespace cytode::ode
