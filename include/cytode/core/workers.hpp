// SPDX-License-Identifier: MIT
/// Worker threads for chunks of cells. Chunks, not threads, fix every order of summation.
#pragma once

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
///
/// `run(jobs, f)` calls f(job, worker) once for every job in [0, jobs), worker in [0, size()), and
/// returns when all are done. Which worker gets which job is left open, so a job must write only
/// where no other job does. The first exception thrown by a job is rethrown by run once no thread
/// works any more; jobs not yet begun are then left out. One job list at a time: run is not
/// re-entrant, and one crew belongs to one calling thread.
class Workers {
 public:
  /// Throws std::invalid_argument if threads < 1, std::system_error if a thread cannot start.
  explicit Workers(int threads = 1) {
    check(threads >= 1, "Workers", "threads is ", threads, ", wanted 1 or more");
    crew_.reserve(static_cast<std::size_t>(threads - 1));
    try {
      for (int w = 1; w < threads; ++w) {
        crew_.emplace_back([this, w] { serve(w); });
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
    {
      const std::lock_guard lock(mutex_);
      context_ = std::addressof(f);
      call_ = [](const void* context, Index job, int worker) {
        using Job = std::remove_reference_t<F>;
        (*static_cast<Job*>(const_cast<void*>(context)))(job, worker);
      };
      jobs_ = jobs;
      next_.store(0, std::memory_order_relaxed);
      busy_ = static_cast<int>(crew_.size());
      ++round_;
    }
    wake_.notify_all();
    work(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  void work(int worker) noexcept {
    for (Index job; (job = next_.fetch_add(1, std::memory_order_relaxed)) < jobs_;) {
      try {
        call_(context_, job, worker);
      } catch (...) {
        next_.store(jobs_, std::memory_order_relaxed);
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
      }
    }
  }
  void dismiss() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    for (std::thread& t : crew_) t.join();
  }
  void serve(int worker) {
    long seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return closing_ || round_ != seen; });
        if (closing_) return;
        seen = round_;
      }
      work(worker);
      const std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> crew_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  bool closing_ = false;
  long round_ = 0;
  int busy_ = 0;
  Index jobs_ = 0;
  std::atomic<Index> next_{0};
  void (*call_)(const void*, Index, int) = nullptr;
  const void* context_ = nullptr;
  std::exception_ptr error_;
};

}  // namespace cytode
