// SPDX-License-Identifier: MIT
#include "laws/optimizer.hpp"

#include <cytode/train/adamw.hpp>
#include <cytode/train/safetensors.hpp>
#include <cytode/train/sgd.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

const std::string fixtures = CYTODE_FIXTURES "/train/";

/// Runs a rule on make_torch.py's loss and returns the largest deviation from torch.optim's run.
template <class S, class P>
double deviation(const P& rule, const std::string& name) {
  const auto file = train::read_safetensors(fixtures + "optimizers.safetensors");
  const auto* tensor = file.find(name + (sizeof(S) == 4 ? ".f32" : ".f64"));
  REQUIRE(tensor != nullptr);
  const Index steps = tensor->shape.at(0), n = tensor->shape.at(1);
  REQUIRE(steps == 20);
  const Vector<S> expected = tensor->template values<S>(file.path);
  const Eigen::ArrayXd i = Eigen::ArrayXd::LinSpaced(n, 0, static_cast<double>(n - 1));
  Vector<S> p = (3 * i).sin().matrix().cast<S>();
  const Vector<S> a = (1 + i / 10).matrix().cast<S>(), c = ((i - 10) / 5).matrix().cast<S>();
  auto state = rule.template start<S>(n);
  double worst = 0;
  for (Index s = 0; s < steps; ++s) {
    const Vector<S> gradient = a.cwiseProduct(p - c) - p.array().sin().matrix();
    rule.step(state, p, gradient);
    const Vector<S> error = p - expected.segment(s * n, n);
    worst = std::max(worst, static_cast<double>(error.cwiseAbs().maxCoeff()));
  }
  return worst;
}

template <class P>
void check_against_torch(const P& rule, const std::string& name) {
  INFO(name);
  CHECK(deviation<float>(rule, name) < 1e-6);  // parameters are below 3: a few ulp
  CHECK(deviation<double>(rule, name) < 1e-12);
}

struct Nameless : train::Sgd {
  void name() const;
};
struct NoRate {
  static constexpr std::string_view name = "none";
  template <class S>
  using State = train::Sgd::State<S>;
  template <class S>
  State<S> start(Index) const;
  template <class S>
  void step(State<S>&, Vector<S>&, const Vector<S>&, double) const;
};
static_assert(train::Optimizer<train::Sgd, float> && train::Optimizer<train::AdamW, double>);
static_assert(!train::Optimizer<Nameless, float> && !train::Optimizer<NoRate, float>);
static_assert(!train::Optimizer<train::Sgd, int>);

}  // namespace

TEST_CASE("Sgd follows torch.optim.SGD", "[train]") {
  check_against_torch(train::Sgd{.learning_rate = 0.05}, "sgd");
  check_against_torch(train::Sgd{.learning_rate = 0.05, .weight_decay = 0.1}, "sgd_decay");
  check_against_torch(train::Sgd{.learning_rate = 0.02, .momentum = 0.9}, "sgd_momentum");
  check_against_torch(
      train::Sgd{.learning_rate = 0.02, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01},
      "sgd_nesterov");
}

TEST_CASE("AdamW follows torch.optim.AdamW", "[train]") {
  check_against_torch(train::AdamW{.learning_rate = 0.05}, "adamw");
  check_against_torch(
      train::AdamW{
          .learning_rate = 0.1, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.2},
      "adamw_options");
}

TEMPLATE_TEST_CASE("every optimizer obeys the laws", "[train]", float, double) {
  using S = TestType;
  SECTION("sgd") {
    laws::check_optimizer<S>(train::Sgd{.learning_rate = 0.05});
  }
  SECTION("sgd with momentum") {
    laws::check_optimizer<S>(
        train::Sgd{.learning_rate = 0.01, .momentum = 0.9, .weight_decay = 0.01});
  }
  SECTION("sgd with nesterov") {
    laws::check_optimizer<S>(train::Sgd{.learning_rate = 0.01, .momentum = 0.5, .nesterov = true});
  }
  SECTION("adamw") {
    laws::check_optimizer<S>(train::AdamW{.learning_rate = 0.01});
  }
}

TEST_CASE("Sgd on a quadratic is the closed form", "[train]") {
  // θ ← θ − ηaθ, so θ after k steps is (1 − ηa)^k θ₀; with momentum the heavy ball's recurrence
  // x² = (1 + μ − ηa)x − μ has the roots r, s, and θ_k = αr^k + βs^k.
  const double eta = 0.1, a = 2, mu = 0.1;
  Vector<double> theta = Vector<double>::Ones(1), ball = theta;
  const train::Sgd plain{.learning_rate = eta}, heavy{.learning_rate = eta, .momentum = mu};
  auto state = plain.start<double>(1), state_heavy = heavy.start<double>(1);
  for (int k = 0; k < 30; ++k) {
    plain.step(state, theta, Vector<double>(a * theta));
    heavy.step(state_heavy, ball, Vector<double>(a * ball));
  }
  CHECK(theta[0] == Approx(std::pow(1 - eta * a, 30)).epsilon(1e-13));
  const double sum = 1 + mu - eta * a, root = std::sqrt(sum * sum - 4 * mu);
  const double r = (sum + root) / 2, s = (sum - root) / 2;
  const double alpha = ((1 - eta * a) - s) / (r - s);  // θ₀ = 1, θ₁ = 1 − ηa
  const double expected = alpha * std::pow(r, 30) + (1 - alpha) * std::pow(s, 30);
  CHECK(ball[0] == Approx(expected).epsilon(1e-12));
}

TEST_CASE("a first AdamW step has the length of the learning rate", "[train]") {
  // Bias correction makes m̂ = g and v̂ = g², so the step is η g/(|g| + ε) whatever g.
  const train::AdamW rule{.learning_rate = 0.25, .weight_decay = 0};
  Vector<double> theta = Vector<double>::Zero(3), gradient(3);
  gradient << 1e-3, -7, 1e5;
  auto state = rule.start<double>(3);
  rule.step(state, theta, gradient);
  CHECK(theta[0] == Approx(-0.25).epsilon(1e-4));
  CHECK(theta[1] == Approx(0.25));
  CHECK(theta[2] == Approx(-0.25));
}

TEST_CASE("options out of range are named", "[train]") {
  CHECK_THROWS_WITH(train::Sgd{.momentum = 1}.start<float>(1),
                    "train::Sgd: momentum is 1, wanted [0, 1)");
  CHECK_THROWS_WITH(train::Sgd{.nesterov = true}.start<float>(1),
                    "train::Sgd: nesterov needs a momentum above 0");
  CHECK_THROWS_WITH(train::AdamW{.beta2 = 1.5}.start<float>(1),
                    "train::AdamW: beta2 is 1.5, wanted [0, 1)");
  CHECK_THROWS_WITH(train::AdamW{.weight_decay = -1}.start<float>(1),
                    "train::AdamW: weight_decay is -1, wanted zero or more");
  Vector<float> theta = Vector<float>::Zero(4);
  auto state = train::AdamW{}.start<float>(3);
  CHECK_THROWS_WITH(train::AdamW{}.step(state, theta, theta),
                    "train::AdamW::step: the state was started for 3 parameters, there are 4");
}
