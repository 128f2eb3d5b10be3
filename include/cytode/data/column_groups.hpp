// SPDX-License-Identifier: MIT
/// The keys behind the column names of obsm.csv and varm.csv: X_pca1, X_pca2, …, X_umap1, ….
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <cytode/core/types.hpp>

namespace cytode::data {

/// One embedding: its key and the columns of the file it is made of.
struct ColumnGroup {
  std::string key;
  std::vector<Index> columns;
  std::string problem;  ///< Why it cannot be trusted; empty if it can.
};

/// Groups columns named <key><number>: the numbers of a key run 1, 2, 3, … without a gap.
///
/// A column continues the key before it if its name is that key and the next number, else it starts
/// a key if it ends in 1: `X_scVI_v21` is column 21 of `X_scVI_v` after twenty others and column 1
/// of `X_scVI_v2` otherwise. A column that does neither but belongs to an earlier key shows that
/// two keys (`X_pca` with eleven columns or more and `X_pca1`) overwrote each other's columns: the
/// key gets a problem. Where the columns stay in a run, that loss leaves no trace in the file. Any
/// other name is a key of one column.
template <class = void>
[[nodiscard]] inline std::vector<ColumnGroup> group_columns(const std::vector<std::string>& names) {
  std::vector<ColumnGroup> groups;
  for (std::size_t c = 0; c < names.size(); ++c) {
    const std::string& name = names[c];
    const auto column = static_cast<Index>(c);
    if (!groups.empty()) {
      ColumnGroup& last = groups.back();
      if (name == last.key + std::to_string(last.columns.size() + 1)) {
        last.columns.push_back(column);
        continue;
      }
    }
    const std::string stem = name.substr(0, name.find_last_not_of("0123456789") + 1);
    const std::string key =
        name.size() > 1 && name.back() == '1' ? name.substr(0, name.size() - 1) : name;
    ColumnGroup* owner = nullptr;  // the longest earlier key that this column could be of
    for (ColumnGroup& g : groups) {
      const bool of = name.size() > g.key.size() && name.starts_with(g.key) &&
                      g.key.size() >= stem.size() && name[g.key.size()] != '0';
      if (of && (owner == nullptr || g.key.size() > owner->key.size())) owner = &g;
    }
    if (owner != nullptr && (key == name || owner->key == key)) {
      owner->problem = "column '" + name + "' stands apart from '" + owner->key + "1' to '" +
                       owner->key + std::to_string(owner->columns.size()) +
                       "': two keys, such as '" + owner->key + "' and '" + owner->key +
                       "1', were written over each other; rename one and export again";
      continue;
    }
    groups.push_back({key, {column}, {}});
  }
  return groups;
}

}  // namespace cytode::data
