// SPDX-License-Identifier: MIT
/// A gene-regulatory circuit with known dynamics: a dividing progenitor that branches in two fates.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/times.hpp>
#include <cytode/core/types.hpp>

namespace cytode::data {

struct CircuitOptions {
  Index targets = 40;        ///< Genes that only read the drivers.
  double noise = 0.15;       ///< 1/√Ω of the chemical Langevin equation, Ω molecules a unit.
  double maturation = 0.45;  ///< Rate at which the progenitor program decays, per day.
  double bias = 0;           ///< Production added to fate A in the fate switch, units per day.
  double division = 0.9;     ///< Highest division rate, per day.
  double death = 0.2;        ///< Highest death rate, per day; reached in fate B.
  std::uint64_t seed = 0;    ///< Which targets read what, and how.
};

/// Four drivers and `targets` read-outs, in units of log-normalised expression (about 0 … 6).
///
/// Every gene has a production and a first-order decay, f(x) = p(x) − k ∘ x per day. With
/// H(x, θ) = x⁴ / (θ⁴ + x⁴), the drivers are
///
/// | driver | p | k | |
/// |---|---|---|---|
/// | P, progenitor | 0 | maturation | the clock: starts at 5 and only falls |
/// | C, cycle | 8 H(P, 1.6) | 2 | on while P is |
/// | A, fate | 0.3 + s (2 H(A, 2) + 2 (1 − H(B, 2)) + bias) | 1 | both fates rise as P falls, |
/// | B, fate | 0.3 + s (2 H(B, 2) + 2 (1 − H(A, 2))) | 1 | then one excludes the other |
///
/// with s = 1 − H(P, 1.6): Huang's switch of two genes that activate themselves and repress each
/// other (GATA1 and PU.1) [Huang 2007], closed by the progenitor program. While P is high A = B =
/// 0.3 is stable; once it is gone A = B = 2.3 is a saddle, and (4.2, 0.4) and (0.4, 4.2) are the
/// fates.
/// Target j has p = k_j (β_j + m_j / (1 + exp(−w_jᵀ(P, C, A, B) − c_j))) with its own k_j in 0.6 …
/// 2 per day, ceiling m_j in 2 … 6, and one main driver, P, C, A, B or both fates alike.
///
/// A cell divides at rate division · H(C, 2) and dies at rate death · H(B, 2), per day. Molecular
/// noise is that of the chemical Langevin equation, dx = f dt + noise √(p + k ∘ x) ∘ dW
/// [Gillespie 2000]. As a field (without noise) the circuit can be handed to ode::solve.
template <std::floating_point S = double>
class GeneCircuit {
 public:
  using Scalar = S;
  struct Cache {};
  using Drivers = std::array<S, 4>;
  enum Driver : Index { progenitor, cycle, fate_a, fate_b };
  static constexpr Index drivers = 4;

  /// Throws std::invalid_argument for a negative or non-finite number.
  explicit GeneCircuit(const CircuitOptions& options = {}) : options_(options) {
    constexpr auto me = "GeneCircuit";
    check(options.targets >= 0, me, "targets is ", options.targets, ", wanted zero or more");
    check_not_negative(me, "noise", options.noise);
    check_positive(me, "maturation", options.maturation);
    check_not_negative(me, "bias", options.bias);
    check_not_negative(me, "division", options.division);
    check_not_negative(me, "death", options.death);
    wire_targets();
  }

  [[nodiscard]] const CircuitOptions& options() const noexcept { return options_; }
  /// Genes: drivers, then targets.
  [[nodiscard]] Index dims() const noexcept { return drivers + options_.targets; }
  /// Gene names: DriverP, DriverC, FateA, FateB, Target01, …
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  /// What each gene is: "progenitor", "cycle", "fate A", "fate B", "target of A", …
  [[nodiscard]] const std::vector<std::string>& roles() const noexcept { return roles_; }
  /// Decay rates k, one a gene, per day.
  [[nodiscard]] const Vector<S>& decay() const noexcept { return decay_; }

  /// Production of the drivers alone; they do not read the targets.
  [[nodiscard]] Drivers driver_production(const Drivers& x) const noexcept {
    const S on = hill(x[progenitor], S(1.6));
    const S a = hill(x[fate_a], 2), b = hill(x[fate_b], 2);
    return {0, 8 * on, primed + (1 - on) * (2 * a + 2 * (1 - b) + S(options_.bias)),
            primed + (1 - on) * (2 * b + 2 * (1 - a))};
  }
  /// p(x) of every gene of one cell, x and p of length dims().
  template <class X, class P>
  void production(const Eigen::MatrixBase<X>& x, P&& p) const {
    const Drivers d = driver_production({x[0], x[1], x[2], x[3]});
    for (Index i = 0; i < drivers; ++i) p[i] = d[static_cast<std::size_t>(i)];
    const auto read = weights_.col(0) * x[0] + weights_.col(1) * x[1] + weights_.col(2) * x[2] +
                      weights_.col(3) * x[3] + offset_;
    p.tail(options_.targets).array() = basal_ + ceiling_ / (1 + (-read).exp());
  }
  /// dx = f(x) for a batch, genes × cells; it does not depend on time.
  void forward(Times<S>, const ConstBatch<S>& x, Batch<S> dx, Cache&) const {
    check_features("GeneCircuit::forward", "x", x, dims());
    check_shape("GeneCircuit::forward", "dx", dx, x.rows(), x.cols());
    for (Index cell = 0; cell < x.cols(); ++cell) {
      production(x.col(cell), dx.col(cell));
      dx.col(cell) -= decay_.cwiseProduct(x.col(cell));
    }
  }

  /// Divisions per day of a cell in this state.
  template <class X>
  [[nodiscard]] S division(const Eigen::MatrixBase<X>& x) const {
    return S(options_.division) * hill(x[cycle], 2);
  }
  /// Deaths per day of a cell in this state.
  template <class X>
  [[nodiscard]] S death(const Eigen::MatrixBase<X>& x) const {
    return S(options_.death) * hill(x[fate_b], 2);
  }

  /// The progenitor a founder starts from: P = 5, all other genes at rest with it.
  [[nodiscard]] Vector<S> founder() const {
    Vector<S> x = Vector<S>::Zero(dims()), p(dims());
    x[progenitor] = 5;
    for (int chain = 0; chain < 2; ++chain) {  // C reads P; targets read C
      x[fate_a] = x[fate_b] = primed;
      production(x, p);
      x.tail(dims() - 1) = p.tail(dims() - 1).cwiseQuotient(decay_.tail(dims() - 1));
    }
    return x;
  }

 private:
  using Array = Eigen::Array<S, Eigen::Dynamic, 1>;
  static constexpr S primed = S(0.3);  ///< Production of A and B that is always there.

  static S hill(S x, S threshold) noexcept {
    const S r = x / threshold, r4 = r * r * r * r;
    return r4 / (1 + r4);
  }

  void wire_targets() {
    const Index n = options_.targets;
    names_ = {"DriverP", "DriverC", "FateA", "FateB"};
    roles_ = {"progenitor", "cycle", "fate A", "fate B"};
    decay_.resize(dims());
    decay_.template head<drivers>() << S(options_.maturation), 2, 1, 1;
    weights_ = Weights::Zero(n, drivers);
    offset_.resize(n);
    basal_.resize(n);
    ceiling_.resize(n);
    const std::size_t digits = std::max<std::size_t>(2, std::to_string(n).size());
    for (Index j = 0; j < n; ++j) {
      const Stream s = Stream(options_.seed).fork(0x77697265).at(static_cast<std::uint64_t>(j));
      const auto between = [&](std::uint64_t i, double low, double high) {
        return low + (high - low) * s.uniform(i);
      };
      // Mostly fates, so that the branches are told apart by many genes.
      constexpr std::array kinds{"A", "B", "P", "A", "B", "C", "A and B", "A", "B", "P"};
      const std::string kind = kinds[static_cast<std::size_t>(j) % kinds.size()];
      const double sign = s.uniform(0) < 0.2 ? -1 : 1;
      const double slope = sign * between(1, 1.2, 2.5), threshold = between(2, 1.2, 3);
      if (kind == "A and B") {
        weights_(j, fate_a) = weights_(j, fate_b) = S(slope);
      } else {
        const Index main = kind == "P"   ? progenitor
                           : kind == "C" ? cycle
                           : kind == "A" ? fate_a
                                         : fate_b;
        weights_(j, main) = S(slope);
      }
      offset_[j] = S(-slope * threshold);
      weights_(j, s.below(3, drivers)) += S(between(4, -0.3, 0.3));  // cross-talk
      const double k = between(5, 0.6, 2);
      decay_[drivers + j] = S(k);
      basal_[j] = S(k * between(6, 0, 0.6));
      ceiling_[j] = S(k * between(7, 2, 6));
      const std::string number = std::to_string(j + 1);
      names_.push_back("Target" + std::string(digits - number.size(), '0') + number);
      roles_.push_back((sign > 0 ? "target of " : "repressed by ") + kind);
    }
  }

  using Weights = Eigen::Array<S, Eigen::Dynamic, 4>;
  CircuitOptions options_;
  std::vector<std::string> names_, roles_;
  Vector<S> decay_;
  Weights weights_;
  Array offset_, basal_, ceiling_;
};

}  // namespace cytode::data
