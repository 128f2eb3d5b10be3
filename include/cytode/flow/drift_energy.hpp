// SPDX-License-Identifier: MIT
/// The objective that makes learned paths follow a reference drift.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/flow/curve_energy.hpp>
#include <cytode/flow/drift.hpp>
#include <cytode/flow/geodesic_path.hpp>
#include <cytode/ot/exact.hpp>

namespace cytode::flow {

/// L(η) = E |u_s − Δ f(t, x_s)|²,  t = t_k + sΔ, (x_s, u_s) the curve of a GeodesicPath between the
/// ends of coupled pairs, s uniform: how far the mean of a bridge is from going with the drift, in
/// units of displacement. [Petrović 2025, Curly flow matching]
///
/// First of the two stages of Curly flow matching: fit the path, then hand a copy of it to
/// Matching, with the same coupling (by DriftCost, so that pairs are where the drift leads). Unlike
/// an optimal transport of snapshots, which sees no motion where the distribution stands still, it
/// keeps cycles and swirls that velocities show. A drift of zero gives straight lines. Pairs and
/// cost are those of CurveEnergy, with the drift and its vjp.
template <class Net, Drift F, PairSource C = ot::Exact<>>
class DriftEnergy {
 public:
  using Scalar = typename Net::Scalar;
  static_assert(std::is_same_v<Scalar, typename F::Scalar>, "path and drift share a scalar type");

  /// `path`, `drift`, the cells of `marginals` and `workers` must outlive this; a temporary list is
  /// refused. `batch`: pairs a step, shared evenly among the intervals. Throws
  /// std::invalid_argument as Matching does, and for a drift of other dims than the path's.
  template <class Marginals>
  DriftEnergy(GeodesicPath<Net>& path, const Marginals&& marginals, const F& drift, C coupling,
              Index batch, Workers& workers) = delete;
  template <class Marginals>
  DriftEnergy(GeodesicPath<Net>& path, const Marginals& marginals, const F& drift, C coupling,
              Index batch, Workers& workers)
      : drift_(drift),
        curves_("flow::DriftEnergy", path, marginals, std::move(coupling), batch, workers),
        rooms_(curves_.rooms()) {
    check(drift.dims() == path.dims(), "flow::DriftEnergy", "the drift has ", drift.dims(),
          " features, the path ", path.dims());
  }

  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return curves_.parameters(); }

  /// The energy and its gradient for the draws of `stream`, which stands at the training step.
  double value_and_gradient(const Stream& stream, Vector<Scalar>& gradient) {
    return curves_.value_and_gradient(
        stream, gradient,
        [this](std::size_t room, const Pairs<S>& pairs, Batch<S> x, Batch<S> u, RowView<S> e,
               Batch<S> ax, Batch<S> au) { measure(rooms_[room], pairs, x, u, e, ax, au); });
  }

 private:
  using S = Scalar;

  struct Room {
    typename F::Cache drift;
    Buffer<S> time, at, f;
    Vector<S> unused;
  };

  // e = |u − Δ f|², ∂e/∂u = 2 (u − Δ f), ∂e/∂x = −Δ (∂f/∂x)ᵀ ∂e/∂u.
  void measure(Room& room, const Pairs<S>& pairs, const ConstBatch<S>& x, const ConstBatch<S>& u,
               RowView<S> e, Batch<S> ax, Batch<S> au) const {
    const Index n = x.cols();
    const S delta = static_cast<S>(pairs.length());
    auto time = room.time.row(n), at = room.at.row(n);
    auto f = room.f.shape(x.rows(), n);
    time = (static_cast<S>(pairs.t0) + delta * pairs.s.array()).matrix();
    drift_.forward(Times<S>(time), x, f, room.drift);
    au = u - delta * f;
    e = au.colwise().squaredNorm();
    au *= 2;
    f = -delta * au;
    ax.setZero();
    at.setZero();
    room.unused.setZero(drift_.parameters().size());
    drift_.vjp(Times<S>(time), x, f, at, ax, room.unused, room.drift);
  }

  const F& drift_;
  CurveEnergy<Net, C> curves_;
  std::vector<Room> rooms_;
};

}  // namespace cytode::flow
