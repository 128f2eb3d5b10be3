// SPDX-License-Identifier: MIT
#include <limits>
#include <stdexcept>

#include <cytode/flow/land_metric.hpp>
#include <cytode/flow/rbf_metric.hpp>

#include "catch.hpp"
#include "laws/module.hpp"
#include "laws/says.hpp"

using namespace cytode;
static_assert(flow::Metric<flow::LandMetric<float>> && flow::Metric<flow::RbfMetric<float>>);

namespace {

/// Checks that ax and av are the derivatives of e, and that e is vᵀ diag(tensor) v.
template <class M>
void check_metric(const M& metric, const Matrix<double>& x) {
  const Index d = x.rows(), n = x.cols();
  const Matrix<double> v = laws::normals<double>(d, n, 11);
  typename M::Workspace w;
  Matrix<double> g(d, n), ax(d, n), av(d, n), unused(d, n), unused_too(d, n);
  Row<double> e(n), up(n), down(n);
  metric.tensor(x, g, w);
  metric.energy(x, v, e, ax, av, w);
  for (Index j = 0; j < n; ++j) {
    const double direct = (v.col(j).array().square() * g.col(j).array()).sum();
    CHECK(std::abs(e[j] - direct) <= 1e-12 * direct);
  }
  const double h = 1e-6;  // error h² times the third derivative, here below 1e3 e
  for (Index k = 0; k < d; ++k) {
    Matrix<double> right = x, left = x;
    right.row(k).array() += h;
    left.row(k).array() -= h;
    metric.energy(right, v, up, unused, unused_too, w);
    metric.energy(left, v, down, unused, unused_too, w);
    for (Index j = 0; j < n; ++j) {
      CHECK(std::abs((up[j] - down[j]) / (2 * h) - ax(k, j)) <= 1e-6 * (e[j] + std::abs(ax(k, j))));
    }
    right = left = v;
    right.row(k).array() += h;
    left.row(k).array() -= h;
    metric.energy(x, right, up, unused, unused_too, w);
    metric.energy(x, left, down, unused, unused_too, w);
    for (Index j = 0; j < n; ++j) {
      CHECK(std::abs((up[j] - down[j]) / (2 * h) - av(k, j)) <= 1e-7 * (e[j] + std::abs(av(k, j))));
    }
  }
}

}  // namespace

TEST_CASE("the LAND metric is the sum over all cells", "[flow]") {
  // 131 cells: blocks of 16 that are full, and one that is not.
  for (const Index n : {1, 16, 131}) {
    const Matrix<double> cells = laws::normals<double>(3, n, 1);
    const Matrix<double> x = 0.7 * laws::normals<double>(3, 9, 2);
    for (const double sigma : {0.05, 0.3, 2.0}) {
      for (const double alpha : {1.0, 0.5}) {
        const flow::LandMetric<double> metric(cells,
                                              {.sigma = sigma, .epsilon = 0.01, .alpha = alpha});
        flow::LandMetric<double>::Workspace w;
        Matrix<double> g(3, 9);
        metric.tensor(x, g, w);
        for (Index j = 0; j < 9; ++j) {
          for (Index k = 0; k < 3; ++k) {
            double h = 0;
            for (Index i = 0; i < n; ++i) {
              const double r2 = (x.col(j) - cells.col(i)).squaredNorm();
              h += std::pow(cells(k, i) - x(k, j), 2) * std::exp(-r2 / (2 * sigma * sigma));
            }
            // What is left out: n cells of kernels below e⁻⁴⁰ = 4e-18.
            CHECK(g(k, j) == Approx(std::pow(h + 0.01, -alpha)).epsilon(1e-11));
          }
        }
      }
    }
  }
}

TEST_CASE("metrics: the gradients of the energy are its derivatives", "[flow]") {
  const Matrix<double> cells = laws::normals<double>(3, 100, 3);
  const Matrix<double> x = laws::normals<double>(3, 6, 4);
  check_metric(flow::LandMetric<double>(cells, {.sigma = 0.5, .epsilon = 0.02}), x);
  check_metric(flow::LandMetric<double>(cells, {.sigma = 0.2, .epsilon = 0.1, .alpha = 2}), x);
  check_metric(flow::RbfMetric<double>(cells, {.centres = 10, .epsilon = 0.02}), x);
  check_metric(flow::RbfMetric<double>(cells, {.centres = 5, .kappa = 1.5, .alpha = 0.7}), x);
}

TEST_CASE("metrics in float agree with double", "[flow]") {
  const Matrix<double> cells = laws::normals<double>(5, 500, 3);
  const Matrix<double> x = laws::normals<double>(5, 40, 4), v = laws::normals<double>(5, 40, 5);
  const Matrix<float> xf = x.cast<float>(), vf = v.cast<float>();
  const auto check = [&](const auto& metric, const auto& small) {
    typename std::decay_t<decltype(metric)>::Workspace w;
    typename std::decay_t<decltype(small)>::Workspace wf;
    Matrix<double> ax(5, 40), av(5, 40);
    Matrix<float> axf(5, 40), avf(5, 40);
    Row<double> e(40);
    Row<float> ef(40);
    metric.energy(x, v, e, ax, av, w);
    small.energy(xf, vf, ef, axf, avf, wf);
    CHECK((ef.cast<double>() - e).norm() <= 1e-5 * e.norm());
    CHECK((axf.cast<double>() - ax).norm() <= 1e-5 * ax.norm());
    CHECK((avf.cast<double>() - av).norm() <= 1e-5 * av.norm());
  };
  const Matrix<float> small = cells.cast<float>();
  check(flow::LandMetric<double>(cells, {.sigma = 0.3}),
        flow::LandMetric<float>(small, {.sigma = 0.3}));
  check(flow::RbfMetric<double>(cells), flow::RbfMetric<float>(small));
}

TEST_CASE("the RBF metric: h is 1 on the cells and 0 far from them, with the best weights",
          "[flow]") {
  const Matrix<double> cells = laws::normals<double>(4, 300, 5);
  const flow::RbfMetric<double> metric(cells, {.centres = 20, .kappa = 1, .ridge = 1e-4});
  flow::RbfMetric<double>::Workspace w;
  Row<double> h(300);
  metric.density(cells, h, w);
  CHECK((h.array() - 1).square().mean() < 0.1);  // h = 0 would give 1
  const Matrix<double> far = cells.array() + 100;
  metric.density(far, h, w);
  CHECK(h.maxCoeff() < 1e-10);

  // The conditions of the minimum over w ≥ 0, by moving each weight: none makes the loss smaller.
  const auto loss = [&](const Vector<double>& weights) {
    double sum = 0;
    for (Index i = 0; i < cells.cols(); ++i) {
      double value = 0;
      for (Index k = 0; k < weights.size(); ++k) {
        const double r2 = (cells.col(i) - metric.centres().col(k)).squaredNorm();
        value += weights[k] * std::exp(-metric.lambda()[k] * r2 / 2);
      }
      sum += (value - 1) * (value - 1);
    }
    return sum / static_cast<double>(cells.cols()) + 1e-4 * weights.squaredNorm();
  };
  const double best = loss(metric.weights());
  for (Index k = 0; k < metric.weights().size(); ++k) {
    for (const double step : {-1e-3, 1e-3}) {
      Vector<double> moved = metric.weights();
      moved[k] = std::max(moved[k] + step, 0.);
      CHECK(loss(moved) >= best - 1e-12);
    }
  }
  CHECK(metric.weights().minCoeff() >= 0);
}

TEST_CASE("the RBF metric of cells that are all the same is finite", "[flow]") {
  const Matrix<float> cells = Matrix<float>::Constant(3, 50, 2);
  const flow::RbfMetric<float> metric(cells);
  flow::RbfMetric<float>::Workspace w;
  Matrix<float> g(3, 50);
  metric.tensor(cells, g, w);
  CHECK(g.allFinite());
  CHECK(metric.centres().cols() == 1);
}

TEST_CASE("cells of all time points are pooled", "[flow]") {
  struct Point {
    double time;
    Matrix<float> cells;
  };
  const std::vector<Point> points = {{0, laws::normals<float>(2, 3, 1)},
                                     {1, laws::normals<float>(2, 4, 2)}};
  const Matrix<float> all = flow::pooled_cells<float>(points);
  CHECK((all.leftCols(3) == points[0].cells && all.rightCols(4) == points[1].cells));
  laws::check_says<std::invalid_argument>(
      [] { (void)flow::pooled_cells<float>(std::vector<Point>{}); }, "no cells");
  const std::vector<Point> odd = {{0, Matrix<float>(2, 3)}, {1, Matrix<float>(3, 3)}};
  laws::check_says<std::invalid_argument>([&] { (void)flow::pooled_cells<float>(odd); },
                                          "3 features, wanted 2");
}

TEST_CASE("metrics refuse what cannot be", "[flow]") {
  using Land = flow::LandMetric<double>;
  using Rbf = flow::RbfMetric<double>;
  using laws::check_says;
  const Matrix<double> cells = laws::normals<double>(2, 5, 1), none(2, 0);
  Matrix<double> broken = cells;
  broken(1, 2) = std::numeric_limits<double>::quiet_NaN();
  using Bad = std::invalid_argument;
  check_says<Bad>([&] { Land{none}; }, "flow::LandMetric", "cells is empty");
  check_says<Bad>([&] { Land{broken}; }, "cells hold NaN");
  check_says<Bad>([&] { Land(cells, {.sigma = 0}); }, "sigma is 0");
  check_says<Bad>([&] { Land(cells, {.epsilon = -1}); }, "epsilon is -1");
  check_says<Bad>([&] { Land(cells, {.alpha = -1}); }, "alpha is -1");
  check_says<Bad>([&] { Rbf{none}; }, "cells is empty");
  check_says<Bad>([&] { Rbf{broken}; }, "cells hold NaN");
  check_says<Bad>([&] { Rbf(cells, {.centres = 0}); }, "count is 0");
  check_says<Bad>([&] { Rbf(cells, {.kappa = 0}); }, "kappa is 0");
  check_says<Bad>([&] { Rbf(cells, {.ridge = 0}); }, "ridge is 0");
}
