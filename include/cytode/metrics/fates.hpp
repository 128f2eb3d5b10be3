// SPDX-License-Identifier: MIT
/// Fates of predicted cells, read off the observed cells they come to lie among.
#pragma once

#include <string_view>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/metrics/neighbours.hpp>

namespace cytode::metrics {

/// The part of the k observed cells nearest to each predicted cell that is in each set: predicted
/// cells × sets, as ot::Chain::fates gives it for plans.
///
/// predicted: features × n, early cells carried to the later time; observed: features × m, the
/// cells seen there; sets: m × sets, 1 for a member or a part of one (ot::label_sets). Several
/// predictions of one cell, such as noisy roll-outs, are to be averaged. Few neighbours tie at zero
/// and rank badly: of 431 observed cells in larry_clonal, k = 20 gave an AUROC of 0.73, 100 of
/// 0.87. Clonal protocol: learn without barcodes, compare the fates of early cells with the types
/// of their clone at the later time (metrics::ranking a fate, metrics::pearson of a bias). Throws
/// as nearest_cells, and unless sets has a row an observed cell.
template <class P, class O>
[[nodiscard]] Matrix<double> nearest_fates(const Eigen::MatrixBase<P>& predicted,
                                           const Eigen::MatrixBase<O>& observed,
                                           const Matrix<double>& sets, Index k) {
  constexpr std::string_view me = "metrics::nearest_fates";
  check(sets.rows() == observed.cols(), me, "sets has ", sets.rows(), " rows, there are ",
        observed.cols(), " observed cells");
  const auto near = nearest_cells(predicted, observed, k);
  Matrix<deferred_t<double, P>> fates =
      Matrix<deferred_t<double, P>>::Zero(predicted.cols(), sets.cols());
  for (Index i = 0; i < fates.rows(); ++i) {
    for (Index r = 0; r < k; ++r) fates.row(i) += deferred<P>(sets).row(near.cell(r, i));
  }
  return fates / static_cast<double>(k);
}

/// Types of the later relatives of early cells: of every early cell the part of the observed cells
/// of its clone that is in each set, early cells × sets; a row of zeros where none was seen.
///
/// clone, later_clone: number of the clone of each early and each observed cell, −1 for none.
/// Throws std::invalid_argument unless sets has a row an observed cell.
template <class D = void>
[[nodiscard]] inline Matrix<double> clonal_fates(const std::vector<Index>& clone,
                                                 const std::vector<Index>& later_clone,
                                                 const Matrix<double>& sets) {
  constexpr std::string_view me = "metrics::clonal_fates";
  check(sets.rows() == std::ssize(later_clone), me, "sets has ", sets.rows(), " rows, there are ",
        later_clone.size(), " clones of observed cells");
  using Sets = Matrix<deferred_t<double, D>>;
  Sets fates = Sets::Zero(std::ssize(clone), sets.cols());
  for (Index i = 0; i < fates.rows(); ++i) {
    double seen = 0;
    for (Index j = 0; j < sets.rows(); ++j) {
      const Index own = clone[static_cast<std::size_t>(i)];
      if (own < 0 || own != later_clone[static_cast<std::size_t>(j)]) continue;
      fates.row(i) += deferred<D>(sets).row(j);
      seen += 1;
    }
    if (seen > 0) fates.row(i) /= seen;
  }
  return fates;
}

}  // namespace cytode::metrics
