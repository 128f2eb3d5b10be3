// SPDX-License-Identifier: MIT
/// The kernel of entropic transport with potentials absorbed, and one pass over it.
#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include <cytode/core/buffer.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/exp2.hpp>

namespace cytode::ot {

/// K_ij = 2^(t_ij − shift_j), t_ij = l_i + (f_i − c_ij)/ε' with shift_j = max_i t_ij: column j of
/// the plan but for a factor, whatever the size of c/ε. Row potentials may then move by a factor
/// 2^u of up to `range` before entries that were rounded to 0 would matter.
///
/// Rows are padded to whole vectors and columns to whole tiles, with zeros.
template <std::floating_point S>
class GibbsKernel {
 public:
  using Lanes = std::conditional_t<sizeof(S) == 4, lanes::Floats, lanes::Doubles>;
  static constexpr Index width = Index(sizeof(Lanes) / sizeof(S));
  static constexpr Index tile = 8;  ///< Columns whose factors are computed together.
  static constexpr double range = sizeof(S) == 4 ? 16 : 100;
  /// Share of a column below which an entry may be missing; see column().
  static constexpr double dropped = sizeof(S) == 4 ? 0x1p-58 : 0x1p-600;
  using Tile = Eigen::Array<double, tile, 1>;

  [[nodiscard]] static Index padded(Index n, Index to) noexcept { return (n + to - 1) / to * to; }

  /// Room for n × m. `rows()` is n padded: vectors over rows have that length.
  void shape(Index n, Index m) {
    n_ = n;
    m_ = m;
    k_.shape(padded(n, lanes::floats), padded(m, tile));
    if (shift_.size() < k_.cols()) shift_.resize(k_.cols());
    if (tail_.size() < k_.rows()) tail_.resize(k_.rows());
  }
  [[nodiscard]] Index rows() const noexcept { return k_.rows(); }
  [[nodiscard]] Index cols() const noexcept { return k_.cols(); }
  /// log₂ of the factor taken out of column j.
  [[nodiscard]] Tile shift(Index j) const noexcept { return shift_.template segment<tile>(j); }

  /// Fills the kernel: l (log₂ of row weights, −∞ for none), f, and 1/ε' = log₂e/ε. Columns without
  /// weight become 0. `cost` is n × m, +∞ allowed.
  void build(const ConstBatch<S>& cost, const double* l, const double* f, double inverse,
             const double* column_weight) {
    auto k = k_.view();
    for (Index j = 0; j < cols(); ++j) {
      shift_[j] = 0;
      if (j >= m_ || !(column_weight[j] > 0)) {
        k.col(j).setZero();
        continue;
      }
      column(cost, j, l, f, inverse);
    }
  }

  /// One pass. For each tile of columns: s_j = Σ_i K_ij u_i, then v = factor(j, s), then
  /// r_i += Σ_j K_ij v_j. `factor` takes the first column and the Tile s and returns a Tile.
  template <class Factor>
  void pass(const S* u, double* r, Factor factor) const {
    const Index ld = rows();
    for (Index j = 0; j < cols(); j += tile) {
      const S* k = &k_.view().coeffRef(0, j);
      Tile s;
      dot4(k, ld, u, s.data());
      dot4(k + 4 * ld, ld, u, s.data() + 4);
      const Tile v = factor(j, s);
      spread(k, ld, v, r);
    }
  }

  [[nodiscard]] S at(Index i, Index j) const noexcept { return k_.view()(i, j); }

  /// K_ij u_i v_j for the n × m cells.
  void scaled(const Vector<S>& u, const Vector<double>& v, Matrix<S>& out) const {
    out.resize(n_, m_);
    for (Index j = 0; j < m_; ++j) {
      out.col(j) = k_.view().col(j).head(n_).cwiseProduct(u.head(n_)) * static_cast<S>(v[j]);
    }
  }

 private:
  /// Column j of the cost, readable to the end of the padding.
  const S* cost_column(const ConstBatch<S>& cost, Index j) {
    const S* c = &cost.coeffRef(0, j);
    if (n_ == rows()) return c;
    std::copy(c, c + n_, tail_.data());
    std::fill(tail_.data() + n_, tail_.data() + rows(), std::numeric_limits<S>::infinity());
    return tail_.data();
  }

  void column(const ConstBatch<S>& cost, Index j, const double* l, const double* f,
              double inverse) {
    using lanes::Doubles;
    constexpr double lowest = std::numeric_limits<double>::lowest();
    const S* c = cost_column(cost, j);
    S* out = &k_.view().coeffRef(0, j);
    const auto exponent = [&](Doubles& t, Index i) {
      Doubles fi, li;
      lanes::load_as_double(t, c + i);
      lanes::load(fi, f + i);
      lanes::load(li, l + i);
      t = (fi - t) * inverse + li;
    };
    Doubles top = Doubles{} + lowest;
    for (Index i = 0; i < rows(); i += lanes::doubles) {
      Doubles t;
      exponent(t, i);
      top = t > top ? t : top;
    }
    double largest = top[0];
    for (int p = 1; p < lanes::doubles; ++p) largest = std::max(largest, top[p]);
    shift_[j] = largest > lowest ? largest : 0;
    // What is cut here would stay below `dropped` of the column whatever u within the range, up and
    // down: cut + 2 range. What is kept stays clear of denormal numbers, which are slow.
    constexpr double cut = sizeof(S) == 4 ? -90 : -800;
    for (Index i = 0; i < rows(); i += width) {
      Lanes x;
      if constexpr (sizeof(S) == 4) {
        Doubles low, high;
        exponent(low, i);
        exponent(high, i + lanes::doubles);
        low -= shift_[j];
        high -= shift_[j];
        low = low < cut ? Doubles{} - 1e4 : low;
        high = high < cut ? Doubles{} - 1e4 : high;
        const lanes::HalfFloats a = __builtin_convertvector(low, lanes::HalfFloats);
        const lanes::HalfFloats b = __builtin_convertvector(high, lanes::HalfFloats);
        S both[16];
        lanes::store(both, a);
        lanes::store(both + 8, b);
        lanes::load(x, both);
      } else {
        exponent(x, i);
        x -= shift_[j];
        x = x < cut ? Doubles{} - 1e4 : x;
      }
      lanes::exp2(x);
      lanes::store(out + i, x);
    }
  }

  /// s_q = Σ_i k_iq u_i of four columns.
  static void dot4(const S* k, Index ld, const S* u, double* s) noexcept {
    Lanes sum[4] = {};
    for (Index i = 0; i < ld; i += width) {
      Lanes x, a[4];
      lanes::load(x, u + i);
      for (int q = 0; q < 4; ++q) {
        lanes::load(a[q], k + q * ld + i);
        sum[q] += a[q] * x;
      }
    }
    for (int q = 0; q < 4; ++q) {
      s[q] = 0;
      for (Index p = 0; p < width; ++p) s[q] += static_cast<double>(sum[q][p]);
    }
  }

  /// r_i += Σ_q k_iq v_q over the tile; the sum over the whole row is kept in double.
  static void spread(const S* k, Index ld, const Tile& v, double* r) noexcept {
    Lanes factor[tile];
    for (int q = 0; q < tile; ++q) factor[q] = Lanes{} + static_cast<S>(v[q]);
    for (Index i = 0; i < ld; i += width) {
      Lanes a[tile], sum{}, other{};
      for (int q = 0; q < tile; ++q) lanes::load(a[q], k + q * ld + i);
      for (int q = 0; q < tile; q += 2) {
        sum += a[q] * factor[q];
        other += a[q + 1] * factor[q + 1];
      }
      sum += other;
      S part[width];
      lanes::store(part, sum);
      for (Index p = 0; p < width; p += lanes::doubles) {
        lanes::Doubles total, add;
        lanes::load(total, r + i + p);
        lanes::load_as_double(add, part + p);
        total += add;
        lanes::store(r + i + p, total);
      }
    }
  }

  Index n_ = 0, m_ = 0;
  Buffer<S> k_;
  Vector<deferred_t<double, S>> shift_;
  Vector<S> tail_;
};

}  // namespace cytode::ot
