// SPDX-License-Identifier: MIT
/// The gradient of a loss that is a sum over chunks of cells, in parallel and in bounded memory.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include <cytode/core/by_packets.hpp>
#include <cytode/core/types.hpp>
#include <cytode/core/workers.hpp>

namespace cytode::flow {

/// Adds losses and gradients of chunks 0, 1, … in an order that the number of chunks alone fixes,
/// so the result is the same, to the last bit, for any number of threads.
///
/// Runs of neighbouring chunks make at most `most_sums` partial sums; a run's chunks are added one
/// after the other, then the partial sums in order. Memory: `most_sums` gradients at most, however
/// many chunks there are, and whatever room the caller keeps for one chunk a thread.
template <std::floating_point S>
class ChunkedGradient {
 public:
  static constexpr Index most_sums = 16;

  /// Rooms that `run` needs for so many chunks: one for each thread that can have work.
  [[nodiscard]] static Index rooms(Index chunks, const Workers& workers) noexcept {
    return std::min<Index>(workers.size(), std::min(chunks, most_sums));
  }

  /// Sum of the losses; `gradient`, which has its size, becomes the sum of the gradients.
  ///
  /// f(room, chunk, sum) adds the gradient of a chunk to `sum` and returns its loss; no two calls
  /// with one room, in [0, rooms()), run at the same time. The first run with a number of chunks
  /// calls f for chunk 0 in every room beforehand, so that the room is as large as it will ever be:
  /// which thread gets which chunk is chance. Nothing is allocated once warm, if f allocates
  /// nothing.
  template <class F>
  double run(Index chunks, Workers& workers, F&& f, Vector<S>& gradient) {
    const Index groups = std::min(chunks, most_sums), slots = rooms(chunks, workers);
    const Index size = gradient.size();
    if (std::ssize(sums_) != groups) sums_ = std::vector<Sum>(static_cast<std::size_t>(groups));
    if (chunks != warm_chunks_ || size != warm_size_) {
      for (Sum& sum : sums_) {
        sum.gradient.resize(size);
        set_zero(sum.gradient);
      }
      for (Index room = 1; room < slots; ++room) f(room, Index{0}, sums_[0].gradient);
      warm_chunks_ = chunks;
      warm_size_ = size;
    }
    std::atomic<Index> next{0};
    workers.run(slots, [&](Index room, int) {
      for (Index g; (g = next.fetch_add(1, std::memory_order_relaxed)) < groups;) {
        Sum& sum = sums_[static_cast<std::size_t>(g)];
        set_zero(sum.gradient);
        sum.loss = 0;
        for (Index c = chunks * g / groups; c < chunks * (g + 1) / groups; ++c) {
          sum.loss += f(room, c, sum.gradient);
        }
      }
    });
    if (groups == 0) set_zero(gradient);
    workers.run(groups == 0 ? 0 : chunk_count(size, piece), [&](Index p, int) {
      const Index first = p * piece, n = std::min(piece, size - first);
      S* const total = gradient.data() + first;
      std::copy_n(sums_[0].gradient.data() + first, n, total);
      for (std::size_t g = 1; g < sums_.size(); ++g) {
        by_packets<S>(n, [total, more = sums_[g].gradient.data() + first]<class P>(Index i) {
          using namespace Eigen::internal;
          pstoreu(total + i, padd(ploadu<P>(total + i), ploadu<P>(more + i)));
        });
      }
    });
    double loss = 0;
    for (const Sum& sum : sums_) loss += sum.loss;
    return loss;
  }

 private:
  static constexpr Index piece = 8192;  // numbers summed at a time: they stay in the first caches
  struct Sum {
    Vector<S> gradient;
    double loss = 0;
  };
  static void set_zero(Vector<S>& v) noexcept {
    if (v.size() > 0) std::memset(v.data(), 0, sizeof(S) * static_cast<std::size_t>(v.size()));
  }
  std::vector<Sum> sums_;
  Index warm_chunks_ = -1, warm_size_ = -1;
};

}  // namespace cytode::flow
