// SPDX-License-Identifier: MIT
/// How well a score ranks cells or edges of a network: AUROC and average precision.
#pragma once

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

#include <cytode/metrics/population.hpp>

namespace cytode::metrics {

/// Areas that rank scores against a yes or no.
struct Ranking {
  double auroc = 0;              ///< Chance that a yes scores above a no, half for a draw.
  double average_precision = 0;  ///< Σ (R_k − R_{k−1}) P_k over the distinct scores, from above.
};

/// AUROC and average precision (AUPRC) of scores, one a cell, against the truth; draws are handled
/// exactly, so the order in which cells come does not matter.
///
/// By chance AUROC is ½ and average precision the share of yes. AUROC is NaN without a yes or
/// without a no, average precision without a yes. The same as scikit-learn's roc_auc_score and
/// average_precision_score. For fates against clones and for recovered edges of gene networks
/// (BoolODE tables of [Tong 2024b], lineage fidelity of scTimeBench). Cost n log n. Throws
/// std::invalid_argument on no cells, sizes that differ, NaN scores and bad weights.
template <class D = void>
[[nodiscard]] inline Ranking ranking(const ConstVectorView<double>& scores,
                                     const std::vector<bool>& truth,
                                     const std::optional<Vector<double>>& weights = std::nullopt) {
  constexpr std::string_view me = "metrics::ranking";
  const Index n = scores.size();
  check(n >= 1, me, "there are no scores");
  check(static_cast<Index>(truth.size()) == n, me, "truth has ", truth.size(), " entries, scores ",
        n);
  for (Index i = 0; i < n; ++i) check(scores[i] == scores[i], me, "score ", i, " is NaN");
  const Vector<double> shares = weights ? shares_of(me, "scores", *weights, n)
                                        : Vector<deferred_t<double, D>>::Ones(n).eval();
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::sort(order, std::ranges::greater{}, [&](Index i) { return scores[i]; });
  double yes = 0, no = 0, won = 0, recalled = 0;
  for (std::size_t first = 0; first < order.size();) {
    double yes_here = 0, no_here = 0;
    const double score = scores[order[first]];
    for (; first < order.size() && scores[order[first]] == score; ++first) {
      const Index i = order[first];
      (truth[static_cast<std::size_t>(i)] ? yes_here : no_here) += shares[i];
    }
    won += no_here * (yes + yes_here / 2);
    yes += yes_here;
    no += no_here;
    if (yes_here > 0) recalled += yes_here * yes / (yes + no);
  }
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  return {yes > 0 && no > 0 ? won / yes / no : undefined, yes > 0 ? recalled / yes : undefined};
}

}  // namespace cytode::metrics
