// SPDX-License-Identifier: MIT
/// The first call of a plain right-hand side, which shows whether it writes what it should.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ode {

/// dx of the first call of a right-hand side, call(dx): in guarded memory, where every number
/// begins as a NaN of one bit pattern. Throws std::invalid_argument if a number of dx was left
/// as it was (or added to), or one behind them was written. One copy of a batch a solve.
template <std::floating_point S, class Call>
void first_slopes(Batch<S> dx, Call&& call) {
  using Bits = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits mark =
      sizeof(S) == 4 ? static_cast<Bits>(0x7fc0de0bU) : static_cast<Bits>(0x7ff8c0de00000badULL);
  const auto untouched = [](const S& number) { return std::bit_cast<Bits>(number) == mark; };
  const Index d = dx.rows(), size = dx.size();
  Vector<S> guarded = Vector<S>::Constant(size + d + 16, std::bit_cast<S>(mark));
  const Eigen::Map<Matrix<S>> inside(guarded.data(), d, dx.cols());
  call(Batch<S>(Eigen::Map<Matrix<S>>(guarded.data(), d, dx.cols())));
  for (Index i = 0; i < size; ++i) {
    check(!untouched(guarded[i]), "ode::solve", "the field leaves feature ", i % d, " of cell ",
          i / d, " of dx unwritten, wanted all ", d, " x ", dx.cols());
  }
  for (Index i = size; i < guarded.size(); ++i) {
    check(untouched(guarded[i]), "ode::solve", "the field writes ", i - size + 1,
          " numbers behind the end of dx, which is ", d, " x ", dx.cols());
  }
  dx = inside;
}

}  // namespace cytode::ode
