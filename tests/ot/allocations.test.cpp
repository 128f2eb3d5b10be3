// SPDX-License-Identifier: MIT
#include "laws/allocations.hpp"

#include <vector>

#include <cytode/ot/entropic.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/ot/sinkhorn_divergence.hpp>
#include <cytode/ot/unbalanced.hpp>

#include "catch.hpp"
#include "laws/coupling.hpp"

using namespace cytode;

TEMPLATE_TEST_CASE("a warm exact coupling allocates nothing", "[ot]", float, double) {
  if (!laws::allocations_are_counted) {
    WARN("skipped: allocations are not counted in this build");
    return;
  }
  const Stream stream(1);
  for (const Index features : {2, 5, 50, 300}) {
    const Index n = 256;
    const ot::Exact<> coupling{.warm = features == 5};  // from the batch before, or by itself
    Matrix<TestType> x0(features, n), x1(features, n);
    laws::PairRoom pairs(n);
    ot::Exact<>::Workspace<TestType> w;
    for (const std::uint64_t step : {0, 1, 2}) {
      stream.at(step).fill_normal(0, x0.data(), x0.size());
      stream.at(step).fill_normal(1 << 20, x1.data(), x1.size());
      const std::size_t before = laws::allocations();
      coupling.join<TestType>({x0, x1}, pairs.list(), stream, w);
      const std::size_t made = laws::allocations() - before;
      CAPTURE(features, step);
      if (step == 0) {
        CHECK(made > 0);                        // the counter does count
      } else if (step > 1 || !coupling.warm) {  // batch 1 is the first to have one before it
        CHECK(made == 0);
      }
    }
  }
}

namespace {

template <class S, class C>
void check_warm_joins(const C& coupling) {
  const Stream stream(1);
  const std::vector<double> weights(64, 2.0);
  for (const Index features : {2, 40}) {
    Matrix<S> x0(features, 64), x1(features, 50);
    laws::PairRoom pairs(64);
    typename C::template Workspace<S> w;
    for (const std::uint64_t step : {0, 1, 2}) {
      stream.at(step).fill_normal(0, x0.data(), x0.size());
      stream.at(step).fill_normal(1 << 20, x1.data(), x1.size());
      const std::size_t before = laws::allocations();
      coupling.template join<S>({.x0 = x0, .x1 = x1, .weights0 = weights}, pairs.list(), stream, w);
      const std::size_t made = laws::allocations() - before;
      CAPTURE(features, step);
      if (step > 0) CHECK(made == 0);
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("warm entropic couplings and divergences allocate nothing", "[ot]", float,
                   double) {
  if (!laws::allocations_are_counted) {
    WARN("skipped: allocations are not counted in this build");
    return;
  }
  check_warm_joins<TestType>(ot::Entropic{});
  check_warm_joins<TestType>(ot::Unbalanced{});
  check_warm_joins<TestType>(ot::wfr(1.0));
  Matrix<TestType> x(3, 40), y(3, 50), dx = Matrix<TestType>::Zero(3, 40);
  Stream(1).fill_normal(0, x.data(), x.size());
  Stream(2).fill_normal(0, y.data(), y.size());
  ot::SinkhornDivergence<TestType> s;
  for (const int step : {0, 1}) {
    const std::size_t before = laws::allocations();
    s.value(x, y, {}, {}, {.tolerance = 1e-4});
    s.add_gradient_x(x, y, 1, dx);
    const std::size_t made = laws::allocations() - before;
    if (step > 0) CHECK(made == 0);
  }
}
