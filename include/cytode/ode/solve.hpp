// SPDX-License-Identifier: MIT
/// solve: carries a batch of cells through a field, from time to time.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/ode/dopri5.hpp>
#include <cytode/ode/euler.hpp>
#include <cytode/ode/runge_kutta4.hpp>
#include <cytode/ode/solution.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::ode {

/// A method of fixed steps: any Odeint stepper and a number of steps between requested times.
template <class M>
concept FixedStep = requires(const M& m) {
  typename M::template Stepper<float>;
  { m.steps } -> std::convertible_to<Index>;
};

/// A method with step-size control through Odeint's controller.
template <class M>
concept Adaptive = requires(const M& m) {
  typename M::template Controlled<float>;
  { m.relative_tolerance } -> std::convertible_to<double>;
};

/// Every matrix a solve needs, and the loop over it. Internal to solve: one object a solve, so no
/// stepper carries state from one to the next.
template <class F, std::floating_point S>
class Integration {
 public:
  Integration(const F& field, const ConstBatch<S>& x0, std::vector<double> times, Workers& workers)
      : system_(field, workers) {
    check(!times.empty(), "ode::solve", "times is empty");
    for (std::size_t i = 0; i < times.size(); ++i) {
      check(std::isfinite(times[i]), "ode::solve", "times[", i, "] is ", times[i]);
      if (i >= 2) {
        // Signs, not a product of differences: that would underflow for tiny intervals.
        const bool onward = times[1] > times[0] ? times[i] > times[i - 1]
                                                : times[1] < times[0] && times[i] < times[i - 1];
        check(onward, "ode::solve", "times[", i, "] = ", times[i],
              " does not continue the order of the times before");
      }
    }
    check_not_empty("ode::solve", "x0", x0);
    x_.value = x0;
    check(all_finite(x_.value), "ode::solve", "x0 has a coefficient that is NaN or infinite");
    out_.times = std::move(times);
    out_.time = out_.times.front();
    out_.states.reserve(out_.times.size());
    out_.states.push_back(x_.value);
    slope_.value.resizeLike(x_.value);
    next_.value.resizeLike(x_.value);
    next_slope_.value.resizeLike(x_.value);
  }

  template <FixedStep M>
  Solution<S> run(const M& method) {
    check_positive("ode::solve", "steps", method.steps);
    typename M::template Stepper<S> stepper;
    for (std::size_t k = 1; k < out_.times.size() && out_.status == Status::ok; ++k) {
      const double from = out_.times[k - 1], h = (out_.times[k] - from) / double(method.steps);
      for (Index i = 0; i < method.steps && out_.status == Status::ok; ++i) {
        if (h == 0) break;
        system_.origin = from + static_cast<double>(i) * h;
        stepper.do_step(std::ref(system_), x_, S(0), next_, static_cast<S>(h));
        accept_if_finite(i + 1 < method.steps ? from + static_cast<double>(i + 1) * h
                                              : out_.times[k]);
      }
      if (out_.status != Status::ok) break;
      out_.time = out_.times[k];
      out_.states.push_back(x_.value);
    }
    return finish();
  }

  template <Adaptive M>
  Solution<S> run(const M& method) {
    check_positive("ode::solve", "relative_tolerance", method.relative_tolerance);
    check_positive("ode::solve", "absolute_tolerance", method.absolute_tolerance);
    check_positive("ode::solve", "max_steps", method.max_steps);
    check_not_negative("ode::solve", "first_step", method.first_step);
    check(method.max_step > 0, "ode::solve", "max_step is ", method.max_step,
          ", wanted a positive number");
    if (out_.times.size() == 1) return finish();

    const ErrorChecker<S> checker{static_cast<S>(method.absolute_tolerance),
                                  static_cast<S>(method.relative_tolerance), method.norm};
    typename M::template Controlled<S> stepper(checker);
    const double direction = out_.times[1] >= out_.times[0] ? 1 : -1;
    system_.evaluate(x_.value, slope_.value, out_.time);
    if (!all_finite(slope_.value)) {
      out_.status = Status::non_finite_state;
      return finish();
    }
    double h = method.first_step > 0 ? method.first_step : first_step(checker, direction, M::order);
    for (std::size_t k = 1; k < out_.times.size() && out_.status == Status::ok; ++k) {
      while (out_.time != out_.times[k] && out_.status == Status::ok) {
        h = trial(stepper, std::min(h, method.max_step), direction, out_.times[k],
                  method.max_steps);
      }
      if (out_.status == Status::ok) out_.states.push_back(x_.value);
    }
    return finish();
  }

 private:
  // One trial of size at most h towards `target`; returns the size to try next.
  template <class Controlled>
  double trial(Controlled& stepper, double h, double direction, double target, long max_steps) {
    if (out_.counts.accepted + out_.counts.rejected >= max_steps) {
      out_.status = Status::step_limit;
      return h;
    }
    const double left = std::abs(target - out_.time);
    const bool lands = h >= left * (1 - 1e-10);
    const double size = lands ? left : h;
    // Below a few units in the last place of t the clock, or the stage times, would stand still.
    // A step that lands moves the clock by decree, however short.
    if (!lands && out_.time + direction * size / 8 == out_.time) {
      out_.status = non_finite_trials_ > 0 ? Status::non_finite_state : Status::step_underflow;
      return h;
    }
    system_.origin = out_.time;
    S tau = 0, dt = static_cast<S>(direction * size);
    const auto result =
        stepper.try_step(std::ref(system_), x_, slope_, tau, next_, next_slope_, dt);
    const bool finite = all_finite(next_.value) && all_finite(next_slope_.value);
    if (result == boost::numeric::odeint::fail || !finite) {
      ++out_.counts.rejected;
      non_finite_trials_ = finite ? 0 : non_finite_trials_ + 1;
      const double suggested = std::abs(static_cast<double>(dt));
      return finite && result == boost::numeric::odeint::fail ? suggested : size / 5;
    }
    non_finite_trials_ = 0;
    ++out_.counts.accepted;
    std::swap(x_.value, next_.value);
    std::swap(slope_.value, next_slope_.value);
    out_.time = lands ? target : out_.time + direction * size;
    const double suggested = std::abs(static_cast<double>(dt));
    // A step cut short to land on a requested time says little about the next one.
    return lands ? std::max(h, suggested) : suggested;
  }

  // A step whose explicit Euler error is small [Hairer 1993, II.4], tried within the times asked
  // for, and long enough for the clock to move.
  double first_step(const ErrorChecker<S>& checker, double direction, int order) {
    const auto norm = [&](const Matrix<S>& v) {  // in double: a float's square overflows early
      return std::sqrt((v.array() / (checker.absolute + checker.relative * x_.value.array().abs()))
                           .template cast<double>()
                           .square()
                           .mean());
    };
    const double span = std::abs(out_.times.back() - out_.times.front());
    const double d0 = norm(x_.value), d1 = norm(slope_.value);
    const double h0 = std::min(span, d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : 0.01 * d0 / d1);
    next_.value = x_.value + static_cast<S>(direction * h0) * slope_.value;
    system_.evaluate(next_.value, next_slope_.value, out_.time + direction * h0);
    if (!all_finite(next_slope_.value)) return h0;
    next_slope_.value -= slope_.value;
    const double d2 = norm(next_slope_.value) / h0;
    const double steepest = std::max(d1, d2);
    const double h1 = steepest <= 1e-15 ? std::max(1e-6, h0 * 1e-3)
                                        : std::pow(0.01 / steepest, 1.0 / (order + 1));
    const double resolution = 16 * std::numeric_limits<double>::epsilon() * std::abs(out_.time);
    return std::max(h1 > 0 ? std::min(100 * h0, h1) : h0, resolution);
  }

  void accept_if_finite(double time) {
    if (!all_finite(next_.value)) {
      out_.status = Status::non_finite_state;
      return;
    }
    ++out_.counts.accepted;
    std::swap(x_.value, next_.value);
    out_.time = time;
  }

  Solution<S> finish() {
    out_.counts.evaluations = system_.counts.evaluations;
    if (out_.status != Status::ok) out_.state = std::move(x_.value);
    return std::move(out_);
  }

  System<F, S> system_;
  Solution<S> out_;
  State<S> x_, slope_, next_, next_slope_;
  long non_finite_trials_ = 0;
};

/// Solves dx/dt = f(t, x) from x0 at times[0] and returns the state at every requested time.
///
///   field    a field of the library (dims × n), or a callable f(t, x, dx)
///   x0       features × cells
///   times    strictly increasing or strictly decreasing, the first being the start; [t, t] is
///            allowed and returns x0 twice
///   method   Dopri5{…}, Euler{…}, RungeKutta4{…}
///   workers  threads to share the cells among (fields of the library only); results do not
///            depend on their number
///
/// Steps land exactly on the requested times. Numerical failure is a value: see Solution::status.
/// Throws std::invalid_argument for empty or unsorted times, an empty or non-finite batch, and
/// tolerances or step counts that are not positive.
template <class F, class X, class Method = Dopri5>
requires Solvable<F, typename X::Scalar>
[[nodiscard]] Solution<typename X::Scalar> solve(const F& field, const X& x0,
                                                 std::vector<double> times, const Method& method,
                                                 Workers& workers) {
  using S = typename X::Scalar;
  if constexpr (VectorField<F>) check_features("ode::solve", "x0", x0, field.dims());
  return Integration<F, S>(field, x0, std::move(times), workers).run(method);
}

/// The same on the calling thread alone.
template <class F, class X, class Method = Dopri5>
requires Solvable<F, typename X::Scalar>
[[nodiscard]] Solution<typename X::Scalar> solve(const F& field, const X& x0,
                                                 std::vector<double> times,
                                                 const Method& method = {}) {
  Workers alone(1);
  return solve(field, x0, std::move(times), method, alone);
}

}  // namespace cytode::ode
