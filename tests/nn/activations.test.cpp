// SPDX-License-Identifier: MIT
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string_view>

#include <cytode/nn/activations.hpp>

#include "catalogue.hpp"
#include "catch.hpp"

using namespace cytode;

namespace {

// The textbook formulas in long double, without the tricks of the header.
using Real = long double;
const std::map<std::string_view, std::function<Real(Real)>> truth = {
    {"identity", [](Real z) { return z; }},
    {"relu", [](Real z) { return z > 0 ? z : 0; }},
    {"elu", [](Real z) { return z > 0 ? z : std::expm1(z); }},
    {"selu",
     [](Real z) {
       return 1.0507009873554804934193L * (z > 0 ? z : 1.6732632423543772848170L * std::expm1(z));
     }},
    {"silu", [](Real z) { return z / (1 + std::exp(-z)); }},
    {"tanh", [](Real z) { return std::tanh(z); }},
    {"softplus",
     [](Real z) { return z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z)); }},
    {"gelu", [](Real z) { return z * std::erfc(-z / std::sqrt(2.0L)) / 2; }}};

template <class A, class S>
void check_values(double ulps) {
  const auto& f = truth.at(A::name);
  const double eps = std::numeric_limits<S>::epsilon();
  double worst_value = 0, worst_slope = 0, worst_curvature = 0;
  for (double at = -30; at <= 30; at += 0.0371) {
    const nn::Lanes<S> z = nn::Lanes<S>::Constant(static_cast<S>(at));
    const Real x = z[0], h = 1e-4L;
    const double scale = 1 + std::abs(at);
    const auto error = [&](S got, Real wanted) {
      return static_cast<double>(std::abs(static_cast<Real>(got) - wanted)) / scale;
    };
    worst_value = std::max(worst_value, error(A::value(z)[7], f(x)));
    // Differences in long double: error h² f''' ≈ 1e-8 and rounding 1e-19/h² ≈ 1e-11.
    worst_slope = std::max(worst_slope, error(A::slope(z)[7], (f(x + h) - f(x - h)) / (2 * h)));
    worst_curvature = std::max(
        worst_curvature, error(A::curvature(z)[7], (f(x + h) - 2 * f(x) + f(x - h)) / (h * h)));
  }
  CHECK(worst_value <= ulps * eps);
  CHECK(worst_slope <= ulps * eps + 1e-8);
  CHECK(worst_curvature <= ulps * eps + 1e-7);
}

// The packets of the machine against packets of this size and its halves.
template <class P>
void same_bits(const P&) {
  using Traits = Eigen::internal::unpacket_traits<P>;
  if constexpr (Traits::size > 1) {
    for (float at = 0; at >= -90; at -= 0.0137f) {
      const nn::Lanes<float> z = at - nn::Lanes<float>::LinSpaced(16, 0, 1);
      nn::Lanes<float> exp, elu;
      for (int i = 0; i < 16; i += Traits::size) {
        const P p = Eigen::internal::ploadu<P>(z.data() + i);
        Eigen::internal::pstoreu(exp.data() + i, nn::ExpBelow<nn::Unscaled>::value(p));
        Eigen::internal::pstoreu(elu.data() + i, nn::ExpBelow<nn::Unscaled>::less_scale(p));
      }
      CHECK((exp == nn::exp_below<float>(z)).all());
      CHECK((elu == nn::Elu::value(z)).all());
    }
  }
  if constexpr (Traits::size > 4) same_bits(typename Traits::half());
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("value, slope and curvature are those of the textbook", "[nn]",
                        catalogue::Activations) {
  check_values<TestType, double>(8);
  check_values<TestType, float>(8);
}

TEMPLATE_LIST_TEST_CASE("a NaN is never hidden, in any lane", "[nn]", catalogue::Activations) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (Index k = 0; k < 32; ++k) {
    const Index lane = k % 16;
    nn::Lanes<float> z = nn::Lanes<float>::LinSpaced(16, -2, 2);
    nn::Lanes<double> w = nn::Lanes<double>::LinSpaced(16, -2, 2);
    z[lane] = k < 16 ? nan : -nan;  // of either sign
    w[lane] = z[lane];
    CHECK(std::isnan(TestType::value(z)[lane]));
    CHECK(std::isnan(TestType::value(w)[lane]));
    CHECK(!std::isnan(TestType::value(z)[(lane + 1) % 16]));
  }
}

TEMPLATE_LIST_TEST_CASE("derivatives read off the value are the derivatives", "[nn]",
                        catalogue::Activations) {
  if constexpr (nn::KnownByValue<TestType>) {
    for (double at = -20; at <= 20; at += 0.0371) {
      const nn::Lanes<double> z = nn::Lanes<double>::Constant(at), h = TestType::value(z);
      // The value stands near −α where the slope is small: absolute accuracy, not relative.
      CHECK(std::abs(TestType::slope_from_value(h)[3] - TestType::slope(z)[3]) <= 1e-15);
      CHECK(std::abs(TestType::curvature_from_value(h)[3] - TestType::curvature(z)[3]) <= 2e-15);
    }
  }
}

TEST_CASE("e to a negative power is within an ulp or two, and exact at 0", "[nn]") {
  const auto exp = [](float z) { return nn::exp_below<float>(nn::Lanes<float>::Constant(z))[5]; };
  double worst = 0;
  for (float at = 0; at >= -87; at -= 0.00731f) {
    const double got = exp(at), wanted = std::exp(static_cast<double>(at));
    worst = std::max(worst, std::abs(got / wanted - 1));
  }
  CHECK(worst <= 1.5 * std::numeric_limits<float>::epsilon());
  CHECK(exp(0) == 1);
  // No normal numbers any more.
  for (float at = -87; at >= -89; at -= 0.0131f) {
    CHECK(std::abs(exp(at) - std::exp(static_cast<double>(at))) <= 1e-38);
  }
  CHECK(exp(-88) == 0);
  CHECK(exp(-200) == 0);
  CHECK(exp(-std::numeric_limits<float>::infinity()) == 0);
}

TEST_CASE("exponential linear units keep the relative accuracy of small numbers", "[nn]") {
  // The cubic's error of 2.6e-8 weighs most at its end, ln 2 / 16: 6e-7, and rounding as much.
  const bool packets = Eigen::internal::packet_traits<float>::size > 1;  // else it is e^z less 1
  for (float at = -1e-30f; at >= -0.5f && packets; at *= 1.37f) {
    const nn::Lanes<float> z = nn::Lanes<float>::Constant(at);
    CHECK(nn::Elu::value(z)[2] == Approx(std::expm1(static_cast<double>(at))).epsilon(1.3e-6));
  }
  CHECK(nn::Selu::value(nn::Lanes<float>(nn::Lanes<float>::Zero()))[0] == 0);
}

TEST_CASE("e to a negative power has the same bits in packets of any size", "[nn]") {
  same_bits(typename Eigen::internal::packet_traits<float>::half());
}

TEST_CASE("slopes at the kink are PyTorch's: those from the left", "[nn]") {
  const nn::Lanes<double> zero = nn::Lanes<double>::Zero();
  CHECK(nn::Relu::slope(zero)[0] == 0);
  CHECK(nn::Elu::slope(zero)[0] == 1);
  CHECK(nn::Selu::slope(zero)[0] == Approx(nn::Selu::lambda * nn::Selu::alpha));
}

TEST_CASE("softplus and GELU keep their relative accuracy in the tail", "[nn]") {
  for (const double at : {-1.0, -5.0, -20.0, -36.0, -40.0, -300.0}) {
    const nn::Lanes<double> z = nn::Lanes<double>::Constant(at);
    CHECK(nn::Softplus::value(z)[0] == Approx(std::log1p(std::exp(at))).epsilon(1e-13));
  }
  for (const double at : {-0.5, -2.0, -6.0, -12.0}) {
    const nn::Lanes<double> z = nn::Lanes<double>::Constant(at);
    // exp(-z²/2) carries the rounding of its argument, 72, into a relative error of about 1e-14.
    CHECK(nn::normal_tail<double>(z, nn::bell<double>(z))[0] ==
          Approx(std::erfc(-at / std::sqrt(2.0)) / 2).epsilon(1e-13));
  }
}

TEST_CASE("an image does not depend on the place in the array", "[nn]") {
  std::vector<float> in(100), out(100);
  for (std::size_t i = 0; i < 100; ++i) in[i] = 0.1f * static_cast<float>(i) - 5;
  const auto f = [](const nn::Lanes<float>& z) { return nn::Gelu::value(z); };
  nn::transform(100, out.data(), f, in.data());
  for (std::size_t first = 0; first < 40; first += 7) {
    std::vector<float> part(60 - first);
    nn::transform(static_cast<Index>(part.size()), part.data(), f, in.data() + first);
    CHECK(std::equal(part.begin(), part.end(), out.begin() + static_cast<long>(first)));
  }
}
