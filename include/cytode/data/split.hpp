// SPDX-License-Identifier: MIT
/// Holding time points out, so that nothing of them reaches the training.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/data/snapshots.hpp>

namespace cytode::data {

/// Time points to learn from and time points to score on; no cell is in both.
template <std::floating_point S>
struct Split {
  Snapshots<S> train;
  std::vector<Snapshot<S>> held_out;  ///< In the order of time.
};

/// Takes whole time points out, by label (see Snapshots::find). What is fitted afterwards (scaling,
/// model) is handed `train` and has no way to the rest.
///
/// Throws std::invalid_argument for no label, one that does not exist (those there are, the
/// nearest), the first and the last time point: between them only a model can interpolate.
template <std::floating_point S>
[[nodiscard]] Split<S> leave_out(const Snapshots<S>& all, const std::vector<std::string>& labels) {
  check(!labels.empty(), "leave_out", "no labels, wanted one or more");
  std::vector<char> out(static_cast<std::size_t>(all.size()), 0);
  for (const std::string& label : labels) {
    const Index i = all.find(label);
    const char* end = i == 0 ? "first" : i + 1 == all.size() ? "last" : nullptr;
    check(end == nullptr, "leave_out", "time point '", label, "' is the ",
          end == nullptr ? "" : end, " one, wanted one between '", all.front().label, "' and '",
          all.back().label, "'");
    out[static_cast<std::size_t>(i)] = 1;
  }
  std::vector<Snapshot<S>> train, held_out;
  for (Index i = 0; i < all.size(); ++i) {
    (out[static_cast<std::size_t>(i)] != 0 ? held_out : train).push_back(all[i]);
  }
  return {Snapshots<S>(std::move(train), all.notes()), std::move(held_out)};
}

}  // namespace cytode::data
