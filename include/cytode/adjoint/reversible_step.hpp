// SPDX-License-Identifier: MIT
/// A step that can be undone: any explicit method made algebraically reversible.
#pragma once

#include <cmath>
#include <utility>

#include <cytode/core/buffer.hpp>
#include <cytode/ode/explicit_step.hpp>

namespace cytode::adjoint {

/// A field on pairs [y; z], 2 dims × cells: both halves of the slope are f(t, z).
template <std::floating_point S>
class PairSystem final : public ode::System<S> {
 public:
  /// The field must outlive this.
  explicit PairSystem(ode::System<S>& field) : field_(field) {}
  [[nodiscard]] ode::System<S>& field() { return field_; }

 private:
  void value(Times<S> t, const ConstBatch<S>& w, Batch<S> dw) override {
    const Index d = w.rows() / 2;
    field_.evaluate(t, w.bottomRows(d), dw.topRows(d));
    dw.bottomRows(d) = dw.topRows(d);
  }

  ode::System<S>& field_;
};

/// With Ψ_h(t, x) the increment of an explicit method,
///
///   y' = λ y + (1 − λ) z + Ψ_h(t, z),   z' = z − Ψ_{−h}(t + h, y'),
///
/// of the order of the method, and solved for (y, z) exactly [McCallum 2024]. The Step of
/// Integration on pairs, on one clock; without a continuous extension. The error of both halves is
/// the method's estimate on Ψ_h(t, z), or the growth of |y − z| where that is larger: on x' = −μx
/// the pair is stable for hμ ≤ 1 − λ only, and nothing else would tell.
template <std::floating_point S>
class ReversibleStep {
 public:
  using System = PairSystem<S>;

  ReversibleStep(const ode::ExplicitTableau& tableau, double coupling)
      : there_{ode::ExplicitStep<S>(tableau), {}, {}, {}, {}},
        back_{ode::ExplicitStep<S>(tableau), {}, {}, {}, {}},
        coupling_(coupling) {}

  [[nodiscard]] int error_order() const { return there_.step.error_order(); }
  [[nodiscard]] bool first_same_as_last() const { return false; }
  [[nodiscard]] int degree() const { return 1; }
  void reserve(Index d, Index n) {
    there_.reserve(d / 2, n);
    back_.reserve(d / 2, n);
    error_.shape(d / 2, n);
    second_.shape(d, n);
  }
  void move_slot(Index, Index) {}

  void trial(System& system, const ode::Round& round, const ConstBatch<S>& w,
             const ConstBatch<S>& slope, Batch<S> next, Batch<S>, Batch<S> error) {
    const Index d = w.rows() / 2, n = w.cols();
    const ode::Counts before = system.field().counts;
    auto z = there_.x.shape(d, n), y = back_.x.shape(d, n), e = error_.shape(d, n);
    z = w.bottomRows(d);
    there_.slope.shape(d, n) = slope.bottomRows(d);
    const S c = static_cast<S>(coupling_);
    y = c * w.topRows(d) + (1 - c) * z + there_.increment(system.field(), round, e);
    if (there_.step.tableau().adaptive()) {
      error.topRows(d) = e;
      error.bottomRows(d) = e;
    }
    if (const S* second = there_.step.second_error()) {
      auto both = second_.shape(2 * d, n);
      both.topRows(d) = both.bottomRows(d) = Eigen::Map<const Matrix<S>>(second, d, n);
    }
    next.topRows(d) = y;
    const double t = round.t[0] + round.h[0], h = -round.h[0];
    const ode::Round back{n, true, &t, &h, nullptr};
    back_.evaluate(system.field(), back);
    next.bottomRows(d) = z - back_.increment(system.field(), back, e);
    if (there_.step.tableau().adaptive()) add_gap(w, next, error);
    system.counts += system.field().counts - before;
  }

  /// Undoes a step: [y'; z'] in, [y; z] out. there() and back() are then the trials of Ψ_h and
  /// Ψ_{−h}, made at z() and y().
  void undo(ode::System<S>& field, const ode::Round& round, Batch<S> w) {
    const Index d = w.rows() / 2, n = w.cols();
    auto z = there_.x.shape(d, n), y = back_.x.shape(d, n), e = error_.shape(d, n);
    y = w.topRows(d);
    const double t = round.t[0] + round.h[0], h = -round.h[0];
    const ode::Round back{n, true, &t, &h, nullptr};
    back_.evaluate(field, back);
    z = w.bottomRows(d) + back_.increment(field, back, e);
    there_.evaluate(field, round);
    const S c = static_cast<S>(coupling_);
    w.topRows(d) = (y - (1 - c) * z - there_.increment(field, round, e)) / c;
    w.bottomRows(d) = z;
  }
  [[nodiscard]] const ode::ExplicitStep<S>& there() const { return there_.step; }
  [[nodiscard]] const ode::ExplicitStep<S>& back() const { return back_.step; }
  [[nodiscard]] auto y() { return back_.x.view(); }
  [[nodiscard]] auto z() { return there_.x.view(); }

  // The rest of the concept; no extension is ever asked for.
  [[nodiscard]] const S* second_error() {
    return there_.step.tableau().second.empty() ? nullptr : second_.view().data();
  }
  void prepare_dense(System&, const ode::Round&, const ConstBatch<S>&, const ConstBatch<S>&) {}
  void polynomial(const ode::Round&, Index, Batch<S> coefficients) const { coefficients.setZero(); }
  [[nodiscard]] bool field_failed(const ode::Round& round, Index slot,
                                  const ConstBatch<S>& w) const {
    return there_.step.field_failed(round, slot, w.bottomRows(w.rows() / 2));
  }
  [[nodiscard]] double stiffness(const ode::Round& round, Index slot, const ConstBatch<S>& w,
                                 const ConstBatch<S>& next, const ConstBatch<S>& slope) const {
    const Index d = w.rows() / 2;
    return there_.step.stiffness(round, slot, w.bottomRows(d), next.topRows(d), slope.topRows(d));
  }

 private:
  // Error where the two halves drift apart: no smaller than the growth of their distance.
  static void add_gap(const ConstBatch<S>& w, const ConstBatch<S>& next, Batch<S> error) {
    const Index d = w.rows() / 2;
    for (Index j = 0; j < w.cols(); ++j) {
      for (Index i = 0; i < d; ++i) {
        const S growth = std::abs(next(i, j) - next(d + i, j)) - std::abs(w(i, j) - w(d + i, j));
        const S e = std::abs(error(i, j));
        error(i, j) = error(d + i, j) = growth > e ? growth : e;
      }
    }
  }

  /// Ψ at a point; the step refers to this memory until its next trial.
  struct Side {
    ode::ExplicitStep<S> step;
    Buffer<S> x, slope, end, end_slope;

    void reserve(Index d, Index n) {
      step.reserve(d, n);
      for (Buffer<S>* b : {&x, &slope, &end, &end_slope}) b->shape(d, n);
    }
    void evaluate(ode::System<S>& field, const ode::Round& round) {
      field.evaluate(Times<S>(static_cast<S>(round.t[0])), x.view(),
                     slope.shape(x.rows(), x.cols()));
    }
    // Ψ from the end of a plain step.
    typename Buffer<S>::View increment(ode::System<S>& field, const ode::Round& round,
                                       Batch<S> error) {
      auto next = end.shape(x.rows(), x.cols());
      step.trial(field, round, x.view(), slope.view(), next, end_slope.shape(x.rows(), x.cols()),
                 error);
      next -= x.view();
      return next;
    }
  };

  Side there_, back_;
  double coupling_;
  Buffer<S> error_, second_;
};

}  // namespace cytode::adjoint
