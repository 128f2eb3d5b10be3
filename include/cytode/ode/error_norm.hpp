// SPDX-License-Identifier: MIT
/// The size of an error in units of the tolerance, cell by cell and for a batch.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/ode/control.hpp>

namespace cytode::ode {

/// Errors of cells, and of all of them together, as ‖e_i / (a_i + r max(|x_i|, |x'_i|))‖.
///
/// NaN and infinity come back as infinity, never hidden by a comparison. The norm of a batch does
/// not depend on the order of its cells, to the last bit: the cells' squares are added as integers,
/// in units of 2^−62 n of the largest.
template <std::floating_point S>
class ErrorNorm {
 public:
  ErrorNorm(const Control& control, Index features) : norm_(control.norm) {
    relative_ = static_cast<S>(control.relative_tolerance);
    absolute_.setConstant(features, static_cast<S>(control.absolute_tolerance));
    for (std::size_t i = 0; i < control.absolute_tolerances.size(); ++i) {
      absolute_[static_cast<Index>(i)] = static_cast<S>(control.absolute_tolerances[i]);
    }
  }

  /// cell_norms[j] = the norm of cell j's error; x and next give the scale.
  void of_cells(const ConstBatch<S>& error, const ConstBatch<S>& x, const ConstBatch<S>& next,
                double* cell_norms) const {
    const Index d = error.rows();
    for (Index j = 0; j < error.cols(); ++j) {
      const S *e = error.col(j).data(), *a = x.col(j).data(), *b = next.col(j).data();
      const double norm =
          norm_ == Norm::maximum ? largest(e, a, b, d) : root_mean_square(e, a, b, d);
      cell_norms[j] = std::isfinite(norm) ? norm : std::numeric_limits<double>::infinity();
    }
  }

  /// The norm of a batch from the norms of its cells.
  [[nodiscard]] double of_batch(const double* cell_norms, Index n) const {
    const double largest = *std::max_element(cell_norms, cell_norms + n);
    if (norm_ == Norm::maximum || n == 1 || largest == 0 || !std::isfinite(largest)) return largest;
    const double unit = std::ldexp(1.0, 62) / static_cast<double>(n);
    std::int64_t sum = 0;
    for (Index j = 0; j < n; ++j) {
      const double part = cell_norms[j] / largest;
      sum += static_cast<std::int64_t>(part * part * unit);
    }
    return largest * std::sqrt(static_cast<double>(sum) / unit / static_cast<double>(n));
  }

 private:
  [[nodiscard]] double ratio(const S* e, const S* a, const S* b, Index i) const {
    const S scale = std::max(std::abs(a[i]), std::abs(b[i]));
    return static_cast<double>(e[i] / (absolute_[i] + relative_ * scale));
  }
  // Squares in double, where no float overflows; eight sums side by side, for the vector units.
  [[nodiscard]] double root_mean_square(const S* e, const S* a, const S* b, Index d) const {
    std::array<double, 8> sums{};
    Index i = 0;
    for (; i + 8 <= d; i += 8) {
      for (Index k = 0; k < 8; ++k) {
        const double r = ratio(e, a, b, i + k);
        sums[static_cast<std::size_t>(k)] += r * r;
      }
    }
    double sum = 0;
    for (; i < d; ++i) {
      const double r = ratio(e, a, b, i);
      sum += r * r;
    }
    for (const double s : sums) sum += s;
    return std::sqrt(sum / static_cast<double>(d));
  }
  // A comparison with NaN is false: it must not hide.
  [[nodiscard]] double largest(const S* e, const S* a, const S* b, Index d) const {
    double most = 0;
    for (Index i = 0; i < d; ++i) {
      const double r = std::abs(ratio(e, a, b, i));
      if (!(r <= most)) most = r;
      if (std::isnan(r)) return r;
    }
    return most;
  }

  Norm norm_;
  S relative_ = 0;
  Vector<S> absolute_;
};

}  // namespace cytode::ode
