// SPDX-License-Identifier: MIT
/// Simulated snapshots as an AnnData with principal components, ready for write_anndata.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/anndata.hpp>
#include <cytode/data/gene_circuit.hpp>
#include <cytode/data/number.hpp>
#include <cytode/data/pca.hpp>
#include <cytode/data/simulate_snapshots.hpp>
#include <cytode/data/write_anndata.hpp>

namespace cytode::data {

/// The simulated cells in AnnData's terms, in float as AnnData likes them; expression is `x`.
///
/// | where | what |
/// |---|---|
/// | obs | `day`, `fate` (A or B), `fate_A_probability`, `growth` (per day), `clone` |
/// | var | `role`, `mean` |
/// | obsm | `X_pca`; truth in genes and in PCs: `velocity_true`, `velocity_true_pca` |
/// | varm | `PCs`, with X_pca = (x − mean) PCs and velocity_true_pca = velocity_true PCs |
///
/// fate_A_probability is left out if it was not simulated. Throws as fit_pca for dims.
template <std::floating_point Out = float, std::floating_point S>
[[nodiscard]] AnnData<Out> simulated_anndata(const GeneCircuit<S>& circuit,
                                             const SimulatedSnapshots<S>& cells, Index dims) {
  check_features("data::simulated_anndata", "cells.expression", cells.expression, circuit.dims());
  AnnData<Out> a;
  a.x = cells.expression.template cast<Out>();
  const Matrix<Out> velocity = cells.velocity.template cast<Out>();
  const Pca<Out> pca = fit_pca(a.x, dims);
  a.obsm["X_pca"] = pca.transform(a.x);
  a.obsm["velocity_true"] = velocity;
  a.obsm["velocity_true_pca"] = pca.components.transpose() * velocity;
  a.varm["PCs"] = pca.components.transpose();

  const auto text = [](auto value) {
    std::string out;
    append_number(out, value);
    return out;
  };
  const auto add = [](Table& table, std::string name, auto&& value_of) {
    TableColumn column{std::move(name), {}};
    for (std::size_t i = 0; i < table.row_names.size(); ++i) column.values.push_back(value_of(i));
    table.columns.push_back(std::move(column));
  };
  const std::size_t n = cells.day.size(), digits = std::to_string(n).size();
  for (std::size_t i = 0; i < n; ++i) {
    const std::string number = std::to_string(i + 1);
    a.obs.row_names.push_back("cell" + std::string(digits - number.size(), '0') + number);
  }
  a.obs.rows = static_cast<Index>(n);
  add(a.obs, "day", [&](std::size_t i) { return text(cells.day[i]); });
  add(a.obs, "fate", [&](std::size_t i) { return std::string(cells.fate_a[i] ? "A" : "B"); });
  if (n > 0 && cells.fate_a_probability[0] >= 0) {
    add(a.obs, "fate_A_probability",
        [&](std::size_t i) { return text(cells.fate_a_probability[i]); });
  }
  add(a.obs, "growth", [&](std::size_t i) { return text(cells.growth[i]); });
  add(a.obs, "clone", [&](std::size_t i) { return std::to_string(cells.clone[i]); });

  a.var.row_names = circuit.names();
  a.var.rows = circuit.dims();
  add(a.var, "role", [&](std::size_t g) { return circuit.roles()[g]; });
  add(a.var, "mean", [&](std::size_t g) { return text(pca.mean[static_cast<Index>(g)]); });
  return a;
}

/// Entries for the folder uns: `days` and `relative_mass` (living cells a founder, on each day).
template <std::floating_point S>
[[nodiscard]] UnsRecords simulated_uns(const SimulatedSnapshots<S>& cells) {
  UnsRecords uns;
  for (std::size_t d = 0; d < cells.days.size(); ++d) {
    append_number(uns["days"].emplace_back(1).front(), cells.days[d]);
    append_number(uns["relative_mass"].emplace_back(1).front(), cells.mass[d]);
  }
  return uns;
}

}  // namespace cytode::data
