// SPDX-License-Identifier: MIT
// finite, times and buffer: small views that everything else trusts.
#include <limits>

#include <cytode/core/buffer.hpp>
#include <cytode/core/by_packets.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/times.hpp>

#include "catch.hpp"
#include "laws/module.hpp"

using namespace cytode;

TEMPLATE_TEST_CASE("one bad number is seen in every place of any length", "[core]", float, double) {
  using Limits = std::numeric_limits<TestType>;
  for (Index n = 0; n < 70; ++n) {
    Vector<TestType> v = Vector<TestType>::Constant(n, -Limits::max());
    if (n > 1) v[0] = Limits::denorm_min();
    REQUIRE(all_finite(v));
    for (Index i = 0; i < n; ++i) {
      for (const TestType bad : {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::signaling_NaN(),
                                 Limits::infinity(), -Limits::infinity()}) {
        Vector<TestType> w = v;
        w[i] = bad;
        if (all_finite(w)) FAIL("missed " << bad << " at " << i << " of " << n);
      }
    }
  }
  Matrix<TestType> m = Matrix<TestType>::Zero(3, 4);
  CHECK(all_finite(m));
  m(2, 3) = Limits::quiet_NaN();
  CHECK_FALSE(all_finite(m));
}

TEST_CASE("times are one number for all cells or one a cell", "[core]") {
  const Times<double> shared(1.5);  // held by value: the argument may be gone
  CHECK(shared.shared());
  CHECK(shared[7] == 1.5);
  CHECK(shared.fits(0));
  CHECK(shared.fits(1000));
  CHECK(shared.row(4) == Row<double>::Constant(4, 1.5));
  const Times<double> copy = shared.slice(2, 3);
  CHECK(copy.row(3) == Row<double>::Constant(3, 1.5));

  const Row<double> numbers = Row<double>::LinSpaced(6, 0, 5);
  const Times<double> each(numbers);
  CHECK_FALSE(each.shared());
  CHECK(each.fits(6));
  CHECK_FALSE(each.fits(5));
  CHECK(each.row(6).data() == numbers.data());
  const Times<double> part = each.slice(2, 3);
  CHECK(part.fits(3));
  CHECK(part[1] == 3);
  CHECK(part.row(3) == numbers.segment(2, 3));
  CHECK(part.slice(1, 2).row(2) == numbers.segment(3, 2));

  const Row<double> none(0);
  CHECK_FALSE(Times<double>(none).shared());
  CHECK_FALSE(Times<double>(none).fits(1));
}

TEST_CASE("times view a row inside a matrix without a copy", "[core]") {
  const Matrix<float> m = Matrix<float>::Random(3, 5);
  const Times<float> times(m.row(1));
  CHECK(times.row(5).data() == &m(1, 0));
  CHECK(times.row(5) == m.row(1));
  CHECK(times[4] == m(1, 4));
  CHECK(times.slice(3, 2).row(2) == m.row(1).tail(2));
}

TEST_CASE("a buffer keeps its memory and only grows", "[core]") {
  Buffer<float> buffer;
  CHECK(buffer.rows() == 0);
  auto large = buffer.shape(4, 5);
  large.setConstant(2);
  const float* const memory = large.data();
  CHECK(buffer.shape(5, 4).data() == memory);
  CHECK(buffer.shape(2, 3).data() == memory);
  CHECK(buffer.rows() == 2);
  CHECK(buffer.cols() == 3);
  CHECK(buffer.view().size() == 6);
  CHECK(buffer.shape(0, 7).size() == 0);
  CHECK(buffer.shape(4, 5).data() == memory);
  CHECK(buffer.shape(3, 7).cols() == 7);
  const Buffer<float>& read_only = buffer;
  CHECK(read_only.view().rows() == 3);
}

TEMPLATE_TEST_CASE("sums of products have the same bits in a packet and behind the last one",
                   "[core]", float, double) {
  const Matrix<TestType> in = laws::normals<TestType>(3, 1000, 1);
  const Vector<TestType> a = in.row(0), b = in.row(1), c = in.row(2);
  for (Index from = 0; from < 40; ++from) {
    Vector<TestType> out(1000 - from);
    by_packets<TestType>(out.size(), [&]<class P>(Index i) {
      using namespace Eigen::internal;
      const auto at = [&](const Vector<TestType>& v) { return ploadu<P>(v.data() + from + i); };
      pstoreu(out.data() + i, multiply_add(at(a), at(b), at(c)));
    });
    for (Index i = 0; i < out.size(); ++i) {
      if (out[i] != multiply_add(a[from + i], b[from + i], c[from + i])) {
        FAIL("number " << i << " of " << out.size());
      }
    }
  }
}
