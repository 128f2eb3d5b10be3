// SPDX-License-Identifier: MIT
/// Weighted cells as cells that all count the same.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/ot/weight_sampler.hpp>

namespace cytode::flow {

/// Systematic resampling: the cells at (U + k)/n of the total weight, k = 0, …, n − 1, one random
/// number U in all.
///
/// Cell i comes ⌊n p_i⌋ or ⌈n p_i⌉ times, p_i = w_i/Σ w, n p_i on average: the least scatter with
/// which weights can be made counts. Equal weights and as many cells: every cell once. Throws
/// std::invalid_argument on no weights, negative ones or a sum of zero, and n < 1. [Kitagawa 1996]
template <class = void>
[[nodiscard]] inline std::vector<Index> resample(const Vector<double>& weights, Index n,
                                                 const Stream& stream) {
  check(n >= 1, "flow::resample", "n is ", n, ", wanted 1 or more");
  ot::WeightSampler sampler;
  sampler.load({weights.data(), static_cast<std::size_t>(weights.size())}, weights.size());
  std::vector<Index> cells(static_cast<std::size_t>(n));
  const double start = stream.uniform(0);
  for (std::size_t k = 0; k < cells.size(); ++k) {
    cells[k] = sampler.draw((start + static_cast<double>(k)) / static_cast<double>(n));
  }
  return cells;
}

}  // namespace cytode::flow
