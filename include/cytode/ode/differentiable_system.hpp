// SPDX-License-Identifier: MIT
/// A differentiable field as a system with derivatives.
#pragma once

#include <algorithm>
#include <vector>

#include <cytode/ode/system.hpp>

namespace cytode::ode {

/// A differentiable field as a system with derivatives. Chunks of cells go to the workers; their
/// parameter gradients are gathered in a fixed number of lanes, chunk c in lane c mod 8, and added
/// up in their order: the same bits for any number of threads up to eight, and no more memory for a
/// larger batch. The field and the workers must outlive this.
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
    count(x.cols());
    ++this->counts.pullbacks;
    each_chunk(x.cols(), [&](Index first, Index n, Lane& lane) {
      const Times<S> tc = part(t, first, n);
      const auto xc = x.middleCols(first, n);
      field_.forward(tc, xc, dx.middleCols(first, n), lane.cache);
      field_.vjp(tc, xc, a.middleCols(first, n), at.segment(first, n), ax.middleCols(first, n),
                 gradient_of(lane), lane.cache);
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

  void value(Times<S> t, const ConstBatch<S>& x, Batch<S> dx) override {
    each_chunk(x.cols(), [&](Index first, Index n, Lane& lane) {
      field_.forward(part(t, first, n), x.middleCols(first, n), dx.middleCols(first, n),
                     lane.cache);
    });
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
};

}  // namespace cytode::ode
