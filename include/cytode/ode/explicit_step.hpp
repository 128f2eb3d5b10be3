// SPDX-License-Identifier: MIT
/// The step of an explicit Runge–Kutta method on many cells side by side.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include <cytode/core/finite.hpp>
#include <cytode/ode/combine.hpp>
#include <cytode/ode/matrix_block.hpp>
#include <cytode/ode/round.hpp>
#include <cytode/ode/system.hpp>
#include <cytode/ode/tableau.hpp>

namespace cytode::ode {

/// One trial step of any explicit tableau: a field evaluation a stage, one pass over memory a
/// stage. Chunks of cells go through all stages one after the other, each while it is in the
/// caches. Part of the Step concept of Integration; allocates only in reserve.
template <std::floating_point S>
class ExplicitStep {
 public:
  using System = ode::System<S>;

  explicit ExplicitStep(const ExplicitTableau& tableau)
      : tableau_(&tableau), closes_(tableau.first_same_as_last()) {}

  [[nodiscard]] const ExplicitTableau& tableau() const { return *tableau_; }
  [[nodiscard]] int error_order() const { return tableau_->error_order; }
  /// True if trial writes the slope at the end of the step.
  [[nodiscard]] bool first_same_as_last() const { return closes_; }
  /// True if an error is not finite where the slope at the end of the step is not.
  [[nodiscard]] bool error_tells_of_end() const {
    return closes_ && tableau_->adaptive() && tableau_->error.back() != 0;
  }

  /// k_i of the last trial that kept its stages, features × round.cells; those of the extension
  /// after prepare_dense.
  [[nodiscard]] ConstBatch<S> stage(int i) const { return View(slopes_[index(i)], rows_, cells_); }

  /// Memory for batches of up to d × n.
  void reserve(Index d, Index n) {
    own_.reserve(matrices(), d, n);
    lent_ = nullptr;
    first_ = 0;
    prepare(n);
  }
  /// The same in a block of the caller's, from place `first` on, that has room for so many
  /// `matrices()` and stays where it is.
  void reserve(Index, Index n, MatrixBlock<S>& block, Index first) {
    lent_ = &block;
    first_ = first;
    prepare(n);
  }
  [[nodiscard]] Index matrices() const { return tableau_->dense_stages() - 1; }
  /// The cell in slot `from` has moved to slot `to`; nothing is kept a cell.
  void move_slot(Index, Index) {}

  /// next = x + h Σ b_i k_i and error = h Σ e_i k_i from x and slope = f(t, x); next_slope too
  /// where the last stage is it. All features × round.cells.
  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S> next_slope, Batch<S> error) {
    trial(system, round, x, slope, next, next_slope, error, true,
          [](Index, Index) { return true; });
  }
  /// The same, and done(first, n) once n cells from `first` on are ready, while they are in the
  /// caches; from several threads at a time. Stages that need not be kept stay in the caches, and
  /// only those of cells for which `done` is true come to their places.
  template <class Done>
  void trial(System& system, const Round& round, const ConstBatch<S>& x, const ConstBatch<S>& slope,
             Batch<S> next, Batch<S> next_slope, Batch<S> error, bool keep, const Done& done) {
    rows_ = x.rows();
    cells_ = x.cols();
    const int last = tableau_->stages - 1;
    slopes_[0] = slope.data();
    for (int i = 1; i <= last; ++i) slopes_[index(i)] = own(i);
    if (closes_) slopes_[index(last)] = next_slope.data();
    const auto through = [&](const Chunk<S>& chunk) {
      Part part(*this, round, chunk, keep ? 0 : last);
      const auto place = [&](int i) { return own(i) + part.from; };
      part.slopes[0] = slope.data() + part.from;
      for (int i = 1; i <= last; ++i) {
        const bool end = closes_ && i == last;
        S* const at = end ? next.data() + part.from : part.state;
        S* const to = end ? next_slope.data() + part.from : keep ? place(i) : part.stage(i);
        part.gather([&](int j) { return tableau_->row(i, j); }, i);
        part.combine(at, x.data());
        evaluate(system, part, tableau_->node(i), at, to);
        part.slopes[index(i)] = to;
      }
      if (!closes_) {
        part.gather([&](int j) { return tableau_->b[index(j)]; }, last + 1);
        part.combine(next.data() + part.from, x.data());
      }
      if (tableau_->adaptive()) part.weigh(tableau_->error, error.data());
      if (!tableau_->second.empty()) part.weigh(tableau_->second, second());
      if (!done(chunk.first, chunk.cells) || keep) return;
      for (int i = 1; i < (closes_ ? last : last + 1); ++i) {
        std::copy_n(part.slopes[index(i)], part.numbers, place(i));
      }
    };
    system.in_chunks(cells_, last, std::ref(through));
  }

  /// The second error estimate of the last trial, or null.
  [[nodiscard]] const S* second_error() { return tableau_->second.empty() ? nullptr : second(); }

  /// Degree in θ of the continuous extension.
  [[nodiscard]] int degree() const { return tableau_->degree; }
  /// Evaluates what the continuous extension of the last trial still lacks; next_slope is the
  /// field at its end.
  void prepare_dense(System& system, const Round& round, const ConstBatch<S>& x,
                     const ConstBatch<S>& next_slope) {
    const int closed = tableau_->closed_stages();
    slopes_[index(closed - 1)] = next_slope.data();
    const int extra = tableau_->extra_stages();
    if (extra == 0) return;
    for (int e = 0; e < extra; ++e) slopes_[index(closed + e)] = own(closed + e);
    const auto through = [&](const Chunk<S>& chunk) {
      Part part(*this, round, chunk, 0);
      for (int i = 0; i < closed + extra; ++i) {
        part.slopes[index(i)] = slopes_[index(i)] + part.from;
      }
      for (int e = 0; e < extra; ++e) {
        double node = 0;
        for (int j = 0; j < closed + e; ++j) node += tableau_->extra_row(e, j);
        part.gather([&](int j) { return tableau_->extra_row(e, j); }, closed + e);
        part.combine(part.state, x.data());
        evaluate(system, part, node, part.state, own(closed + e) + part.from);
      }
    };
    system.in_chunks(cells_, extra, std::ref(through));
  }
  /// x(t + θh) = x + Σ_m coefficients_m θ^m of one cell, m = 1 … degree; features × degree.
  void polynomial(const Round& round, Index slot, Batch<S> coefficients) const {
    coefficients.setZero();
    const S h = static_cast<S>(round.size(slot));
    for (int m = 1; m <= degree(); ++m) {
      for (int i = 0; i < tableau_->dense_stages(); ++i) {
        const double w = tableau_->dense_coefficient(i, m);
        if (w != 0) {
          coefficients.col(m - 1) += (h * static_cast<S>(w)) * stage(i).col(slot);
        }
      }
    }
  }

  /// True if the last trial of a cell failed because the field was not finite at a finite state.
  [[nodiscard]] bool field_failed(const Round& round, Index slot, const ConstBatch<S>& x) const {
    Vector<S> state(x.rows());
    for (int i = 0; i < tableau_->stages; ++i) {
      state = x.col(slot);
      for (int j = 0; j < i; ++j) {
        state += static_cast<S>(round.size(slot) * tableau_->row(i, j)) * stage(j).col(slot);
      }
      if (!all_finite(state)) return false;
      const Vector<S> slope = stage(i).col(slot);
      if (!all_finite(slope)) return true;
    }
    return false;
  }

  /// h times an estimate of the largest rate of change |∂f/∂x| that the last trial met in a cell:
  /// two slopes at the same time over the distance of their states, where the tableau has such a
  /// pair [Hairer 1996, IV.2], else of the ends of the step.
  [[nodiscard]] double stiffness(const Round& round, Index slot, const ConstBatch<S>& x,
                                 const ConstBatch<S>& next, const ConstBatch<S>& next_slope) const {
    const double h = std::abs(round.size(slot));
    const auto column = [&](int i) { return stage(i).col(slot).template cast<double>().eval(); };
    const int last = tableau_->stages - 1;
    if (first_same_as_last() && last > 1 && std::abs(tableau_->node(last - 1) - 1) < 1e-12) {
      Vector<deferred_t<double, S>> apart = Vector<deferred_t<double, S>>::Zero(x.rows());
      for (int j = 0; j < last; ++j) {
        const double before = j < last - 1 ? tableau_->row(last - 1, j) : 0;
        apart += (tableau_->row(last, j) - before) * column(j);
      }
      const double distance = apart.norm();
      return distance > 0 ? (column(last) - column(last - 1)).norm() / distance : 0;
    }
    const double distance = (next.col(slot) - x.col(slot)).template cast<double>().norm();
    const double change = (next_slope.col(slot).template cast<double>() - column(0)).norm();
    return distance > 0 ? h * change / distance : 0;
  }

 private:
  using View = Eigen::Map<const Matrix<S>>;
  static constexpr Index lanes = 64 / sizeof(S);

  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  // A chunk on its way through a step.
  struct Part {
    const ExplicitStep& step;
    const Round& round;
    const Chunk<S>& chunk;
    Index from, numbers, padded;  // of the chunk in features × cells
    S *state, *sizes;  // where a stage is evaluated; with a size a cell, that of every number
    std::array<const S*, Combination<S>::capacity> slopes{};  // of the stages, in the chunk
    Combination<S> sum;

    // With room for so many stages.
    Part(const ExplicitStep& s, const Round& r, const Chunk<S>& c, int stages)
        : step(s),
          round(r),
          chunk(c),
          from(c.first * s.rows_),
          numbers(c.cells * s.rows_),
          padded((numbers + 2 * lanes - 1) / lanes * lanes),
          state(c.scratch->shape(padded, stages + (r.shared ? 1 : 2)).data()),
          sizes(state + stages * padded + padded) {
      if (!r.shared) spread();
    }
    // Room for stage i, from 1 on.
    S* stage(int i) const { return state + i * padded; }
    // Then a sum of a batch of own clocks is a flat loop like any other.
    void spread() {
      using Lanes = Eigen::Array<S, lanes, 1>;
      const Index d = step.rows_;
      for (Index j = 0; j < chunk.cells; ++j) {
        const Lanes h = Lanes::Constant(static_cast<S>(round.h[chunk.first + j]));
        for (Index i = 0; i < d; i += lanes) Eigen::Map<Lanes>(sizes + j * d + i) = h;
      }
    }
    template <class Weight>
    void gather(Weight weight, int count) {
      sum.clear();
      for (int j = 0; j < count; ++j) sum.add(weight(j), slopes[index(j)]);
    }
    // out = x + h Σ of the chunk, where `out` is the chunk's own and x is that of all cells.
    void combine(S* out, const S* x) {
      const S* const base = x == nullptr ? nullptr : x + from;
      if (round.shared) {
        sum.step(numbers, out, base, round.h[0]);
      } else {
        sum.step(numbers, out, base, sizes);
      }
    }
    // all = h Σ w_i k_i in the chunk's place.
    void weigh(std::span<const double> weights, S* all) {
      gather([&](int j) { return weights[index(j)]; }, step.tableau_->stages);
      combine(all + from, nullptr);
    }
  };

  // slope = f(t + node h, at) of the chunk.
  void evaluate(System& system, const Part& part, double node, const S* at, S* slope) {
    const Chunk<S>& c = part.chunk;
    system.evaluate_chunk(c, stage_times(part.round, node, row_, c.first, c.cells),
                          View(at, rows_, c.cells), Eigen::Map<Matrix<S>>(slope, rows_, c.cells));
  }
  // The first slope, and that at the end of the step, stay with the caller; the place of the latter
  // serves the second error.
  S* second() { return own(tableau_->closed_stages() - 1); }
  S* own(int i) { return (lent_ != nullptr ? *lent_ : own_).place(first_ + i - 1); }
  void prepare(Index n) {
    slopes_.resize(index(tableau_->dense_stages()));
    if (row_.size() < n) row_.resize(n);
  }

  const ExplicitTableau* tableau_;
  bool closes_;
  MatrixBlock<S> own_;
  MatrixBlock<S>* lent_ = nullptr;
  Index first_ = 0;  // place of the second stage
  std::vector<const S*> slopes_;
  Index rows_ = 0, cells_ = 0;
  Row<S> row_;
};

}  // namespace cytode::ode
