// SPDX-License-Identifier: MIT
/// Debiased Sinkhorn divergence between two sets of cells, in the convention of GeomLoss.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <cytode/core/status.hpp>
#include <cytode/metrics/population.hpp>
#include <cytode/ot/sinkhorn_divergence.hpp>

namespace cytode::metrics {

/// How much is blurred, and how exactly the three problems are solved.
struct SinkhornDivergenceOptions {
  double blur = 0.05;       ///< Length in units of the coordinates below which little is seen.
  double tolerance = 1e-6;  ///< Marginal error of each problem.
  Index passes = 10000;     ///< Limit of each problem.
};

/// S(x, y) = OT(x, y) − ½ OT(x, x) − ½ OT(y, y) with the cost ½|x − y|² and ε = blur²: never
/// negative, 0 only for equal sets, ½ W2² as the blur goes to 0 [Feydy 2019].
///
/// Protocol G (scNODE, scTimeBench) reports it with p = 2, blur 0.05 and equal weights, as
/// GeomLoss's SamplesLoss("sinkhorn") computes it, though that ends after a fixed number of passes
/// where this one ends at the tolerance. Memory for n² + n m + m² numbers. Throws
/// std::invalid_argument on empty sets, features that differ, NaN or infinite coordinates, bad
/// weights and a blur that is not positive, and std::runtime_error should the limit be reached.
template <class X, class Y>
[[nodiscard]] double sinkhorn_divergence(const Eigen::MatrixBase<X>& x,
                                         const Eigen::MatrixBase<Y>& y,
                                         const SinkhornDivergenceOptions& options = {},
                                         const std::optional<Weights>& weights = std::nullopt) {
  constexpr std::string_view me = "metrics::sinkhorn_divergence";
  check_positive(me, "blur", options.blur);
  const auto p = populations(me, x, y, weights);
  const auto span = [](const Vector<double>& v) {
    return std::span<const double>(v.data(), static_cast<std::size_t>(v.size()));
  };
  ot::SinkhornDivergence<double> divergence;
  // Twice the cost with twice ε is twice the divergence.
  const double twice = divergence.value(p.x.cells, p.y.cells, span(p.x.shares), span(p.y.shares),
                                        {.epsilon = 2 * options.blur * options.blur,
                                         .tolerance = options.tolerance,
                                         .passes = options.passes});
  throw_unless_ok(divergence.status(), me);
  return twice / 2;
}

}  // namespace cytode::metrics
