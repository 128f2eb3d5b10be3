// SPDX-License-Identifier: MIT
/// Errors of the mass that a growth model predicts, in all and by population.
#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include <cytode/metrics/wasserstein.hpp>

namespace cytode::metrics {

/// Predicted and observed mass, both relative to all cells at the start.
struct MassError {
  double predicted = 0;
  double observed = 0;

  /// |predicted − observed|: the total-mass variation TMV of protocol E [DeepRUOT, CytoBridge].
  [[nodiscard]] double absolute() const { return std::abs(predicted - observed); }
  /// |predicted − observed| / observed: the relative mass error RME, which the released evaluation
  /// of WFR-FM reports as TMV. Without observed mass: 0 if none is predicted, else infinity.
  [[nodiscard]] double relative() const {
    if (observed == 0 && predicted == 0) return 0;
    return observed == 0 ? std::numeric_limits<double>::infinity() : absolute() / observed;
  }
};

/// Total mass at a time: Σ_i w_i against n_k / n_0 (protocol E).
///
/// weights: of the predicted cells, scaled so that they sum to 1 at the start, where `cells_start`
/// = n_0 cells were seen; `cells` = n_k were seen at the time. A model without growth keeps Σ w
/// = 1. Throws std::invalid_argument on weights that are negative or not finite and on n_0 < 1, n_k
/// < 0.
template <class = void>
[[nodiscard]] inline MassError total_mass_error(const ConstVectorView<double>& weights, Index cells,
                                                Index cells_start) {
  constexpr std::string_view me = "metrics::total_mass_error";
  check(cells_start >= 1, me, "cells_start is ", cells_start, ", wanted 1 or more");
  check(cells >= 0, me, "cells is ", cells, ", wanted 0 or more");
  for (Index i = 0; i < weights.size(); ++i) check_not_negative(me, "a weight", weights[i]);
  return {weights.sum(), static_cast<double>(cells) / static_cast<double>(cells_start)};
}

/// The same for each of `populations` populations: Σ of w_i over predicted cells with a label
/// against the number of observed cells with it / n_0.
///
/// predicted: label of each predicted cell (see Neighbours for labels from the nearest observed
/// cells), observed: label of each cell seen at the time, both in [0, populations). Throws as
/// total_mass_error, and on labels out of range or of the wrong number.
template <class = void>
[[nodiscard]] inline std::vector<MassError> population_mass_errors(
    const ConstVectorView<double>& weights, const std::vector<Index>& predicted,
    const std::vector<Index>& observed, Index populations, Index cells_start) {
  constexpr std::string_view me = "metrics::population_mass_errors";
  check(populations >= 1, me, "populations is ", populations, ", wanted 1 or more");
  check(cells_start >= 1, me, "cells_start is ", cells_start, ", wanted 1 or more");
  check(static_cast<Index>(predicted.size()) == weights.size(), me, "predicted has ",
        predicted.size(), " labels, wanted ", weights.size());
  std::vector<MassError> errors(static_cast<std::size_t>(populations));
  const auto at = [&](std::string_view side, Index label) -> MassError& {
    check(label >= 0 && label < populations, me, "a label of ", side, " is ", label,
          ", wanted 0 to ", populations - 1);
    return errors[static_cast<std::size_t>(label)];
  };
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const double weight = weights[static_cast<Index>(i)];
    check_not_negative(me, "a weight", weight);
    at("predicted", predicted[i]).predicted += weight;
  }
  for (const Index label : observed) at("observed", label).observed += 1;
  for (MassError& e : errors) e.observed /= static_cast<double>(cells_start);
  return errors;
}

/// Shape and mass apart, the two numbers of protocol E.
struct UnbalancedScore {
  double w1 =
      0;  ///< Exact W1 of the predicted cells, by their shares of the mass, to the observed.
  MassError mass;
};

/// W1 of the weighted prediction x (features × n) to the observed cells y (features × n_k), each
/// side as a distribution, and the error of the total mass.
///
/// Throws as wasserstein1 and total_mass_error.
template <class X, class Y>
[[nodiscard]] UnbalancedScore unbalanced_score(const Eigen::MatrixBase<X>& x,
                                               const ConstVectorView<double>& weights,
                                               const Eigen::MatrixBase<Y>& y, Index cells_start) {
  const MassError mass = total_mass_error(weights, y.cols(), cells_start);
  return {wasserstein1(x, y, Weights{weights, Vector<double>::Ones(y.cols())}), mass};
}

}  // namespace cytode::metrics
