// SPDX-License-Identifier: MIT
/// Status: what became of a computation whose numbers can go wrong. Misuse throws, numbers report.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace cytode {

/// Outcome of a solve, a transport problem or a training run.
enum class Status {
  ok,                ///< Finished as asked.
  stopped,           ///< A callback asked to stop; the result so far is valid.
  step_limit,        ///< More steps were needed than allowed.
  step_underflow,    ///< The step size fell below what the clock can resolve.
  non_finite_field,  ///< The field returned NaN or infinity at a finite state.
  non_finite_state,  ///< The state overflowed, or was NaN or infinite.
  event,             ///< A terminal event ended the solve of a cell.
  non_finite_loss,   ///< NaN or infinity in a training loss or its gradient.
  not_converged      ///< An iteration ended before its certificate was met.
};

/// One sentence a person can act on.
[[nodiscard]] constexpr std::string_view message(Status status) noexcept {
  switch (status) {
    case Status::ok:
      return "finished";
    case Status::stopped:
      return "stopped by the caller";
    case Status::step_limit:
      return "step limit reached: loosen the tolerance, raise the limit, or use a stiff method";
    case Status::step_underflow:
      return "step size underflow: the solution blows up or is not smooth here";
    case Status::non_finite_field:
      return "non-finite field: the field returned NaN or infinity";
    case Status::non_finite_state:
      return "non-finite state: the state overflowed or is not a number";
    case Status::event:
      return "ended by a terminal event";
    case Status::non_finite_loss:
      return "non-finite loss: lower the learning rate, clip the gradient, or scale the data";
    case Status::not_converged:
      return "the iteration ended before it converged";
  }
  return "unknown status";
}

/// Throws std::runtime_error "<where>: <message>" unless the status is ok.
inline void throw_unless_ok(Status status, std::string_view where) {
  if (status == Status::ok) return;
  throw std::runtime_error(std::string(where) + ": " + std::string(message(status)));
}

}  // namespace cytode
