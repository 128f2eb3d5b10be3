// SPDX-License-Identifier: MIT
/// Inputs from an integer generator that tests/fixtures/ot/make_pot.py has as well.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include <cytode/core/types.hpp>

namespace cytode::testing {

/// s <- (1103515245 s + 12345) mod 2^31, number (s >> 8) / 2^23 in [0, 1).
struct Lcg {
  std::uint64_t s;
  double operator()() {
    s = (1103515245 * s + 12345) % (std::uint64_t{1} << 31);
    return static_cast<double>(s >> 8) / 8388608.0;
  }
};

/// Cells of one of the kinds random, duplicates, integers, clustered.
inline Matrix<double> points(Lcg& u, std::string_view kind, Index cells, Index dims) {
  Matrix<double> p(dims, cells);
  for (Index i = 0; i < cells; ++i) {
    for (Index k = 0; k < dims; ++k) {
      const double r = u();
      if (kind == "random") p(k, i) = r;
      if (kind == "duplicates") p(k, i) = std::floor(3 * r);
      if (kind == "integers") p(k, i) = std::floor(10 * r);
      if (kind == "clustered") p(k, i) = r / 10 + 5 * static_cast<double>(i % 3);
    }
  }
  return p;
}

/// Weights floor(100 u).
inline Vector<double> weights(Lcg& u, Index cells) {
  Vector<double> w(cells);
  for (double& x : w) x = std::floor(100 * u());
  return w;
}

}  // namespace cytode::testing
