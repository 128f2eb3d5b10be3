// SPDX-License-Identifier: MIT
/// Scale: numbers of one axis to the share 0..1 of its length, linear or logarithmic.
#pragma once

#include <cmath>

#include <cytode/core/checks.hpp>

namespace cytode::plot {

/// A map of [low, high] onto [0, 1]. A range too narrow to resolve is widened around its middle.
class Scale {
 public:
  /// v ↦ (v − low)/(high − low). Throws std::invalid_argument unless low ≤ high, finite, with a
  /// finite difference.
  [[nodiscard]] static Scale linear(double low, double high) {
    check_range("Scale::linear", low, high);
    const double middle = low / 2 + high / 2;
    const double size = std::max(std::abs(low), std::abs(high));
    if (high - low <= 1e-9 * size || size < 1e-300) {
      const double half = size < 1e-300 ? 0.5 : 0.1 * size;
      return {middle - half, middle + half, false};
    }
    return {low, high, false};
  }
  /// v ↦ (log v − log low)/(log high − log low). Throws std::invalid_argument unless
  /// 0 < low ≤ high, finite.
  [[nodiscard]] static Scale logarithmic(double low, double high) {
    check_range("Scale::logarithmic", low, high);
    check(low > 0, "Scale::logarithmic", "low is ", low, ", wanted a positive number");
    if (std::log(high) - std::log(low) <= 2e-9) return {low / 2, high * 2, true};
    return {low, high, true};
  }

  [[nodiscard]] double low() const noexcept { return low_; }
  [[nodiscard]] double high() const noexcept { return high_; }
  [[nodiscard]] bool is_log() const noexcept { return log_; }

  /// Share of the axis; outside 0..1 for values outside the range, NaN where there is no place
  /// (NaN; zero or less on a logarithmic axis).
  [[nodiscard]] double operator()(double value) const noexcept {
    if (!log_) return (value - low_) / (high_ - low_);
    if (!(value > 0)) return std::nan("");
    return (std::log(value) - std::log(low_)) / (std::log(high_) - std::log(low_));
  }
  /// The value at a share of the axis.
  [[nodiscard]] double inverse(double share) const noexcept {
    return log_ ? std::exp(std::log(low_) + share * (std::log(high_) - std::log(low_)))
                : low_ + share * (high_ - low_);
  }
  /// Room added at both ends, as shares of the axis as it is. Never widened past what double holds.
  [[nodiscard]] Scale padded(double below, double above) const {
    const double a = inverse(-below), b = inverse(1 + above);
    if (!std::isfinite(a) || !std::isfinite(b) || !std::isfinite(b - a) || (log_ && !(a > 0))) {
      return *this;
    }
    return {a, b, log_};
  }

 private:
  Scale(double low, double high, bool log) noexcept : low_(low), high_(high), log_(log) {}

  static void check_range(std::string_view function, double low, double high) {
    check(std::isfinite(low) && std::isfinite(high) && low <= high && std::isfinite(high - low),
          function, "the range is [", low, ", ", high, "], wanted finite numbers in order");
  }

  double low_, high_;
  bool log_;
};

}  // namespace cytode::plot
