// SPDX-License-Identifier: MIT
#include <cytode/nn/dense.hpp>
#include <cytode/nn/elementwise.hpp>
#include <cytode/nn/mlp.hpp>

#include "catalogue.hpp"
#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;

TEST_CASE("dense keeps the law of modules", "[nn]") {
  for (const Index n : {0, 1, 5}) laws::check_module(nn::Dense<double>(3, 4), n);
}

TEMPLATE_LIST_TEST_CASE("elementwise keeps the law of modules", "[nn]", catalogue::Activations) {
  for (const Index n : {0, 1, 5}) laws::check_module(nn::Elementwise<double, TestType>(3), n);
}

TEMPLATE_LIST_TEST_CASE("a perceptron keeps the law of modules", "[nn]", catalogue::Activations) {
  for (const Index n : {0, 1, 5}) {
    laws::check_module(nn::Mlp<double, TestType>({3, {7, 5}, 2}), n);
    laws::check_module(nn::Mlp<double, TestType>({3, {}, 2}), n);
  }
}

TEST_CASE("dense is W x + b", "[nn]") {
  const nn::Dense<double> dense(2, 3);
  Vector<double> theta(9);
  theta << 1, 2, 3, 4, 5, 6, 7, 8, 9;  // W = [1 4; 2 5; 3 6], b = (7, 8, 9)
  const Matrix<double> x = (Matrix<double>(2, 2) << 1, 0, 0, 1).finished();
  Matrix<double> y(3, 2);
  nn::Dense<double>::Cache cache;
  dense.forward(theta, x, y, cache);
  CHECK(y == (Matrix<double>(3, 2) << 8, 11, 10, 13, 12, 15).finished());
}

TEST_CASE("elementwise takes blocks of a larger matrix", "[nn]") {
  const nn::Elementwise<double, nn::Tanh> f(3);
  const Matrix<double> big = laws::normals<double>(6, 5, 1);
  const Matrix<double> part = big.topRows(3);
  Matrix<double> y(6, 5), z(3, 5);
  const Vector<double> theta;
  nn::Elementwise<double, nn::Tanh>::Cache cache;
  f.forward(theta, big.topRows(3), y.bottomRows(3), cache);
  f.forward(theta, part, z, cache);
  CHECK(y.bottomRows(3) == z);
}

TEST_CASE("float follows double", "[nn]") {
  const nn::Mlp<double> wide({4, {32, 32}, 3});
  const nn::Mlp<float> narrow({4, {32, 32}, 3});
  Vector<double> theta(wide.layout().size());
  wide.initialise(Stream(3), theta);
  const Vector<float> theta32 = theta.cast<float>();
  const Matrix<double> x = laws::normals<double>(4, 50, 2), a = laws::normals<double>(3, 50, 9);
  Matrix<double> y(3, 50);
  Matrix<float> y32(3, 50);
  nn::Mlp<double>::Cache cache;
  nn::Mlp<float>::Cache cache32;
  const Matrix<float> x32 = x.cast<float>(), a32 = a.cast<float>();
  wide.forward(theta, x, y, cache);
  narrow.forward(theta32, x32, y32, cache32);
  CHECK((y32.cast<double>() - y).norm() < 1e-6 * y.norm());
  Vector<double> g = Vector<double>::Zero(theta.size());
  Vector<float> g32 = Vector<float>::Zero(theta.size());
  wide.vjp(theta, x, a, g, cache);
  narrow.vjp(theta32, x32, a32, g32, cache32);
  CHECK((g32.cast<double>() - g).norm() < 1e-6 * g.norm());
}

TEST_CASE("names and shapes are those of torch.nn.Sequential", "[nn]") {
  const auto layout = nn::Mlp<float>({6, {64, 32}, 5}).layout();
  REQUIRE(layout.blocks().size() == 6);
  CHECK(layout.blocks()[2].name == "2.weight");
  CHECK(layout.at("2.weight").rows == 32);
  CHECK(layout.at("2.weight").cols == 64);
  CHECK(layout.at("4.bias").vector);
  CHECK(layout.size() == 7 * 64 + 65 * 32 + 33 * 5);
  CHECK_THROWS_WITH(nn::Mlp<float>({6, {0}, 5}),
                    "nn::Dense: outputs is 0, wanted a positive number");
}
