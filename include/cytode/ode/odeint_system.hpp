// SPDX-License-Identifier: MIT
/// A system of this library with the call that Odeint makes.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include <cytode/core/finite.hpp>
#include <cytode/ode/state.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::ode {

/// Where in a trial a field went wrong: finite states that it gave slopes that are not.
template <std::floating_point S>
struct FieldWatch {
  std::vector<unsigned char> failed;  ///< One a cell.
  Index cell = -1, feature = -1;      ///< The first.

  void begin(Index cells) {
    failed.assign(static_cast<std::size_t>(cells), 0);
    cell = feature = -1;
  }
  void look(const Matrix<S>& x, const Matrix<S>& dx) {
    if (all_finite(dx)) return;
    for (Index j = 0; j < x.cols(); ++j) {
      const Index d = x.rows();
      if (!all_finite(x.col(j).data(), d) || all_finite(dx.col(j).data(), d)) continue;
      failed[static_cast<std::size_t>(j)] = 1;
      for (Index i = 0; cell < 0 && i < d; ++i) {
        if (std::isfinite(dx(i, j))) continue;
        cell = j;
        feature = i;
      }
    }
  }
};

/// A system with the call Odeint makes, system(x, dxdt, τ). Its clock τ is relative to `origin`,
/// kept in double, so that a float solve does not lose small steps at late times. Hand it over by
/// std::ref: Odeint copies systems at every level.
template <std::floating_point S>
struct OdeintSystem {
  System<S>& system;
  double origin = 0;
  FieldWatch<S>* watch = nullptr;

  template <class Time>
  void operator()(const State<S>& x, State<S>& dxdt, Time tau) const {
    dxdt.value.resizeLike(x.value);
    system.evaluate(Times<S>(static_cast<S>(origin + static_cast<double>(tau))), x.value,
                    dxdt.value);
    if (watch) watch->look(x.value, dxdt.value);
  }
};

}  // namespace cytode::ode
