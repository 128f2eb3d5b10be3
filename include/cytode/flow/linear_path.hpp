// SPDX-License-Identifier: MIT
/// The straight path with constant noise: the path of I-CFM and OT-CFM.
#pragma once

#include <algorithm>

#include <cytode/core/by_packets.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/flow/mass.hpp>
#include <cytode/flow/path.hpp>

namespace cytode::flow {

/// x_s = (1 − s) x0 + s x1 + σ ε,  u_s = x1 − x0; growth at a constant rate.
/// [Tong 2024, eq. 14–15; σ = 0: Liu 2023]
struct LinearPath {
  double sigma = 0.1;  ///< Standard deviation of the tube around the line, in data units.

  template <std::floating_point S>
  using Workspace = NoWorkspace;

  /// Throws std::invalid_argument on a negative σ.
  template <std::floating_point S>
  void sample(const Pairs<S>& pairs, const Targets<S>& targets, Workspace<S>& /*unused*/) const {
    check_not_negative("flow::LinearPath", "sigma", sigma);
    auto x = targets.x;
    auto u = targets.u;
    const auto width = static_cast<S>(sigma);
    for (Index j = 0; j < x.cols(); ++j) {
      const auto column = [j](auto& m) { return m.data() + j * m.outerStride(); };
      const S *x0 = column(pairs.x0), *x1 = column(pairs.x1), *noise = column(pairs.noise);
      S *position = column(x), *velocity = column(u), s = pairs.s[j];
      by_packets<S>(x.rows(), [&]<class P>(Index i) {
        using namespace Eigen::internal;
        const P from = ploadu<P>(x0 + i), way = psub(ploadu<P>(x1 + i), from);
        const P around = padd(from, pmul(pset1<P>(width), ploadu<P>(noise + i)));
        pstoreu(velocity + i, way);
        pstoreu(position + i, padd(around, pmul(way, pset1<P>(s))));
      });
    }
    if (targets.spread.size() > 0) {
      auto spread = targets.spread;
      std::fill_n(spread.data(), spread.size(), width);
    }
    constant_growth<S>(pairs, targets);
  }
};
static_assert(Path<LinearPath>);

}  // namespace cytode::flow
