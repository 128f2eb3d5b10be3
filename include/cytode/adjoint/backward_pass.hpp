// SPDX-License-Identifier: MIT
/// The way back along the adjoint equation: common to Continuous and Interpolating.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <cytode/adjoint/adjoint_step.hpp>
#include <cytode/adjoint/explicit_method.hpp>
#include <cytode/adjoint/forward_pass.hpp>
#include <cytode/adjoint/gradient.hpp>

namespace cytode::adjoint {

/// How the adjoint equation is integrated.
struct BackwardControl {
  ExplicitMethod method;
  bool seminorm = true;  ///< The quadrature of the parameters takes no part in error control.
};

/// Integrates the adjoint equation from the last landing to the first. At each the state is reset
/// to the stored one, jumps are pulled back and the cotangent of an output is added.
///
/// Cotangents are scaled by a power of two so that the largest is about 1: absolute tolerances are
/// relative to the size of the cotangents, and a loss times 2^k has the same gradient times 2^k, to
/// the last bit.
template <DifferentiableField F, ode::Method M>
class BackwardPass {
 public:
  using S = typename F::Scalar;
  using Path = typename AdjointSystem<S>::Path;

  /// `path`: x(t) of all cells, or empty to integrate x backward, too.
  BackwardPass(ForwardPass<F, M>& forward, BackwardControl control, Path path, Workers& workers)
      : forward_(forward),
        control_(std::move(control)),
        own_state_(!path),
        quadrature_(forward.field(), workers),
        system_(forward.system(), std::move(path)) {}
  BackwardPass(const BackwardPass&) = delete;
  BackwardPass& operator=(const BackwardPass&) = delete;

  /// g = the gradient at cotangents that were checked. Throws std::runtime_error with the diagnosis
  /// if the integration fails.
  void run(const std::vector<Matrix<S>>& cotangents, Gradient<S>& g) {
    const auto& states = forward_.solution().states;
    d_ = states[0].rows();
    n_ = states[0].cols();
    cotangents_ = &cotangents;
    scale_ = scale_of(cotangents);
    const ode::Counts before = evaluated();
    quadrature_.clear_gradient();
    forward_.system().clear_gradient();
    a_.setZero(d_, n_);
    integrate();
    g.times.assign(forward_.solution().times.size(), 0.0);
    time_gradient(g.times);
    g.x0 = a_;
    add_output(0, g.x0);
    for (Index j = 0; j < n_; ++j) forward_.landings().pull_jumps(0, j, g.x0.col(j));
    g.x0 /= static_cast<S>(scale_);
    g.parameters.setZero(quadrature_.parameter_count());
    quadrature_.add_gradient(g.parameters);
    g.parameters /= static_cast<S>(scale_);
    const long accepted = counts.accepted, rejected = counts.rejected;
    counts = evaluated() - before;
    counts.accepted = accepted;
    counts.rejected = rejected;
  }

  /// Cost of the last run.
  ode::Counts counts;

  /// The landing whose earlier side the integration is on: t lies between it and the one before.
  [[nodiscard]] std::size_t landing() const { return landing_; }
  /// Rows of the integrated state.
  [[nodiscard]] Index rows() const { return system_.rows(d_); }
  [[nodiscard]] std::size_t bytes() const {
    return system_.bytes() +
           static_cast<std::size_t>(16 * quadrature_.parameter_count()) * sizeof(S);
  }

 private:
  using Step = AdjointStep<S>;
  using Integration = ode::Integration<S, Step>;

  [[nodiscard]] ode::Counts evaluated() {
    ode::Counts all = forward_.system().counts;
    return all += quadrature_.counts;
  }
  static double scale_of(const std::vector<Matrix<S>>& cotangents) {
    double largest = 0;
    for (const Matrix<S>& c : cotangents) {
      if (c.size() > 0) largest = std::max(largest, static_cast<double>(c.cwiseAbs().maxCoeff()));
    }
    return largest > 0 && std::isfinite(largest) ? std::ldexp(1.0, -std::ilogb(largest)) : 1;
  }

  // a_ = cotangent of the states after the jumps of the first landing, without that of its output.
  void integrate() {
    const auto& landings = forward_.landings();
    landing_ = landings.size() - 1;
    const auto& solution = forward_.solution();
    if (landings.size() == 1) {
      for (std::size_t k = 1; k < solution.states.size(); ++k)
        add_output(static_cast<Index>(k), a_);
      counts.accepted = counts.rejected = 0;
      return;
    }
    plan();
    const Index top = system_.rows(d_) - d_;
    z_.setZero(system_.rows(d_), n_);
    system_.reserve(control_.method.tableau().stages, z_.rows(), n_);
    moving_.resize(landings.size());
    for (std::size_t k = 1; k < landings.size(); ++k) {
      if (landings[k].jumps.empty() || landings[k].output < 0) continue;
      moving_[k].before.resize(d_, n_);
      moving_[k].after.resize(d_, n_);
    }
    for (Index j = 0; j < n_; ++j) arrive(landing_, j, z_.col(j));
    integration_->start(z_, {landings.back().time, landings[0].time});
    while (integration_->advance()) {
    }
    integration_->close();
    integration_->solution().or_throw();
    a_ = integration_->solution().last().bottomRows(z_.rows() - top);
    counts.accepted = integration_->solution().counts.accepted;
    counts.rejected = integration_->solution().counts.rejected;
  }
  // The integration for the landings of this solve; the one before serves again if it can.
  void plan() {
    const auto& landings = forward_.landings();
    std::vector<double> stops;
    for (std::size_t k = 1; k + 1 < landings.size(); ++k) stops.push_back(landings[k].time);
    if (integration_ && stops == stops_) return;
    stops_ = stops;
    ode::Options<S> options;
    for (std::size_t k = 1; k + 1 < landings.size(); ++k) {
      options.jumps.push_back({landings[k].time, [this, k](Index cell, VectorView<S> z) {
                                 landing_ = k;
                                 arrive(k, cell, z);
                               }});
    }
    integration_control_ = control_.method.control();
    auto& each = integration_control_.absolute_tolerances;
    if (!own_state_) each.clear();
    if (!each.empty()) {
      each.resize(static_cast<std::size_t>(2 * d_), integration_control_.absolute_tolerance);
    }
    if (!own_state_) integration_control_.clock = ode::Clock::shared;
    integration_.emplace(
        system_,
        Step(control_.method.tableau(), control_.seminorm ? nullptr : &integration_control_),
        integration_control_, std::move(options));
    integration_->listener = [this](const ode::RoundRecord<S>& record) {
      integration_->step().accept(system_, record.round, record.x, record.accepted, quadrature_);
    };
  }
  // z of one cell passes a landing, backward in time.
  void arrive(std::size_t landing, Index cell, VectorView<S> z) {
    const Landing<S>& l = forward_.landings()[landing];
    auto a = z.tail(d_);
    const bool moves = l.output >= 0 && !l.jumps.empty();
    if (moves) moving_[landing].after.col(cell) = a;
    if (l.output >= 0) {
      const Matrix<S>& c = (*cotangents_)[static_cast<std::size_t>(l.output)];
      if (c.size() > 0) a += static_cast<S>(scale_) * c.col(cell);
    }
    forward_.landings().pull_jumps(landing, cell, a);
    if (moves) moving_[landing].before.col(cell) = a;
    if (own_state_) z.head(d_) = forward_.before(landing).col(cell);
  }
  void add_output(Index output, Matrix<S>& a) const {
    const Matrix<S>& c = (*cotangents_)[static_cast<std::size_t>(output)];
    if (c.size() > 0) a += static_cast<S>(scale_) * c;
  }
  // A jump at a requested time moves with it: ∂L/∂t_k = ⟨a, f⟩ before the jump − ⟨a, f⟩ after it.
  void add_moving(std::vector<double>& times) {
    const auto& landings = forward_.landings();
    for (std::size_t k = 1; k < landings.size(); ++k) {
      if (landings[k].jumps.empty() || landings[k].output < 0) continue;
      const auto output = static_cast<std::size_t>(landings[k].output);
      const Times<S> t(static_cast<S>(landings[k].time));
      auto slope = slopes_.shape(d_, n_);
      forward_.system().evaluate(t, forward_.before(k), slope);
      times[output] = dot(moving_[k].before, slope);
      forward_.system().evaluate(t, forward_.solution().states[output], slope);
      times[output] -= dot(moving_[k].after, slope);
      times[output] /= scale_;
    }
  }
  static double dot(const ConstBatch<S>& a, const ConstBatch<S>& b) {
    return a.template cast<double>().cwiseProduct(b.template cast<double>()).sum();
  }
  // ∂L/∂t_k = ⟨∂L/∂x_k, f(t_k, x_k)⟩, and −⟨a(t_0), f(t_0, x_0)⟩ at the start: the slopes at all
  // times in one call of the field.
  void time_gradient(std::vector<double>& times) {
    const auto& solution = forward_.solution();
    const Index outputs = static_cast<Index>(times.size());
    if (outputs == 1) return;
    auto x = x_.shape(d_, n_ * outputs), slopes = slopes_.shape(d_, n_ * outputs);
    row_.resize(n_ * outputs);
    for (Index k = 0; k < outputs; ++k) {
      x.middleCols(k * n_, n_) = solution.states[static_cast<std::size_t>(k)];
      row_.segment(k * n_, n_)
          .setConstant(static_cast<S>(solution.times[static_cast<std::size_t>(k)]));
    }
    forward_.system().evaluate(Times<S>(row_), x, slopes);
    const auto along = [&](Index k, const Matrix<S>& a) {
      return dot(a, slopes.middleCols(k * n_, n_));
    };
    times[0] = -along(0, a_) / scale_;
    for (Index k = 1; k < outputs; ++k) {
      const Matrix<S>& c = (*cotangents_)[static_cast<std::size_t>(k)];
      if (c.size() > 0) times[static_cast<std::size_t>(k)] = along(k, c);
    }
    add_moving(times);
  }

  /// Cotangents on both sides of the jumps of a landing.
  struct Moving {
    Matrix<S> before, after;
  };

  ForwardPass<F, M>& forward_;
  BackwardControl control_;
  bool own_state_;
  ode::DifferentiableFieldSystem<F> quadrature_;
  AdjointSystem<S> system_;
  std::optional<Integration> integration_;
  ode::Control integration_control_;
  std::vector<double> stops_;
  std::vector<Moving> moving_;
  const std::vector<Matrix<S>>* cotangents_ = nullptr;
  double scale_ = 1;
  std::size_t landing_ = 0;
  Index d_ = 0, n_ = 0;
  Matrix<S> z_, a_;
  Buffer<S> x_, slopes_;
  Row<S> row_;
};

}  // namespace cytode::adjoint
