// SPDX-License-Identifier: MIT
/// Coupling: the concept of a rule that pairs the cells of two batches.
#pragma once

#include <span>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ot {

/// A coupling pairs the columns of two batches of equal size: pair(x0, x1, partner, stream,
/// workspace) writes partner[i], the column of x1 that goes with column i of x0.
///
/// x0 and x1 are features × n, partner has n entries. `Workspace<S>` is default constructible,
/// owned by the caller and reused: a warm call allocates nothing. Every random choice comes from
/// the stream, so the same call gives the same pairs.
template <class C>
concept Coupling = requires(const C& c, typename C::template Workspace<float>& w,
                            const ConstBatch<float>& x0, const ConstBatch<float>& x1,
                            std::span<Index> partner, const Stream& stream) {
  c.pair(x0, x1, partner, stream, w);
};

/// Throws std::invalid_argument unless the three arguments of `pair` fit one another.
template <std::floating_point S>
void check_pair(std::string_view function, const ConstBatch<S>& x0, const ConstBatch<S>& x1,
                std::span<Index> partner) {
  check_not_empty(function, "x0", x0);
  check_features(function, "x1", x1, x0.rows());
  check_same_cells(function, "x0", x0, "x1", x1);
  check(static_cast<Index>(partner.size()) == x0.cols(), function, "partner has ", partner.size(),
        " entries, wanted ", x0.cols());
}

}  // namespace cytode::ot
