// SPDX-License-Identifier: MIT
#include <cytode/fields/neural.hpp>
#include <cytode/flow/matching.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/train/objective.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;

namespace {

template <class S>
struct Population {
  double time;
  Matrix<S> cells;
};

template <class S>
std::vector<Population<S>> populations(Index d, std::vector<double> times) {
  std::vector<Population<S>> out;
  for (std::size_t k = 0; k < times.size(); ++k) {
    Matrix<S> cells = laws::normals<S>(d, 40 + static_cast<Index>(k), k + 1);
    cells.row(0).array() += static_cast<S>(times[k]);
    out.push_back({times[k], std::move(cells)});
  }
  return out;
}

using Field = fields::Neural<nn::Mlp<double, nn::Silu>>;
static_assert(train::Objective<flow::Matching<Field, flow::LinearPath, ot::Exact<>>>);

}  // namespace

TEST_CASE("the gradient of the flow-matching loss is that of its value", "[flow]") {
  const auto data = populations<double>(3, {0, 0.5, 3});
  auto field = fields::neural<double>(3, {8, 8}, Stream(1), nn::silu);
  Workers workers(1);
  const auto check = [&](auto coupling) {
    flow::Matching loss(field, data, flow::LinearPath{0.1}, coupling, 150, workers);
    const Stream stream = Stream(5).at(3);
    Vector<double> gradient(field.parameters().size()), unused = gradient;
    gradient.setOnes();  // must be overwritten
    const double value = loss.value_and_gradient(stream, gradient);
    CHECK(value > 0);
    const Vector<double> theta = field.parameters();
    const Vector<double> along = laws::normals<double>(theta.size(), 1, 8);
    const double h = 1e-5;  // central difference: error h² ≈ 1e-10
    field.parameters() = theta + h * along;
    const double up = loss.value_and_gradient(stream, unused);
    field.parameters() = theta - h * along;
    const double down = loss.value_and_gradient(stream, unused);
    field.parameters() = theta;
    CHECK(gradient.dot(along) == Approx((up - down) / (2 * h)).epsilon(1e-7));
  };
  check(ot::Independent{});
  check(ot::Exact{});
}

TEST_CASE("the loss of a known field is the textbook's", "[flow]") {
  // Points at 0 move to 2 within 4 units of time: displacement 2, velocity 1/2. The zero field
  // misses 2, the field 1/2 misses nothing, and only σ's noise blurs positions, not velocities.
  std::vector<Population<double>> data{{1, Matrix<double>::Zero(2, 5)},
                                       {5, Matrix<double>::Constant(2, 5, 2)}};
  fields::Neural<nn::Mlp<double>> field(nn::Mlp<double>({3, {}, 2}), Stream(0));
  Workers workers(1);
  flow::Matching loss(field, data, flow::LinearPath{0.1}, ot::Independent{}, 64, workers);
  Vector<double> gradient(field.parameters().size());
  field.parameters().setZero();
  CHECK(loss.value_and_gradient(Stream(1), gradient) == Approx(4));
  field.parameters().tail(2).setConstant(0.5);  // the bias
  CHECK(loss.value_and_gradient(Stream(1), gradient) == Approx(0).margin(1e-14));
  CHECK(gradient.norm() < 1e-12);
}

TEST_CASE("optimal pairs are shorter than independent ones", "[flow]") {
  const auto data = populations<double>(2, {0, 1});
  auto field = fields::neural<double>(2, {4}, Stream(1));
  field.parameters().setZero();  // then the loss is the mean squared displacement
  Workers workers(1);
  Vector<double> gradient(field.parameters().size());
  flow::Matching optimal(field, data, flow::LinearPath{0}, ot::Exact{}, 128, workers);
  flow::Matching independent(field, data, flow::LinearPath{0}, ot::Independent{}, 128, workers);
  const double with = optimal.value_and_gradient(Stream(2), gradient);
  const double without = independent.value_and_gradient(Stream(2), gradient);
  CHECK(with < 0.6 * without);
}

TEST_CASE("one and two threads give the same bytes", "[flow]") {
  const auto data = populations<float>(5, {0, 1, 2, 4});
  auto field = fields::neural<float>(5, {16, 16}, Stream(1));
  Workers one(1), two(2);
  flow::Matching a(field, data, flow::LinearPath{}, ot::Exact{}, 300, one);
  flow::Matching b(field, data, flow::LinearPath{}, ot::Exact{}, 300, two);
  Vector<float> ga(field.parameters().size()), gb = ga;
  for (std::uint64_t step = 0; step < 20; ++step) {
    CHECK(a.value_and_gradient(Stream(3).at(step), ga) ==
          b.value_and_gradient(Stream(3).at(step), gb));
    CHECK(ga == gb);
  }
}

TEST_CASE("bad input to flow matching says what is wrong", "[flow]") {
  auto field = fields::neural<double>(3, {4}, Stream(1));
  Workers workers(1);
  const auto make = [&](const std::vector<Population<double>>& data, Index batch) {
    flow::Matching(field, data, flow::LinearPath{}, ot::Exact{}, batch, workers);
  };
  const auto fine = populations<double>(3, {0, 1, 2});
  CHECK_THROWS_WITH(make({fine[0]}, 8), "flow::Matching: got 1 marginals, wanted 2 or more");
  CHECK_THROWS_WITH(make({fine[1], fine[0]}, 8),
                    "flow::Matching: times must increase, got 0 after 1");
  CHECK_THROWS_WITH(make(fine, 1),
                    "flow::Matching: batch is 1, wanted at least one pair for each of the 2 "
                    "intervals");
  CHECK_THROWS_WITH(make(populations<double>(2, {0, 1}), 8),
                    "flow::Matching: a marginal has 2 features, wanted 3");
  CHECK_THROWS_WITH(make({fine[0], {1, Matrix<double>(3, 0)}}, 8),
                    "flow::Matching: a marginal is empty (3 x 0)");
}
