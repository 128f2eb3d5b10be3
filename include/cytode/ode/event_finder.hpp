// SPDX-License-Identifier: MIT
/// Finds the passages of events within one step.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ode/options.hpp>

namespace cytode::ode {

/// x + Σ_m c_m θ^m by Horner's rule; c: features × degree.
template <std::floating_point S>
void evaluate_polynomial(const ConstVectorView<S>& x, const ConstBatch<S>& c, double theta,
                         VectorView<S> out) {
  const S u = static_cast<S>(theta);
  out.setZero();
  for (Index m = c.cols() - 1; m >= 0; --m) out = u * (out + c.col(m));
  out += x;
}

/// Events of the cells of a run: the values at the start of each step, and the roots within it.
template <std::floating_point S>
class EventFinder {
 public:
  struct Root {
    std::size_t event;
    double theta;
  };

  EventFinder(const std::vector<Event<S>>& events, Index features, Index cells)
      : events_(events), point_(features) {
    before_.resize(static_cast<Index>(events.size()), events.empty() ? 0 : cells);
  }

  /// Takes a cell's state as the one that its next step starts from.
  void begin(Index cell, double t, const ConstVectorView<S>& x) {
    for (std::size_t e = 0; e < events_.size(); ++e) {
      before_(static_cast<Index>(e), cell) = events_[e].value(t, x);
    }
  }

  /// Copies the values of these cells, and back.
  void save(const std::vector<Index>& cells, Buffer<deferred_t<double, S>>& to) const {
    auto values = to.shape(before_.rows(), static_cast<Index>(cells.size()));
    if (before_.rows() == 0) return;
    for (Index j = 0; j < values.cols(); ++j) {
      values.col(j) = before_.col(cells[static_cast<std::size_t>(j)]);
    }
  }
  void restore(const std::vector<Index>& cells, const Buffer<deferred_t<double, S>>& from) {
    if (before_.rows() == 0) return;
    for (Index j = 0; j < from.cols(); ++j) {
      before_.col(cells[static_cast<std::size_t>(j)]) = from.view().col(j);
    }
  }

  /// Passages in a step of one cell by time, up to the first terminal one.
  const std::vector<Root>& find(Index cell, double t, double h, const ConstVectorView<S>& x,
                                const ConstBatch<S>& polynomial) {
    roots_.clear();
    for (std::size_t e = 0; e < events_.size(); ++e) {
      const auto g = [&](double theta) {
        evaluate_polynomial<S>(x, polynomial, theta, point_);
        return events_[e].value(t + theta * h, point_);
      };
      constexpr int parts = 4;
      double low = 0, at_low = before_(static_cast<Index>(e), cell);
      for (int p = 1; p <= parts; ++p) {
        const double high = static_cast<double>(p) / parts, at_high = g(high);
        if (passes(events_[e].crossing, at_low, at_high)) {
          roots_.push_back({e, root(g, low, at_low, high, at_high)});
          if (events_[e].terminal) break;
        }
        low = high;
        at_low = at_high;
      }
      before_(static_cast<Index>(e), cell) = at_low;
    }
    std::stable_sort(roots_.begin(), roots_.end(),
                     [](const Root& a, const Root& b) { return a.theta < b.theta; });
    for (std::size_t r = 0; r < roots_.size(); ++r) {
      if (events_[roots_[r].event].terminal) roots_.resize(r + 1);
    }
    return roots_;
  }

 private:
  static bool passes(Crossing crossing, double a, double b) {
    const bool rises = a < 0 && b >= 0, falls = a > 0 && b <= 0;
    if (crossing == Crossing::rising) return rises;
    if (crossing == Crossing::falling) return falls;
    return rises || falls;
  }
  // Regula falsi with Illinois' halving, bisection where that lags; to rounding in θ.
  template <class G>
  static double root(G g, double a, double at_a, double b, double at_b) {
    if (at_b == 0) return b;
    for (int i = 0; i < 200 && b - a > 4e-16; ++i) {
      double c = i % 4 == 3 ? (a + b) / 2 : (a * at_b - b * at_a) / (at_b - at_a);
      if (!(c > a && c < b)) c = (a + b) / 2;
      const double at_c = g(c);
      if (at_c == 0) return c;
      if ((at_c > 0) == (at_b > 0)) {
        b = c;
        at_b = at_c;
        at_a /= 2;
      } else {
        a = c;
        at_a = at_c;
        at_b /= 2;
      }
    }
    return b;  // the far side: the event has happened there
  }

  const std::vector<Event<S>>& events_;
  Matrix<deferred_t<double, S>> before_;  // events × cells
  Vector<S> point_;
  std::vector<Root> roots_;
};

}  // namespace cytode::ode
