// SPDX-License-Identifier: MIT
/// A differentiable field as a system with derivatives.
#pragma once

#include <algorithm>
#include <concepts>
#include <utility>
#include <vector>

#include <cytode/core/copy_batch.hpp>
#include <cytode/ode/system.hpp>

namespace cytode::ode {

/// A field whose caches can exchange what forward left in them for the derivatives.
template <class F>
concept RemembersEvaluations = requires(typename F::Cache& cache) {
  F::swap_kept(cache, cache);
  { F::kept_numbers(cache) } -> std::same_as<Index>;
};

/// A differentiable field as a system with derivatives. Chunks of cells go to the workers; their
/// parameter gradients are gathered in a fixed number of lanes, chunk c in lane c mod 8, and added
/// up in their order: the same bits for any number of threads up to eight, and no more memory for a
/// larger batch. A field whose caches can exchange what forward leaves in them (swap_kept) has
/// evaluations remembered. The field and the workers must outlive this.
template <DifferentiableField F>
class DifferentiableFieldSystem final : public DifferentiableSystem<typename F::Scalar> {
 public:
  using S = typename F::Scalar;
  static constexpr Index lanes = 8;

  DifferentiableFieldSystem(const F& field, Workers& workers)
      : field_(field), workers_(workers), lanes_(static_cast<std::size_t>(lanes)) {}

  void tangent(Times<S> t, const ConstBatch<S>& x, S tdot, const ConstBatch<S>& xdot, Batch<S> dx,
               Batch<S> out) override {
    count(x.cols());
    each_chunk(x.cols(), [&](Index first, Index n, Lane& lane) {
      const Times<S> tc = part(t, first, n);
      field_.forward(tc, x.middleCols(first, n), dx.middleCols(first, n), lane.cache);
      field_.jvp(tc, x.middleCols(first, n), Times<S>(tdot), xdot.middleCols(first, n),
                 out.middleCols(first, n), lane.cache);
    });
  }

  void jacobian(Times<S> t, const ConstBatch<S>& x, Batch<S> jacobian, Batch<S> slope) override {
    count(x.cols());
    this->counts.jacobians += x.cols();
    const Index d = x.rows();
    each_chunk(x.cols(), [&](Index first, Index n, Lane& lane) {
      const Times<S> tc = part(t, first, n);
      const auto xc = x.middleCols(first, n);
      auto direction = lane.direction.shape(d, n);
      auto image = lane.image.shape(d, n);
      field_.forward(tc, xc, image, lane.cache);
      for (Index i = 0; i < d; ++i) {
        direction.setZero();
        direction.row(i).setOnes();
        field_.jvp(tc, xc, Times<S>(S(0)), direction, image, lane.cache);
        for (Index j = 0; j < n; ++j) jacobian.col((first + j) * d + i) = image.col(j);
      }
      if (slope.size() == 0) return;
      direction.setZero();
      field_.jvp(tc, xc, Times<S>(S(1)), direction, slope.middleCols(first, n), lane.cache);
    });
  }

  void pullback(Times<S> t, const ConstBatch<S>& x, const ConstBatch<S>& a, RowView<S> at,
                Batch<S> ax, Batch<S> dx) override {
    ++this->counts.pullbacks;
    std::vector<Kept>* const memory = recalled();
    if (memory == nullptr) count(x.cols());
    each_chunk(x.cols(), [&](Index first, Index n, Lane& lane) {
      const Times<S> tc = part(t, first, n);
      const auto xc = x.middleCols(first, n);
      if (memory != nullptr) {
        Kept& kept = (*memory)[static_cast<std::size_t>(first / chunk_cells)];
        swap_kept(lane, kept);
        copy_batch<S>(kept.dx.view(), dx.middleCols(first, n));
      } else {
        field_.forward(tc, xc, dx.middleCols(first, n), lane.cache);
      }
      field_.vjp(tc, xc, a.middleCols(first, n), at.segment(first, n), ax.middleCols(first, n),
                 gradient_of(lane), lane.cache);
      if (memory != nullptr)
        swap_kept(lane, (*memory)[static_cast<std::size_t>(first / chunk_cells)]);
    });
  }

  void tangent_pullback(Times<S> t, const ConstBatch<S>& x, S tdot, const ConstBatch<S>& xdot,
                        const ConstBatch<S>& a, const ConstBatch<S>& b, RowView<S> at, Batch<S> ax,
                        Batch<S> axdot) override {
    count(x.cols());
    ++this->counts.pullbacks;
    each_chunk(x.cols(), [&](Index first, Index n, Lane& lane) {
      const Times<S> tc = part(t, first, n);
      const auto xc = x.middleCols(first, n), along = xdot.middleCols(first, n);
      auto image = lane.image.shape(x.rows(), n);
      field_.forward(tc, xc, image, lane.cache);
      field_.jvp(tc, xc, Times<S>(tdot), along, image, lane.cache);
      field_.jvp_vjp(tc, xc, Times<S>(tdot), along, a.middleCols(first, n), b.middleCols(first, n),
                     at.segment(first, n), ax.middleCols(first, n), axdot.middleCols(first, n),
                     gradient_of(lane), lane.cache);
    });
  }

  void remember(std::size_t bytes) override {
    remembering_ = bytes > 0 && RemembersEvaluations<F>;
    if (!remembering_) return;
    limit_ = bytes;
    remembered_ = 0;
  }
  [[nodiscard]] Index remembered() const override { return remembered_; }
  void forget(Index from) override { remembered_ = from; }
  void recall(Index evaluation) override { recall_ = evaluation; }
  [[nodiscard]] std::size_t remembered_bytes() const override {
    return static_cast<std::size_t>(std::min(remembered_, capacity())) * evaluation_bytes_;
  }

  [[nodiscard]] Index parameter_count() const override { return field_.parameters().size(); }
  void clear_gradient() override {
    for (Lane& lane : lanes_) lane.clear = true;
  }
  void add_gradient(VectorView<S> atheta) const override {
    for (const Lane& lane : lanes_) {
      if (!lane.clear) atheta += lane.gradient;
    }
  }

 private:
  struct Lane {
    typename F::Cache cache;
    Vector<S> gradient;
    bool clear = true;  // zero, whatever `gradient` holds: few cells touch few lanes
    Buffer<S> direction, image;
  };

  // What an evaluation leaves for its pullback, of one chunk of cells.
  struct Kept {
    typename F::Cache cache;
    Buffer<S> dx;
  };

  void value(Times<S> t, const ConstBatch<S>& x, Batch<S> dx) override {
    std::vector<Kept>* const memory = next_memory(x.cols());
    each_chunk(x.cols(), [&](Index first, Index n, Lane& lane) {
      field_.forward(part(t, first, n), x.middleCols(first, n), dx.middleCols(first, n),
                     lane.cache);
      if (memory == nullptr) return;
      Kept& kept = (*memory)[static_cast<std::size_t>(first / chunk_cells)];
      copy_batch<S>(dx.middleCols(first, n), kept.dx.shape(x.rows(), n));
      swap_kept(lane, kept);
    });
    if (memory != nullptr && remembered_ == 1) measure(*memory);
  }
  static void swap_kept(Lane& lane, Kept& kept) {
    if constexpr (RemembersEvaluations<F>) F::swap_kept(lane.cache, kept.cache);
  }
  // Place for the next evaluation, if it is to be remembered.
  std::vector<Kept>* next_memory(Index cells) {
    if (!remembering_) return nullptr;
    const Index number = remembered_++;
    if (number > 0 && number >= capacity()) return nullptr;
    if (number == 0) evaluation_bytes_ = 0;
    const auto slot = static_cast<std::size_t>(number);
    if (memory_.size() <= slot) memory_.resize(slot + 1);
    const auto chunks = static_cast<std::size_t>(chunk_count(cells));
    if (memory_[slot].size() != chunks) memory_[slot].resize(chunks);
    return &memory_[slot];
  }
  void measure(const std::vector<Kept>& memory) {
    Index numbers = 0;
    if constexpr (RemembersEvaluations<F>) {
      for (const Kept& k : memory) numbers += F::kept_numbers(k.cache) + k.dx.view().size();
    }
    evaluation_bytes_ = static_cast<std::size_t>(numbers) * sizeof(S);
  }
  // Evaluations that fit into the limit, the first one always.
  [[nodiscard]] Index capacity() const {
    return evaluation_bytes_ == 0
               ? 1
               : std::max<Index>(1, static_cast<Index>(limit_ / evaluation_bytes_));
  }
  std::vector<Kept>* recalled() {
    const Index evaluation = std::exchange(recall_, Index{-1});
    if (evaluation < 0 || evaluation >= std::min(remembered_, capacity())) return nullptr;
    return &memory_[static_cast<std::size_t>(evaluation)];
  }
  VectorView<S> gradient_of(Lane& lane) const {
    if (lane.clear) lane.gradient.setZero(parameter_count());
    lane.clear = false;
    return lane.gradient;
  }
  void count(Index cells) {
    ++this->counts.evaluations;
    this->counts.cell_evaluations += cells;
  }
  static Times<S> part(Times<S> t, Index first, Index n) {
    return t.shared() ? t : t.slice(first, n);
  }
  // f(first cell, cells, lane) for every chunk; the chunks of a lane one after the other.
  template <class Job>
  void each_chunk(Index cells, Job job) {
    const Index chunks = chunk_count(cells);
    workers_.run(std::min(lanes, chunks), [&](Index lane, int) {
      for (Index chunk = lane; chunk < chunks; chunk += lanes) {
        const Index first = chunk * chunk_cells;
        job(first, std::min(chunk_cells, cells - first), lanes_[static_cast<std::size_t>(lane)]);
      }
    });
  }

  const F& field_;
  Workers& workers_;
  std::vector<Lane> lanes_;
  std::vector<std::vector<Kept>> memory_;  // evaluation → chunk
  std::size_t limit_ = 0, evaluation_bytes_ = 0;
  Index remembered_ = 0, recall_ = -1;
  bool remembering_ = false;
};

}  // namespace cytode::ode
