// SPDX-License-Identifier: MIT
/// The derivative of one explicit step of one cell in everything it depends on.
#pragma once

#include <cstddef>
#include <vector>

#include <cytode/core/concepts.hpp>
#include <cytode/ode/counts.hpp>
#include <cytode/ode/tableau.hpp>

namespace cytode::adjoint {

/// Carries W = ∂x/∂(x_s, θ, s, e), dims × (dims + |θ| + 2), through an accepted step of one cell by
/// the variational equation of the same stages:
///
///   K_i = J_i W_i + [0, ∂f/∂θ, 0, 0] + ∂f/∂t ∂t_i,   W_i = W + h Σ a_ij K_j + (Σ a_ij k_j) ∂h,
///
/// which is the exact derivative of the computed step. s and e are the times between which the
/// steps keep their places as fractions of e − s; x_s is the state at s. Rows of J, ∂f/∂θ and ∂f/∂t
/// come from pullbacks of unit cotangents: dims vjps a stage.
template <DifferentiableField F>
class SensitivityStep {
 public:
  using S = typename F::Scalar;

  SensitivityStep(const F& field, const ode::ExplicitTableau& tableau)
      : field_(&field), tableau_(&tableau) {
    for (int i = 0; i < tableau.stages; ++i) {
      if (tableau.b[static_cast<std::size_t>(i)] != 0) used_ = i + 1;
    }
    k_.resize(static_cast<std::size_t>(used_));
    slopes_.resize(static_cast<std::size_t>(used_));
  }

  /// Columns of W.
  [[nodiscard]] static Index columns(const F& field) {
    return field.dims() + field.parameters().size() + 2;
  }

  /// W at the end of the step from t to t + h of a cell at x, in place; the fractions are those of
  /// [from, to].
  void advance(double t, double h, double from, double to, const ConstVectorView<S>& x,
               Batch<S> w) {
    const Index d = x.size(), p = field_->parameters().size();
    const double place = (t - from) / (to - from), part = h / (to - from);
    for (int i = 0; i < used_; ++i) {
      point_ = x;
      along_ = w;
      const double c = tableau_->node(i);
      add(i, h, part, [&](int j) { return tableau_->row(i, j); });
      auto& slopes = slopes_[static_cast<std::size_t>(i)];
      evaluate(static_cast<S>(t + c * h), k_[static_cast<std::size_t>(i)]);
      slopes.noalias() = jacobian_ * along_;
      slopes.middleCols(d, p) += theta_;
      slopes.col(d + p) += static_cast<S>(1 - place - c * part) * time_;
      slopes.col(d + p + 1) += static_cast<S>(place + c * part) * time_;
    }
    along_ = w;
    add(used_, h, part, [&](int j) { return tableau_->b[static_cast<std::size_t>(j)]; });
    w = along_;
  }

  /// Evaluations and pullbacks so far.
  ode::Counts counts;

 private:
  // point_ and along_ += h Σ_{j < count} weight(j) (k_j, K_j), and the change with h.
  template <class Weight>
  void add(int count, double h, double part, Weight weight) {
    const Index last = along_.cols() - 1;
    for (int j = 0; j < count; ++j) {
      const double w = weight(j);
      if (w == 0) continue;
      const auto& k = k_[static_cast<std::size_t>(j)];
      point_ += static_cast<S>(h * w) * k;
      along_ += static_cast<S>(h * w) * slopes_[static_cast<std::size_t>(j)];
      along_.col(last - 1) -= static_cast<S>(part * w) * k;
      along_.col(last) += static_cast<S>(part * w) * k;
    }
  }
  // k = f(t, point_), with its derivatives row by row.
  void evaluate(S t, Matrix<S>& k) {
    const Index d = point_.rows(), p = field_->parameters().size();
    k.resize(d, 1);
    jacobian_.resize(d, d);
    theta_.resize(d, p);
    time_.resize(d, 1);
    field_->forward(Times<S>(t), point_, k, cache_);
    for (Index i = 0; i < d; ++i) {
      unit_.setZero(d, 1);
      unit_(i, 0) = 1;
      at_.setZero(1);
      ax_.setZero(d, 1);
      atheta_.setZero(p);
      field_->vjp(Times<S>(t), point_, unit_, at_, ax_, atheta_, cache_);
      time_(i, 0) = at_[0];
      jacobian_.row(i) = ax_.transpose();
      theta_.row(i) = atheta_.transpose();
    }
    ++counts.evaluations;
    ++counts.cell_evaluations;
    counts.pullbacks += d;
  }

  const F* field_;
  const ode::ExplicitTableau* tableau_;
  int used_ = 0;  // stages up to the last of weight other than 0
  std::vector<Matrix<S>> k_, slopes_;
  Matrix<S> point_, along_, jacobian_, theta_, time_, unit_, ax_;
  Row<S> at_;
  Vector<S> atheta_;
  typename F::Cache cache_;
};

}  // namespace cytode::adjoint
