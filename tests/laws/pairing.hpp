// SPDX-License-Identifier: MIT
/// Laws of every flow::Pairing: valid pairs, partners for given cells, the same draws again.
#pragma once

#include <algorithm>
#include <vector>

#include <cytode/flow/pairing.hpp>
#include <cytode/flow/population.hpp>

#include "laws/coupling.hpp"
#include "laws/module.hpp"

namespace cytode::laws {

/// n pairs of interval k of 2-D marginals, drawn by a pairing without memory.
template <flow::Pairing P, class Marginals>
PairRoom draw_pairs(const P& pairing, const Marginals& data, Index k, Index n) {
  const auto list = flow::populations<double>("test", data, 2);
  PairRoom pairs(n);
  typename P::template Workspace<double> room;
  const auto at = static_cast<std::size_t>(k);
  pairing.template draw<double>({list[at], list[at + 1], k}, pairs.list(), Stream(7), room);
  return pairs;
}

/// Checks a pairing of two populations of 30 cells each: indices lie in the populations, the same
/// stream gives the same pairs in a used and in a fresh workspace, another stream gives others, and
/// `follow` finds a partner for every cell, repeated ones too.
template <std::floating_point S, flow::Pairing P>
void check_pairing(const P& pairing, Index interval = 0) {
  const Index n = 30;
  const Matrix<S> a = normals<S>(3, n, 1), b = normals<S>(3, n, 2);
  const flow::Population<S> from{.time = 1, .cells = &a}, to{.time = 2, .cells = &b};
  const flow::Interval<S> span{from, to, interval};
  typename P::template Workspace<S> used;
  for (const Index count : {64, 1, 30}) {
    PairRoom pairs(count), again(count), other(count);
    pairing.template draw<S>(span, pairs.list(), Stream(4), used);
    check_pairs(pairs, n, n);
    typename P::template Workspace<S> fresh;
    pairing.template draw<S>(span, again.list(), Stream(4), fresh);
    CHECK(pairs == again);
    pairing.template draw<S>(span, other.list(), Stream(5), used);
    if (count > 1) CHECK(pairs.row != other.row);
  }
  const std::vector<Index> cells{0, 29, 7, 7, 7, 12};
  std::vector<Index> next(cells.size(), -2), again = next;
  pairing.template follow<S>(span, cells, next, Stream(4), used);
  typename P::template Workspace<S> fresh;
  pairing.template follow<S>(span, cells, again, Stream(4), fresh);
  CHECK(next == again);
  for (const Index j : next) CHECK((j >= 0 && j < n));
}

}  // namespace cytode::laws
