// SPDX-License-Identifier: MIT
/// A field as the solvers see it: its type erased, counted, cut into chunks of cells.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/ode/counts.hpp>
#include <cytode/ode/first_slopes.hpp>

namespace cytode::ode {

/// A plain right-hand side f(t, x, dx) on features × cells, t one number: a lambda of a user.
template <class F, class S>
concept SharedRightHandSide = requires(const F& f, S t, const ConstBatch<S>& x, Batch<S> dx) {
  f(t, x, dx);
};

/// The same with t one number or one a cell, as Times.
template <class F, class S>
concept TimedRightHandSide = requires(const F& f, Times<S> t, const ConstBatch<S>& x, Batch<S> dx) {
  f(t, x, dx);
};

/// What solve accepts: a field of the library or a plain right-hand side.
template <class F, class S>
concept Solvable = SharedRightHandSide<F, S> || TimedRightHandSide<F, S> ||
    (VectorField<F>&& std::same_as<typename F::Scalar, S>);

/// Some of the cells of a batch, [first, first + cells), with the memory of whoever works on them.
template <std::floating_point S>
struct Chunk {
  Index first = 0, cells = 0;
  int worker = 0;
  Buffer<S>* scratch = nullptr;  ///< Of any shape; left as it is from chunk to chunk.
};

/// Where cells can wait for others to end.
struct Window {
  Index cells = std::numeric_limits<Index>::max();  ///< Side by side; more would leave the caches.
  Index refill = 1;                                 ///< Free places that are worth filling.
};

/// dx/dt = f(t, x) for a batch, whatever its type: steppers are compiled once a scalar type, and a
/// call through this interface is one for a whole batch.
template <std::floating_point S>
class System {
 public:
  System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  virtual ~System() = default;

  /// dx = f(t, x); x, dx: features × n.
  void evaluate(Times<S> t, const ConstBatch<S>& x, Batch<S> dx) {
    ++counts.evaluations;
    counts.cell_evaluations += x.cols();
    value(t, x, dx);
  }
  /// work(chunk) for chunks that make up n cells, side by side where there are workers. The work
  /// evaluates the field on each so many times by `evaluate_chunk`: a chunk that goes through all
  /// of a step by itself stays in the caches.
  void in_chunks(Index n, long evaluations, const std::function<void(const Chunk<S>&)>& work) {
    counts.evaluations += evaluations;
    counts.cell_evaluations += evaluations * n;
    run_chunks(n, work);
  }
  /// dx = f(t, x) of the cells of a chunk; x, dx: features × chunk.cells. To be called by the work
  /// of in_chunks, which has counted it.
  void evaluate_chunk(const Chunk<S>& chunk, Times<S> t, const ConstBatch<S>& x, Batch<S> dx) {
    chunk_value(chunk.worker, t, x, dx);
  }
  /// True if every cell may have its own time.
  [[nodiscard]] virtual bool takes_row_of_times() const { return true; }
  /// How to carry cells some of which can wait.
  [[nodiscard]] virtual Window window() const { return {}; }

  Counts counts;

 private:
  virtual void value(Times<S> t, const ConstBatch<S>& x, Batch<S> dx) = 0;
  // A system that needs to see all cells has them in one chunk.
  virtual void run_chunks(Index n, const std::function<void(const Chunk<S>&)>& work) {
    work({0, n, 0, &scratch_});
  }
  virtual void chunk_value(int, Times<S> t, const ConstBatch<S>& x, Batch<S> dx) {
    value(t, x, dx);
  }

  Buffer<S> scratch_;
};

/// A system that also gives its derivatives. Every operation evaluates the field where it is asked
/// for, so nothing must be kept between calls.
template <std::floating_point S>
class DifferentiableSystem : public System<S> {
 public:
  /// dx = f and out = (∂f/∂x) ẋ + (∂f/∂t) ṫ.
  virtual void tangent(Times<S> t, const ConstBatch<S>& x, S tdot, const ConstBatch<S>& xdot,
                       Batch<S> dx, Batch<S> out) = 0;
  /// jacobian = ∂f/∂x, a features × features block a cell, one after the other: features ×
  /// (features n); slope = ∂f/∂t, features × n, unless it is empty.
  virtual void jacobian(Times<S> t, const ConstBatch<S>& x, Batch<S> jacobian, Batch<S> slope) = 0;
  /// at += (∂f/∂t)ᵀa, ax += (∂f/∂x)ᵀa, and (∂f/∂θ)ᵀa goes to the gradient. dx = f on the way.
  virtual void pullback(Times<S> t, const ConstBatch<S>& x, const ConstBatch<S>& a, RowView<S> at,
                        Batch<S> ax, Batch<S> dx) = 0;
  /// Adds the vjp of (θ, t, x, ẋ) ↦ (f, ḟ) at cotangents (a, b), ḟ = (∂f/∂x) ẋ + (∂f/∂t) ṫ.
  virtual void tangent_pullback(Times<S> t, const ConstBatch<S>& x, S tdot,
                                const ConstBatch<S>& xdot, const ConstBatch<S>& a,
                                const ConstBatch<S>& b, RowView<S> at, Batch<S> ax,
                                Batch<S> axdot) = 0;

  /// Remembers evaluations from now on, up to so many bytes of them, numbered from 0; what was
  /// remembered before is forgotten. 0: remembers no more, but forgets nothing.
  virtual void remember(std::size_t) {}
  /// Evaluations since `remember`, remembered or not.
  [[nodiscard]] virtual Index remembered() const { return 0; }
  /// The next evaluation has this number: it and those after it are forgotten.
  virtual void forget(Index) {}
  /// The next pullback is of this evaluation, at the same point; −1: of none. If it is remembered,
  /// the pullback need not evaluate anew.
  virtual void recall(Index) {}
  /// Bytes of what is remembered.
  [[nodiscard]] virtual std::size_t remembered_bytes() const { return 0; }

  /// Length of θ.
  [[nodiscard]] virtual Index parameter_count() const = 0;
  /// Sets the gradient in θ to zero.
  virtual void clear_gradient() = 0;
  /// atheta += what the pullbacks since then have gathered, in an order that no thread changes.
  virtual void add_gradient(VectorView<S> atheta) const = 0;
};

/// A field of the library as a system. Chunks of cells keep activations in L2 and spread over
/// threads, one cache a worker. The field and the workers must outlive this.
template <VectorField F>
class FieldSystem final : public System<typename F::Scalar> {
 public:
  using S = typename F::Scalar;
  FieldSystem(const F& field, Workers& workers)
      : field_(field), workers_(workers), desks_(static_cast<std::size_t>(workers.size())) {}
  [[nodiscard]] Window window() const override {
    if (workers_.size() == 1) return {4 * chunk_cells, chunk_cells / 4};
    const Index all_busy = chunk_cells * workers_.size();  // more of them share more evenly
    return {8 * all_busy, all_busy};
  }

 private:
  struct Desk {
    typename F::Cache cache;
    Buffer<S> scratch;
  };

  void value(Times<S> t, const ConstBatch<S>& x, Batch<S> dx) override {
    each_chunk(x.cols(), [&](Index first, Index n, int worker) {
      chunk_value(worker, t.shared() ? t : t.slice(first, n), x.middleCols(first, n),
                  dx.middleCols(first, n));
    });
  }
  void run_chunks(Index cells, const std::function<void(const Chunk<S>&)>& work) override {
    each_chunk(cells, [&](Index first, Index n, int worker) {
      work({first, n, worker, &desk(worker).scratch});
    });
  }
  void chunk_value(int worker, Times<S> t, const ConstBatch<S>& x, Batch<S> dx) override {
    field_.forward(t, x, dx, desk(worker).cache);
  }
  Desk& desk(int worker) { return desks_[static_cast<std::size_t>(worker)]; }
  // f(first cell, cells, worker) for every chunk.
  template <class Job>
  void each_chunk(Index cells, Job job) {
    workers_.run(chunk_count(cells), [&](Index chunk, int worker) {
      const Index first = chunk * chunk_cells;
      job(first, std::min(chunk_cells, cells - first), worker);
    });
  }

  const F& field_;
  Workers& workers_;
  std::vector<Desk> desks_;
};

/// A plain right-hand side as a system: it sees the whole batch.
///
/// A field that writes the wrong shape throws std::invalid_argument: where it assigns it to dx or
/// to a part of dx, or when its first call leaves numbers of dx unwritten or writes behind them.
template <class F, std::floating_point S>
class FunctionSystem final : public System<S> {
 public:
  explicit FunctionSystem(const F& f) : f_(f) {}
  [[nodiscard]] bool takes_row_of_times() const override { return TimedRightHandSide<F, S>; }

 private:
  void value(Times<S> t, const ConstBatch<S>& x, Batch<S> dx) override {
    if (checked_) {
      call(t, x, dx);
    } else {
      first_slopes<S>(dx, [&](Batch<S> first) { call(t, x, first); });
      checked_ = true;
    }
  }
  void call(Times<S> t, const ConstBatch<S>& x, Batch<S>& dx) const {
    try {
      if constexpr (TimedRightHandSide<F, S>) {
        f_(t, x, dx);
      } else {
        f_(t[0], x, dx);
      }
    } catch (const ShapeError& e) {
      fail_check("ode::solve", "the field assigns ", e.got, " to dx or a part of it, wanted ",
                 e.wanted);
    }
  }

  const F& f_;
  bool checked_ = false;
};

}  // namespace cytode::ode
