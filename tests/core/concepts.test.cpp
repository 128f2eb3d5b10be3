// SPDX-License-Identifier: MIT
// Models and counter-models of the concepts of core: what lacks one thing is refused.
#include <cytode/core/concepts.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

/// y = x: the smallest module.
struct Same {
  using Scalar = float;
  struct Cache {};
  Index inputs() const { return 2; }
  Index outputs() const { return 2; }
  ParameterLayout layout() const { return {}; }
  void initialise(const Stream&, VectorView<float>) const {}
  void forward(const ConstVectorView<float>&, const ConstBatch<float>& x, Batch<float> y,
               Cache&) const {
    y = x;
  }
  void vjp(const ConstVectorView<float>&, const ConstBatch<float>&, const ConstBatch<float>&,
           VectorView<float>, Cache&) const {}
  void vjp(const ConstVectorView<float>&, const ConstBatch<float>&, const ConstBatch<float>& a,
           Batch<float> ax, VectorView<float>, Cache&) const {
    ax += a;
  }
  void jvp(const ConstVectorView<float>&, const ConstBatch<float>&, const ConstBatch<float>& dx,
           Batch<float> dy, Cache&) const {
    dy = dx;
  }
  void jvp_vjp(const ConstVectorView<float>&, const ConstBatch<float>&, const ConstBatch<float>&,
               const ConstBatch<float>& a, const ConstBatch<float>& b, Batch<float> ax,
               Batch<float> adx, VectorView<float>, Cache&) const {
    ax += a;
    adx += b;
  }
};
struct WithoutCache : Same {
  using Cache = void;
};
struct WithoutJvpVjp : Same {
  void jvp_vjp() const;
};
struct IntSizes : Same {
  int inputs() const { return 2; }
};
struct ForwardNotConst : Same {
  void forward(const ConstVectorView<float>&, const ConstBatch<float>&, Batch<float>, Cache&) {}
};
static_assert(Module<Same>);
static_assert(!Module<WithoutCache> && !Module<WithoutJvpVjp>);
static_assert(!Module<IntSizes> && !Module<ForwardNotConst> && !Module<int>);

/// dx/dt = t x: a field without parameters.
struct Growth {
  using Scalar = double;
  struct Cache {};
  Index dims() const { return 1; }
  void forward(Times<double> t, const ConstBatch<double>& x, Batch<double> dx, Cache&) const {
    dx = x.array().rowwise() * t.row(x.cols()).array();
  }
};
struct WithoutDims : Growth {
  void dims() const;
};
struct ScalarTime : Growth {
  void forward(double, const ConstBatch<double>&, Batch<double>, Cache&) const {}
};
static_assert(VectorField<Growth> && !DifferentiableField<Growth>);
static_assert(!VectorField<WithoutDims> && !VectorField<ScalarTime> && !VectorField<Same>);

}  // namespace

TEST_CASE("a field of one's own needs a dozen lines", "[core]") {
  Growth::Cache cache;
  const Matrix<double> x = Matrix<double>::Constant(1, 3, 2);
  Matrix<double> dx(1, 3);
  Growth{}.forward(Times<double>(0.5), x, dx, cache);
  CHECK(dx == Matrix<double>::Ones(1, 3));
}
