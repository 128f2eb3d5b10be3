// SPDX-License-Identifier: MIT
/// Coupling: the concept of a rule that joins the cells of two populations into pairs.
#pragma once

#include <cmath>
#include <span>
#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ot {

/// Two populations, or a batch of each, as a coupling sees them.
template <std::floating_point S>
struct Sides {
  ConstBatch<S> x0;                    ///< Features × n.
  ConstBatch<S> x1;                    ///< Features × m.
  std::span<const double> weights0{};  ///< One a cell of x0, any sum; empty: all alike.
  std::span<const double> weights1{};  ///< One a cell of x1, any sum; empty: all alike.
  double mass_ratio = 1;               ///< Mass of the second population over that of the first.
  std::span<const Index> cells0{};     ///< Which cells of its population x0 holds; empty: 0, 1, …
  std::span<const Index> cells1{};     ///< The same for x1: labels and lineages are looked up so.
  double duration = 1;                 ///< Time between the two populations.
  Index interval = 0;                  ///< Which pair of neighbouring time points.

  [[nodiscard]] Index cell0(Index i) const noexcept {
    return cells0.empty() ? i : cells0[static_cast<std::size_t>(i)];
  }
  [[nodiscard]] Index cell1(Index j) const noexcept {
    return cells1.empty() ? j : cells1[static_cast<std::size_t>(j)];
  }
};

/// Pairs drawn from a coupling: pair k leads from column row[k] of x0 to column col[k] of x1, where
/// it starts with mass mass0[k] and arrives with mass1[k].
///
/// Masses are such that plain means over pairs stand for integrals over the populations, in units
/// of the first one's mass: the mean of mass0·f(x0) is that of f over the first population, the
/// mean of mass1·f(x1) is mass_ratio times that over the second. Balanced couplings leave both at
/// 1. A cell without a partner has −1 in its place: col = −1 with mass1 = 0 dies where it is,
/// row = −1 with mass0 = 0 is born where it is.
struct PairList {
  std::span<Index> row, col;
  std::span<double> mass0, mass1;

  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(row.size()); }
};

/// A coupling joins two populations: `join<S>(sides, pairs, stream, workspace)` fills the list.
///
/// `Workspace<S>` is default constructible, owned by the caller and reused: a warm call allocates
/// nothing. Every random choice comes from the stream, so the same call gives the same pairs. Where
/// weights0 is empty, the list is as long as x0 has cells and no cell is born, row[k] = k. A
/// coupling that always joins column i to column i of batches as long as the list, with mass 1,
/// where neither side has weights, says so with `static constexpr bool joins_in_order = true`: then
/// no one need gather the batches for it.
template <class C>
concept Coupling = requires(const C& c, typename C::template Workspace<float>& w,
                            const Sides<float>& sides, const PairList& pairs,
                            const Stream& stream) {
  c.template join<float>(sides, pairs, stream, w);
};

/// Throws std::invalid_argument unless the arguments of `join` fit one another, and on weights that
/// are negative, not finite or all zero.
template <std::floating_point S>
void check_join(std::string_view function, const Sides<S>& sides, const PairList& pairs) {
  check_not_empty(function, "x0", sides.x0);
  check_not_empty(function, "x1", sides.x1);
  check_features(function, "x1", sides.x1, sides.x0.rows());
  const auto fits = [&](std::string_view what, std::size_t size, Index wanted) {
    check(size == 0 || static_cast<Index>(size) == wanted, function, what, " has ", size,
          " entries, wanted ", wanted);
  };
  fits("weights0", sides.weights0.size(), sides.x0.cols());
  fits("weights1", sides.weights1.size(), sides.x1.cols());
  const auto weigh = [&](std::string_view what, std::span<const double> w) {
    double sum = 0;
    for (std::size_t i = 0; i < w.size(); sum += w[i++]) {
      check(std::isfinite(w[i]) && w[i] >= 0, function, what, "[", i, "] is ", w[i],
            ", wanted zero or more");
    }
    check(w.empty() || (sum > 0 && std::isfinite(sum)), function, what, " sums to ", sum,
          ", wanted a positive number");
  };
  weigh("weights0", sides.weights0);
  weigh("weights1", sides.weights1);
  fits("cells0", sides.cells0.size(), sides.x0.cols());
  fits("cells1", sides.cells1.size(), sides.x1.cols());
  check(std::isfinite(sides.mass_ratio) && sides.mass_ratio > 0, function, "mass_ratio is ",
        sides.mass_ratio, ", wanted a positive number");
  const std::size_t n = pairs.row.size();
  check(n > 0 && pairs.col.size() == n && pairs.mass0.size() == n && pairs.mass1.size() == n,
        function, "the list of pairs has ", n, " rows, ", pairs.col.size(), " columns, ",
        pairs.mass0.size(), " and ", pairs.mass1.size(),
        " masses, wanted as many of each, 1 or more");
}

}  // namespace cytode::ot
