// SPDX-License-Identifier: MIT
/// Forward sensitivity: derivatives carried along with the state, for few parameters.
#pragma once

#include <utility>
#include <vector>

#include <cytode/adjoint/check_cotangents.hpp>
#include <cytode/adjoint/crew.hpp>
#include <cytode/adjoint/explicit_method.hpp>
#include <cytode/adjoint/forward_pass.hpp>
#include <cytode/adjoint/sensitivity_step.hpp>

namespace cytode::adjoint {

template <DifferentiableField F, Explicit M>
class ForwardRun;

/// Forward sensitivity: dx/d(x0, θ, times) through the accepted steps, by the same stages as the
/// state: the exact derivative of the computed solution, as Discrete.
///
/// Between two stops s < e of the solve W = ∂x(e)/∂(x(s), θ, s, e) is kept, dims × (dims + |θ| + 2)
/// a cell, and a pullback is a product with its transposes from the last stop to the first.
///
///   memory       dims (dims + |θ| + 2) numbers a cell and stop, whatever the number of steps
///   evaluations  forward: one field and dims vjps a stage, cell by cell; pullback: none
///   exactness    rounding: the derivative of the computed solution with its steps
///   choose it    for tens of parameters and states and few cells, above all if many losses or
///                outputs are differentiated on one solve (Gauss–Newton, Fisher information)
///
/// Methods are explicit ones. Throws std::invalid_argument for events and for states between steps.
struct Forward {
  template <class F, class M>
  using Run = ForwardRun<F, M>;
};

/// A solve whose pullback contracts sensitivities; see Forward.
template <DifferentiableField F, Explicit M>
class ForwardRun {
 public:
  using S = typename F::Scalar;

  ForwardRun(const F& field, const ConstBatch<S>& x0, const std::vector<double>& times,
             const M& method, const Forward&, ode::Options<S> options, Workers* workers)
      : crew_(workers),
        forward_("adjoint::Forward", field, method, std::move(options), crew_()),
        steps_(static_cast<std::size_t>(crew_().size()), SensitivityStep<F>(field, M::tableau)) {
    forward_.listener = [this](const ode::RoundRecord<S>& record) { follow(record); };
    forward(x0, times);
  }
  ForwardRun(const ForwardRun&) = delete;
  ForwardRun& operator=(const ForwardRun&) = delete;

  void forward(const ConstBatch<S>& x0, const std::vector<double>& times) {
    const Index d = x0.rows(), n = x0.cols();
    columns_ = SensitivityStep<F>::columns(forward_.field());
    now_.resize(d, columns_ * n);
    for (Index j = 0; j < n; ++j) begin(j);
    reached_.assign(static_cast<std::size_t>(n), 0);
    for (SensitivityStep<F>& step : steps_) step.counts = {};
    forward_.run(x0, times);
    report_ = {};
    report_.forward = solution().counts;
    for (const SensitivityStep<F>& step : steps_) report_.forward += step.counts;
    Index numbers = now_.size();
    for (const Matrix<S>& w : kept_) numbers += w.size();
    report_.bytes = forward_.bytes() + static_cast<std::size_t>(numbers) * sizeof(S);
    report_.peak_bytes = report_.bytes;
  }
  [[nodiscard]] const ode::Solution<S>& solution() const { return forward_.solution(); }
  [[nodiscard]] const Report& report() const { return report_; }

  void pullback(const std::vector<Matrix<S>>& cotangents, Gradient<S>& g) {
    pullback(cotangents, {}, g);
  }
  void pullback(const std::vector<Matrix<S>>& cotangents,
                const std::vector<PassageCotangent<S>>& passages, Gradient<S>& g) {
    check_cotangents(solution(), cotangents, passages);
    const auto& landings = forward_.landings();
    const Index d = forward_.field().dims(), p = columns_ - d - 2;
    g.parameters.setZero(p);
    g.x0.setZero(d, solution().states[0].cols());
    g.times.assign(solution().times.size(), 0.0);
    for (std::size_t k = landings.size(); k-- > 0;) {
      if (landings[k].output >= 0) add(landings[k].output, cotangents, g.x0);
      for (Index j = 0; j < g.x0.cols(); ++j) {
        forward_.landings().pull_jumps(k, j, g.x0.col(j));
        if (k == 0) continue;
        const auto w = kept_[k].middleCols(j * columns_, columns_);
        all_.noalias() = w.transpose() * g.x0.col(j);
        g.x0.col(j) = all_.head(d);
        g.parameters += all_.segment(d, p);
        add_time(landings[k - 1].output, all_[d + p], g.times);
        add_time(landings[k].output, all_[d + p + 1], g.times);
      }
    }
    if (landings.size() == 1) pull_still(cotangents, g);
  }

 private:
  // W = [I, 0, 0, 0] where a segment begins.
  void begin(Index cell) {
    auto w = now_.middleCols(cell * columns_, columns_);
    w.setZero();
    w.leftCols(w.rows()).setIdentity();
  }
  void follow(const ode::RoundRecord<S>& record) {
    const auto& landings = forward_.landings();
    kept_.resize(landings.size());
    for (std::size_t k = 1; k < kept_.size(); ++k) kept_[k].resize(now_.rows(), now_.cols());
    crew_().run(record.round.cells, [&](Index slot, int worker) {
      if (!record.accepted[static_cast<std::size_t>(slot)]) return;
      const Index cell = record.cells[static_cast<std::size_t>(slot)];
      std::size_t& from = reached_[static_cast<std::size_t>(cell)];
      auto w = now_.middleCols(cell * columns_, columns_);
      steps_[static_cast<std::size_t>(worker)].advance(
          record.round.time(slot), record.round.size(slot), landings[from].time,
          landings[from + 1].time, record.x.col(slot), w);
      if (record.landed[static_cast<std::size_t>(slot)] < 0) return;
      kept_[++from].middleCols(cell * columns_, columns_) = w;
      begin(cell);
    });
  }
  static void add(Index output, const std::vector<Matrix<S>>& cotangents, Matrix<S>& a) {
    const Matrix<S>& c = cotangents[static_cast<std::size_t>(output)];
    if (c.size() > 0) a += c;
  }
  static void add_time(Index output, S cotangent, std::vector<double>& times) {
    if (output >= 0) times[static_cast<std::size_t>(output)] += static_cast<double>(cotangent);
  }
  // Start and end are one time: the end moves along the field.
  void pull_still(const std::vector<Matrix<S>>& cotangents, Gradient<S>& g) {
    if (cotangents.size() < 2) return;
    const Matrix<S>& x = solution().states[0];
    Matrix<S> slope(x.rows(), x.cols()), later = Matrix<S>::Zero(x.rows(), x.cols());
    forward_.system().evaluate(Times<S>(static_cast<S>(solution().times[0])), x, slope);
    add(1, cotangents, later);
    g.times[1] = static_cast<double>(later.cwiseProduct(slope).sum());
    g.times[0] = -g.times[1];
    for (Index j = 0; j < x.cols(); ++j) forward_.landings().pull_jumps(0, j, later.col(j));
    g.x0 += later;
  }

  Crew crew_;
  ForwardPass<F, M> forward_;
  std::vector<SensitivityStep<F>> steps_;
  Index columns_ = 0;
  Matrix<S> now_;                     // W of every cell since its last stop
  std::vector<Matrix<S>> kept_;       // the same at every stop
  std::vector<std::size_t> reached_;  // last landing of every cell
  Vector<S> all_;
  Report report_;
};

}  // namespace cytode::adjoint
