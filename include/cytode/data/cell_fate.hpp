// SPDX-License-Identifier: MIT
/// Which fate a cell of the gene circuit will take, and with what probability.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <type_traits>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/gene_circuit.hpp>
#include <cytode/data/simulate_clone.hpp>

namespace cytode::data {

/// What becomes of a cell that neither divides nor dies.
struct CellFate {
  bool a = false;           ///< Fate A along the noise-free drift; a tie counts as A.
  double probability = -1;  ///< Share of the noisy continuations that end in A; −1 without any.
};

namespace fates {

/// Follows the drivers in steps of 0.05 days until |A − B| > 3 or for 30 days; true if A ≥ B then.
/// 3 lies beyond any way back: the fates are 3.8 apart.
template <std::floating_point S>
bool ends_in_a(const GeneCircuit<S>& circuit, typename GeneCircuit<S>::Drivers x, S noise,
               const Stream& stream) {
  using Circuit = GeneCircuit<S>;
  using Four = Eigen::Array<S, 4, 1>;
  const Four k = circuit.decay().template head<4>().array();
  std::array<float, 64> normals{};  // of 16 steps
  for (std::uint64_t s = 0; s < 600; ++s) {
    if (std::abs(x[Circuit::fate_a] - x[Circuit::fate_b]) > 3) break;
    if (noise > 0 && s % 16 == 0) stream.fill_normal(4 * s, normals.data(), 64);
    const typename Circuit::Drivers p = circuit.driver_production(x);
    langevin_step(
        Eigen::Map<Four>(x.data()), Eigen::Map<const Four>(p.data()), k, noise, S(0.05),
        Eigen::Map<const Eigen::Array<deferred_t<float, S>, 4, 1>>(normals.data() + 4 * (s % 16))
            .template cast<S>());
  }
  return x[Circuit::fate_a] >= x[Circuit::fate_b];
}

}  // namespace fates

/// The fate of a cell (dims() numbers), from its drivers, by `continuations` independent futures.
/// The probability's standard error is at most 1 / (2 √continuations).
template <std::floating_point S>
[[nodiscard]] CellFate cell_fate(const GeneCircuit<S>& circuit,
                                 const std::type_identity_t<ConstVectorView<S>>& cell,
                                 Index continuations, const Stream& stream) {
  check_features("data::cell_fate", "cell", cell, circuit.dims());
  const typename GeneCircuit<S>::Drivers x{cell[0], cell[1], cell[2], cell[3]};
  CellFate fate;
  fate.a = fates::ends_in_a(circuit, x, S{0}, stream);
  if (continuations <= 0) return fate;
  const auto noise = static_cast<S>(circuit.options().noise);
  Index in_a = 0;
  for (Index c = 0; c < continuations; ++c) {
    const Stream future = stream.fork(static_cast<std::uint64_t>(c));
    in_a += fates::ends_in_a(circuit, x, noise, future) ? 1 : 0;
  }
  fate.probability = static_cast<double>(in_a) / static_cast<double>(continuations);
  return fate;
}

}  // namespace cytode::data
