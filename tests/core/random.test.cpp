// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include <cytode/core/random.hpp>

#include "catch.hpp"

using namespace cytode;

TEST_CASE("philox gives the known answers of its authors", "[core]") {
  using C = std::array<std::uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == C{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
        C{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        C{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEMPLATE_TEST_CASE("normals do not depend on how a range is cut", "[core]", float, double) {
  const Stream stream = Stream(7).fork(3).at(11);
  std::vector<TestType> whole(1000), parts(1000);
  stream.fill_normal(5, whole.data(), 1000);
  Index done = 0;
  for (const Index piece : {1, 2, 3, 15, 16, 17, 31, 100, 815}) {
    stream.fill_normal(5 + static_cast<std::uint64_t>(done), parts.data() + done, piece);
    done += piece;
  }
  REQUIRE(done == 1000);
  CHECK(whole == parts);
}

TEMPLATE_TEST_CASE("normals have the moments of a normal", "[core]", float, double) {
  const Index n = 1 << 18;
  Eigen::Array<TestType, Eigen::Dynamic, 1> z(n);
  Stream(1).fill_normal(0, z.data(), n);
  const Eigen::ArrayXd x = z.template cast<double>();
  const double root = std::sqrt(static_cast<double>(n));
  // 5 standard errors: mean 1/√n, variance √2/√n, third √15/√n, fourth √96/√n.
  CHECK(std::abs(x.mean()) < 5 / root);
  CHECK(std::abs(x.square().mean() - 1) < 5 * std::sqrt(2.0) / root);
  CHECK(std::abs(x.cube().mean()) < 5 * std::sqrt(15.0) / root);
  CHECK(std::abs(x.square().square().mean() - 3) < 5 * std::sqrt(96.0) / root);
  // Neither neighbours, nor cosine and sine of one pair (8 apart), nor their squares go together.
  const Eigen::ArrayXd square = x.square() - 1;
  for (Index lag = 1; lag <= 40; ++lag) {
    CAPTURE(lag);
    CHECK(std::abs((x.head(n - lag) * x.tail(n - lag)).mean()) < 5 / root);
    CHECK(std::abs((square.head(n - lag) * square.tail(n - lag)).mean()) < 5 * 2 / root);
  }
}

TEST_CASE("uniforms stay inside (0, 1) and integers below n are even", "[core]") {
  const Stream s(42);
  double low = 1, high = 0;
  std::vector<int> counts(7);
  for (std::uint64_t i = 0; i < 70000; ++i) {
    const double u = s.uniform(i);
    low = std::min(low, u);
    high = std::max(high, u);
    ++counts[static_cast<std::size_t>(s.fork(1).below(i, 7))];
  }
  CHECK(low > 0);
  CHECK(high < 1);
  for (const int c : counts) CHECK(std::abs(c - 10000) < 5 * 93);  // 5 binomial deviations
  CHECK_THROWS_WITH(s.below(0, 0), "Stream::below: n is 0, wanted 1 or more");
}

TEST_CASE("sixteen numbers at once are those asked for one by one", "[core]") {
  const Stream s = Stream(9).at(3);
  for (const std::uint64_t first :
       {std::uint64_t{0}, std::uint64_t{7}, (std::uint64_t{1} << 33) - 9}) {
    for (const std::uint64_t every : {1u, 2u, 3u}) {
      const auto bits = s.bits16(first, every);
      for (std::uint64_t k = 0; k < 16; ++k) {
        CHECK(bits[k] == s.bits(first + k * every));
        CHECK(Stream::uniform_of(bits[k]) == s.uniform(first + k * every));
        CHECK(Stream::below_of(bits[k], 1000) == s.below(first + k * every, 1000));
      }
    }
  }
}

TEST_CASE("seeds, forks and steps give different streams", "[core]") {
  const Stream s(1);
  CHECK(s.bits(0) != Stream(2).bits(0));
  CHECK(s.bits(0) != s.fork(0).bits(0));
  CHECK(s.fork(0).bits(0) != s.fork(1).bits(0));
  CHECK(s.at(0).bits(0) != s.at(1).bits(0));
  CHECK(s.at(0) == s);
}
