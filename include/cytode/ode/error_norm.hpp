// SPDX-License-Identifier: MIT
/// The size of an error in units of the tolerance, cell by cell and for a batch.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <cytode/core/buffer.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ode/control.hpp>

namespace cytode::ode {

/// Errors of cells, and of all of them together, as ‖e_i / (a_i + r max(|x_i|, |x'_i|))‖.
///
/// NaN and infinity come back as infinity: the numbers themselves are tested, because a norm may
/// hide them. The norm of a batch does not depend on the order of its cells, to the last bit: the
/// cells' squares are added as integers, in units of 2^−62 n of the largest.
template <std::floating_point S>
class ErrorNorm {
 public:
  ErrorNorm(const Control& control, Index features) : norm_(control.norm) {
    relative_ = static_cast<S>(control.relative_tolerance);
    absolute_.setConstant(features, static_cast<S>(control.absolute_tolerance));
    for (std::size_t i = 0; i < control.absolute_tolerances.size(); ++i) {
      absolute_[static_cast<Index>(i)] = static_cast<S>(control.absolute_tolerances[i]);
    }
    uniform_ = control.absolute_tolerances.empty();
  }

  /// cell_norms[j] = the norm of cell j's error; x and next give the scale.
  void of_cells(const ConstBatch<S>& error, const ConstBatch<S>& x, const ConstBatch<S>& next,
                double* cell_norms) {
    const Index d = error.rows(), n = error.cols();
    auto ratio = ratio_.shape(d, n);
    if (uniform_) {
      ratio.array() =
          error.array() / (absolute_[0] + relative_ * x.array().abs().max(next.array().abs()));
    } else {
      for (Index j = 0; j < n; ++j) {
        ratio.col(j).array() =
            error.col(j).array() /
            (absolute_.array() + relative_ * x.col(j).array().abs().max(next.col(j).array().abs()));
      }
    }
    const bool finite = all_finite(ratio.data(), d * n);
    for (Index j = 0; j < n; ++j) {
      const S* r = ratio.data() + j * d;
      cell_norms[j] =
          finite || all_finite(r, d) ? of(r, d) : std::numeric_limits<double>::infinity();
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
  [[nodiscard]] double of(const S* r, Index d) const {
    double result = 0;
    if (norm_ == Norm::maximum) {
      for (Index i = 0; i < d; ++i) result = std::max(result, std::abs(static_cast<double>(r[i])));
      return result;
    }
    for (Index i = 0; i < d; ++i) result += static_cast<double>(r[i]) * static_cast<double>(r[i]);
    return std::sqrt(result / static_cast<double>(d));
  }

  Norm norm_;
  S relative_ = 0;
  Vector<S> absolute_;
  bool uniform_ = true;
  Buffer<S> ratio_;
};

}  // namespace cytode::ode
