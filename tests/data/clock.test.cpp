// SPDX-License-Identifier: MIT
#include <cytode/data/clock.hpp>

#include "catch.hpp"

using namespace cytode;

TEST_CASE("a clock starts at the first time and ticks once a mean gap", "[data]") {
  std::vector<data::Snapshot<float>> list;
  for (const double t : {0., 8., 24., 72., 168.}) {
    list.push_back({t, "", Matrix<float>::Constant(2, 3, static_cast<float>(t)), {}});
  }
  const data::Snapshots<float> hours(list);
  const data::Clock clock = data::Clock::of(hours);
  CHECK(clock.unit == 42);
  CHECK(clock(0) == 0);
  CHECK(clock(168) == 4);
  const auto scaled = clock.apply(hours);
  CHECK(scaled[2].time == 24. / 42);
  CHECK(scaled[2].cells == hours[2].cells);
  const data::Snapshots<float> one({list[0]});
  CHECK_THROWS_WITH(data::Clock::of(one), "Clock::of: got 1 time points, wanted 2 or more");
}
