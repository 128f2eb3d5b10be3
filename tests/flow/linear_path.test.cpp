// SPDX-License-Identifier: MIT
#include <cytode/flow/linear_path.hpp>

#include "catch.hpp"
#include "laws/path.hpp"

using namespace cytode;

namespace {
struct WithoutNoise {
  template <class S>
  void sample(const ConstRowView<S>&, const ConstBatch<S>&, const ConstBatch<S>&, Batch<S>,
              Batch<S>) const {}
};
struct NotConst {
  template <class S>
  void sample(const ConstRowView<S>&, const ConstBatch<S>&, const ConstBatch<S>&,
              const ConstBatch<S>&, Batch<S>, Batch<S>) {}
};
}  // namespace

static_assert(flow::Path<flow::LinearPath>);
static_assert(!flow::Path<WithoutNoise> && !flow::Path<NotConst> && !flow::Path<int>);

TEST_CASE("the linear path keeps the law of paths", "[flow]") {
  laws::check_path(flow::LinearPath{.sigma = 0}, 0);
  laws::check_path(flow::LinearPath{.sigma = 0.3}, 0.3);
}

TEST_CASE("the linear path meets its marginal: mean on the line, variance sigma squared",
          "[flow]") {
  const Index n = 20000;
  const Matrix<float> x0 = Matrix<float>::Constant(1, n, 1), x1 = Matrix<float>::Constant(1, n, 3);
  const Matrix<float> noise = laws::normals<float>(1, n, 9);
  Matrix<float> x(1, n), u(1, n);
  flow::LinearPath{.sigma = 0.5}.sample<float>(Row<float>::Constant(n, 0.25f), x0, x1, noise, x, u);
  const Eigen::ArrayXXd z = x.cast<double>();
  // Five standard errors: σ/√n = 0.0035 for the mean, σ²√(2/n) = 0.0025 for the variance.
  CHECK(std::abs(z.mean() - 1.5) < 5 * 0.0035);
  CHECK(std::abs((z - z.mean()).square().mean() - 0.25) < 5 * 0.0025);
  CHECK(u == Matrix<float>::Constant(1, n, 2));
}
