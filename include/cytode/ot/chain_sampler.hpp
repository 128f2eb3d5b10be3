// SPDX-License-Identifier: MIT
/// Draws paths of cells, one at every time point, from a chain of plans.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>
#include <cytode/ot/chain.hpp>

namespace cytode::ot {

/// Draws (i_0, i_1, …, i_K) with probability proportional to π_0(i_0, i_1) π_1(i_1, i_2)/m_1(i_1)
/// …, m_k the mass that arrives at a cell: every pair of times of the path is distributed as the
/// chain's coupling of the whole way, cells without descendants at the end are never drawn.
///
/// O(times · log entries) a path, no allocation; path number k of a stream is the same whoever
/// asks.
class ChainSampler {
 public:
  /// Throws std::invalid_argument if no path reaches from the first to the last time.
  template <class = void>
  explicit ChainSampler(const Chain& chain) : steps_(static_cast<std::size_t>(chain.times() - 1)) {
    // left[i]: mass at the end per unit of mass that stands at cell i.
    Vector<double> left = Vector<double>::Ones(chain.cells(chain.times() - 1));
    for (Index k = chain.times() - 2; k >= 0; --k) {
      const Plan& plan = chain.plan(k);
      Step& step = steps_[static_cast<std::size_t>(k)];
      std::vector<PlanEntry> entries = plan.entries;
      std::ranges::stable_sort(entries, {}, &PlanEntry::row);
      step.first.assign(static_cast<std::size_t>(plan.rows) + 1, 0);
      Vector<double> sum = Vector<double>::Zero(plan.rows);
      for (const PlanEntry& e : entries) {
        const double weight = e.mass * left[e.col];
        if (!(weight > 0)) continue;
        sum[e.row] += weight;
        step.col.push_back(e.col);
        step.cumulative.push_back(sum[e.row]);
        ++step.first[static_cast<std::size_t>(e.row) + 1];
      }
      for (std::size_t i = 1; i < step.first.size(); ++i) step.first[i] += step.first[i - 1];
      if (k == 0) {
        start_.resize(static_cast<std::size_t>(plan.rows));
        double total = 0;
        for (Index i = 0; i < plan.rows; ++i) start_[static_cast<std::size_t>(i)] = total += sum[i];
        check(total > 0, "ot::ChainSampler", "no path reaches from the first to the last time");
        break;
      }
      left.resize(plan.rows);
      for (Index i = 0; i < plan.rows; ++i) {
        const double arrived = chain.mass(k)[i];
        left[i] = arrived > 0 ? sum[i] / arrived : 0;
      }
    }
  }

  [[nodiscard]] Index times() const noexcept { return std::ssize(steps_) + 1; }

  /// Path number k of the stream: path[t] is a cell of time t. Throws std::invalid_argument on
  /// another length.
  template <class = void>
  void draw(const Stream& stream, std::uint64_t k, std::span<Index> path) const {
    check_length(path);
    walk(stream, k, stream.uniform(number(k, 0)), path);
  }

  /// n paths, the k-th from the k-th n-th of the first cells' mass, side by side in `paths`: cell
  /// of path k at time t is paths[k · times + t]. Starts are spread as evenly as they can be.
  template <class = void>
  void draw_evenly(const Stream& stream, std::span<Index> paths) const {
    const auto length = static_cast<std::size_t>(times());
    check(paths.size() % length == 0, "ot::ChainSampler::draw_evenly", "paths has ", paths.size(),
          " entries, wanted a multiple of ", length);
    const std::size_t n = paths.size() / length;
    for (std::size_t k = 0; k < n; ++k) {
      const double u = (static_cast<double>(k) + stream.uniform(number(k, 0))) / double(n);
      walk(stream, k, u, paths.subspan(k * length, length));
    }
  }

 private:
  struct Step {
    std::vector<std::size_t> first;  // of each row's entries
    std::vector<Index> col;
    std::vector<double> cumulative;  // within its row
  };

  template <class = void>
  void check_length(std::span<Index> path) const {
    check(std::ssize(path) == times(), "ot::ChainSampler::draw", "path has ", path.size(),
          " entries, wanted ", times());
  }
  std::uint64_t number(std::uint64_t k, std::uint64_t t) const noexcept {
    return k * static_cast<std::uint64_t>(times()) + t;
  }

  /// The first place whose cumulative weight exceeds u of the last one.
  template <class = void>
  static std::size_t find(const std::vector<double>& cumulative, std::size_t begin, std::size_t end,
                          double u) noexcept {
    const auto at = [&](std::size_t i) {
      return cumulative.begin() + static_cast<std::ptrdiff_t>(i);
    };
    const double total = cumulative[end - 1];
    const auto found = std::upper_bound(at(begin), at(end), u * total);
    // Rounding may reach the total: then the first place that does, so that its weight is not zero.
    return static_cast<std::size_t>(
        (found == at(end) ? std::lower_bound(at(begin), at(end), total) : found) -
        cumulative.begin());
  }

  template <class = void>
  void walk(const Stream& stream, std::uint64_t k, double u, std::span<Index> path) const noexcept {
    std::size_t cell = find(start_, 0, start_.size(), u);
    path[0] = static_cast<Index>(cell);
    for (std::size_t t = 0; t < steps_.size(); ++t) {
      const Step& step = steps_[t];
      const std::size_t entry = find(step.cumulative, step.first[cell], step.first[cell + 1],
                                     stream.uniform(number(k, t + 1)));
      path[t + 1] = step.col[entry];
      cell = static_cast<std::size_t>(path[t + 1]);
    }
  }

  std::vector<Step> steps_;
  std::vector<double> start_;
};

}  // namespace cytode::ot
