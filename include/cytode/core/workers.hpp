// SPDX-License-Identifier: MIT
/// Worker threads for chunks of cells. Chunks, not threads, fix every order of summation.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode {

/// Cells per chunk: 128 columns keep the activations of a 64-wide network within L2, fill the
/// matrix kernels, and are the unit of every reduction, so results are the same for any number of
/// threads.
inline constexpr Index chunk_cells = 128;

/// Number of chunks that n cells make.
[[nodiscard]] constexpr Index chunk_count(Index n, Index chunk = chunk_cells) noexcept {
  return n / chunk + (n % chunk != 0 ? 1 : 0);
}

/// A fixed crew of threads; the calling thread is one of them. Starting a job allocates nothing.
/// Threads that wait look again for about a tenth of a millisecond before they sleep: waking a
/// sleeper takes as long as a chunk of a small network.
///
/// `run(jobs, f)` calls f(job, worker) once for every job in [0, jobs), worker in [0, size()) and
/// below the number of jobs, and returns when all are done. A worker begins with a run of jobs of
/// its own, the same in every call with as many jobs, whose numbers its caches may still hold, and
/// then takes what others have not begun. Which worker gets which job is left open, so a job must
/// write only where no other job does. The first exception thrown by a job is rethrown by run once
/// no thread works any more; jobs not yet begun are then left out. One job list at a time: run is
/// not re-entrant, and one crew belongs to one calling thread.
class Workers {
 public:
  /// Throws std::invalid_argument if threads < 1, std::system_error if a thread cannot start.
  template <class = void>
  explicit Workers(int threads = 1) {
    check(threads >= 1, "Workers", "threads is ", threads, ", wanted 1 or more");
    crew_ = std::vector<std::thread>(static_cast<std::size_t>(threads - 1));
    hands_ = std::vector<Hand>(static_cast<std::size_t>(threads));
    try {
      for (int w = 1; w < threads; ++w) {
        crew_[static_cast<std::size_t>(w - 1)] = std::thread([this, w] { serve(w); });
      }
    } catch (...) {
      dismiss();  // the threads that did start
      throw;
    }
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() { dismiss(); }

  /// Threads, the caller included.
  [[nodiscard]] int size() const noexcept { return static_cast<int>(crew_.size()) + 1; }

  template <class F>
  void run(Index jobs, F&& f) {
    if (crew_.empty() || jobs <= 1) {
      for (Index job = 0; job < jobs; ++job) f(job, 0);
      return;
    }
    int sleepers = 0;
    {
      const std::lock_guard lock(mutex_);
      context_ = std::addressof(f);
      call_ = [](const void* context, Index job, int worker) {
        using Job = std::remove_reference_t<F>;
        (*static_cast<Job*>(const_cast<void*>(context)))(job, worker);
      };
      deal(jobs);
      busy_.store(static_cast<int>(crew_.size()), std::memory_order_relaxed);
      round_.fetch_add(1, std::memory_order_release);
      sleepers = asleep_;
    }
    if (sleepers > 0) wake_.notify_all();
    work(0);
    const auto all_done = [this] { return busy_.load(std::memory_order_acquire) == 0; };
    if (!soon(all_done)) {
      std::unique_lock lock(mutex_);
      done_.wait(lock, all_done);
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  // Jobs that a worker begins with, in cache lines of their own.
  struct alignas(64) Hand {
    std::atomic<Index> next{0};
    Index end = 0;
  };

  void deal(Index jobs) {
    players_ = static_cast<int>(std::min<Index>(size(), jobs));
    // What is left over goes to the first hands, for the caller is awake.
    Index first = 0;
    for (int w = 0; w < players_; ++w) {
      Hand& hand = hands_[static_cast<std::size_t>(w)];
      hand.next.store(first, std::memory_order_relaxed);
      first += jobs / players_ + (w < jobs % players_ ? 1 : 0);
      hand.end = first;
    }
  }
  void work(int worker) noexcept {
    for (int turn = 0; worker < players_ && turn < players_; ++turn) {
      Hand& hand = hands_[static_cast<std::size_t>((worker + turn) % players_)];
      for (Index job; (job = hand.next.fetch_add(1, std::memory_order_relaxed)) < hand.end;) {
        try {
          call_(context_, job, worker);
        } catch (...) {
          for (Hand& any : hands_) any.next.store(any.end, std::memory_order_relaxed);
          const std::lock_guard lock(mutex_);
          if (!error_) error_ = std::current_exception();
        }
      }
    }
  }
  void dismiss() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
      round_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    for (std::thread& t : crew_) {
      if (t.joinable()) t.join();
    }
  }
  void serve(int worker) {
    long seen = 0;
    const auto called = [&] { return round_.load(std::memory_order_acquire) != seen; };
    for (;;) {
      if (!soon(called)) {
        std::unique_lock lock(mutex_);
        ++asleep_;
        wake_.wait(lock, called);
        --asleep_;
      }
      seen = round_.load(std::memory_order_acquire);
      if (closing_) return;
      work(worker);
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        { const std::lock_guard lock(mutex_); }  // the caller sees it before, or is in wait by now
        done_.notify_one();
      }
    }
  }
  /// Whether `ready` comes true while we look: at first without pause, then giving way to others.
  template <class Ready>
  static bool soon(const Ready& ready) {
    for (int look = 0; look < 4096; ++look)
      if (ready()) return true;
    for (int look = 0; look < 256; ++look) {
      if (ready()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  std::vector<std::thread> crew_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  bool closing_ = false;  ///< Written before round_ grows a last time.
  int asleep_ = 0;        ///< Guarded by the mutex.
  std::atomic<long> round_{0};
  std::atomic<int> busy_{0};
  std::vector<Hand> hands_;
  int players_ = 0;
  void (*call_)(const void*, Index, int) = nullptr;
  const void* context_ = nullptr;
  std::exception_ptr error_;
};

/// Numbers of a long vector that one job handles.
inline constexpr Index piece_numbers = 4096;

/// Calls f(first, n) for the pieces of [0, size), on the crew or, without one, here; f does not
/// care where a vector is cut. Each thread gets the same pieces of all vectors of one length, if it
/// can.
template <class F>
void in_pieces(Index size, Workers* workers, F&& f) {
  const auto piece = [&](Index p, int) {
    const Index first = p * piece_numbers;
    f(first, std::min(piece_numbers, size - first));
  };
  const Index pieces = chunk_count(size, piece_numbers);
  if (workers != nullptr) return workers->run(pieces, piece);
  for (Index p = 0; p < pieces; ++p) piece(p, 0);
}

}  // namespace cytode
