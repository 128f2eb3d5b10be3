// SPDX-License-Identifier: MIT
/// The independent coupling: cells are paired as they come.
#pragma once

#include <numeric>
#include <type_traits>

#include <cytode/ot/coupling.hpp>

namespace cytode::ot {

/// Pairs column i with column i.
///
/// The batches of a flow-matching step are drawn independently of one another, so the identity
/// already is a draw from the product measure; shuffling it again would change nothing but the
/// order.
struct Independent {
  /// Nothing to keep.
  template <std::floating_point S>
  struct Workspace {};

  /// partner[i] = i. Throws std::invalid_argument on shapes that do not fit.
  template <std::floating_point S>
  void pair(const std::type_identity_t<ConstBatch<S>>& x0,
            const std::type_identity_t<ConstBatch<S>>& x1, std::span<Index> partner,
            const Stream& /*stream*/, Workspace<S>& /*workspace*/) const {
    check_pair<S>("ot::Independent", x0, x1, partner);
    std::iota(partner.begin(), partner.end(), Index{0});
  }
};
static_assert(Coupling<Independent>);

}  // namespace cytode::ot
