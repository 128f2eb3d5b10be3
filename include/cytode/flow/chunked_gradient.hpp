// SPDX-License-Identifier: MIT
/// The gradient of a loss that is a sum over chunks of cells, in parallel and in bounded memory.
#pragma once

#include <algorithm>
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
    const Index groups = std::min(chunks, most_sums), size = gradient.size();
    if (std::ssize(sums_) != groups) sums_ = std::vector<Sum>(static_cast<std::size_t>(groups));
    if (groups == 0) set_zero(gradient);
    if (chunks != warm_chunks_ || size != warm_size_) {
      for (Sum& sum : sums_) sum.gradient.resize(size);
      for (Index r = 1; r < rooms(chunks, workers); ++r) f(r, Index{0}, sums_[0].gradient);
      for (Sum& sum : sums_) set_zero(sum.gradient);
    }
    warm_chunks_ = -1;  // until the sums are zero again, even if f throws
    workers.run(groups, [&](Index g, int worker) {
      Sum& sum = sums_[static_cast<std::size_t>(g)];
      sum.loss = 0;
      for (Index c = chunks * g / groups; c < chunks * (g + 1) / groups; ++c) {
        sum.loss += f(static_cast<Index>(worker), c, sum.gradient);
      }
    });
    if (groups > 0) {
      in_pieces(size, &workers, [&](Index first, Index n) { add_up(first, n, gradient.data()); });
    }
    warm_chunks_ = chunks;
    warm_size_ = size;
    double loss = 0;
    for (const Sum& sum : sums_) loss += sum.loss;
    return loss;
  }

 private:
  struct Sum {
    Vector<S> gradient;
    double loss = 0;
  };
  static void set_zero(Vector<S>& v) noexcept {
    if (v.size() > 0) std::memset(v.data(), 0, sizeof(S) * static_cast<std::size_t>(v.size()));
  }
  // total = the sums of all groups, in order, and those zero again while they are at hand.
  void add_up(Index first, Index n, S* total) {
    using namespace Eigen::internal;
    by_packets<S>(n, [&]<class P>(Index i) {
      P sum = ploadu<P>(sums_[0].gradient.data() + first + i);
      pstoreu(sums_[0].gradient.data() + first + i, pset1<P>(S(0)));
      for (std::size_t g = 1; g < sums_.size(); ++g) {
        S* const next = sums_[g].gradient.data() + first + i;
        sum = padd(sum, ploadu<P>(next));
        pstoreu(next, pset1<P>(S(0)));
      }
      pstoreu(total + first + i, sum);
    });
  }

  std::vector<Sum> sums_;
  Index warm_chunks_ = -1, warm_size_ = -1;
};

}  // namespace cytode::flow
