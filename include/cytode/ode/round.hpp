// SPDX-License-Identifier: MIT
/// Times and sizes of the trial steps that run side by side.
#pragma once

#include <cytode/core/times.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ode {

/// One trial step of n cells: from t to t + h, with one (t, h) for all or one a cell.
///
/// Times are kept in double, so that a float solve does not lose small steps at late times; the
/// field sees them as S.
struct Round {
  Index cells = 0;
  bool shared = true;
  const double* t = nullptr;             ///< One number, or one a cell.
  const double* h = nullptr;             ///< The same; negative backward in time.
  const unsigned char* moved = nullptr;  ///< 1 where the state is another than in the last trial.

  [[nodiscard]] double time(Index cell) const { return t[shared ? 0 : cell]; }
  [[nodiscard]] double size(Index cell) const { return h[shared ? 0 : cell]; }
  /// Clocks: 1, or the cells.
  [[nodiscard]] Index clocks() const { return shared ? 1 : cells; }
};

/// The times t + c h of a round as a field takes them; the row is memory to write them into.
template <std::floating_point S>
[[nodiscard]] Times<S> stage_times(const Round& round, double c, Row<S>& row) {
  if (round.shared) return Times<S>(static_cast<S>(round.t[0] + c * round.h[0]));
  if (row.size() < round.cells) row.resize(round.cells);
  for (Index j = 0; j < round.cells; ++j) row[j] = static_cast<S>(round.t[j] + c * round.h[j]);
  return Times<S>(row).slice(0, round.cells);
}
/// Those of n cells from `first` on; the row, of a number a cell of the round, stays as it is
/// elsewhere.
template <std::floating_point S>
[[nodiscard]] Times<S> stage_times(const Round& round, double c, Row<S>& row, Index first,
                                   Index n) {
  if (round.shared) return Times<S>(static_cast<S>(round.t[0] + c * round.h[0]));
  const double *t = round.t + first, *h = round.h + first;
  S* const out = row.data() + first;
  for (Index j = 0; j < n; ++j) out[j] = static_cast<S>(t[j] + c * h[j]);
  return Times<S>(row).slice(first, n);
}

}  // namespace cytode::ode
