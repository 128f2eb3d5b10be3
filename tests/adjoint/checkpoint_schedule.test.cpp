// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <vector>

#include <cytode/adjoint/checkpoint_schedule.hpp>

#include "catch.hpp"

using namespace cytode;
using adjoint::CheckpointSchedule;

namespace {

// fewest[s][l]: by trying every place of the next checkpoint.
std::vector<std::vector<double>> fewest_by_trying(long slots, long rounds) {
  std::vector<std::vector<double>> best(static_cast<std::size_t>(slots) + 1,
                                        std::vector<double>(static_cast<std::size_t>(rounds) + 1));
  for (std::size_t s = 1; s < best.size(); ++s) {
    for (std::size_t l = 2; l < best[s].size(); ++l) {
      best[s][l] = static_cast<double>(l * (l - 1)) / 2;
      for (std::size_t j = 1; s > 1 && j < l; ++j) {
        best[s][l] = std::min(best[s][l], static_cast<double>(j) + best[s - 1][l - j] + best[s][j]);
      }
    }
  }
  return best;
}

// Follows a schedule, checking that every move is possible; returns the rounds made again.
double follow(long rounds, Index slots, bool online) {
  CheckpointSchedule schedule;
  std::map<Index, long> held;  // slot → position
  schedule.start(slots);
  for (long i = 0; i < (online ? rounds : 1); ++i) held[schedule.visit(i)] = i;
  schedule.turn();
  double again = 0;
  for (long r = rounds - (online ? 2 : 1); r >= 0; --r) {
    for (bool on = true; on;) {
      const CheckpointSchedule::Move m = schedule.next(r);
      REQUIRE(held.at(m.slot) == m.from);
      REQUIRE(m.from + m.advance <= r);
      again += static_cast<double>(m.advance);
      on = m.save >= 0;
      if (on) {
        held[m.save] = m.from + m.advance;
      } else {
        REQUIRE(m.from + m.advance == r);
        again += 1;
      }
    }
  }
  REQUIRE(static_cast<Index>(held.size()) <= slots);
  REQUIRE(schedule.used() <= slots);
  return again;
}

}  // namespace

TEST_CASE("optimum and split are those found by trying everything") {
  const auto fewest = fewest_by_trying(20, 160);
  for (std::size_t s = 1; s < fewest.size(); ++s) {
    for (std::size_t l = 1; l < fewest[s].size(); ++l) {
      const long slots = static_cast<long>(s), rounds = static_cast<long>(l);
      REQUIRE(CheckpointSchedule::optimum(rounds, slots) == fewest[s][l]);
      if (s < 2 || l < 2) continue;
      const auto j = static_cast<std::size_t>(CheckpointSchedule::split(rounds, slots));
      REQUIRE(j >= 1);
      REQUIRE(j < l);
      REQUIRE(static_cast<double>(j) + fewest[s - 1][l - j] + fewest[s][j] == fewest[s][l]);
    }
  }
}

TEST_CASE("knowing the rounds before, the way back costs the optimum and each round once") {
  for (const Index s : {2, 3, 7, 20}) {
    for (const long l : {1L, 2L, 9L, 50L, 131L, 700L}) {
      CHECK(follow(l, s, false) == CheckpointSchedule::optimum(l, s) + static_cast<double>(l));
    }
  }
}

TEST_CASE("not knowing them costs less than one repetition more") {
  for (Index s = 2; s < 25; ++s) {
    for (long l = 1; l < 250; ++l) {
      const double online = follow(l, s, true), best = CheckpointSchedule::optimum(l, s);
      CAPTURE(s, l, online, best);
      REQUIRE(online >= best);
      REQUIRE(online <= best + static_cast<double>(l));
      if (l <= s) REQUIRE(online == best);
    }
  }
  for (const long l : {10'000L, 100'000L, 1'000'000L}) {
    const double online = follow(l, 40, true), best = CheckpointSchedule::optimum(l, 40);
    CAPTURE(l, online / static_cast<double>(l), best / static_cast<double>(l));
    CHECK(online <= 1.2 * best);  // as measured: 1.01 to 1.2
  }
}
