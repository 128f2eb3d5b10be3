// SPDX-License-Identifier: MIT
/// States and stages of recorded steps, and the cotangents that reach them from within the steps.
#pragma once

#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/ode/combine.hpp>
#include <cytode/ode/round.hpp>

namespace cytode::adjoint {

/// For methods whose solution within a step is x(t + θh) = x + Σ_i w_i(θ) s_i over their stages s_i
/// with weights from the tableau: what the transposes of implicit steps share.
///
/// A record is x and the stages, each features × cells. `seed(i)` is the cotangent of stage i, and
/// `start` that of x, of what lies within the step.
template <std::floating_point S, class Tableau>
class StageTape {
 public:
  using View = typename Buffer<S>::View;
  using ConstView = typename Buffer<S>::ConstView;

  explicit StageTape(const Tableau& tableau) : tableau_(&tableau) {}

  [[nodiscard]] const Tableau& tableau() const { return *tableau_; }
  [[nodiscard]] Index stages() const { return tableau_->stages; }
  [[nodiscard]] Index numbers(Index d) const { return (1 + stages()) * d; }
  void reserve(Index d, Index n) {
    seeds_.resize(static_cast<std::size_t>(stages()));
    for (Buffer<S>& seed : seeds_) seed.shape(d, n);
    start_.shape(d, n);
  }
  /// Copies x and the stages of m slots (null: the first m).
  template <class Step>
  void record(const Step& step, const ConstBatch<S>& x, const Index* slots, Index m, S* to) const {
    const Index d = x.rows();
    for (int i = -1; i < tableau_->stages; ++i, to += d * m) {
      const ConstBatch<S> from = i < 0 ? x : step.stage(i);
      View copy(to, d, m);
      if (slots == nullptr) {
        copy = from.leftCols(m);
      } else {
        for (Index k = 0; k < m; ++k) copy.col(k) = from.col(slots[k]);
      }
    }
  }
  /// Takes a record as the current one, with no cotangents yet; it stays in place.
  void begin(Index d, Index cells, const S* tape) {
    tape_ = tape;
    d_ = d;
    cells_ = cells;
    inside_ = false;
  }
  [[nodiscard]] ConstView x() const { return {tape_, d_, cells_}; }
  [[nodiscard]] ConstView stage(Index i) const {
    return {tape_ + (1 + i) * d_ * cells_, d_, cells_};
  }

  /// x(t + θh) and dx/dθ of one cell.
  void point(Index slot, double theta, VectorView<S> x_out, VectorView<S> slope) const {
    x_out = x().col(slot);
    slope.setZero();
    for (int i = 0; i < tableau_->stages; ++i) {
      x_out += static_cast<S>(tableau_->dense_weight(i, theta)) * stage(i).col(slot);
      slope += static_cast<S>(tableau_->dense_slope(i, theta)) * stage(i).col(slot);
    }
  }
  /// Adds a cotangent of x(t + θh) of one cell.
  void add_point(Index slot, double theta, const ConstVectorView<S>& a) {
    if (!inside_) clear();
    inside_ = true;
    start_.view().col(slot) += a;
    for (int i = 0; i < tableau_->stages; ++i) {
      seed(i).col(slot) += static_cast<S>(tableau_->dense_weight(i, theta)) * a;
    }
  }
  /// Zero cotangents if nothing was added; to be called before seed and start are used.
  void settle() {
    if (!inside_) clear();
    inside_ = true;
  }
  [[nodiscard]] View seed(Index i) { return seeds_[static_cast<std::size_t>(i)].view(); }
  [[nodiscard]] View start() { return start_.view(); }

 private:
  void clear() {
    for (Buffer<S>& seed : seeds_) seed.shape(d_, cells_).setZero();
    start_.shape(d_, cells_).setZero();
  }

  const Tableau* tableau_;
  const S* tape_ = nullptr;
  Index d_ = 0, cells_ = 0;
  bool inside_ = false;
  std::vector<Buffer<S>> seeds_;
  Buffer<S> start_;
};

}  // namespace cytode::adjoint
