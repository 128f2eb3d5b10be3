// SPDX-License-Identifier: MIT
/// The straight path with constant noise: the path of I-CFM and OT-CFM.
#pragma once

#include <cytode/flow/path.hpp>

namespace cytode::flow {

/// x_s = (1 − s) x0 + s x1 + σ ε,  u_s = x1 − x0.  [Tong 2024, eq. 14–15; σ = 0: Liu 2023]
struct LinearPath {
  double sigma = 0.1;  ///< Standard deviation of the tube around the line, in data units.

  template <std::floating_point S>
  void sample(const ConstRowView<S>& s, const ConstBatch<S>& x0, const ConstBatch<S>& x1,
              const ConstBatch<S>& noise, Batch<S> x, Batch<S> u) const {
    u = x1 - x0;
    x = x0 + static_cast<S>(sigma) * noise;
    x.array() += u.array().rowwise() * s.array();
  }
};
static_assert(Path<LinearPath>);

}  // namespace cytode::flow
