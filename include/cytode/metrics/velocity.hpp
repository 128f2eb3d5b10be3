// SPDX-License-Identifier: MIT
/// Agreement of learned with true velocities: mean cosine similarity and mean relative error.
#pragma once

#include <limits>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::metrics {

/// How well velocities point and how well they measure up.
struct VelocityAgreement {
  double mean_cosine = 0;          ///< Mean of l·t / (|l| |t|) over the cells compared.
  double mean_relative_error = 0;  ///< Mean of |l − t| / |t| over the cells compared.
  Index compared = 0;              ///< Cells whose true velocity is not zero.
  Index skipped = 0;               ///< Cells at rest in truth: neither number is defined there.
};

/// Compares learned with true velocities, both features × cells, in double.
///
/// For data whose field is known, simulated or with measured velocities; part of no protocol.
/// A cell whose true velocity is exactly zero is skipped and counted. A learned velocity of zero
/// where the truth moves has cosine 0 and relative error 1. With nothing to compare both means are
/// NaN, and a NaN velocity makes them NaN. Throws std::invalid_argument if the shapes differ or
/// there are no cells.
template <class L, class T>
[[nodiscard]] VelocityAgreement velocity_agreement(const Eigen::MatrixBase<L>& learned,
                                                   const Eigen::MatrixBase<T>& truth) {
  constexpr auto me = "metrics::velocity_agreement";
  check_not_empty(me, "truth", truth);
  check_shape(me, "learned", learned, truth.rows(), truth.cols());
  VelocityAgreement r;
  Vector<deferred_t<double, L>> l, t;
  for (Index cell = 0; cell < truth.cols(); ++cell) {
    l = learned.col(cell).template cast<double>();
    t = truth.col(cell).template cast<double>();
    const double length = t.stableNorm();
    if (length == 0) {
      ++r.skipped;
      continue;
    }
    ++r.compared;
    const double learned_length = l.stableNorm();
    if (learned_length != 0) r.mean_cosine += (l / learned_length).dot(t / length);
    r.mean_relative_error += (l - t).stableNorm() / length;
  }
  const auto n =
      r.compared > 0 ? static_cast<double>(r.compared) : std::numeric_limits<double>::quiet_NaN();
  r.mean_cosine /= n;
  r.mean_relative_error /= n;
  return r;
}

}  // namespace cytode::metrics
