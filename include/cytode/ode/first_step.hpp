// SPDX-License-Identifier: MIT
/// The size of a first step that nobody has given.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <cytode/ode/error_norm.hpp>
#include <cytode/ode/running_cells.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::ode {

/// A step whose term of the next order is small [Hairer 1993, II.4], tried within the times asked
/// for, and long enough for the clock to move. One evaluation of the field.
///
/// Hairer's bound of 0.01 on that term is 64 here, for the error is a small part of the term: on
/// networks a step of bound 1, half as long with a pair of order 5(4), has an error of a thirtieth
/// to an eightieth of the tolerance. On the DETEST problems more first steps are rejected, but as
/// many steps tried in all as with 0.01 or 1, to a hundredth; wide networks over one unit of time
/// take two steps instead of three. Estimates of order above 4 keep 1: they gain nothing from more,
/// and their error at loose tolerances varies.
template <std::floating_point S>
class FirstStep {
 public:
  /// Sets the step size of every clock from x and slope = f(t, x); next and next_slope are scratch.
  /// `order` is that of the error estimate, `span` the time from start to end.
  void find(System<S>& system, RunningCells<S>& run, const ErrorNorm<S>& norm, int order,
            double span, double direction, Row<S>& row) {
    const Index m = run.running, c = run.clocks();
    const auto x = run.x.leftCols(m), slope = run.slope.leftCols(m);
    auto next = run.next.leftCols(m), bend = run.next_slope.leftCols(m);
    auto& [d0, d1, d2] = sizes_;
    measure(norm, x, x, run.shared, d0);
    measure(norm, slope, x, run.shared, d1);
    for (Index k = 0; k < c; ++k) {
      const double a = d0[run.idx(k)], b = d1[run.idx(k)];
      run.paces[run.idx(k)].trial =
          std::min(span, !(a >= 1e-5) || !(b >= 1e-5) || !std::isfinite(b) ? std::min(1e-6, span)
                                                                           : 0.01 * a / b);
    }
    const Round round = run.round(direction);
    if (round.shared) {
      next = x + static_cast<S>(round.h[0]) * slope;
    } else {
      for (Index j = 0; j < m; ++j)
        next.col(j) = x.col(j) + static_cast<S>(round.h[j]) * slope.col(j);
    }
    system.evaluate(stage_times(round, 1, row), next, bend);
    ++run.charged;
    bend -= slope;
    measure(norm, bend, x, run.shared, d2);
    for (Index k = 0; k < c; ++k) {
      Pace& p = run.paces[run.idx(k)];
      const double h0 = p.trial, steepest = std::max(d1[run.idx(k)], d2[run.idx(k)] / h0);
      const double h1 = steepest <= 1e-15 ? std::max(1e-6, h0 * 1e-3)
                                          : std::pow(bound(order) / steepest, 1.0 / (order + 2));
      const double resolution = 16 * std::numeric_limits<double>::epsilon() * std::abs(p.t);
      p.h = std::max(std::isfinite(h1) && h1 > 0 ? std::min(100 * h0, h1) : h0, resolution);
    }
  }

 private:
  // The size of v a clock, on the scale of x.
  static void measure(const ErrorNorm<S>& norm, const ConstBatch<S>& v, const ConstBatch<S>& x,
                      bool shared, std::vector<double>& to) {
    to.resize(static_cast<std::size_t>(x.cols()));
    norm.of_cells(v, x, x, to.data());
    if (shared) to[0] = norm.of_batch(to.data(), x.cols());
  }

  static constexpr double bound(int order) { return order <= 4 ? 64 : 1; }

  std::array<std::vector<double>, 3> sizes_;
};

}  // namespace cytode::ode
