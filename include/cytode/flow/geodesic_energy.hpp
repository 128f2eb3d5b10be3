// SPDX-License-Identifier: MIT
/// The objective that makes learned paths short in a metric.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/flow/curve_energy.hpp>
#include <cytode/flow/geodesic_path.hpp>
#include <cytode/flow/metric.hpp>
#include <cytode/ot/exact.hpp>

namespace cytode::flow {

/// L(η) = E |u_s|²_G(x_s) = E Σ_k g_k(x_s) u_s,k²,  (x_s, u_s) the curve of a GeodesicPath between
/// the ends of coupled pairs, s uniform. [Kapusniak 2024, eq. 9]
///
/// Its minimiser over all curves is a geodesic of G at constant speed; pairs are drawn like those
/// of Matching, which a copy of the trained path is handed to. Pairs and cost are those of
/// CurveEnergy, with the metric's energy.
template <class Net, Metric G, PairSource C = ot::Exact<>>
class GeodesicEnergy {
 public:
  using Scalar = typename Net::Scalar;
  static_assert(std::is_same_v<Scalar, typename G::Scalar>, "path and metric share a scalar type");

  /// `path`, `metric`, the cells of `marginals` and `workers` must outlive this; a temporary list
  /// is refused. `batch`: pairs a step, shared evenly among the intervals. Throws
  /// std::invalid_argument as Matching does, and for a metric of other dims than the path's.
  template <class Marginals>
  GeodesicEnergy(GeodesicPath<Net>& path, const Marginals&& marginals, const G& metric, C coupling,
                 Index batch, Workers& workers) = delete;
  template <class Marginals>
  GeodesicEnergy(GeodesicPath<Net>& path, const Marginals& marginals, const G& metric, C coupling,
                 Index batch, Workers& workers)
      : metric_(metric),
        curves_("flow::GeodesicEnergy", path, marginals, std::move(coupling), batch, workers),
        rooms_(curves_.rooms()) {
    check(metric.dims() == path.dims(), "flow::GeodesicEnergy", "the metric has ", metric.dims(),
          " features, the path ", path.dims());
  }

  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return curves_.parameters(); }

  /// The energy and its gradient for the draws of `stream`, which stands at the training step.
  double value_and_gradient(const Stream& stream, Vector<Scalar>& gradient) {
    return curves_.value_and_gradient(
        stream, gradient,
        [this](std::size_t room, const Pairs<S>&, Batch<S> x, Batch<S> u, RowView<S> e, Batch<S> ax,
               Batch<S> au) { metric_.energy(x, u, e, ax, au, rooms_[room]); });
  }

 private:
  using S = Scalar;

  const G& metric_;
  CurveEnergy<Net, C> curves_;
  std::vector<typename G::Workspace> rooms_;
};

}  // namespace cytode::flow
