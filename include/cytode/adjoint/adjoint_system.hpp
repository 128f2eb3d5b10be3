// SPDX-License-Identifier: MIT
/// The adjoint equation as a system that any explicit method integrates.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/ode/round.hpp>
#include <cytode/ode/system.hpp>
#include <cytode/ode/tableau.hpp>

namespace cytode::adjoint {

/// dx/dt = f(t, x), da/dt = −(∂f/∂x)ᵀ a over z = [x; a], 2 dims × cells; or, where x(t) is known
/// from elsewhere, da/dt alone over z = a, dims × cells. Parameters are no part of z: their
/// gradient −∫ (∂f/∂θ)ᵀ a dt is a quadrature over the stages of a step, which this keeps.
///
/// With x(t) given, all columns of z are all cells in their order, on one clock.
template <std::floating_point S>
class AdjointSystem final : public ode::System<S> {
 public:
  /// Writes x(t) of all cells.
  using Path = std::function<void(Times<S> t, Batch<S> x)>;

  /// The field must outlive this. Its gradient lanes are scratch.
  explicit AdjointSystem(ode::DifferentiableSystem<S>& field, Path path = {})
      : field_(field), path_(std::move(path)) {}

  [[nodiscard]] bool takes_row_of_times() const override { return !path_; }
  /// Rows of z for so many features.
  [[nodiscard]] Index rows(Index features) const { return path_ ? features : 2 * features; }
  [[nodiscard]] ode::DifferentiableSystem<S>& field() { return field_; }

  /// Memory for the stages of trials on up to rows × cells.
  void reserve(Index stages, Index rows, Index cells) {
    stages_.resize(static_cast<std::size_t>(stages));
    for (Buffer<S>& z : stages_) z.shape(rows, cells);
    evaluations_ = 0;
  }
  /// Evaluations from here on are the stages 1, 2, … of a trial.
  void begin_trial() { evaluations_ = 0; }

  /// (∂f/∂θ)ᵀ summed over stages i and cells with weights −h w_i, in one call of the field for all
  /// of them: `into` gets Σ_i −h w_i (∂f/∂θ)ᵀ a_i of the last trial. `z` is its start; cells whose
  /// entry in `take` is 0 are left out.
  void pull_parameters(const ode::Round& round, const ode::ExplicitTableau& tableau,
                       std::span<const double> weights, const ConstBatch<S>& z,
                       const std::vector<unsigned char>& take, ode::DifferentiableSystem<S>& into) {
    const Index d = path_ ? z.rows() : z.rows() / 2, n = z.cols();
    const Index used =
        std::count_if(weights.begin(), weights.end(), [](double w) { return w != 0; });
    const Index taken =
        std::count_if(take.begin(), take.begin() + n, [](auto v) { return v != 0; });
    if (used * taken == 0) return;
    auto x = x_.shape(d, used * taken), a = a_.shape(d, used * taken);
    auto ax = ax_.shape(d, used * taken), dx = dx_.shape(d, used * taken);
    if (row_.size() < used * taken) row_.resize(used * taken);
    Index k = 0;
    for (int i = 0; i < tableau.stages; ++i) {
      const double w = weights[static_cast<std::size_t>(i)];
      if (w == 0) continue;
      const double c = tableau.node(i);
      const bool known = path_ && stage_path(round, c, d, n);
      for (Index j = 0; j < n; ++j) {
        if (!take[static_cast<std::size_t>(j)]) continue;
        const S scale = static_cast<S>(-w * round.size(j));
        const auto column = [&](Index first) {
          const S* from = i == 0 ? z.data() + j * z.outerStride()
                                 : stages_[static_cast<std::size_t>(i - 1)].view().col(j).data();
          return Eigen::Map<const Vector<S>>(from + first, d);
        };
        if (known) {
          x.col(k) = known_.view().col(j);
          a.col(k) = scale * column(0);
        } else {
          x.col(k) = column(0);
          a.col(k) = scale * column(d);
        }
        row_[k++] = static_cast<S>(round.time(j) + c * round.size(j));
      }
    }
    ax.setZero();
    zero_row(used * taken);
    into.pullback(Times<S>(row_).slice(0, used * taken), x, a, at_.head(used * taken), ax, dx);
  }

  /// Bytes held.
  [[nodiscard]] std::size_t bytes() const {
    Index numbers = row_.size() + at_.size();
    for (const Buffer<S>& z : stages_) numbers += z.rows() * z.cols();
    for (const Buffer<S>* b : {&x_, &a_, &ax_, &dx_, &known_}) numbers += b->rows() * b->cols();
    return static_cast<std::size_t>(numbers) * sizeof(S);
  }

 private:
  void value(Times<S> t, const ConstBatch<S>& z, Batch<S> dz) override {
    const Index d = path_ ? z.rows() : z.rows() / 2, n = z.cols();
    if (evaluations_ < stages_.size()) stages_[evaluations_++].shape(z.rows(), n) = z;
    zero_row(n);
    dz.bottomRows(d).setZero();
    if (path_) {
      auto x = known_.shape(d, n), dx = dx_.shape(d, n);
      path_(t, x);
      field_.pullback(t, x, z, at_.head(n), dz, dx);
    } else {
      field_.pullback(t, z.topRows(d), z.bottomRows(d), at_.head(n), dz.bottomRows(d),
                      dz.topRows(d));
    }
    dz.bottomRows(d) = -dz.bottomRows(d);
  }
  bool stage_path(const ode::Round& round, double c, Index d, Index n) {
    path_(Times<S>(static_cast<S>(round.t[0] + c * round.h[0])), known_.shape(d, n));
    return true;
  }
  void zero_row(Index n) {
    if (at_.size() < n) at_.resize(n);
    at_.head(n).setZero();
  }

  ode::DifferentiableSystem<S>& field_;
  Path path_;
  std::size_t evaluations_ = 0;
  std::vector<Buffer<S>> stages_;  // z of stages 1, 2, …
  Buffer<S> x_, a_, ax_, dx_, known_;
  Row<S> row_, at_;
};

}  // namespace cytode::adjoint
