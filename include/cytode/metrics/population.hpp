// SPDX-License-Identifier: MIT
/// Cells to be measured: coordinates in double, and the share of the mass that each cell carries.
#pragma once

#include <cmath>
#include <optional>
#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/types.hpp>

/// Metrics of populations and paths. Published scores of one data set differ by protocol; headers
/// name the protocol that a metric belongs to:
///
/// | | data | roll-out to a time | metric |
/// |---|---|---|---|
/// | A | up to 5 z-scored PCs, one time left out | from the true cells of the time before | W1 |
/// | B | 50 and more PCs or genes, not scaled, one time left out | the same | W1 |
/// | C | 5 PCs, cells split into training and test | the same | W1 |
/// | D | 100 standardised PCs, all times or one left out | from the first time | MMD, sliced W |
/// | E | 50 raw PCs, all times or one left out | from the first, mass carried | W1, TMV, RME |
/// | F | cells split 60/40, all times | from the time before | W1 |
/// | G | genes, several times left out | from the first time | Sinkhorn divergence |
///
/// A and B as in [Tong 2024b], C in NLSB, D in DMSB, E in DeepRUOT and CytoBridge, F in JKOnet*,
/// G in scNODE.
namespace cytode::metrics {

/// Weights of two sets of cells; each side is scaled to sum 1.
struct Weights {
  Vector<double> x;
  Vector<double> y;
};

/// One set of cells, features × n, and the n shares of its mass, of sum 1.
struct Population {
  Matrix<double> cells;
  Vector<double> shares;
};

/// Weights scaled to sum 1; throws std::invalid_argument unless there is one a cell, all finite and
/// not negative, with a positive sum.
template <class D = void>
[[nodiscard]] inline Vector<double> shares_of(std::string_view function, std::string_view argument,
                                              const ConstVectorView<double>& weights, Index cells) {
  check(weights.size() == cells, function, argument, " has ", cells, " cells and ", weights.size(),
        " weights");
  for (Index i = 0; i < cells; ++i) {
    check(std::isfinite(weights[i]) && weights[i] >= 0, function, "weight ", i, " of ", argument,
          " is ", weights[i], ", wanted zero or more");
  }
  // Scaled twice, so that neither huge nor tiny weights leave the range of a sum.
  const double largest = weights.maxCoeff();
  check(largest > 0, function, "the weights of ", argument, " sum to 0, wanted a positive sum");
  const Vector<deferred_t<double, D>> scaled = deferred<D>(weights) / largest;
  return scaled / scaled.sum();
}

/// The cells in double with their shares, equal ones without weights; throws std::invalid_argument
/// on an empty set, NaN or infinite coordinates and bad weights.
template <class X>
[[nodiscard]] Population population(std::string_view function, std::string_view argument,
                                    const Eigen::MatrixBase<X>& x,
                                    const std::optional<Vector<double>>& weights = std::nullopt) {
  check_not_empty(function, argument, x);
  Population p{x.template cast<double>(), {}};
  check(all_finite(p.cells), function, argument, " has NaN or infinite coordinates");
  const Index n = p.cells.cols();
  p.shares = weights
                 ? shares_of(function, argument, *weights, n)
                 : Vector<deferred_t<double, X>>::Constant(n, 1 / static_cast<double>(n)).eval();
  return p;
}

/// Two sets of cells with the same features.
struct Populations {
  Population x;
  Population y;
};

/// Both sets, checked as by population, and for features that differ.
template <class X, class Y>
[[nodiscard]] Populations populations(std::string_view function, const Eigen::MatrixBase<X>& x,
                                      const Eigen::MatrixBase<Y>& y,
                                      const std::optional<Weights>& weights = std::nullopt) {
  using Given = deferred_t<std::optional<Vector<double>>, X>;
  const auto& w = deferred<X>(weights);
  Populations both{population(function, "x", x, w ? Given(w->x) : Given()),
                   population(function, "y", y, w ? Given(w->y) : Given())};
  check_features(function, "y", both.y.cells, both.x.cells.rows());
  return both;
}

}  // namespace cytode::metrics
