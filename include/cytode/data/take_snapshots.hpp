// SPDX-License-Identifier: MIT
/// From an AnnData to snapshots: a time column, and an embedding or the genes.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/data/anndata.hpp>
#include <cytode/data/read_x.hpp>
#include <cytode/data/snapshots.hpp>
#include <cytode/data/times_of_labels.hpp>

namespace cytode::data {

struct SnapshotOptions {
  std::string time;                             ///< Column of obs.
  std::string basis = "X_pca";                  ///< Key of obsm, or "X" for the genes themselves.
  Index dims = 0;                               ///< The first so many features; 0 takes all.
  std::map<std::string, double> time_values{};  ///< Times of labels: the final word.
};

namespace reading {

/// Throws for a coordinate that is missing or infinite: file, line, column, cell.
template <std::floating_point S>
[[noreturn]] void fail_coordinate(const AnnData<S>& a, const std::string& basis, Index feature,
                                  Index row, S value) {
  const auto source = a.sources.find("obsm/" + basis);
  std::string text = a.path;
  std::string column = basis + std::to_string(feature + 1);
  if (source != a.sources.end()) {
    text = source->second.file;
    if (source->second.in_order) text += ", line " + std::to_string(row + 2);
    text +=
        ", column " + std::to_string(source->second.columns[static_cast<std::size_t>(feature)] + 1);
  } else if (static_cast<std::size_t>(feature) < a.var.row_names.size()) {
    column = a.var.row_names[static_cast<std::size_t>(feature)];
  }
  const auto r = static_cast<std::size_t>(row);
  const std::string cell = r < a.obs.row_names.size() ? "'" + a.obs.row_names[r] + "'"
                                                      : "number " + std::to_string(row + 1);
  throw std::runtime_error(text + " ('" + column + "'), cell " + cell + ": the coordinate is " +
                           (std::isnan(value) ? "missing" : "infinite"));
}

/// Throws if the table has no such column.
template <class = void>
inline void check_time_column(const Table& obs, const std::string& time) {
  check(obs.has(time), "snapshots", "no time column '", time, "' in ", obs.file,
        suggest(time, obs.column_names()));
}

/// Rows of the cells of every time, in order; cells without a time are counted in the notes.
template <std::floating_point S>
std::map<double, std::vector<Index>> group_by_time(const AnnData<S>& a,
                                                   const SnapshotOptions& options,
                                                   std::vector<std::string>& notes) {
  const std::vector<double> times =
      times_of_labels(a.obs, options.time, options.time_values, notes);
  std::map<double, std::vector<Index>> groups;
  Index dropped = 0;
  for (std::size_t r = 0; r < times.size(); ++r) {
    if (std::isnan(times[r])) {
      ++dropped;
    } else {
      groups[times[r]].push_back(static_cast<Index>(r));
    }
  }
  const std::string where = "column '" + options.time + "' of " + a.obs.file;
  if (dropped > 0) {
    notes.push_back(std::to_string(dropped) + " of " + std::to_string(times.size()) +
                    " cells have no time in " + where + " and are left out");
  }
  check(groups.size() >= 2, "snapshots", where, " has ", groups.size(),
        groups.size() == 1 ? " time point" : " time points", ", wanted two or more");
  return groups;
}

/// Puts columns order[0], order[1], … of x first, in place; order names each column once.
template <std::floating_point S>
void reorder_columns(Matrix<S>& x, const std::vector<Index>& order) {
  std::vector<bool> done(order.size());
  Vector<S> first(x.rows());
  for (std::size_t start = 0; start < order.size(); ++start) {
    if (done[start]) continue;
    first = x.col(static_cast<Index>(start));
    std::size_t to = start;
    for (auto from = static_cast<std::size_t>(order[to]); from != start;
         from = static_cast<std::size_t>(order[to])) {
      x.col(static_cast<Index>(to)) = x.col(static_cast<Index>(from));
      done[to] = true;
      to = from;
    }
    x.col(static_cast<Index>(to)) = first;
    done[to] = true;
  }
}

/// Takes the last n columns off x, a block at a time, so that both together never hold much more
/// than x did.
template <std::floating_point S>
Matrix<S> take_last(Matrix<S>& x, Index n) {
  constexpr Index block = 8192;
  Matrix<S> last(x.rows(), n);
  while (n > 0) {
    const Index some = std::min(block, n);
    last.middleCols(n - some, some) = x.rightCols(some);
    x.conservativeResize(Eigen::NoChange, x.cols() - some);
    n -= some;
  }
  return last;
}

}  // namespace reading

/// Groups the cells of an AnnData by their time.
///
/// Cells without a time are left out and counted in the notes; labels of equal time ("0", "0.0")
/// are one time point. Throws std::invalid_argument for a time column or a basis that does not
/// exist (what there is, the nearest), dims beyond the basis, fewer than two time points, a label
/// that gives no time (see times_of_labels); std::runtime_error for a missing or infinite
/// coordinate (file, line, column, cell) and an X that cannot be read.
template <std::floating_point S>
[[nodiscard]] Snapshots<S> snapshots(const AnnData<S>& a, const SnapshotOptions& options) {
  constexpr const char* me = "snapshots";
  std::vector<std::string> notes;
  reading::check_time_column(a.obs, options.time);
  const auto entry = a.obsm.find(options.basis);
  Matrix<S> read;
  if (entry == a.obsm.end()) {
    const auto broken = a.unreadable.find("obsm/" + options.basis);
    check(broken == a.unreadable.end(), me, "obsm '", options.basis,
          "' cannot be used: ", broken == a.unreadable.end() ? std::string() : broken->second);
    std::vector<std::string> bases;
    for (const auto& [key, m] : a.obsm) bases.push_back(key);
    bases.emplace_back("X");
    check(options.basis == "X", me, "no basis '", options.basis, "' in ", a.path,
          suggest(options.basis, bases));
    if (a.x.size() == 0) read = read_x(a, &notes);
  }
  const Matrix<S>& all = entry != a.obsm.end() ? entry->second : a.x.size() > 0 ? a.x : read;
  check(options.dims >= 0 && options.dims <= all.rows(), me, "dims is ", options.dims, ", basis '",
        options.basis, "' has ", all.rows());
  const Index dims = options.dims == 0 ? all.rows() : options.dims;

  auto groups = reading::group_by_time(a, options, notes);
  std::vector<Snapshot<S>> list;
  for (auto& [time, rows] : groups) {
    Snapshot<S>& s = list.emplace_back();
    s.time = time;
    s.label = a.obs.column(options.time)[static_cast<std::size_t>(rows[0])];
    s.cells.resize(dims, static_cast<Index>(rows.size()));
    for (Index c = 0; c < s.cells.cols(); ++c) {
      const Index row = rows[static_cast<std::size_t>(c)];
      for (Index f = 0; f < dims; ++f) {
        const S value = all(f, row);
        if (!std::isfinite(value)) reading::fail_coordinate(a, options.basis, f, row, value);
        s.cells(f, c) = value;
      }
    }
    s.rows = std::move(rows);
  }
  return Snapshots<S>(std::move(list), std::move(notes));
}

/// The same of an AnnData that is not needed any more: where all features of a matrix that was read
/// are wanted, its memory becomes the snapshots', and the two never stand side by side.
template <std::floating_point S>
[[nodiscard]] Snapshots<S> snapshots(AnnData<S>&& a, const SnapshotOptions& options) {
  const auto entry = a.obsm.find(options.basis);
  Matrix<S>& all = entry != a.obsm.end() ? entry->second : a.x;
  const bool whole = options.dims == 0 || options.dims == all.rows();
  const bool named = entry != a.obsm.end() || options.basis == "X";
  // What the other has to say of a basis, dims or a coordinate stays with it.
  if (!named || !whole || all.size() == 0 || all.cols() != a.obs.rows || !all_finite(all)) {
    return snapshots(std::as_const(a), options);
  }
  reading::check_time_column(a.obs, options.time);
  std::vector<std::string> notes;
  auto groups = reading::group_by_time(a, options, notes);
  std::vector<Snapshot<S>> list(groups.size());
  std::size_t k = 0;
  for (auto& [time, rows] : groups) {
    list[k++].label = a.obs.column(options.time)[static_cast<std::size_t>(rows[0])];
  }
  a.obs = {};  // texts of every cell: nearly as large as its coordinates
  {
    std::vector<Index> order;
    order.reserve(static_cast<std::size_t>(all.cols()));
    std::vector<bool> kept(static_cast<std::size_t>(all.cols()));
    for (const auto& [time, rows] : groups) {
      order.insert(order.end(), rows.begin(), rows.end());
      for (const Index row : rows) kept[static_cast<std::size_t>(row)] = true;
    }
    const auto cells = static_cast<Index>(order.size());
    for (std::size_t row = 0; row < kept.size(); ++row) {
      if (!kept[row]) order.push_back(static_cast<Index>(row));
    }
    reading::reorder_columns(all, order);
    all.conservativeResize(Eigen::NoChange, cells);
  }
  for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
    Snapshot<S>& s = list[--k];
    s.time = group->first;
    s.rows = std::move(group->second);
    const auto n = static_cast<Index>(s.rows.size());
    s.cells = k == 0 ? std::move(all) : reading::take_last(all, n);
  }
  if (entry != a.obsm.end()) a.obsm.erase(entry);
  return Snapshots<S>(std::move(list), std::move(notes));
}

}  // namespace cytode::data
