// SPDX-License-Identifier: MIT
/// Optimal transport on the line: the mass is coupled in order.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <cytode/metrics/population.hpp>

namespace cytode::metrics {

/// Couples two sets of weighted numbers in order of size. Keeps its memory between calls.
class LineTransport {
 public:
  /// One side in order: positions and the mass at each.
  struct Side {
    Vector<double> position;
    Vector<double> mass;
  };

  /// W_p^p = ∫₀¹ |F⁻¹(u) − G⁻¹(u)|^p du for positions x with masses a and y with masses b of the
  /// same sum, times that sum. Sorts: cost n log n.
  template <class = void>
  [[nodiscard]] double cost(const ConstVectorView<double>& x, const ConstVectorView<double>& a,
                            const ConstVectorView<double>& y, const ConstVectorView<double>& b,
                            double power) {
    sort(x, a, x_);
    sort(y, b, y_);
    double total = 0, left = x_.mass[0], right = y_.mass[0];
    for (Index i = 0, j = 0;;) {
      // Moving the smaller mass empties its cell exactly; what rounding leaves of the other side
      // at the end, some 1e-16 of the mass, stays unmoved.
      const double moved = std::min(left, right);
      const double far = std::abs(x_.position[i] - y_.position[j]);
      total += moved * (power == 1 ? far : power == 2 ? far * far : std::pow(far, power));
      left -= moved;
      right -= moved;
      if (left <= 0) {
        if (++i == x_.mass.size()) return total;
        left = x_.mass[i];
      }
      if (right <= 0) {
        if (++j == y_.mass.size()) return total;
        right = y_.mass[j];
      }
    }
  }

 private:
  template <class D = void>
  void sort(const ConstVectorView<double>& x, const ConstVectorView<double>& mass, Side& out) {
    out.position = x;
    out.mass = mass;
    if ((deferred<D>(mass).array() == mass[0]).all()) {
      std::sort(out.position.data(), out.position.data() + x.size());
      return;
    }
    order_.resize(static_cast<std::size_t>(x.size()));
    std::iota(order_.begin(), order_.end(), Index{0});
    std::ranges::sort(order_, {}, [&](Index i) { return x[i]; });
    Index k = 0;
    for (const Index i : order_) {
      out.position[k] = x[i];
      out.mass[k++] = mass[i];
    }
  }

  Side x_, y_;
  std::vector<Index> order_;
};

/// Masses of n cells and of m that sum to the same: integers where all cells count the same, so
/// that nothing is rounded on the way, else the shares.
struct LineMasses {
  Vector<double> x;
  Vector<double> y;
  double total = 1;
};

template <class D = void>
[[nodiscard]] inline LineMasses line_masses(const Population& x, const Population& y,
                                            bool weighted) {
  using Shares = Vector<deferred_t<double, D>>;
  if (weighted) return {x.shares, y.shares, 1};
  const Index n = x.shares.size(), m = y.shares.size(), g = std::gcd(n, m);
  return {Shares::Constant(n, static_cast<double>(m / g)),
          Shares::Constant(m, static_cast<double>(n / g)),
          static_cast<double>(n) * static_cast<double>(m / g)};
}

/// W_p between two sets of numbers, given as 1 × n and 1 × m rows, p ≥ 1; exact, n log n.
///
/// Throws std::invalid_argument unless both have one feature, on empty sets, NaN or infinite
/// coordinates, bad weights and a power below 1.
template <class X, class Y>
[[nodiscard]] double wasserstein_line(const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y,
                                      double power = 1,
                                      const std::optional<Weights>& weights = std::nullopt) {
  constexpr std::string_view me = "metrics::wasserstein_line";
  check(std::isfinite(power) && power >= 1, me, "power is ", power, ", wanted 1 or more");
  const auto p = populations(me, x, y, weights);
  check_features(me, "x", p.x.cells, 1);
  const auto mass = line_masses(p.x, p.y, weights.has_value());
  const double cost =
      LineTransport().cost(p.x.cells.transpose(), mass.x, p.y.cells.transpose(), mass.y, power);
  return std::pow(cost / mass.total, 1 / power);
}

}  // namespace cytode::metrics
