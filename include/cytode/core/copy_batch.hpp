// SPDX-License-Identifier: MIT
/// Copies a batch as one piece of memory where it is one.
#pragma once

#include <algorithm>

#include <cytode/core/types.hpp>

namespace cytode {

/// to = from, both features × cells. Of few features, column by column costs several times as much.
template <std::floating_point S>
void copy_batch(const ConstBatch<S>& from, Batch<S> to) {
  if (from.outerStride() == from.rows() && to.outerStride() == to.rows()) {
    std::copy_n(from.data(), from.size(), to.data());
  } else {
    to = from;
  }
}

}  // namespace cytode
