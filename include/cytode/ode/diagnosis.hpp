// SPDX-License-Identifier: MIT
/// Why a solve ended early, in words a person can act on.
#pragma once

#include <array>
#include <cstdio>
#include <string>

#include <cytode/core/status.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ode {

/// What is known of the cell at fault.
struct Diagnosis {
  Status status = Status::ok;
  Index cell = -1;       ///< −1: nothing went wrong.
  Index feature = -1;    ///< The worst: not finite, or of the largest error.
  double time = 0;       ///< Last good time.
  double value = 0;      ///< x of that feature there.
  double slope = 0;      ///< Largest |f| over the features there.
  double stiffness = 0;  ///< h |∂f/∂x| of the last trial; above 3 explicit methods are held back.
  long steps = 0;        ///< Accepted steps.
  std::array<double, 5> sizes{};  ///< Last trial sizes, the newest last; 0: there were fewer.
  double least_size = 0;          ///< The smallest size allowed there.

  /// Several sentences: what happened, where, and what to try.
  template <class = void>
  [[nodiscard]] std::string text() const {
    if (status == Status::ok) return "finished";
    const auto number = [](double v) {
      char buffer[32];
      std::snprintf(buffer, sizeof buffer, "%.6g", v);
      return std::string(buffer);
    };
    std::string s = std::string(name()) + " in cell " + std::to_string(cell) +
                    " at t = " + number(time) + " after " + std::to_string(steps) + " steps";
    if (status == Status::stopped) return s + ". What came before is valid.";
    if (feature >= 0) {
      s += "; feature " + std::to_string(feature) + " is the worst (x = " + number(value) + ")";
    }
    s += "; largest |f| = " + number(slope);
    if (stiffness > 0) s += ", h |df/dx| about " + number(stiffness);
    std::string list;
    for (const double h : sizes) {
      if (h != 0) list += (list.empty() ? "" : ", ") + number(h);
    }
    if (!list.empty()) s += "; last step sizes " + list;
    return s + ". " + std::string(advice());
  }

 private:
  [[nodiscard]] const char* name() const {
    switch (status) {
      case Status::step_limit:
        return "step limit reached";
      case Status::step_underflow:
        return "step size underflow";
      case Status::non_finite_field:
        return "the field returned NaN or infinity";
      case Status::non_finite_state:
        return "the state overflowed";
      case Status::not_converged:
        return "the implicit stages did not converge";
      default:
        return message(status).data();
    }
  }
  [[nodiscard]] const char* advice() const {
    switch (status) {
      case Status::step_limit:
        return stiffness > 2.5 ? "The problem is stiff here: use a stiff method or SwitchWhenStiff."
                               : "Raise max_steps or loosen the tolerance.";
      case Status::step_underflow:
        return "The solution blows up or is not smooth here: check the field near this state, "
               "bound its output, or end the solve before.";
      case Status::non_finite_field:
        return "Evaluate the field at this time and state: a logarithm, root or division outside "
               "its domain, or parameters that are not finite.";
      case Status::non_finite_state:
        return "The solution grows beyond the numbers' range: bound the field's output, shorten "
               "the time, scale the data, or use smaller steps.";
      case Status::not_converged:
        return "Loosen the tolerance, or use a Rosenbrock method, which does not iterate.";
      default:
        return "";
    }
  }
};

}  // namespace cytode::ode
