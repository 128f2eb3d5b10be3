// SPDX-License-Identifier: MIT
/// Heads: which rows of a map's input and output mean what.
#pragma once

#include <string_view>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::fields {

/// The dynamics of cells as one map y = m(t, [x; c]): velocity, growth rate and score side by side.
///
/// | rows of the input | rows of the output |
/// |---|---|
/// | x: dims | velocity v: dims, per unit of time |
/// | condition c: conditions | growth rate g = d log m/dt: 1, if growth |
/// | | score ∇ log p_t(x): dims, if score |
struct Heads {
  Index dims = 0;        ///< Features of a cell; 0 takes the map's outputs: velocity alone.
  Index conditions = 0;  ///< Rows of the condition.
  bool growth = false;
  bool score = false;

  [[nodiscard]] constexpr Index inputs() const noexcept { return dims + conditions; }
  [[nodiscard]] constexpr Index outputs() const noexcept {
    return dims + (growth ? 1 : 0) + (score ? dims : 0);
  }
  [[nodiscard]] constexpr Index growth_row() const noexcept { return dims; }
  [[nodiscard]] constexpr Index score_row() const noexcept { return dims + (growth ? 1 : 0); }

  /// Throws std::invalid_argument unless a map of these inputs and outputs has these heads.
  template <class = void>
  void check_fits(std::string_view function, Index map_inputs, Index map_outputs) const {
    check(dims >= 1 && conditions >= 0, function, "heads of ", dims, " dims and ", conditions,
          " conditions");
    check(map_inputs == inputs() && map_outputs == outputs(), function, "the map has ", map_inputs,
          " inputs and ", map_outputs, " outputs, its heads want ", inputs(), " and ", outputs());
  }
};

}  // namespace cytode::fields
