// SPDX-License-Identifier: MIT
/// Weights of cells as integers, so that a simplex knows zero from small.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ot {

/// Sum of weights. Throws std::invalid_argument unless there are `size` of them, none negative or
/// not finite, and not all zero; `side` says of what ("rows").
template <class = void>
[[nodiscard]] inline double sum_of_weights(std::string_view me, std::string_view argument,
                                           const ConstVectorView<double>& w, Index size,
                                           std::string_view side) {
  check(w.size() == size, me, argument, " has ", w.size(), " weights, cost has ", size, " ", side);
  for (Index i = 0; i < size; ++i) {
    check(std::isfinite(w[i]) && w[i] >= 0, me, argument, "[", i, "] is ", w[i],
          ", wanted zero or more");
  }
  const double sum = w.sum();
  check(sum > 0 && std::isfinite(sum), me, argument, " sums to ", sum, ", wanted a positive sum");
  return sum;
}

/// The positive weights as integers that sum to 2⁵², and where they came from.
struct IntegerWeights {
  std::vector<Index> cell;
  std::vector<std::int64_t> mass;
};
/// Their sum.
inline constexpr std::int64_t integer_weight_sum = std::int64_t{1} << 52;

/// Weights of the given sum to the nearest integers, the error left to the largest.
template <class = void>
[[nodiscard]] inline IntegerWeights round_weights(const ConstVectorView<double>& w, double sum) {
  IntegerWeights r;
  std::int64_t left = integer_weight_sum;
  std::size_t largest = 0;
  for (Index i = 0; i < w.size(); ++i) {
    const auto mass =
        static_cast<std::int64_t>(std::llround(w[i] / sum * double(integer_weight_sum)));
    if (mass <= 0) continue;
    r.cell.push_back(i);
    r.mass.push_back(mass);
    left -= mass;
    if (mass > r.mass[largest]) largest = r.mass.size() - 1;
  }
  r.mass[largest] += left;
  return r;
}

}  // namespace cytode::ot
