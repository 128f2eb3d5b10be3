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
    for (auto* v : {&tail_, &rough_base_}) {
      if (v->size() < k_.rows()) v->resize(k_.rows());
    }
    if (base_.size() < k_.rows()) base_.resize(k_.rows());
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
    for (Index i = 0; i < rows(); ++i) {
      base_[i] = l[i] + f[i] * inverse;
      rough_base_[i] = static_cast<S>(base_[i]);
    }
    for (Index j = 0; j < cols(); ++j) {
      shift_[j] = 0;
      if (j >= m_ || !(column_weight[j] > 0)) {
        k.col(j).setZero();
        continue;
      }
      column(cost, j, inverse);
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

  void column(const ConstBatch<S>& cost, Index j, double inverse) {
    using lanes::Doubles;
    const S* c = cost_column(cost, j);
    S* out = &k_.view().coeffRef(0, j);
    shift_[j] = largest(c, inverse);
    const auto exponent = [&](Doubles& t, Index i) {
      Doubles base;
      lanes::load_as_double(t, c + i);
      lanes::load(base, base_.data() + i);
      t = (base - t * inverse) - shift_[j];
    };
    // What is cut here would stay below `dropped` of the column whatever u within the range, up and
    // down: cut + 2 range. What is kept stays clear of denormal numbers, which are slow.
    constexpr S cut = sizeof(S) == 4 ? -90 : -800;
    for (Index i = 0; i < rows(); i += width) {
      Lanes x;
      if constexpr (sizeof(S) == 4) {
        Doubles low, high;
        exponent(low, i);
        exponent(high, i + lanes::doubles);
        lanes::join(x, low, high);
      } else {
        exponent(x, i);
      }
      x = x < cut ? Lanes{} + S(-1e4) : x;
      lanes::exp2(x);
      lanes::store(out + i, x);
    }
  }

  /// max_i t_ij to the precision of S, which is enough of a number that only scales; 0 if no pair
  /// is allowed.
  [[nodiscard]] double largest(const S* c, double inverse) const {
    constexpr S lowest = std::numeric_limits<S>::lowest();
    const S rough_inverse = static_cast<S>(inverse);
    Lanes top = Lanes{} + lowest;
    for (Index i = 0; i < rows(); i += width) {
      Lanes t, base;
      lanes::load(t, c + i);
      lanes::load(base, rough_base_.data() + i);
      t = base - t * rough_inverse;
      top = t > top ? t : top;
    }
    S most = top[0];
    for (Index p = 1; p < width; ++p) most = std::max(most, top[p]);
    return most > lowest ? static_cast<double>(most) : 0;
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
      lanes::Doubles parts[2];
      if constexpr (sizeof(S) == 4) {
        lanes::split(parts[0], parts[1], sum);
      } else {
        parts[0] = sum;
      }
      for (Index p = 0; p < width; p += lanes::doubles) {
        lanes::Doubles total;
        lanes::load(total, r + i + p);
        total += parts[p / lanes::doubles];
        lanes::store(r + i + p, total);
      }
    }
  }

  Index n_ = 0, m_ = 0;
  Buffer<S> k_;
  Vector<deferred_t<double, S>> shift_;
  Vector<deferred_t<double, S>> base_;  // l_i + f_i/ε'
  Vector<S> rough_base_, tail_;
};

}  // namespace cytode::ot
