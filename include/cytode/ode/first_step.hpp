// SPDX-License-Identifier: MIT
/// The size of a first step that nobody has given.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
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
  /// Sets the step size of every clock, of cells on their own from slot `begin` on, from x and
  /// slope = f(t, x); next_slope is scratch. `order` is that of the error estimate, `span` the time
  /// from start to end.
  void find(System<S>& system, RunningCells<S>& run, const ErrorNorm<S>& norm, int order,
            double span, double direction, Row<S>& row, Index begin) {
    const Index m = run.running - begin, d = run.x.rows(), c = run.shared ? 1 : m;
    Pace* const paces = run.paces.data() + begin;
    auto& [d0, d1, d2] = sizes_;
    for (auto& sizes : sizes_) sizes.resize(run.idx(m));
    norm.of_cells_and(run.x.middleCols(begin, m), run.slope.middleCols(begin, m), d0.data(),
                      d1.data());
    if (run.shared) {
      d0[0] = norm.of_batch(d0.data(), m);
      d1[0] = norm.of_batch(d1.data(), m);
    }
    for (Index k = 0; k < c; ++k) {
      const double a = d0[run.idx(k)], b = d1[run.idx(k)];
      paces[k].trial =
          std::min(span, !(a >= 1e-5) || !(b >= 1e-5) || !std::isfinite(b) ? std::min(1e-6, span)
                                                                           : 0.01 * a / b);
      run.plan(begin + k, direction);
    }
    const Round round = run.planned();
    if (row.size() < run.running) row.resize(run.running);
    double* const bends = d2.data();
    const auto through = [&](const Chunk<S>& chunk) {
      const Index first = begin + chunk.first, n = chunk.cells;
      const auto from = run.x.middleCols(first, n), rate = run.slope.middleCols(first, n);
      auto next = chunk.scratch->shape(d, n);
      auto bend = run.next_slope.middleCols(first, n);
      const Index columns = round.shared ? 1 : n, numbers = n * d / columns;
      for (Index j = 0; j < columns; ++j) {
        using Const = Eigen::Map<const Vector<S>>;
        Eigen::Map<Vector<S>>(next.data() + j * d, numbers) =
            Const(from.data() + j * d, numbers) +
            static_cast<S>(round.size(first + j)) * Const(rate.data() + j * d, numbers);
      }
      system.evaluate_chunk(chunk, stage_times(round, 1, row, first, n), next, bend);
      Eigen::Map<Vector<S>>(bend.data(), n * d) -= Eigen::Map<const Vector<S>>(rate.data(), n * d);
      norm.of_cells(bend, from, from, bends + chunk.first);
    };
    system.in_chunks(m, 1, std::ref(through));
    run.charge(begin);
    if (run.shared) d2[0] = norm.of_batch(d2.data(), m);
    for (Index k = 0; k < c; ++k) {
      d2[run.idx(k)] = std::max(d1[run.idx(k)], d2[run.idx(k)] / paces[k].trial);
    }
    const double exponent = 1.0 / (order + 2), most = std::pow(bound(order), exponent);
    error_powers(c, d2.data(), -exponent, d0.data());
    for (Index k = 0; k < c; ++k) {
      const double h0 = paces[k].trial, steepest = d2[run.idx(k)];
      const double power = steepest <= 1e30 ? d0[run.idx(k)] : std::pow(steepest, -exponent);
      const double h1 = steepest <= 1e-15 ? std::max(1e-6, h0 * 1e-3) : most * power;
      const double resolution = 16 * std::numeric_limits<double>::epsilon() * std::abs(paces[k].t);
      paces[k].h = std::max(std::isfinite(h1) && h1 > 0 ? std::min(100 * h0, h1) : h0, resolution);
    }
  }

 private:
  static constexpr double bound(int order) { return order <= 4 ? 64 : 1; }

  std::array<std::vector<double>, 3> sizes_;
};

}  // namespace cytode::ode
