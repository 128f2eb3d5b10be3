// SPDX-License-Identifier: MIT
/// The derivative of a computed solution by forward differentiation: its accepted steps made again,
/// cell by cell, in dual numbers that carry one tangent for every input.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include <cytode/adjoint/gradient.hpp>
#include <cytode/core/dual.hpp>
#include <cytode/fields/kinetics.hpp>
#include <cytode/ode/solve.hpp>

namespace frozen {

using namespace cytode;

/// A driven, damped oscillator: nonlinear, with time, 2 features and 4 parameters.
struct Oscillator {
  template <class T, class X, class P, class D>
  void operator()(const T& t, X x, P p, D dx) const {
    dx[0] = x[1] + 0.2 * p[1] * x[0] * x[1];
    dx[1] = -p[0] * x[1] - p[1] * sin(x[0]) + p[2] * cos(p[3] * t) + 0.1 * t * x[0];
  }
};
inline auto oscillator() {
  return fields::kinetics<double>(2, Vector<double>{{0.3, 1.2, 0.8, 1.7}}, Oscillator{});
}

/// 2 start values, 4 parameters, up to 7 times, and one direction to find roots.
using D = Dual<double, 14>;

/// A jump, and an event, in any number type; both may depend on nothing but their arguments.
struct Change {
  double time;
  std::function<void(std::vector<D>& x)> apply;
};
struct Watch {
  bool terminal;
  std::function<D(const D& t, const std::vector<D>& x)> value;
};

/// An accepted step of one cell.
struct Step {
  double t, h;
  Index landed;
  double left_at;
  std::vector<double> passages;  ///< Times of recorded passages in it, with their events.
  std::vector<Index> events;
};

/// What the replay needs to know of a problem.
struct Problem {
  const ode::ExplicitTableau* tableau;
  std::vector<double> times;
  bool land = true;
  std::vector<Change> changes = {};
  std::vector<Watch> watches = {};
};

/// The accepted steps of every cell of a solve.
template <class M>
std::vector<std::vector<Step>> steps_of(const M& method, const Matrix<double>& x0,
                                        const std::vector<double>& times,
                                        const ode::Options<double>& options) {
  using S = ode::StepOf<M, double>;
  const auto field = oscillator();
  Workers alone(1);
  ode::DifferentiableFieldSystem system(field, alone);
  ode::Integration<double, S> run(system, S(M::tableau), method.control(), options);
  std::vector<std::vector<Step>> steps(static_cast<std::size_t>(x0.cols()));
  std::size_t seen = 0;
  run.listener = [&](const ode::RoundRecord<double>& r) {
    for (Index j = 0; j < r.round.cells; ++j) {
      const auto i = static_cast<std::size_t>(j);
      if (!r.accepted[i]) continue;
      steps[static_cast<std::size_t>(r.cells[i])].push_back(
          {r.round.time(j), r.round.size(j), r.landed[i], r.left_at[i], {}, {}});
    }
    for (; seen < run.solution().passages.size(); ++seen) {
      const auto& p = run.solution().passages[seen];
      Step& s = steps[static_cast<std::size_t>(p.cell)].back();
      s.passages.push_back(p.time);
      s.events.push_back(p.event);
    }
  };
  run.start(x0, times);
  while (run.advance()) {
  }
  return steps;
}

/// Adds the derivative of Σ cotangent · state, and of the passages, of one cell to a gradient.
class Replay {
 public:
  Replay(const Problem& problem, const Vector<double>& theta, const Vector<double>& x0)
      : problem_(problem), schedule_(problem.times, schedule_options(problem)) {
    for (Index i = 0; i < 2; ++i) x_.push_back(seed(x0[i], i));
    for (Index i = 0; i < 4; ++i) p_.push_back(seed(theta[i], 2 + i));
    for (std::size_t k = 0; k < problem.times.size(); ++k) {
      times_.push_back(seed(problem.times[k], 6 + static_cast<Index>(k)));
    }
  }

  /// The loss and its derivative in all inputs.
  D run(const std::vector<Step>& steps, const std::vector<Matrix<double>>& cotangents,
        const std::vector<adjoint::PassageCotangent<double>>& passages, Index cell) {
    D loss(0.0);
    const auto add = [&](std::size_t k, const std::vector<D>& x) {
      if (cotangents[k].size() == 0) return;
      for (Index i = 0; i < 2; ++i) loss += cotangents[k](i, cell) * x[idx(i)];
    };
    change(schedule_.start());
    add(0, x_);
    std::size_t stop = 0, output = 1, passage = 0;
    for (const Step& s : steps) {
      const D from = stop == 0 ? times_[0] : time(schedule_.stops()[stop - 1]);
      const D length = time(schedule_.stops()[stop]) - from;
      const D t = from + (s.t - from.value) / length.value * length;
      const D h = s.h / length.value * length;
      const auto next = step(t, h);
      // Passages, then outputs inside the step.
      D end = D(2.0);
      for (std::size_t q = 0; q < s.passages.size(); ++q) {
        const Watch& w = problem_.watches[idx(s.events[q])];
        const double guess = w.terminal ? s.left_at : (s.passages[q] - s.t) / s.h;
        const D theta = root(w, t, h, guess);
        const std::vector<D> x = point(h, theta);
        const adjoint::PassageCotangent<double>& a = passages[passage++];
        loss += a.time * (t + theta * h);
        for (Index i = 0; i < 2 && a.state.size() > 0; ++i) loss += a.state[i] * x[idx(i)];
        if (w.terminal) end = theta;
      }
      for (; !problem_.land && output + 1 < times_.size(); ++output) {
        const D theta = (times_[output] - t) / h;
        if (theta.value > std::min(end.value, 1 + 1e-12)) break;
        add(output, point(h, theta));
      }
      if (end.value <= 1) {
        const double when = (t + end * h).value;
        const std::vector<D> x = point(h, end);
        for (std::size_t k = 0; k < times_.size(); ++k) {
          if (schedule_.direction() * (times_[k].value - when) >= 0) add(k, x);
        }
        return loss;
      }
      x_ = next;
      if (s.landed < 0) continue;
      const ode::Stop& reached = schedule_.stops()[idx(s.landed)];
      change(reached);
      if (reached.output >= 0) add(idx(reached.output), x_);
      ++stop;
    }
    return loss;
  }

 private:
  template <class I>
  static std::size_t idx(I i) {
    return static_cast<std::size_t>(i);
  }
  static D seed(double value, Index direction) {
    D d(value);
    d.tangent[idx(direction)] = 1;
    return d;
  }
  static ode::Options<double> schedule_options(const Problem& problem) {
    ode::Options<double> options;
    options.land = problem.land;
    for (const Change& c : problem.changes) options.jumps.push_back({c.time, {}});
    return options;
  }
  [[nodiscard]] D time(const ode::Stop& s) const {
    return s.output >= 0 ? times_[idx(s.output)] : D(s.time);
  }
  void change(const ode::Stop& s) {
    for (const Index k : s.jumps) problem_.changes[idx(k)].apply(x_);
  }
  std::vector<D> field(const D& t, const std::vector<D>& x) const {
    std::vector<D> dx(2);
    Oscillator{}(t, x, p_, std::span<D>(dx));
    return dx;
  }
  // All stages, those of the extension too; returns the state after the step.
  std::vector<D> step(const D& t, const D& h) {
    const ode::ExplicitTableau& tab = *problem_.tableau;
    k_.clear();
    const auto stage = [&](int count, auto weight, double node) {
      std::vector<D> z = x_;
      for (int j = 0; j < count; ++j) {
        for (std::size_t i = 0; i < 2; ++i) z[i] += weight(j) * h * k_[idx(j)][i];
      }
      k_.push_back(field(t + node * h, z));
      return z;
    };
    for (int i = 0; i < tab.stages; ++i) {
      stage(
          i, [&](int j) { return tab.row(i, j); }, tab.node(i));
    }
    std::vector<D> next = x_;
    for (int j = 0; j < tab.stages; ++j) {
      for (std::size_t i = 0; i < 2; ++i) next[i] += tab.b[idx(j)] * h * k_[idx(j)][i];
    }
    if (!tab.first_same_as_last()) k_.push_back(field(t + h, next));
    for (int e = 0; e < tab.extra_stages(); ++e) {
      const int count = tab.closed_stages() + e;
      double node = 0;
      for (int j = 0; j < count; ++j) node += tab.extra_row(e, j);
      stage(
          count, [&](int j) { return tab.extra_row(e, j); }, node);
    }
    return next;
  }
  // x(t + θh).
  [[nodiscard]] std::vector<D> point(const D& h, const D& theta) const {
    const ode::ExplicitTableau& tab = *problem_.tableau;
    std::vector<D> x = x_;
    for (int i = 0; i < tab.dense_stages(); ++i) {
      D w(0.0);
      for (int m = tab.degree; m > 0; --m) w = (w + tab.dense_coefficient(i, m)) * theta;
      for (std::size_t q = 0; q < 2; ++q) x[q] += w * h * k_[idx(i)][q];
    }
    return x;
  }
  // One Newton step in dual numbers at the root gives its derivative.
  [[nodiscard]] D root(const Watch& w, const D& t, const D& h, double guess) const {
    const auto value = [&](const D& theta) { return w.value(t + theta * h, point(h, theta)); };
    const double slope = value(seed(guess, 13)).tangent[13];
    const D g = value(D(guess));
    D theta(guess);
    for (std::size_t i = 0; i < 13; ++i) theta.tangent[i] = -g.tangent[i] / slope;
    return theta;
  }

  const Problem& problem_;
  ode::Schedule schedule_;
  std::vector<D> x_, p_, times_;
  std::vector<std::vector<D>> k_;
};

/// The gradient of a whole solve.
inline adjoint::Gradient<double> gradient(
    const Problem& problem, const Vector<double>& theta, const Matrix<double>& x0,
    const std::vector<std::vector<Step>>& steps, const std::vector<Matrix<double>>& cotangents,
    const std::vector<std::vector<adjoint::PassageCotangent<double>>>& passages) {
  adjoint::Gradient<double> g{Vector<double>::Zero(4), Matrix<double>::Zero(2, x0.cols()),
                              std::vector<double>(problem.times.size(), 0.0)};
  for (Index cell = 0; cell < x0.cols(); ++cell) {
    const auto i = static_cast<std::size_t>(cell);
    const D loss =
        Replay(problem, theta, x0.col(cell)).run(steps[i], cotangents, passages[i], cell);
    for (Index q = 0; q < 2; ++q) g.x0(q, cell) = loss.tangent[static_cast<std::size_t>(q)];
    for (Index q = 0; q < 4; ++q) g.parameters[q] += loss.tangent[static_cast<std::size_t>(2 + q)];
    for (std::size_t k = 0; k < g.times.size(); ++k) g.times[k] += loss.tangent[6 + k];
  }
  return g;
}

}  // namespace frozen
