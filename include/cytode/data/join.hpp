// SPDX-License-Identifier: MIT
/// Which row of a table a record of another file belongs to: by its name.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/data/csv_scanner.hpp>

namespace cytode::data {

/// True for "0", "1", "2", …: what pandas writes in front of rows that have no names.
template <class = void>
[[nodiscard]] inline bool are_positions(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != std::to_string(i)) return false;
  }
  return true;
}

/// Finds rows by name. If names occur twice in the table, the file must have all names in the same
/// order, for there is no other way to tell. Throws std::runtime_error for a name that the table
/// does not have and for one that comes twice. The names must outlive this object.
class JoinByName {
 public:
  template <class = void>
  JoinByName(const std::vector<std::string>& names, std::string file, std::string table)
      : names_(names), file_(std::move(file)), table_(std::move(table)), taken_(names.size(), 0) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      in_order_ = !rows_.emplace(names[i], static_cast<Index>(i)).second || in_order_;
    }
  }

  /// Row of the record with that number and name.
  template <class = void>
  Index operator()(Index record, std::string_view name) {
    const auto at = static_cast<std::size_t>(record);
    if (in_order_) {
      if (at < names_.size() && names_[at] == name) return record;
      fail(record, name,
           "names occur twice in " + table_ + ", so both files need the same order, and it is '" +
               (at < names_.size() ? names_[at] : "") + "' there");
    }
    const auto found = rows_.find(name);
    if (found == rows_.end()) fail(record, name, table_ + " has no row of that name");
    char& taken = taken_[static_cast<std::size_t>(found->second)];
    if (taken != 0) fail(record, name, "the name has come before");
    taken = 1;
    return found->second;
  }

 private:
  [[noreturn]] void fail(Index record, std::string_view name, const std::string& why) const {
    throw std::runtime_error(file_ + ", record " + std::to_string(record + 1) + ", name '" +
                             std::string(name) + "': " + why);
  }

  const std::vector<std::string>& names_;
  std::string file_, table_;
  std::unordered_map<std::string_view, Index> rows_;
  std::vector<char> taken_;
  bool in_order_ = false;
};

}  // namespace cytode::data
