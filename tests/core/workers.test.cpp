// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include <cytode/core/workers.hpp>

#include "catch.hpp"
#include "laws/allocations.hpp"

using namespace cytode;

TEST_CASE("chunks cover every cell once, whatever the count", "[core]") {
  CHECK(chunk_count(0) == 0);
  CHECK(chunk_count(1) == 1);
  CHECK(chunk_count(128) == 1);
  CHECK(chunk_count(129) == 2);
  CHECK(chunk_count(10, 3) == 4);
  const Index most = std::numeric_limits<Index>::max();
  CHECK(chunk_count(most, 1) == most);
  CHECK(chunk_count(most) == most / 128 + 1);
}

TEST_CASE("every job runs once, by a worker that there is, run after run", "[core]") {
  for (const int threads : {1, 2, 5}) {
    Workers workers(threads);
    CHECK(workers.size() == threads);
    for (int round = 0; round < 300; ++round) {
      const Index jobs = round % 23;  // none, fewer than workers, more
      std::vector<int> done(23, 0), by(23, 0);
      const auto job = [&](Index i, int worker) {
        ++done[static_cast<std::size_t>(i)];
        by[static_cast<std::size_t>(i)] = worker;
      };
      workers.run(jobs, job);  // a const callable, kept by the caller
      REQUIRE(std::accumulate(done.begin(), done.end(), 0) == jobs);
      for (Index i = 0; i < 23; ++i) {
        const auto k = static_cast<std::size_t>(i);
        if (done[k] != (i < jobs ? 1 : 0)) FAIL("job " << i);
        if (by[k] < 0 || by[k] >= std::max<Index>(1, std::min<Index>(jobs, threads))) FAIL(by[k]);
      }
    }
  }
}

TEST_CASE("a worker begins with jobs of its own, and takes those of one who is late", "[core]") {
  Workers workers(2);
  for (int round = 0; round < 50; ++round) {
    std::vector<int> by(8, -1);
    std::atomic<int> begun{0};
    workers.run(8, [&](Index job, int worker) {
      by[static_cast<std::size_t>(job)] = worker;
      if (job == 0 || job == 4) {
        for (++begun; begun < 2;) std::this_thread::yield();  // until the other has begun too
      }
    });
    if (by[0] != 0 || by[4] != 1) FAIL("round " << round);
    std::atomic<int> others{0};
    workers.run(8, [&](Index job, int) {
      if (job != 0) return void(++others);
      while (others < 7) std::this_thread::yield();  // the first job waits for all the others
    });
    CHECK(others == 7);
  }
}

TEST_CASE("an exception of a job comes out of run, and the crew works on", "[core]") {
  for (const int threads : {1, 2, 5}) {
    Workers workers(threads);
    for (int round = 0; round < 50; ++round) {
      std::atomic<int> begun{0};
      const auto one_fails = [&](Index job, int) {
        ++begun;
        if (job == 3) throw std::runtime_error("job 3");
      };
      CHECK_THROWS_WITH(workers.run(20, one_fails), "job 3");
      CHECK(begun >= (threads == 1 ? 4 : 1));
      const auto all_fail = [](Index, int) { throw std::logic_error("any"); };
      CHECK_THROWS_AS(workers.run(4, all_fail), std::logic_error);
      std::atomic<int> sum{0};
      workers.run(8, [&](Index job, int) { sum += static_cast<int>(job); });
      CHECK(sum == 28);
    }
  }
}

TEST_CASE("handing out jobs allocates nothing", "[core]") {
  if (!laws::allocations_are_counted) return;
  for (const int threads : {1, 2, 5}) {
    Workers workers(threads);
    std::vector<Index> out(64);
    const auto fill = [&](Index job, int) { out[static_cast<std::size_t>(job)] = job; };
    workers.run(64, fill);
    const std::size_t before = laws::allocations();
    for (int round = 0; round < 100; ++round) workers.run(64, fill);
    CHECK(laws::allocations() == before);
  }
}

TEST_CASE("a crew of none is misuse", "[core]") {
  CHECK_THROWS_WITH(Workers(0), "Workers: threads is 0, wanted 1 or more");
  CHECK_THROWS_AS(Workers(-1), std::invalid_argument);
}
