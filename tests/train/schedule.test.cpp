// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstring>
#include <limits>

#include <cytode/train/clip.hpp>
#include <cytode/train/ema.hpp>
#include <cytode/train/safetensors.hpp>
#include <cytode/train/schedule.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

/// Largest deviation from the factors of torch.optim.lr_scheduler in schedules.safetensors.
template <train::Schedule F>
double deviation(const F& schedule, const std::string& name) {
  const auto file = train::read_safetensors(CYTODE_FIXTURES "/train/schedules.safetensors");
  const auto expected = file.find(name)->values<double>(file.path);
  REQUIRE(expected.size() == 40);
  double worst = 0;
  for (Index s = 0; s < 40; ++s) worst = std::max(worst, std::abs(schedule(s, 40) - expected[s]));
  return worst;
}

}  // namespace

TEST_CASE("schedules follow torch.optim.lr_scheduler", "[train]") {
  CHECK(deviation(train::Cosine{.floor = 0.1}, "cosine") < 1e-13);
  CHECK(deviation(train::WarmupCosine{.warmup = 8}, "warmup_cosine") < 1e-13);
  CHECK(deviation(train::StepDecay{.every = 7, .factor = 0.3}, "step_decay") < 1e-13);
}

TEST_CASE("schedules begin and end where they say and fall between", "[train]") {
  for (const long total : {1L, 2L, 10L, 999L}) {
    CHECK(train::Cosine{.floor = 0.2}(0, total) == Approx(1).epsilon(1e-15));
    CHECK(train::Cosine{.floor = 0.2}(total, total) == 0.2);
    for (long s = 1; s <= total; ++s) {
      CHECK(train::Cosine{}(s, total) < train::Cosine{}(s - 1, total));
      CHECK(train::Constant{}(s, total) == 1);
    }
  }
  const train::WarmupCosine warm{.warmup = 5, .floor = 0.1};
  CHECK(warm(0, 20) == 0.2);
  CHECK(warm(4, 20) == 1);
  CHECK(warm(20, 20) == 0.1);
  for (long s = 1; s < 5; ++s) CHECK(warm(s, 20) > warm(s - 1, 20));
  for (long s = 6; s <= 20; ++s) CHECK(warm(s, 20) < warm(s - 1, 20));
  CHECK(warm(3, 2) == 0.8);  // a run shorter than its warm-up only warms up
}

TEMPLATE_TEST_CASE("clipping shortens what is too long and nothing else", "[train]", float,
                   double) {
  using S = TestType;
  Vector<S> g(3);
  g << S(2), S(-3), S(6);  // norm 7
  Vector<S> same = g;
  CHECK(train::clip(same, 7.0) == 7);
  CHECK(same == g);
  Vector<S> cut = g;
  CHECK(train::clip(cut, 3.5) == 7);
  CHECK(cut == Vector<S>(g / 2));  // factor exactly 1/2: same direction
  Vector<S> none(0);
  CHECK(train::clip(none, 1.0) == 0);
  CHECK(train::global_norm(Vector<S>(Vector<S>::Zero(5))) == 0);
  CHECK_THROWS_WITH(train::clip(g, 0.0), "train::clip: limit is 0, wanted a positive number");
}

TEMPLATE_TEST_CASE("the norm is finite exactly if the gradient is", "[train]", float, double) {
  using S = TestType;
  using Limits = std::numeric_limits<S>;
  for (const S bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
    for (Index place = 0; place < 19; ++place) {
      Vector<S> g = Vector<S>::LinSpaced(19, -1, 1);
      g[place] = bad;
      const Vector<S> before = g;
      CHECK(!std::isfinite(train::clip(g, 0.1)));
      CHECK(std::memcmp(g.data(), before.data(), 19 * sizeof(S)) == 0);
    }
  }
  // 3, 4, 12 give 13, at both ends of the range, where squares overflow or vanish.
  for (const S scale :
       {S(std::ldexp(1, Limits::max_exponent - 5)), Limits::min(), Limits::denorm_min()}) {
    Vector<S> g(3);
    g << 3 * scale, 4 * scale, 12 * scale;
    CHECK(train::global_norm(g) / static_cast<double>(scale) == Approx(13).epsilon(1e-12));
  }
}

TEMPLATE_TEST_CASE("the moving average is its closed form", "[train]", float, double) {
  using S = TestType;
  const double d = 0.9;
  const auto theta = [](int k) { return Vector<S>(Vector<S>::Constant(3, static_cast<S>(k * k))); };
  Vector<S> plain = theta(0), warm = theta(0);
  const train::Ema no_warmup{.decay = d, .warmup = false}, warmup{.decay = d};
  for (int k = 1; k <= 12; ++k) {
    no_warmup.update(plain, theta(k), k);
    warmup.update(warm, theta(k), k);
  }
  double expected = 0, weights = 0;  // Σ (1 − d) d^(12 − k) θ_k, and d^12 θ₀ with θ₀ = 0
  for (int k = 1; k <= 12; ++k) {
    expected += (1 - d) * std::pow(d, 12 - k) * k * k;
    // With warm-up, d_k = k/(k + 9) up to 81: weight of θ_k is 9/(k + 9) Π_{j>k} j/(j + 9).
    double weight = 9.0 / (k + 9);
    for (int j = k + 1; j <= 12; ++j) weight *= static_cast<double>(j) / (j + 9);
    weights += weight * k * k;
  }
  CHECK(static_cast<double>(plain[2]) == Approx(expected).epsilon(sizeof(S) == 4 ? 1e-6 : 1e-14));
  CHECK(static_cast<double>(warm[0]) == Approx(weights).epsilon(sizeof(S) == 4 ? 1e-6 : 1e-14));
  CHECK(warmup.decay_at(81) == Approx(0.9));
  CHECK(warmup.decay_at(1000) == 0.9);
  Vector<S> shorter(2);
  CHECK_THROWS_WITH(warmup.update(shorter, theta(1), 1),
                    "train::Ema: average has 2 coefficients, parameters have 3");
}
