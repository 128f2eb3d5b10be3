// SPDX-License-Identifier: MIT
/// The size of an error in units of the tolerance, cell by cell and for a batch.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <cytode/core/finite.hpp>
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
    absolute_.setConstant(features + lanes, static_cast<S>(control.absolute_tolerance));
    for (std::size_t i = 0; i < control.absolute_tolerances.size(); ++i) {
      absolute_[static_cast<Index>(i)] = static_cast<S>(control.absolute_tolerances[i]);
    }
  }

  /// cell_norms[j] = the norm of cell j's error; x and next give the scale. False if a number of
  /// next is not finite, or if their sum overflows.
  bool of_cells(const ConstBatch<S>& error, const ConstBatch<S>& x, const ConstBatch<S>& next,
                double* cell_norms) const {
    const Index d = error.rows(), n = error.cols();
    const S *e = error.data(), *a = x.data(), *b = next.data();
    const Index e_right = error.outerStride(), a_right = x.outerStride(),
                b_right = next.outerStride();
    Lanes reach = Lanes::Zero();
    if (norm_ == Norm::maximum) {
      bool finite = true;
      for (Index j = 0; j < n; ++j) {
        cell_norms[j] = bounded(largest(e + j * e_right, a + j * a_right, b + j * b_right, d));
        finite &= all_finite(b + j * b_right, d);
      }
      return finite;
    }
    bool usual = true;
    for (Index j = 0; j < n; ++j) {
      const S sum =
          sum_of_squares(e + j * e_right, a + j * a_right, b + j * b_right, d, (n - j) * d, reach);
      usual &= usable(sum);
      cell_norms[j] = static_cast<double>(sum);
    }
    roots(cell_norms, n, d);
    for (Index j = 0; j < n && !usual; ++j) {
      const S sum =
          sum_of_squares(e + j * e_right, a + j * a_right, b + j * b_right, d, (n - j) * d, reach);
      if (usable(sum)) continue;
      cell_norms[j] = bounded(in_double(e + j * e_right, a + j * a_right, b + j * b_right, d));
    }
    return all_finite(reach.data(), lanes);
  }

  /// The norms of x itself and of another batch v, both on the scale of x, in one pass.
  void of_cells_and(const ConstBatch<S>& x, const ConstBatch<S>& v, double* x_norms,
                    double* v_norms) const {
    if (norm_ == Norm::maximum) {
      of_cells(x, x, x, x_norms);
      of_cells(v, x, x, v_norms);
      return;
    }
    const Index d = x.rows(), n = x.cols();
    bool usual = true;
    for (Index j = 0; j < n; ++j) {
      const auto [of_x, of_v] = two_sums(x.col(j).data(), v.col(j).data(), d, (n - j) * d);
      usual &= usable(of_x) && usable(of_v);
      x_norms[j] = static_cast<double>(of_x);
      v_norms[j] = static_cast<double>(of_v);
    }
    roots(x_norms, n, d);
    roots(v_norms, n, d);
    for (Index j = 0; j < n && !usual; ++j) {
      const S *a = x.col(j).data(), *e = v.col(j).data();
      const auto [of_x, of_v] = two_sums(a, e, d, (n - j) * d);
      if (!usable(of_x)) x_norms[j] = bounded(in_double(a, a, a, d));
      if (!usable(of_v)) v_norms[j] = bounded(in_double(e, a, a, d));
    }
  }

  /// The norm of a batch from the norms of its cells.
  [[nodiscard]] double of_batch(const double* cell_norms, Index n) const {
    const double largest =
        Eigen::Map<const Vector<deferred_t<double, S>>>(cell_norms, n).maxCoeff();
    if (norm_ == Norm::maximum || n == 1 || largest == 0 || !std::isfinite(largest)) return largest;
    const double inverse = 1 / largest, unit = std::ldexp(1.0, 62) / static_cast<double>(n);
    if (!std::isfinite(inverse)) return largest;
    std::int64_t sum = 0;
    for (Index j = 0; j < n; ++j) {
      const double part = std::min(1.0, cell_norms[j] * inverse);
      sum += static_cast<std::int64_t>(part * part * unit);
    }
    return largest * std::sqrt(static_cast<double>(sum) / unit / static_cast<double>(n));
  }

 private:
  // Half of the widest registers: a division of whole ones takes three times as long.
  static constexpr Index lanes = 32 / sizeof(S);
  using Lanes = Eigen::Array<S, lanes, 1>;

  [[nodiscard]] double ratio(const S* e, const S* a, const S* b, Index i) const {
    const S scale = std::max(std::abs(a[i]), std::abs(b[i]));
    return static_cast<double>(e[i] / (absolute_[i] + relative_ * scale));
  }
  // Eight floats or four doubles side by side. `readable` numbers stand from e, a and b on: what
  // follows a cell is read with it and left out of the sum.
  [[nodiscard]] S sum_of_squares(const S* e, const S* a, const S* b, Index d, Index readable,
                                 Lanes& reach) const {
    Lanes sums = Lanes::Zero();
    Index i = 0;
    for (; i + 2 * lanes <= d; i += 2 * lanes) {
      const At p(*this, e, a, b, i), q(*this, e, a, b, i + lanes);
      sums += two_squares(p, q);
      reach += p.next + q.next;
    }
    if (i + lanes <= d) {
      const At p(*this, e, a, b, i);
      sums += p.square();
      reach += p.next;
      i += lanes;
    }
    S sum = sums.sum();
    if (i < d) {
      const At p =
          i + lanes <= readable ? At(*this, e, a, b, i) : of_last(e + i, a + i, b + i, i, d - i);
      const Lanes last = p.square();
      reach += p.next;
      for (Index k = 0; k < d - i; ++k) sum += last[k];
    }
    return sum;
  }
  // False where a square of S has overflowed or vanished.
  [[nodiscard]] static bool usable(S sum) {
    constexpr S least = std::numeric_limits<S>::min() / std::numeric_limits<S>::epsilon();
    return sum > least && sum <= std::numeric_limits<S>::max();
  }
  // Norms from sums of d squares, eight at a time: where Eigen's square root of a register is not
  // that of a number, to the last bit, all have the former.
  static void roots(double* sums, Index n, Index d) {
    using Eight = Eigen::Array<deferred_t<double, S>, 8, 1>;
    const Index whole = n - n % 8;
    const auto root = [d](const Eight& sum) -> Eight {
      return (sum / static_cast<double>(d)).sqrt();
    };
    for (Index j = 0; j < whole; j += 8) {
      Eigen::Map<Eight> some(sums + j);
      some = root(some);
    }
    Eight last = Eight::Ones();
    std::copy(sums + whole, sums + n, last.data());
    last = root(last);
    std::copy_n(last.data(), n - whole, sums + whole);
  }
  static double bounded(double norm) {
    return std::isfinite(norm) ? norm : std::numeric_limits<double>::infinity();
  }
  // Sums of the squares of a and v on the scale of a.
  [[nodiscard]] std::array<S, 2> two_sums(const S* a, const S* v, Index d, Index readable) const {
    Lanes of_a = Lanes::Zero(), of_v = Lanes::Zero(), square_a, square_v;
    const auto at = [&](const S* x, const S* y, Index i) {
      const Lanes inverse = S(1) / At(x, x, x, absolute_.data() + i, relative_).scale;
      square_a = (Eigen::Map<const Lanes>(x) * inverse).square();
      square_v = (Eigen::Map<const Lanes>(y) * inverse).square();
    };
    Index i = 0;
    for (; i + lanes <= d; i += lanes) {
      at(a + i, v + i, i);
      of_a += square_a;
      of_v += square_v;
    }
    std::array<S, 2> sums{of_a.sum(), of_v.sum()};
    if (i == d) return sums;
    if (i + lanes <= readable) {
      at(a + i, v + i, i);
    } else {
      Lanes copies[2] = {Lanes::Zero(), Lanes::Zero()};
      std::copy(a + i, a + d, copies[0].data());
      std::copy(v + i, v + d, copies[1].data());
      at(copies[0].data(), copies[1].data(), i);
    }
    for (Index k = 0; k < d - i; ++k) {
      sums[0] += square_a[k];
      sums[1] += square_v[k];
    }
    return sums;
  }
  // Errors and the scales that they are measured on.
  struct At {
    Lanes error, next, scale;
    At(const ErrorNorm& norm, const S* e, const S* a, const S* b, Index i)
        : At(e + i, a + i, b + i, norm.absolute_.data() + i, norm.relative_) {}
    At(const S* e, const S* a, const S* b, const S* absolute, S relative)
        : error(In(e)), next(In(b).abs()), scale(In(absolute) + relative * In(a).abs().max(next)) {}
    [[nodiscard]] Lanes square() const { return (error / scale).square(); }
    using In = Eigen::Map<const Lanes>;
  };
  // The sum of two squares by one division, the dearest operation here.
  static Lanes two_squares(const At& p, const At& q) {
    return ((p.error * q.scale).square() + (q.error * p.scale).square()) /
           (p.scale * q.scale).square();
  }
  [[nodiscard]] At of_last(const S* e, const S* a, const S* b, Index i, Index count) const {
    Lanes copies[3] = {Lanes::Zero(), Lanes::Zero(), Lanes::Zero()};
    std::copy(e, e + count, copies[0].data());
    std::copy(a, a + count, copies[1].data());
    std::copy(b, b + count, copies[2].data());
    return At(copies[0].data(), copies[1].data(), copies[2].data(), absolute_.data() + i,
              relative_);
  }
  // Where a square of a float would overflow or vanish.
  [[nodiscard]] double in_double(const S* e, const S* a, const S* b, Index d) const {
    double sum = 0;
    for (Index i = 0; i < d; ++i) {
      const double r = ratio(e, a, b, i);
      sum += r * r;
    }
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
  Vector<S> absolute_;  // longer by `lanes` numbers
};

}  // namespace cytode::ode
