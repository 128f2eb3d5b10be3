// SPDX-License-Identifier: MIT
#include <cytode/fields/autonomous.hpp>

#include "catch.hpp"
#include "laws/field.hpp"
#include "laws/says.hpp"

using namespace cytode;

static_assert(DifferentiableField<fields::Autonomous<nn::Mlp<float>>>);

TEST_CASE("a network without time is a field", "[fields]") {
  laws::check_field(fields::autonomous<double>(3, {7, 5}, Stream(4), nn::tanh), 6);
  laws::check_field(fields::autonomous<double>(2, {4}, Stream(5), nn::selu), 1);
}

TEST_CASE("a network without time is the same at all times", "[fields]") {
  const auto field = fields::autonomous<float>(2, {50}, Stream(0), nn::tanh);
  CHECK(field.dims() == 2);
  CHECK(field.parameters().size() == 2 * 50 + 50 + 50 * 2 + 2);
  const auto x = laws::normals<float>(2, 9, 1);
  Matrix<float> early(2, 9), late(2, 9), network(2, 9);
  typename std::decay_t<decltype(field)>::Cache cache;
  field.forward(Times<float>(0), x, early, cache);
  const Row<float> each = Row<float>::LinSpaced(9, -3, 40);
  field.forward(Times<float>(each), x, late, cache);
  field.network().forward(field.parameters(), x, network, cache);
  CHECK(early == late);
  CHECK(early == network);
  CHECK(early.norm() > 0);
}

TEST_CASE("a network with other outputs than inputs is no field without time", "[fields]") {
  laws::check_says<std::invalid_argument>(
      [] {
        fields::Autonomous(nn::Mlp<float>({3, {4}, 2}), Stream(0));
      },
      "fields::Autonomous: the network has 3 inputs and 2 outputs, wanted the same number");
}
