// SPDX-License-Identifier: MIT
/// AdamW: Adam with decoupled weight decay.
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include <cytode/core/by_packets.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/train/optimizer.hpp>

namespace cytode::train {

/// Adam with decoupled weight decay, the update of torch.optim.AdamW [Loshchilov & Hutter 2019].
///
/// m ← m + (1 − β₁)(g − m),  v ← β₂v + (1 − β₂)g²,
/// θ ← (1 − ηλ)θ − η/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε), all of length n, t = 1, 2, …
/// One pass over θ, g, m and v.
struct AdamW {
  double learning_rate = 1e-3;  ///< η > 0.
  double beta1 = 0.9;           ///< Memory of the mean gradient, in [0, 1).
  double beta2 = 0.999;         ///< Memory of the mean squared gradient, in [0, 1).
  double epsilon = 1e-8;        ///< Above 0.
  double weight_decay = 0.01;   ///< λ ≥ 0.

  static constexpr std::string_view name = "adamw";

  /// What is remembered between steps.
  template <std::floating_point S>
  struct State {
    Vector<S> m, v;  ///< Running means of the gradient and of its square.
    long step = 0;   ///< Updates done.

    template <class F>
    void for_each(F&& f) {
      f("m", m);
      f("v", v);
    }
    template <class F>
    void for_each(F&& f) const {
      f("m", m);
      f("v", v);
    }
  };

  /// The state before the first step; throws std::invalid_argument on options out of range.
  template <std::floating_point S>
  [[nodiscard]] State<S> start(Index n) const {
    check_positive("train::AdamW", "learning_rate", learning_rate);
    check_positive("train::AdamW", "epsilon", epsilon);
    check_not_negative("train::AdamW", "weight_decay", weight_decay);
    check(beta1 >= 0 && beta1 < 1, "train::AdamW", "beta1 is ", beta1, ", wanted [0, 1)");
    check(beta2 >= 0 && beta2 < 1, "train::AdamW", "beta2 is ", beta2, ", wanted [0, 1)");
    State<S> state{.m = Vector<S>(n), .v = Vector<S>(n)};
    std::fill_n(state.m.data(), n, S(0));
    std::fill_n(state.v.data(), n, S(0));
    return state;
  }

  /// One update; `factor` scales the learning rate. The workers, if any, share it; same bytes.
  template <std::floating_point S>
  void step(State<S>& state, Vector<S>& parameters, const Vector<S>& gradient, double factor = 1,
            Workers* workers = nullptr) const {
    check_update("train::AdamW::step", parameters, gradient,
                 std::min(state.m.size(), state.v.size()));
    const auto t = static_cast<double>(++state.step);
    const double eta = learning_rate * factor;
    const auto keep = static_cast<S>(1 - eta * weight_decay);
    const auto eta_t = static_cast<S>(eta / (1 - std::pow(beta1, t)));
    const auto root = static_cast<S>(1 / std::sqrt(1 - std::pow(beta2, t)));
    const auto new1 = static_cast<S>(1 - beta1), new2 = static_cast<S>(1 - beta2);
    const auto old2 = static_cast<S>(beta2), eps = static_cast<S>(epsilon);
    S* const theta = parameters.data();
    S* const m = state.m.data();
    S* const v = state.v.data();
    const S* const g = gradient.data();
    const auto update = [&]<class P>(Index i) {
      using namespace Eigen::internal;
      const P gi = ploadu<P>(g + i), old = ploadu<P>(m + i);
      const P mi = padd(old, pmul(pset1<P>(new1), psub(gi, old)));
      const P vi = padd(pmul(pset1<P>(old2), ploadu<P>(v + i)), pmul(pset1<P>(new2), pmul(gi, gi)));
      const P length = padd(pmul(pset1<P>(root), psqrt(vi)), pset1<P>(eps));
      const P kept = pmul(pset1<P>(keep), ploadu<P>(theta + i));
      pstoreu(m + i, mi);
      pstoreu(v + i, vi);
      pstoreu(theta + i, psub(kept, pdiv(pmul(pset1<P>(eta_t), mi), length)));
    };
    in_pieces(parameters.size(), workers, [&](Index first, Index count) {
      by_packets<S>(count, [&]<class P>(Index i) { update.template operator()<P>(first + i); });
    });
  }
};

}  // namespace cytode::train
