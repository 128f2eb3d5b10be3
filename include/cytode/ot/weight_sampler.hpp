// SPDX-License-Identifier: MIT
/// Draws items in proportion to weights, from memory it keeps.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>

namespace cytode::ot {

/// Draws i ∈ [0, n) with probability w_i / Σ w: cumulative weights and a binary search.
class WeightSampler {
 public:
  WeightSampler() = default;

  /// Takes n weights, or n equal ones if the span is empty. Allocates only if n is larger than ever
  /// before. Throws std::invalid_argument if n is 0, a weight is negative or not finite, or all are
  /// zero.
  template <class = void>
  void load(std::span<const double> weights, Index n) {
    constexpr auto me = "ot::WeightSampler";
    check(n >= 1, me, "there is nothing to draw from");
    check(weights.empty() || static_cast<Index>(weights.size()) == n, me, "got ", weights.size(),
          " weights, wanted ", n);
    cumulative_.resize(static_cast<std::size_t>(n));
    double sum = 0;
    for (std::size_t i = 0; i < cumulative_.size(); ++i) {
      const double w = weights.empty() ? 1 : weights[i];
      check(std::isfinite(w) && w >= 0, me, "weight ", i, " is ", w, ", wanted zero or more");
      cumulative_[i] = sum += w;
    }
    check(sum > 0 && std::isfinite(sum), me, "the weights sum to ", sum,
          ", wanted a positive number");
  }

  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(cumulative_.size()); }
  [[nodiscard]] double total() const noexcept { return cumulative_.back(); }

  /// The item at u ∈ [0, 1) of the total weight.
  template <class = void>
  [[nodiscard]] Index draw(double u) const noexcept {
    const double x = u * cumulative_.back();
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), x);
    if (found != cumulative_.end()) return found - cumulative_.begin();
    // Rounding: u·total reached the total. The last item that weighs anything.
    return std::lower_bound(cumulative_.begin(), cumulative_.end(), cumulative_.back()) -
           cumulative_.begin();
  }
  /// Item k of n at (k + U_k)/n of the total weight: no item is drawn more than one time off from
  /// n w_i / Σ w by more than one, and with n equal weights item k is k.
  template <class = void>
  void draw_evenly(const Stream& stream, std::span<Index> items) const noexcept {
    const auto n = static_cast<double>(items.size());
    for (std::size_t k = 0; k < items.size(); ++k) {
      items[k] = draw((static_cast<double>(k) + stream.uniform(k)) / n);
    }
  }

 private:
  std::vector<double> cumulative_;
};

}  // namespace cytode::ot
