// SPDX-License-Identifier: MIT
/// Blocks of sixteen numbers through which every elementwise function runs.
#pragma once

#include <algorithm>

#include <cytode/core/types.hpp>

namespace cytode::nn {

/// Sixteen numbers: one to four vector registers, and few enough to keep temporaries in them.
template <std::floating_point S>
using Lanes = Eigen::Array<S, 16, 1>;

/// f of each packet of z, f acting on packets or, where there are none, on numbers. Always inline:
/// a call passes its sixteen numbers through memory, which costs more than most f.
template <std::floating_point S, class F>
[[nodiscard]] EIGEN_ALWAYS_INLINE Lanes<S> packet_by_packet(F f, const Lanes<S>& z) {
  using P = typename Eigen::internal::packet_traits<S>::type;
  Lanes<S> out;
  for (Index i = 0; i < 16; i += Eigen::internal::packet_traits<S>::size) {
    Eigen::internal::pstoreu(out.data() + i, f(Eigen::internal::ploadu<P>(z.data() + i)));
  }
  return out;
}

/// out[i] = f(in[i]...) for n numbers, f acting on Lanes. `out` may be one of the inputs.
///
/// The last, partial block goes through f as well, padded with ones, so a number's image does not
/// depend on its place in the array and no element takes a slower scalar path.
template <std::floating_point S, class F, class... In>
void transform(Index n, S* out, F f, const In*... in) {
  static_assert((std::same_as<S, In> && ...), "one scalar type");
  using Const = Eigen::Map<const Lanes<S>>;
  using Out = Eigen::Map<Lanes<S>>;
  const Index whole = n - n % 16;
  for (Index i = 0; i < whole; i += 16) Out(out + i) = f(Lanes<S>(Const(in + i))...);
  if (whole < n) {
    const auto rest = [&](const S* p) {
      Lanes<S> block;
      std::fill_n(block.data(), 16, S(1));
      std::copy(p + whole, p + n, block.data());
      return block;
    };
    const Lanes<S> last = f(rest(in)...);
    std::copy(last.data(), last.data() + (n - whole), out + whole);
  }
}

}  // namespace cytode::nn
