// SPDX-License-Identifier: MIT
/// Sums of stages in few passes over memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <cytode/core/by_packets.hpp>

namespace cytode::ode {

/// x + h Σ_k weight_k term_k of arrays of n numbers, vectorised, up to six terms a pass. Terms of
/// weight 0 are left out, the others are added in their order, so a number depends on nothing
/// beside it.
template <std::floating_point S>
class Combination {
 public:
  /// Most terms: the stages of the longest method and its extension.
  static constexpr int capacity = 24;

  /// Leaves the sum empty.
  void clear() { terms_ = 0; }
  /// Adds a term unless its weight is 0.
  void add(double weight, const S* term) {
    if (weight == 0) return;
    weight_[static_cast<std::size_t>(terms_)] = weight;
    term_[static_cast<std::size_t>(terms_++)] = term;
  }

  /// out = x + h Σ; out may be x, or x null for 0.
  void step(Index n, S* out, const S* x, double h) const { step(0, n, out, x, h); }
  /// out = x + h ∘ Σ with a size h_i a number; out must not be x.
  void step(Index n, S* out, const S* x, const S* h) const { step(0, n, out, x, h); }
  /// out = x + h Σ of the terms' n numbers from `from` on.
  void step(Index from, Index n, S* out, const S* x, double h) const {
    int done = 0;
    do {
      const int now = std::min(terms_ - done, per_pass);
      pass<false>(from, n, out, x, h, nullptr, done, now, all_counts());
      done += now;
      x = out;
    } while (done < terms_);
  }
  /// out = x + h ∘ Σ with a size h_i a number, of the terms' n numbers from `from` on.
  void step(Index from, Index n, S* out, const S* x, const S* h) const {
    if (terms_ <= per_pass) {
      pass<true>(from, n, out, x, 1, h, 0, terms_, all_counts());
      return;
    }
    step(from, n, out, nullptr, 1.0);
    using Flat = Eigen::Map<Eigen::Array<S, Eigen::Dynamic, 1>>;
    using Const = Eigen::Map<const Eigen::Array<S, Eigen::Dynamic, 1>>;
    Flat result(out, n);
    if (x == nullptr) {
      result *= Const(h, n);
    } else {
      result = Const(x, n) + Const(h, n) * result;
    }
  }

 private:
  static constexpr int per_pass = 6;
  static constexpr std::make_integer_sequence<int, per_pass + 1> all_counts() { return {}; }

  template <bool Sizes, int... Terms>
  void pass(Index from, Index n, S* out, const S* x, double h, const S* sizes, int first, int count,
            std::integer_sequence<int, Terms...>) const {
    (void)((count == Terms &&
            (x == nullptr ? loop<Terms, false, Sizes>(from, n, out, x, h, sizes, first)
                          : loop<Terms, true, Sizes>(from, n, out, x, h, sizes, first),
             true)) ||
           ...);
  }
  template <int Terms, bool Base, bool Sizes>
  void loop(Index from, Index n, S* out, const S* x, double h, const S* sizes, int first) const {
    std::array<S, Terms + 1> w{};
    std::array<const S*, Terms + 1> p{};
    for (int k = 0; k < Terms; ++k) {
      const auto term = static_cast<std::size_t>(first + k), to = static_cast<std::size_t>(k);
      w[to] = static_cast<S>(h * weight_[term]);
      p[to] = term_[term] + from;
    }
    by_packets<S>(n, [&]<class P>(Index i) {
      using namespace Eigen::internal;
      P s = Base && !Sizes ? ploadu<P>(x + i) : pset1<P>(S(0));
      [&]<std::size_t... k>(std::index_sequence<k...>) {
        ((s = multiply_add(pset1<P>(w[k]), ploadu<P>(p[k] + i), s)), ...);
      }
      (std::make_index_sequence<Terms>());
      if constexpr (Sizes) {
        const P size = ploadu<P>(sizes + i);
        s = Base ? multiply_add(size, s, ploadu<P>(x + i)) : pmul(size, s);
      }
      pstoreu(out + i, s);
    });
  }

  std::array<double, capacity> weight_{};
  std::array<const S*, capacity> term_{};
  int terms_ = 0;
};

}  // namespace cytode::ode
