// SPDX-License-Identifier: MIT
/// Checks what is handed to a pullback.
#pragma once

#include <vector>

#include <cytode/adjoint/gradient.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/ode/solution.hpp>

namespace cytode::adjoint {

/// Throws std::runtime_error with the diagnosis if the solve failed, and std::invalid_argument
/// unless there is one cotangent a state, of its shape or empty, and one a passage, or none.
template <std::floating_point S>
void check_cotangents(const ode::Solution<S>& solution, const std::vector<Matrix<S>>& cotangents,
                      const std::vector<PassageCotangent<S>>& passages) {
  constexpr const char* name = "adjoint::pullback";
  solution.or_throw();
  check(cotangents.size() == solution.states.size(), name, cotangents.size(), " cotangents for ",
        solution.states.size(), " states");
  for (std::size_t k = 0; k < cotangents.size(); ++k) {
    const Matrix<S>& a = cotangents[k];
    const Matrix<S>& x = solution.states[k];
    check(a.size() == 0 || (a.rows() == x.rows() && a.cols() == x.cols()), name, "cotangents[", k,
          "] is ", a.rows(), " x ", a.cols(), ", wanted ", x.rows(), " x ", x.cols(), " or empty");
  }
  check(passages.empty() || passages.size() == solution.passages.size(), name, passages.size(),
        " passage cotangents for ", solution.passages.size(), " passages");
  for (std::size_t k = 0; k < passages.size(); ++k) {
    const Index got = passages[k].state.size(), wanted = solution.passages[k].state.size();
    check(got == 0 || got == wanted, name, "passages[", k, "].state has ", got, " numbers, wanted ",
          wanted, " or none");
  }
}

}  // namespace cytode::adjoint
