// SPDX-License-Identifier: MIT
#include <limits>

#include <cytode/fields/kinetics.hpp>

#include "catalogue_fields.hpp"
#include "catch.hpp"
#include "laws/field.hpp"

using namespace cytode;

namespace {

/// 12 states and 5 parameters: more than two sweeps of directions.
constexpr auto chain = [](auto t, auto x, auto p, auto dx) {
  const std::size_t n = x.size();
  for (std::size_t i = 0; i < n; ++i) {
    dx[i] += p[i % 5] * tanh(x[(i + 1) % n] - 0.5 * x[i]) + exp(-t * t) / (1.0 + x[i] * x[i]);
  }
};

template <class S>
auto chain_field() {
  return fields::kinetics<S>(12, Vector<S>{{S(0.5), S(-1), S(2), S(0.1), S(0.7)}}, chain);
}

template <class S>
Matrix<S> evaluate(const auto& field, Times<S> t, const Matrix<S>& x) {
  typename std::decay_t<decltype(field)>::Cache cache;
  Matrix<S> dx(x.rows(), x.cols());
  field.forward(t, x, dx, cache);
  return dx;
}

}  // namespace

static_assert(DifferentiableField<decltype(chain_field<float>())>);
static_assert(DifferentiableField<decltype(chain_field<double>())>);

TEMPLATE_LIST_TEST_CASE("every field of the catalogue keeps the law of fields", "[fields]",
                        catalogue::Fields) {
  INFO(TestType::name);
  laws::check_field(TestType::make(), 5);
}

TEST_CASE("a field with more directions than a sweep keeps the law", "[fields]") {
  laws::check_field(chain_field<double>(), 3);
}

TEST_CASE("a field without parameters keeps the law", "[fields]") {
  const auto field = fields::kinetics<double>(2, {}, [](auto t, auto x, auto, auto dx) {
    dx[0] = x[1] * t;
    dx[1] = -sin(x[0]);
  });
  CHECK(field.layout().size() == 0);
  laws::check_field(field, 4);
}

TEST_CASE("the toggle switch is what a person computes", "[fields]") {
  const auto field = catalogue::Toggle::make();
  const Matrix<double> x{{1.5}, {0.5}};
  const Matrix<double> dx = evaluate(field, Times<double>(0.0), x);
  CHECK(dx(0, 0) == Approx(0.1 + 4.0 / 1.25 - 1.5));
  CHECK(dx(1, 0) == Approx(0.1 + 3.5 / 3.25 - 0.45));
  decltype(field)::Cache cache;
  Matrix<double> jacobian(2, 2);
  field.jacobian(Times<double>(0.0), x, jacobian, cache);
  CHECK(jacobian(0, 0) == Approx(-1));
  CHECK(jacobian(0, 1) == Approx(-4.0 * 2 * 0.5 / (1.25 * 1.25)));
  CHECK(jacobian(1, 0) == Approx(-3.5 * 2 * 1.5 / (3.25 * 3.25)));
  CHECK(jacobian(1, 1) == Approx(-0.9));
}

TEST_CASE("Jacobians of several cells are the columns that jvp gives", "[fields]") {
  const auto field = chain_field<double>();
  const Index d = 12, n = 3;
  const Matrix<double> x = laws::normals<double>(d, n, 1);
  const Row<double> t = laws::normals<double>(1, n, 2);
  decltype(chain_field<double>())::Cache cache;
  Matrix<double> jacobians(d, d * n), column(d, n);
  field.jacobian(Times<double>(t), x, jacobians, cache);
  for (Index k = 0; k < d; ++k) {
    Matrix<double> direction = Matrix<double>::Zero(d, n);
    direction.row(k).setOnes();
    field.jvp(Times<double>(t), x, Times<double>(0.0), direction, column, cache);
    for (Index j = 0; j < n; ++j) {
      CHECK((jacobians.col(d * j + k) - column.col(j)).cwiseAbs().maxCoeff() <= 1e-14);
    }
  }
}

TEST_CASE("in float the operations agree with double to float's rounding", "[fields]") {
  // Sums of 12 terms of order 1: a few ulp of 6e-8 each.
  const auto single = chain_field<float>();
  auto reference = chain_field<double>();
  reference.parameters() = single.parameters().cast<double>();
  const Index d = 12, n = 4;
  const Matrix<float> x = laws::normals<float>(d, n, 1), u = laws::normals<float>(d, n, 2);
  const Matrix<float> a = laws::normals<float>(d, n, 3), b = laws::normals<float>(d, n, 4);
  const Row<float> t = laws::normals<float>(1, n, 5), tdot = laws::normals<float>(1, n, 6);
  const auto run = [&]<class S>(S, const auto& field) {
    const Matrix<S> x_ = x.cast<S>(), u_ = u.cast<S>(), a_ = a.cast<S>(), b_ = b.cast<S>();
    const Row<S> t_ = t.cast<S>(), tdot_ = tdot.cast<S>();
    typename std::decay_t<decltype(field)>::Cache cache;
    Matrix<S> dx(d, n), out(d, n), ax = Matrix<S>::Zero(d, n), adot = ax;
    Row<S> at = Row<S>::Zero(n);
    Vector<S> atheta = Vector<S>::Zero(5);
    const Times<S> ts(t_), ds(tdot_);
    field.forward(ts, x_, dx, cache);
    field.vjp(ts, x_, a_, at, ax, atheta, cache);
    field.jvp(ts, x_, ds, u_, out, cache);
    field.jvp_vjp(ts, x_, ds, u_, a_, b_, at, ax, adot, atheta, cache);
    Vector<double> all(4 * d * n + n + 5);
    all << dx.reshaped().template cast<double>(), out.reshaped().template cast<double>(),
        ax.reshaped().template cast<double>(), adot.reshaped().template cast<double>(),
        at.transpose().template cast<double>(), atheta.template cast<double>();
    return all;
  };
  const Vector<double> got = run(float{}, single), wanted = run(double{}, reference);
  CHECK((got - wanted).cwiseAbs().maxCoeff() <= 1e-5 * (1 + wanted.cwiseAbs().maxCoeff()));
}

TEST_CASE("a cell's results do not depend on the other cells, not even on a NaN", "[fields]") {
  const auto field = chain_field<double>();
  const Index d = 12, n = 5;
  Matrix<double> x = laws::normals<double>(d, n, 1);
  const Matrix<double> a = laws::normals<double>(d, n, 2);
  x(3, 2) = std::numeric_limits<double>::quiet_NaN();
  const Row<double> t = laws::normals<double>(1, n, 3);
  decltype(chain_field<double>())::Cache cache;
  const auto pull = [&](Index first, Index count) {
    const Matrix<double> some = x.middleCols(first, count), part = a.middleCols(first, count);
    const Row<double> times = t.segment(first, count);
    Matrix<double> both = Matrix<double>::Zero(3 * d + 1, count), ax = both.topRows(d), v = ax;
    Row<double> at = Row<double>::Zero(count);
    Vector<double> atheta = Vector<double>::Zero(5);
    field.forward(Times<double>(times), some, v, cache);
    field.vjp(Times<double>(times), some, part, at, ax, atheta, cache);
    both << v, ax, part, at;
    return both;
  };
  const Matrix<double> whole = pull(0, n);
  for (const Index j : {0, 1, 3, 4}) CHECK(pull(j, 1) == whole.col(j));
  CHECK(whole.col(2).hasNaN());
}

TEST_CASE("names go into the layout", "[fields]") {
  const auto f = [](auto, auto x, auto p, auto dx) { dx[0] = p[0] - p[1] * x[0]; };
  const auto plain = fields::kinetics<double>(1, Vector<double>{{1, 2}}, f);
  CHECK(plain.layout().at("parameters").size() == 2);
  const auto named = fields::kinetics<double>(1, Vector<double>{{1, 2}}, f, {"birth", "decay"});
  CHECK(named.layout().at("decay").offset == 1);
  CHECK(named.layout().size() == 2);
}

TEST_CASE("wrong sizes are named", "[fields]") {
  const auto f = [](auto, auto x, auto p, auto dx) { dx[0] = p[0] * x[1]; };
  const Vector<double> theta{{1.0}};
  CHECK_THROWS_WITH(fields::kinetics<double>(0, theta, f),
                    "fields::Kinetics: dims is 0, wanted 1 or more");
  CHECK_THROWS_WITH(fields::kinetics<double>(2, theta, f, {"a", "b"}),
                    "fields::Kinetics: 2 names for 1 parameters");
  auto field = fields::kinetics<double>(2, theta, f);
  decltype(field)::Cache cache;
  Matrix<double> x = Matrix<double>::Ones(2, 3), y(2, 3), narrow(2, 2), tall(3, 3);
  Row<double> row = Row<double>::Zero(3), two = Row<double>::Zero(2);
  Vector<double> one = Vector<double>::Zero(1), many = Vector<double>::Zero(4);
  const Times<double> t(0.0);
  CHECK_THROWS_WITH(field.forward(t, tall, y, cache),
                    "fields::Kinetics::forward: x has 3 features, wanted 2");
  CHECK_THROWS_WITH(field.forward(t, x, narrow, cache),
                    "fields::Kinetics::forward: dx is 2 x 2, wanted 2 x 3");
  CHECK_THROWS_WITH(field.forward(Times<double>(two), x, y, cache),
                    "fields::Kinetics::forward: x has 3 cells, t another number of times");
  CHECK_THROWS_WITH(field.vjp(t, x, x, many, cache),
                    "fields::Kinetics::vjp: atheta has 4 entries, wanted 1");
  CHECK_THROWS_WITH(field.vjp(t, x, x, two, y, one, cache),
                    "fields::Kinetics::vjp: at is 1 x 2, wanted 1 x 3");
  CHECK_THROWS_WITH(field.jvp(t, x, t, narrow, y, cache),
                    "fields::Kinetics::jvp: xdot is 2 x 2, wanted 2 x 3");
  CHECK_THROWS_WITH(field.jvp_vjp(t, x, t, x, x, x, row, y, narrow, one, cache),
                    "fields::Kinetics::jvp_vjp: axdot is 2 x 2, wanted 2 x 3");
  field.parameters().resize(2);
  CHECK_THROWS_WITH(field.forward(t, x, y, cache),
                    "fields::Kinetics::forward: parameters() has 2 entries, wanted 1");
}
