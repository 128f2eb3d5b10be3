// SPDX-License-Identifier: MIT
/// Reversible integration: the exact gradient in constant memory, steps undone on the way back.
#pragma once

#include <cstddef>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include <cytode/adjoint/check_cotangents.hpp>
#include <cytode/adjoint/crew.hpp>
#include <cytode/adjoint/explicit_method.hpp>
#include <cytode/adjoint/landings.hpp>
#include <cytode/adjoint/reversible_pullback.hpp>
#include <cytode/ode/differentiable_system.hpp>
#include <cytode/ode/integration.hpp>

namespace cytode::adjoint {

template <DifferentiableField F, Explicit M>
class ReversibleRun;

/// Reversible integration: any explicit method Ψ is run on a pair (y, z),
///
///   y' = λ y + (1 − λ) z + Ψ_h(t, z),   z' = z − Ψ_{−h}(t + h, y'),
///
/// which has the order of Ψ and can be undone step by step [McCallum 2024]: the way back needs no
/// stored states and no interpolation. At every stop (requested time or jump) z = y anew.
///
///   memory       the pair at the stops and the (t, h) of adaptive steps, 16 bytes a step; nothing
///                a step with equal steps
///   evaluations  forward: two steps of Ψ a step; backward: those again and as many pullbacks.
///                About twice Discrete, forward and backward
///   exactness    the derivative of the computed pair, but that undoing is exact up to rounding
///                only: it grows at least as λ^(−n) over the n steps between two stops
///   choose it    for long solves between few observations on tight memory, where gradients must
///                be exact; Discrete under a byte budget needs no second solution
///
/// The solution is another one than that of ode::solve, equally accurate: it is in the run. λ = 1
/// is fastest to undo and least stable; below it the pair is pulled together.
///
/// On contracting fields, x' = −μx, the pair is stable for hμ ≤ 1 − λ only: adaptive steps keep to
/// that and become many, equal steps must be chosen so. Where a segment cannot be undone any more,
/// pullback throws std::runtime_error.
///
/// Explicit methods, one clock. Throws std::invalid_argument for a clock per cell, for options
/// other than jumps, and for λ outside of (0, 1].
struct Reversible {
  double coupling = 0.99;  ///< λ.

  template <class F, class M>
  using Run = ReversibleRun<F, M>;
};

/// A solve whose pullback undoes its steps; see Reversible.
template <DifferentiableField F, Explicit M>
class ReversibleRun {
 public:
  using S = typename F::Scalar;

  ReversibleRun(const F& field, const ConstBatch<S>& x0, const std::vector<double>& times,
                const M& method, const Reversible& gradient, ode::Options<S> options,
                Workers* workers)
      : crew_(workers),
        coupling_(gradient.coupling),
        control_(method.control()),
        options_(std::move(options)),
        system_(field, crew_()),
        pairs_(system_),
        dims_(field.dims()),
        pullback_(M::tableau, coupling_) {
    constexpr const char* name = "adjoint::Reversible";
    check(coupling_ > 0 && coupling_ <= 1, name, "coupling is ", coupling_,
          ", wanted a number above 0 and at most 1");
    check(control_.clock == ode::Clock::shared, name, "needs one clock for all cells");
    check(options_.events.empty() && options_.land && !options_.dense && options_.samples == 0 &&
              options_.save_every == 0 && !options_.observer,
          name, "of the options only jumps are possible");
    auto& each = control_.absolute_tolerances;
    if (static_cast<Index>(each.size()) == dims_) each.insert(each.end(), each.begin(), each.end());
    forward(x0, times);
  }
  ReversibleRun(const ReversibleRun&) = delete;
  ReversibleRun& operator=(const ReversibleRun&) = delete;

  void forward(const ConstBatch<S>& x0, const std::vector<double>& times) {
    check_features("ode::solve", "x0", x0, dims_);
    const ode::Counts before = system_.counts;
    plan(x0, times);
    w_.resize(2 * dims_, x0.cols());
    w_ << x0, x0;
    integration_->start(w_, times);
    while (integration_->advance()) {
    }
    take(integration_->close());
    out_.counts.evaluations = system_.counts.evaluations - before.evaluations;
    out_.counts.cell_evaluations = system_.counts.cell_evaluations - before.cell_evaluations;
    report_ = {};
    report_.forward = out_.counts;
    report_.bytes = report_.peak_bytes = bytes();
  }
  [[nodiscard]] const ode::Solution<S>& solution() const { return out_; }
  [[nodiscard]] const Report& report() const { return report_; }

  void pullback(const std::vector<Matrix<S>>& cotangents, Gradient<S>& g) {
    pullback(cotangents, {}, g);
  }
  void pullback(const std::vector<Matrix<S>>& cotangents,
                const std::vector<PassageCotangent<S>>& passages, Gradient<S>& g) {
    check_cotangents(out_, cotangents, passages);
    const ode::Counts before = system_.counts;
    const Index n = w_.cols();
    const std::size_t last = landings_.size() - 1;
    system_.clear_gradient();
    g.times.assign(out_.times.size(), 0.0);
    g.x0.setZero(dims_, n);
    pullback_.reserve(dims_, n);
    for (std::size_t k = last; k > 0; --k) {
      leave(k, cotangents, g.x0);
      pull_segment(k, g);
    }
    if (last == 0) pull_still(cotangents, g);
    leave(0, cotangents, g.x0);
    g.parameters.setZero(system_.parameter_count());
    system_.add_gradient(g.parameters);
    report_.backward = system_.counts - before;
    report_.recomputation = last == 0 ? 0 : 1;
  }

 private:
  using Integration = ode::Integration<S, ReversibleStep<S>>;
  struct Step {
    double t, h;
  };

  // The integration with a jump at every stop that applies those of the user and renews the pair.
  void plan(const ConstBatch<S>& x0, const std::vector<double>& times) {
    landings_.plan(x0, times, options_);
    steps_.clear();
    ends_.assign(landings_.size(), 0);
    twins_.resize(landings_.size());
    if (!integration_ || times != planned_) {
      planned_ = times;
      ode::Options<S> options;
      for (std::size_t k = 0; k < landings_.size(); ++k) {
        options.jumps.push_back(
            {landings_[k].time, [this, k](Index cell, VectorView<S> w) { renew(k, cell, w); }});
      }
      integration_.emplace(pairs_, ReversibleStep<S>(M::tableau, coupling_), control_,
                           std::move(options));
      integration_->listener = [this](const ode::RoundRecord<S>& record) { follow(record); };
    }
    for (Matrix<S>& z : twins_) z.resize(dims_, x0.cols());
  }
  void renew(std::size_t landing, Index cell, VectorView<S> w) {
    auto x = w.head(dims_);
    landings_.keep(landing, cell, x);
    for (const Index jump : landings_[landing].jumps) {
      options_.jumps[static_cast<std::size_t>(jump)].apply(cell, x);
    }
    w.tail(dims_) = x;
  }
  void follow(const ode::RoundRecord<S>& record) {
    if (!record.accepted[0]) return;
    if (!control_.fixed_steps) steps_.push_back({record.round.t[0], record.round.h[0]});
    if (record.landed[0] < 0) return;
    const std::size_t landing = static_cast<std::size_t>(record.landed[0]) + 1;
    ends_[landing] = steps_.size();
    twins_[landing] = record.next.bottomRows(dims_);
  }
  // The result without the pairs.
  void take(const ode::Solution<S>& pairs) {
    out_.times = pairs.times;
    out_.states.resize(pairs.states.size());
    for (std::size_t k = 0; k < out_.states.size(); ++k) {
      out_.states[k] = pairs.states[k].topRows(dims_);
    }
    out_.time = pairs.time;
    out_.state = pairs.state.topRows(pairs.state.rows() / 2);
    out_.status = pairs.status;
    out_.counts = pairs.counts;
    out_.cells = pairs.cells;
    out_.diagnosis = pairs.diagnosis;
    if (out_.diagnosis.feature >= dims_) out_.diagnosis.feature -= dims_;
  }

  // a = cotangent of the states before a landing from that of those after it.
  void leave(std::size_t landing, const std::vector<Matrix<S>>& cotangents, Matrix<S>& a) const {
    const Index output = landings_[landing].output;
    if (output >= 0 && cotangents[static_cast<std::size_t>(output)].size() > 0) {
      a += cotangents[static_cast<std::size_t>(output)];
    }
    for (Index j = 0; j < a.cols(); ++j) landings_.pull_jumps(landing, j, a.col(j));
  }
  // From a landing to the one before; g.x0: the cotangent of the state at the later one in, at the
  // earlier one out.
  void pull_segment(std::size_t landing, Gradient<S>& g) {
    const double from = landings_[landing - 1].time, to = landings_[landing].time;
    w_.topRows(dims_) = landings_.before(landing, out_.states);
    w_.bottomRows(dims_) = twins_[landing];
    ay_ = g.x0;
    az_.setZero(dims_, w_.cols());
    double at_from = 0, at_to = 0;
    const auto steps = step_count(landing);
    for (Index i = steps; i-- > 0;) {
      const Step step = this->step(landing, i);
      double at = 0, ah = 0;
      pullback_.undo(system_, step.t, step.h, w_, ay_, az_, at, ah);
      const double place = (step.t - from) / (to - from), part = step.h / (to - from);
      at_from += (1 - place) * at - part * ah;
      at_to += place * at + part * ah;
    }
    check_undone(landing - 1, to, steps);
    g.x0 = ay_ + az_;
    add_time(landing - 1, at_from, g.times);
    add_time(landing, at_to, g.times);
  }
  // At the start of a segment both halves were the state there; where rounding has grown beyond
  // it, the gradient is of steps that were never made.
  void check_undone(std::size_t landing, double to, Index steps) {
    start_ = landings_.before(landing, out_.states);
    for (const Index jump : landings_[landing].jumps) {
      for (Index j = 0; j < start_.cols(); ++j) {
        options_.jumps[static_cast<std::size_t>(jump)].apply(j, start_.col(j));
      }
    }
    const auto distance = [&](const auto& half) {
      return (half - start_).template cast<double>().norm();
    };
    const double drift = distance(w_.topRows(dims_)) + distance(w_.bottomRows(dims_));
    const double size = 1 + start_.template cast<double>().norm();
    if (drift <= 1e-3 * size) return;
    const double from = landings_[landing].time;
    std::ostringstream text;
    text << "adjoint::Reversible: " << steps << " steps from t = " << from << " to " << to
         << " cannot be undone: rounding has grown to " << drift
         << ". Ask for more times between them, use a coupling nearer to 1, or Discrete";
    throw std::runtime_error(text.str());
  }
  void add_time(std::size_t landing, double cotangent, std::vector<double>& times) const {
    const Index output = landings_[landing].output;
    if (output >= 0) times[static_cast<std::size_t>(output)] += cotangent;
  }
  [[nodiscard]] Index step_count(std::size_t landing) const {
    if (control_.fixed_steps) return *control_.fixed_steps;
    return static_cast<Index>(ends_[landing] - ends_[landing - 1]);
  }
  [[nodiscard]] Step step(std::size_t landing, Index i) const {
    if (!control_.fixed_steps) return steps_[ends_[landing - 1] + static_cast<std::size_t>(i)];
    const double from = landings_[landing - 1].time, span = landings_[landing].time - from;
    const double h = span / static_cast<double>(*control_.fixed_steps);
    return {from + static_cast<double>(i) * h, h};
  }
  // Start and end are one time: the end moves along the field.
  void pull_still(const std::vector<Matrix<S>>& cotangents, Gradient<S>& g) {
    if (cotangents.size() < 2 || cotangents[1].size() == 0) return;
    g.x0 = cotangents[1];
    Matrix<S> slope(dims_, g.x0.cols());
    system_.evaluate(Times<S>(static_cast<S>(out_.times[0])), out_.states[0], slope);
    g.times[1] = static_cast<double>(g.x0.cwiseProduct(slope).sum());
    g.times[0] = -g.times[1];
  }
  [[nodiscard]] std::size_t bytes() const {
    Index numbers = 0;
    for (const Matrix<S>& x : out_.states) numbers += x.size();
    for (const Matrix<S>& z : twins_) numbers += z.size();
    return landings_.bytes() + static_cast<std::size_t>(numbers) * sizeof(S) +
           steps_.size() * sizeof(Step);
  }

  Crew crew_;
  double coupling_;
  ode::Control control_;
  ode::Options<S> options_;
  ode::DifferentiableFieldSystem<F> system_;
  PairSystem<S> pairs_;
  Index dims_;
  ReversiblePullback<S> pullback_;
  std::optional<Integration> integration_;
  std::vector<double> planned_;
  Landings<S> landings_;
  std::vector<Step> steps_;        // of adaptive solves
  std::vector<std::size_t> ends_;  // steps up to each landing
  std::vector<Matrix<S>> twins_;   // z at the landings, before it is renewed
  ode::Solution<S> out_;
  Matrix<S> w_, ay_, az_, start_;
  Report report_;
};

}  // namespace cytode::adjoint
