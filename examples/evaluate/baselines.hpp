// SPDX-License-Identifier: MIT
/// How a prediction is scored, and the two predictions that need no learning.
#pragma once

#include <cytode/data/snapshots.hpp>

#include "protocol.hpp"

namespace program {

using Snapshots = data::Snapshots<float>;
using Snapshot = data::Snapshot<float>;

/// Weighted W1 and W2 of a prediction, and the error of its mass.
void fill(Result& r, const Matrix<float>& predicted, const Vector<double>& mass,
          const Snapshot& observed, Index cells_at_start);

/// Cells of `from` as they are.
[[nodiscard]] Result persistence(Result r, const Snapshot& from, const Snapshot& at);

/// Cells moved in straight lines along the exact plan from one time to a later one, to where they
/// are at a time between the two, or after both.
[[nodiscard]] Result transport(Result r, const Snapshot& from, const Snapshot& to,
                               const Snapshot& at, Index cells_at_start);

}  // namespace program
