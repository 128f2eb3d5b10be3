// SPDX-License-Identifier: MIT
/// Thinning: every k-th of many, so that a figure stays small and says what it left out.
#pragma once

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::plot {

/// Numbers 0, every, 2·every, … of a set: `drawn` of them.
struct Thinning {
  Index every = 1;
  Index drawn = 0;
};

/// The least thinning that draws at most `most` of n; most ≥ 1.
/// Say in the caption what it gives: "every 3rd of 12 000 cells".
template <class = void>
[[nodiscard]] inline Thinning thin(Index n, Index most) {
  check(n >= 0 && most >= 1, "thin", "n is ", n, " and most is ", most,
        ", wanted n of zero or more and most of 1 or more");
  const Index every = n <= most ? 1 : (n + most - 1) / most;
  return {every, (n + every - 1) / every};
}

}  // namespace cytode::plot
