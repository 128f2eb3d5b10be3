// SPDX-License-Identifier: MIT
#include <cytode/fields/neural.hpp>

#include "catch.hpp"
#include "laws/field.hpp"

using namespace cytode;

static_assert(DifferentiableField<fields::Neural<nn::Mlp<float>>>);
static_assert(!DifferentiableField<nn::Mlp<float>>);
static_assert(Module<nn::Mlp<float>> && !Module<fields::Neural<nn::Mlp<float>>>);

TEST_CASE("a neural field keeps the law of fields", "[fields]") {
  laws::check_field(fields::neural<double>(3, {8, 6}, Stream(1), nn::tanh), 5);
  laws::check_field(fields::neural<double>(2, {8}, Stream(2), nn::gelu), 1);
}

TEST_CASE("the time is the network's last input", "[fields]") {
  const auto field = fields::neural<double>(2, {4}, Stream(1), nn::silu);
  const Matrix<double> x = laws::normals<double>(2, 3, 1);
  const Row<double> t = laws::normals<double>(1, 3, 2);
  Matrix<double> input(3, 3), direct(2, 3), through(2, 3);
  input << x, t;
  nn::Mlp<double, nn::Silu>::Cache net;
  fields::Neural<nn::Mlp<double, nn::Silu>>::Cache cache;
  field.network().forward(field.parameters(), input, direct, net);
  field.forward(Times<double>(t), x, through, cache);
  CHECK(direct == through);
}

TEST_CASE("a network without a time input is no field", "[fields]") {
  CHECK_THROWS_WITH(
      (fields::Neural<nn::Mlp<float>>(nn::Mlp<float>({2, {4}, 2}), Stream(0))),
      "fields::Neural: the network has 2 inputs and 2 outputs, wanted one input more than outputs "
      "(the time)");
}
