// SPDX-License-Identifier: MIT
/// The exact transpose of explicit Runge–Kutta steps, from their tableau.
#pragma once

#include <algorithm>
#include <vector>

#include <cytode/adjoint/step_pullback.hpp>
#include <cytode/core/buffer.hpp>
#include <cytode/ode/combine.hpp>
#include <cytode/ode/explicit_step.hpp>

namespace cytode::adjoint {

/// With x' = x + h Σ b_i k_i, k_i = f(t + c_i h, z_i), z_i = x + h Σ_{j<i} a_ij k_j and a cotangent
/// λ of x', stages from last to first:
///
///   κ_i = h (b_i λ + Σ_{l>i} a_li ζ_l),   ζ_i = (∂f/∂x)ᵀ κ_i,   τ_i = (∂f/∂t)ᵀ κ_i,
///   λ_x = λ + Σ ζ_i,   λ_t = Σ τ_i,   λ_h = Σ (κ_i · k_i / h + c_i τ_i).
///
/// The slopes are kept, so a stage costs one pullback of the field and no evaluation beside it.
/// Stages that do not enter x' (the slope at the end of a "first same as last" step is the first
/// stage of the next) are left out. Cotangents of x(t + θh) enter κ_i as h b_i(θ) λ.
template <std::floating_point S>
class ExplicitPullback {
 public:
  explicit ExplicitPullback(const ode::ExplicitStep<S>& step) : tableau_(&step.tableau()) {}

  /// Memory for batches of up to d × n; `extension`: points within steps will be pulled back too.
  void reserve(Index d, Index n, bool extension) {
    closing_ = tableau_->stages - (tableau_->first_same_as_last() ? 1 : 0);
    // The slope of the last stage comes back with its pullback.
    kept_ = extension ? tableau_->dense_stages() : closing_ - 1;
    const auto all = static_cast<std::size_t>(extension ? kept_ : closing_);
    cotangents_.resize(all);
    active_.assign(all, 0);
    points_.resize(extension ? all : 0);
    for (Buffer<S>& b : cotangents_) b.shape(d, n);
    for (Buffer<S>& b : points_) b.shape(d, n);
    for (Buffer<S>* b : {&state_, &slope_, &stage_, &spread_, &points_x_}) b->shape(d, n);
    for (Row<S>* r : {&row_, &time_}) {
      if (r->size() < n) r->resize(n);
    }
  }

  /// Numbers a cell that record writes.
  [[nodiscard]] Index numbers(Index d) const { return d * (1 + kept_); }
  /// Copies x and the slopes of these slots of the last trial; null: of the first m.
  void record(const ode::ExplicitStep<S>& step, const ConstBatch<S>& x, const Index* slots, Index m,
              S* to) const {
    copy(x, slots, m, to);
    for (int i = 0; i < kept_; ++i) copy(step.stage(i), slots, m, to += x.rows() * m);
  }

  /// Takes a recorded round as the current one.
  void begin(const ode::Round& round, Index d, const S* tape) {
    round_ = round;
    d_ = d;
    tape_ = tape;
    has_points_ = false;
    first_evaluation_ = second_evaluation_ = -1;
    if (round.shared) return;
    auto spread = spread_.shape(d, round.cells);
    for (Index j = 0; j < round.cells; ++j) spread.col(j).setConstant(static_cast<S>(round.h[j]));
  }

  /// Numbers by which the system remembers the evaluations of the first stage, and of the second
  /// and those after it in their order; −1: it does not.
  void recall(Index first, Index second) {
    first_evaluation_ = first;
    second_evaluation_ = second;
  }

  /// x(t + θh) and dx/dθ of one cell.
  void point(Index slot, double theta, VectorView<S> x, VectorView<S> slope) const {
    x = column(tape_, slot);
    slope.setZero();
    const double h = round_.size(slot);
    for (int i = 0; i < kept_; ++i) {
      const auto k = column(kept(i), slot);
      x += static_cast<S>(h * tableau_->dense_weight(i, theta)) * k;
      slope += static_cast<S>(h * weight_slope(i, theta)) * k;
    }
  }
  /// Adds a cotangent of x(t + θh) of one cell.
  void add_point(Index slot, double theta, const ConstVectorView<S>& a) {
    if (!has_points_) {
      has_points_ = true;
      for (Buffer<S>& b : points_) b.shape(d_, round_.cells).setZero();
      points_x_.shape(d_, round_.cells).setZero();
    }
    points_x_.view().col(slot) += a;
    const double h = round_.size(slot);
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const double w = h * tableau_->dense_weight(static_cast<int>(i), theta);
      if (w != 0) points_[i].view().col(slot) += static_cast<S>(w) * a;
    }
  }

  /// a: cotangent of the states after the step in, before it out; at, ah += those of t and h.
  void pullback(ode::DifferentiableSystem<S>& system, Batch<S> a, double* at, double* ah) {
    const Index m = round_.cells, n = d_ * m;
    const int first = has_points_ ? kept_ - 1 : closing_ - 1;
    for (int i = first; i >= 0; --i) {
      active_[idx(i)] = gather_cotangent(i, first, a.data());
      if (active_[idx(i)] == 0) continue;
      auto kappa = stage_.shape(d_, m);
      advance(kappa.data(), has_points_ ? points_[idx(i)].view().data() : nullptr);
      const S* z = tape_;
      double node = 0;
      if (i > 0) {
        sum_.clear();
        for (int j = 0; j < i; ++j) {
          sum_.add(coefficient(i, j), kept(j));
          node += coefficient(i, j);
        }
        advance(state_.shape(d_, m).data(), tape_);
        z = state_.view().data();
      }
      auto zeta = cotangents_[idx(i)].shape(d_, m);
      zeta.setZero();
      auto tau = time_.head(m);
      tau.setZero();
      auto k = slope_.shape(d_, m);
      if (second_evaluation_ >= 0) {
        system.recall(i == 0 ? first_evaluation_ : second_evaluation_ + i - 1);
      }
      system.pullback(ode::stage_times(round_, node, row_), Eigen::Map<const Matrix<S>>(z, d_, m),
                      kappa, tau, zeta, k);
      add_times(node, kappa.data(), k.data(), at, ah);
    }
    sum_.clear();
    if (has_points_) sum_.add(1, points_x_.view().data());
    for (int i = first; i >= 0; --i) {
      if (active_[idx(i)] != 0) sum_.add(1, cotangents_[idx(i)].view().data());
    }
    sum_.step(n, a.data(), a.data(), S(1));
  }

 private:
  static std::size_t idx(int i) { return static_cast<std::size_t>(i); }
  [[nodiscard]] const S* kept(int i) const { return tape_ + d_ * round_.cells * (i + 1); }
  [[nodiscard]] Eigen::Map<const Vector<S>> column(const S* batch, Index slot) const {
    return {batch + slot * d_, d_};
  }
  static void copy(const ConstBatch<S>& from, const Index* slots, Index m, S* to) {
    const Index d = from.rows();
    if (slots == nullptr) {
      std::copy_n(from.data(), d * m, to);
    } else {
      for (Index j = 0; j < m; ++j) std::copy_n(from.data() + slots[j] * d, d, to + j * d);
    }
  }
  // a_ij with the slope at the end and the extra stages of the extension as further rows.
  [[nodiscard]] double coefficient(int i, int j) const {
    if (i < tableau_->stages) return tableau_->row(i, j);
    const int closed = tableau_->closed_stages();
    if (i < closed) return tableau_->b[idx(j)];
    return tableau_->extra_row(i - closed, j);
  }
  [[nodiscard]] double weight_slope(int i, double theta) const {
    double w = 0;
    for (int m = tableau_->degree; m > 0; --m) {
      w = w * theta + m * tableau_->dense_coefficient(i, m);
    }
    return w;
  }
  // sum_ = b_i λ + Σ a_li ζ_l; false if stage i has no cotangent at all.
  bool gather_cotangent(int i, int first, const S* lambda) {
    sum_.clear();
    bool any = has_points_;
    const auto add = [&](double weight, const S* term) {
      sum_.add(weight, term);
      any = any || weight != 0;
    };
    if (i < tableau_->stages) add(tableau_->b[idx(i)], lambda);
    for (int l = i + 1; l <= first; ++l) {
      if (active_[idx(l)] != 0) add(coefficient(l, i), cotangents_[idx(l)].view().data());
    }
    return any;
  }
  // out = base + h sum_.
  void advance(S* out, const S* base) const {
    const Index n = d_ * round_.cells;
    if (round_.shared) {
      sum_.step(n, out, base, round_.h[0]);
    } else {
      sum_.step(n, out, base, spread_.view().data());
    }
  }
  void add_times(double node, const S* kappa, const S* k, double* at, double* ah) {
    const Index m = round_.cells;
    if (round_.shared) {
      const double tau = sum(m, [&](Index j) { return time_[j]; });
      *at += tau;
      *ah += sum(d_ * m, [&](Index i) { return kappa[i] * k[i]; }) / round_.h[0] + node * tau;
      return;
    }
    for (Index j = 0; j < m; ++j) {
      const S* a = kappa + j * d_;
      const S* b = k + j * d_;
      const double tau = static_cast<double>(time_[j]);
      at[j] += tau;
      ah[j] += sum(d_, [&](Index i) { return a[i] * b[i]; }) / round_.h[j] + node * tau;
    }
  }
  // Σ term(i): 16 partial sums over at most 1024 numbers at a time, and those in double.
  template <class Term>
  static double sum(Index n, Term term) {
    double total = 0;
    for (Index from = 0; from < n; from += 1024) {
      const Index to = std::min(n, from + 1024);
      S part[16] = {};
      Index i = from;
      for (; i + 16 <= to; i += 16) {
        for (Index q = 0; q < 16; ++q) part[q] += term(i + q);
      }
      for (; i < to; ++i) part[i % 16] += term(i);
      for (const S p : part) total += static_cast<double>(p);
    }
    return total;
  }

  const ode::ExplicitTableau* tableau_;
  int closing_ = 1;  // stages that enter the state after the step
  int kept_ = 0;     // slopes on the tape
  ode::Round round_;
  Index d_ = 0;
  const S* tape_ = nullptr;  // x and slopes, each features × cells
  Index first_evaluation_ = -1, second_evaluation_ = -1;
  bool has_points_ = false;
  std::vector<Buffer<S>> cotangents_, points_;  // ζ_i; h Σ b_i(θ) λ of points
  std::vector<unsigned char> active_;
  Buffer<S> state_, slope_, stage_, spread_, points_x_;
  Row<S> row_, time_;
  ode::Combination<S> sum_;
};

template <std::floating_point S>
struct StepPullbackOf<ode::ExplicitStep<S>> {
  using type = ExplicitPullback<S>;
};

}  // namespace cytode::adjoint
