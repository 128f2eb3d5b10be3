// SPDX-License-Identifier: MIT
/// Odeint's controlled steppers, which choose their own steps, from time to time.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <boost/numeric/odeint/stepper/controlled_step_result.hpp>

#include <cytode/ode/borrowed.hpp>
#include <cytode/ode/solve.hpp>

namespace cytode::ode {

/// Why a controlled solve ended at t with states x, where `next` is its last trial: in the first
/// cell that the field failed, else one whose trial is not finite, else the one of the largest |f|.
template <std::floating_point S>
[[nodiscard]] Diagnosis diagnose_controlled(System<S>& system, const Diagnosis& known,
                                            const FieldWatch<S>& watch, const Matrix<S>& x,
                                            const Matrix<S>& next) {
  Diagnosis d = known;
  Matrix<S> slope(x.rows(), x.cols());
  system.evaluate(Times<S>(static_cast<S>(d.time)), x, slope);
  d.cell = watch.cell;
  d.feature = watch.feature;
  for (Index j = 0; d.cell < 0 && j < x.cols(); ++j) {
    for (Index i = 0; d.cell < 0 && i < x.rows(); ++i) {
      if (std::isfinite(next(i, j)) && std::isfinite(slope(i, j))) continue;
      d.cell = j;
      d.feature = i;
    }
  }
  if (d.cell < 0) slope.cwiseAbs().maxCoeff(&d.feature, &d.cell);
  d.value = static_cast<double>(x(d.feature, d.cell));
  d.slope = static_cast<double>(slope.col(d.cell).cwiseAbs().maxCoeff());
  return d;
}

/// A controlled stepper of Odeint (bulirsch_stoer, controlled_runge_kutta), which chooses its own
/// steps, from time to time: with what Odeint leaves out, a bound on steps, a test for NaN, and
/// landing on the times. The stepper is used as it comes; give each solve a fresh one.
/// A field that returns NaN or infinity, at however small a step, ends it as non_finite_field.
/// Throws std::invalid_argument as solve does.
template <class F, class X, class Stepper>
requires Solvable<F, typename X::Scalar>
[[nodiscard]] Solution<typename X::Scalar> solve_controlled(const F& field, const X& x0,
                                                            const std::vector<double>& times,
                                                            Stepper stepper, double first_step,
                                                            long max_steps = 10000) {
  using S = typename X::Scalar;
  const Schedule schedule(times, Options<S>{});
  check_not_empty("ode::solve_controlled", "x0", x0);
  check_positive("ode::solve_controlled", "first_step", first_step);
  check_positive("ode::solve_controlled", "max_steps", max_steps);
  Workers alone(1);
  SystemOf<F, S, System<S>> system(field, alone);
  Solution<S> out;
  out.times = times;
  State<S> x{x0}, next{x0};
  out.states.push_back(x.value);
  out.time = schedule.start_time();
  Diagnosis& found = out.diagnosis;
  FieldWatch<S> watch;
  double h = first_step;
  for (std::size_t k = 1; k < times.size() && out.status == Status::ok; ++k) {
    while (out.time != times[k] && out.status == Status::ok) {
      const double left = std::abs(times[k] - out.time);
      const bool lands = h >= left * (1 - 1e-10);
      const double size = lands ? left : h;
      if (out.counts.accepted + out.counts.rejected >= max_steps) out.status = Status::step_limit;
      if (!lands && out.time + schedule.direction() * size / 8 == out.time) {
        out.status = watch.cell < 0 ? Status::step_underflow : Status::non_finite_field;
      }
      if (out.status != Status::ok) break;
      watch.begin(x.value.cols());
      std::rotate(found.sizes.begin(), found.sizes.begin() + 1, found.sizes.end());
      found.sizes.back() = size;
      OdeintSystem<S> call{system(), out.time, &watch};
      typename Stepper::time_type tau = 0, dt = schedule.direction() * size;
      next = x;
      const bool passed =
          stepper.try_step(std::ref(call), next, tau, dt) == boost::numeric::odeint::success;
      const double proposed = std::abs(static_cast<double>(dt));
      if (!passed || !all_finite(next.value)) {
        ++out.counts.rejected;
        h = passed ? size / 5 : proposed;
        continue;
      }
      ++out.counts.accepted;
      std::swap(x, next);
      out.time = lands ? times[k] : out.time + schedule.direction() * size;
      h = lands ? std::max(h, proposed) : proposed;
    }
    if (out.status == Status::ok) out.states.push_back(x.value);
  }
  out.counts.evaluations = system().counts.evaluations;
  out.counts.cell_evaluations = system().counts.cell_evaluations;
  if (out.status != Status::ok) {
    out.state = x.value;
    found.status = out.status;
    found.time = out.time;
    found.steps = out.counts.accepted;
    found = diagnose_controlled(system(), found, watch, x.value, next.value);
  }
  return out;
}

}  // namespace cytode::ode
