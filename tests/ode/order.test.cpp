// SPDX-License-Identifier: MIT
// Every tableau has the order it declares: its steps, its error estimate and its dense output.
#include <cmath>
#include <vector>

#include <cytode/ode/solve.hpp>

#include "catalogue_methods.hpp"
#include "catch.hpp"
#include "laws/order_conditions.hpp"

using namespace cytode;
using Mat = Matrix<double>;

namespace {

const auto rotation = [](double, const ConstBatch<double>& x, Batch<double> dx) {
  dx.row(0) = -5 * x.row(1);
  dx.row(1) = 5 * x.row(0);
};
Mat rotated(double t) {
  return (Mat(2, 1) << std::cos(5 * t), std::sin(5 * t)).finished();
}

// In polar coordinates r' = r (1 − r²), a' = 9 + 3 cos t: neither linear nor autonomous. It turns
// so fast that the first term of the error rules well above rounding, of order 8 too.
const auto spiral = [](double t, const ConstBatch<double>& x, Batch<double> dx) {
  const double grow = 1 - x.col(0).squaredNorm(), turn = 9 + 3 * std::cos(t);
  dx.row(0) = grow * x.row(0) - turn * x.row(1);
  dx.row(1) = turn * x.row(0) + grow * x.row(1);
};
Mat spiralled(double t) {
  const double r = 1 / std::sqrt(1 + 3 * std::exp(-2 * t)), a = 9 * t + 3 * std::sin(t);
  return (Mat(2, 1) << r * std::cos(a), r * std::sin(a)).finished();
}

const std::vector<double> ends{0.0, 2.0};
const std::vector<double> inside{0.0, 0.2, 0.5, 0.8, 1.0, 1.1, 1.3, 1.6, 2.0};

// Largest error over the requested times with so many equal steps in all.
template <class F, class Exact>
double error(const F& field, Exact exact, const ode::ExplicitTableau& tableau, Index steps,
             const std::vector<double>& times) {
  const bool land = times.size() == 2;
  ode::FunctionSystem<F, double> system(field);
  ode::Integration<double, ode::ExplicitStep<double>> run(
      system, ode::ExplicitStep<double>(tableau), {.fixed_steps = steps}, {.land = land});
  run.start(exact(0), times);
  while (run.advance()) {
  }
  const auto out = run.finish();
  double worst = 0;
  for (std::size_t k = 1; k < times.size(); ++k) {
    worst = std::max(worst, (out.states[k] - exact(times[k])).norm());
  }
  return worst;
}
// Steps small enough for the first term of the error to rule, and few enough for no rounding.
Index few(const ode::ExplicitTableau& tableau) {
  return tableau.order >= 8 ? 20 : 320;
}
template <class F, class Exact>
double order(const F& field, Exact exact, const ode::ExplicitTableau& tableau,
             const std::vector<double>& times, Index few) {
  return std::log2(error(field, exact, tableau, few, times) /
                   error(field, exact, tableau, 2 * few, times));
}

}  // namespace

TEST_CASE("every tableau fulfils the order conditions of its order and no more", "[ode]") {
  CHECK(laws::rooted_trees(8).size() == 1 + 1 + 2 + 4 + 9 + 20 + 48 + 115);
  for (const auto* t : catalogue::explicit_tableaus) {
    INFO(t->name);
    const auto a = [&](int i, int j) { return j < i ? t->row(i, j) : 0; };
    const auto b = [&](int i) { return t->b[static_cast<std::size_t>(i)]; };
    for (int n = 1; n <= t->order; ++n) {
      CHECK(laws::worst_order_condition(t->stages, a, b, n) < 1e-13);
    }
    CHECK(laws::worst_order_condition(t->stages, a, b, t->order + 1) > 1e-6);
    if (!t->adaptive()) continue;
    const auto embedded = [&](int i) { return b(i) - t->error[static_cast<std::size_t>(i)]; };
    const int of_error = t->second.empty() ? t->error_order : 5;  // 7 only with the second estimate
    for (int n = 1; n <= of_error; ++n) {
      CHECK(laws::worst_order_condition(t->stages, a, embedded, n) < 1e-13);
    }
    CHECK(laws::worst_order_condition(t->stages, a, embedded, of_error + 1) > 1e-6);
  }
}

TEST_CASE("every dense output fulfils the order conditions of one order less", "[ode]") {
  for (const auto* t : catalogue::explicit_tableaus) {
    INFO(t->name);
    const int closed = t->closed_stages();
    const auto a = [&](int i, int j) {
      if (j >= i) return 0.0;
      if (i < t->stages) return t->row(i, j);
      if (i < closed) return t->b[static_cast<std::size_t>(j)];
      return t->extra_row(i - closed, j);
    };
    for (const double theta : {0.1, 0.5, 0.77}) {
      const auto weight = [&](int i) { return t->dense_weight(i, theta); };
      for (int n = 1; n < t->order; ++n) {
        CHECK(laws::worst_order_condition(t->dense_stages(), a, weight, n, theta) < 1e-12);
      }
    }
  }
}

TEST_CASE("every tableau converges at its order", "[ode]") {
  for (const auto* tableau : catalogue::explicit_tableaus) {
    INFO(tableau->name);
    CHECK(std::abs(order(rotation, rotated, *tableau, ends, few(*tableau)) - tableau->order) <=
          0.1);
    const Index steps = tableau->order >= 8 ? 32 : 320;
    CHECK(std::abs(order(spiral, spiralled, *tableau, {0, 1}, steps) - tableau->order) <= 0.1);
  }
}

TEST_CASE("dense output converges at the order of the method", "[ode]") {
  // An extension of degree q has a local error of order q + 1, so up to q = order − 1 it is as good
  // as the steps; Hermite's cubic is better than a method of order 1 or 2 needs.
  for (const auto* tableau : catalogue::explicit_tableaus) {
    INFO(tableau->name);
    const double found = order(rotation, rotated, *tableau, inside, few(*tableau));
    CHECK(found >= tableau->order - 0.1);
    if (tableau->order > 2) CHECK(found <= tableau->order + 0.1);
  }
}

TEST_CASE("the continuous extension has the slopes of the field at its ends", "[ode]") {
  for (const auto* tableau : catalogue::explicit_tableaus) {
    INFO(tableau->name);
    double first = 0, last = 0;
    for (int i = 0; i < tableau->dense_stages(); ++i) {
      // b_i'(0) is 1 for the first stage alone; b_i'(1) is 1 for the slope at the end alone.
      double at_end = 0;
      for (int m = 1; m <= tableau->degree; ++m) at_end += m * tableau->dense_coefficient(i, m);
      first += std::abs(tableau->dense_coefficient(i, 1) - (i == 0 ? 1 : 0));
      last += std::abs(at_end - (i == tableau->closed_stages() - 1 ? 1 : 0));
    }
    CHECK(first < 1e-10);
    CHECK(last < 1e-10);
  }
}
