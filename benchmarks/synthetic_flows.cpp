// SPDX-License-Identifier: MIT
// Flow matching on the field's synthetic tables: W2 on two-dimensional shapes and the Gaussian
// Schroedinger bridge, whose marginals are known in closed form.
//
// Beside each figure stands the floor, what a sample of the truth itself would get: of the target
// in the first table, of the marginals in the second. It is a random sample, as random starting
// points lead to one: 0.07 for two moons, where two evenly spaced samples are 0.04 apart. A
// training sample of n costs about as much again as a scored one of n, so the default trains on ten
// times as many points.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <cytode/flow/bridge_path.hpp>
#include <cytode/flow/linear_path.hpp>
#include <cytode/metrics/gaussian.hpp>
#include <cytode/metrics/wasserstein.hpp>
#include <cytode/ode/solve.hpp>
#include <cytode/ot/entropic.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/independent.hpp>
#include <cytode/sde/constant.hpp>
#include <cytode/sde/solve.hpp>

#include "synthetic/shapes.hpp"
#include "synthetic/train.hpp"

namespace {

using namespace cytode;
using synthetic::Cloud;
using synthetic::Recipe;

struct Settings {
  Recipe recipe;
  int seeds = 5;
  Index train = 100000, points = 10000, width = 64;
  std::string only, shape, activation = "selu";
  double sigma = 0.05;  ///< Of the straight paths.
  std::vector<std::string> methods{"otcfm", "sf2m", "icfm"};
  [[nodiscard]] bool wants(const std::string& method) const {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  }
};

/// Mean and deviation over seeds.
struct Figures {
  std::vector<double> values;
  [[nodiscard]] double mean() const {
    double sum = 0;
    for (const double v : values) sum += v;
    return sum / static_cast<double>(values.size());
  }
  [[nodiscard]] double deviation() const {
    double sum = 0;
    for (const double v : values) sum += (v - mean()) * (v - mean());
    return values.size() < 2 ? 0 : std::sqrt(sum / static_cast<double>(values.size() - 1));
  }
};

template <nn::Activation A>
auto network(Index d, Index width, const Stream& stream) {
  return fields::neural_map<float>(d, d, {width, width, width}, stream, A());
}
/// Velocity and score by a network each.
template <nn::Activation A>
auto two_networks(Index d, Index width, const Stream& stream) {
  using Net = nn::Mlp<float, A>;
  const Net net({d + 1, {width, width, width}, d});
  return fields::NeuralMap<nn::SideBySide<Net, Net>>(nn::SideBySide<Net, Net>(net, net), stream);
}

std::vector<double> even_times(int intervals) {
  std::vector<double> times;
  for (int k = 0; k <= intervals; ++k) times.push_back(static_cast<double>(k) / intervals);
  return times;
}

/// States of a velocity trained with this path and coupling at even times.
template <nn::Activation A, class P, class C>
std::vector<Matrix<float>> by_flow(const std::vector<Cloud>& clouds, const Matrix<float>& x0,
                                   P path, C coupling, const Settings& s, std::uint64_t seed,
                                   int intervals) {
  const Index d = x0.rows();
  auto map = network<A>(d, s.width, Stream(seed));
  synthetic::train(map, clouds, {.dims = d}, path, coupling, s.recipe, seed);
  const fields::Carried field(map, {.dims = d});
  return ode::solve(field, x0, even_times(intervals), ode::Dopri5{}).or_throw().states;
}

/// States of [SF]2M: velocity and score, simulated as dX = (v + σ²/2 s) dt + σ dW.
template <nn::Activation A, class C>
std::vector<Matrix<float>> by_bridge(const std::vector<Cloud>& clouds, const Matrix<float>& x0,
                                     double sigma, C coupling, const Settings& s,
                                     std::uint64_t seed, int intervals) {
  const Index d = x0.rows();
  const fields::Heads heads{.dims = d, .score = true};
  auto map = two_networks<A>(d, s.width, Stream(seed));
  synthetic::train(map, clouds, heads, flow::BridgePath{.sigma = sigma}, coupling, s.recipe, seed);
  const fields::Carried drift(map, heads, {.score_factor = sigma * sigma / 2});
  return sde::solve(drift, sde::Constant<float>(static_cast<float>(sigma)), x0,
                    even_times(intervals), sde::EulerMaruyama{.steps = 200 / intervals},
                    Stream(seed).fork(99))
      .or_throw()
      .states;
}

using Shape = std::function<Matrix<float>(Index, const Stream&)>;

template <nn::Activation A>
void shapes_table(const Settings& s) {
  const auto normal = [](Index n, const Stream& stream) { return synthetic::normal(2, n, stream); };
  struct Task {
    const char* name;
    Shape from, to, law;
    const char *otcfm, *sf2m;
  };
  const Task tasks[] = {
      {"N-8gaussians", normal, synthetic::eight_gaussians, synthetic::eight_gaussians,
       ".303 (.043)", ".275 (.058)"},
      {"moons-8gaussians", synthetic::moons, synthetic::eight_gaussians, synthetic::eight_gaussians,
       ".601 (.027)", ".726 (.137)"},
      {"N-moons", normal, synthetic::moons, synthetic::random_moons, ".130 (.016)", ".124 (.023)"},
      {"N-scurve", normal, synthetic::s_curve, synthetic::s_curve, ".144 (.028)", ".128 (.005)"}};
  std::printf("W2 on %ld points, %d seeds (standard deviation)\n", static_cast<long>(s.points),
              s.seeds);
  std::printf("%-18s %-14s %-14s %-14s %-14s %-14s %-14s\n", "", "OT-CFM", "[SF]2M", "I-CFM",
              "floor", "OT-CFM publ.", "[SF]2M publ.");
  for (const Task& task : tasks) {
    if (!s.shape.empty() && s.shape != task.name) continue;
    Figures optimal, bridge, independent, floor;
    for (int seed = 0; seed < s.seeds; ++seed) {
      const Stream root(static_cast<std::uint64_t>(100 + seed));
      const std::vector<Cloud> clouds{{0, task.from(s.train, root.fork(0))},
                                      {1, task.to(s.train, root.fork(1))}};
      const Matrix<float> x0 = task.from(s.points, root.fork(2));
      const Matrix<float> x1 = task.to(s.points, root.fork(3));
      const auto key = static_cast<std::uint64_t>(seed);
      const auto measure = [&](const Matrix<float>& x, Figures& to) {
        to.values.push_back(metrics::wasserstein2(x, x1));
      };
      measure(task.law(s.points, root.fork(4)), floor);
      const flow::LinearPath straight{.sigma = s.sigma};
      if (s.wants("otcfm")) {
        measure(by_flow<A>(clouds, x0, straight, ot::Exact{}, s, key, 1).back(), optimal);
      }
      if (s.wants("sf2m")) {
        measure(by_bridge<A>(clouds, x0, 0.3, ot::Exact{}, s, key, 1).back(), bridge);
      }
      if (s.wants("icfm")) {
        measure(by_flow<A>(clouds, x0, straight, ot::Independent{}, s, key, 1).back(), independent);
      }
    }
    std::printf("%-18s", task.name);
    for (const Figures* f : {&optimal, &bridge, &independent, &floor}) {
      if (f->values.empty())
        std::printf(" %-14s", "-");
      else
        std::printf(" %.3f (%.3f) ", f->mean(), f->deviation());
    }
    std::printf(" %-14s %-14s\n", task.otcfm, task.sf2m);
    std::fflush(stdout);
  }
}

template <nn::Activation A>
void bridge_table(const Settings& s) {
  struct Row {
    Index d;
    const char *end, *mean;
  };
  const Row rows[] = {{5, ".001", ".005"}, {20, ".029", ".028"}, {50, ".124", ".221"}};
  std::printf("\nGaussian Schroedinger bridge, KL to the closed form, %d seeds\n", s.seeds);
  std::printf("%-4s %-28s %-28s %-28s %s\n", "d", "flow: end, mean of 21",
              "[SF]2M: end, mean of 21", "floor: end, mean of 21", "best published");
  for (const Row& row : rows) {
    Figures end[3], mean[3];
    for (int seed = 0; seed < s.seeds; ++seed) {
      const Stream root(static_cast<std::uint64_t>(200 + seed));
      const std::vector<Cloud> clouds{{0, synthetic::normal(row.d, s.train, root.fork(0), -0.1)},
                                      {1, synthetic::normal(row.d, s.train, root.fork(1), 0.1)}};
      const Matrix<float> x0 = synthetic::normal(row.d, s.points, root.fork(2), -0.1);
      const auto measure = [&](const std::vector<Matrix<float>>& states, int column) {
        double sum = 0, last = 0;
        for (int k = 0; k <= 20; ++k) {
          const double t = k / 20.0;
          const double variance = (1 - t) * (1 - t) + t * t + t * (1 - t) * std::sqrt(5.0);
          const metrics::Gaussian truth{Vector<double>::Constant(row.d, 0.2 * t - 0.1),
                                        variance * Matrix<double>::Identity(row.d, row.d)};
          last = metrics::gaussian_kl(metrics::fit_gaussian(states[static_cast<std::size_t>(k)]),
                                      truth);
          sum += last / 21;
        }
        end[column].values.push_back(last);
        mean[column].values.push_back(sum);
      };
      const ot::Entropic plan{.epsilon = 2, .relative = false};
      const auto key = static_cast<std::uint64_t>(seed);
      measure(by_flow<A>(clouds, x0, flow::BridgePath{}, plan, s, key, 20), 0);
      measure(by_bridge<A>(clouds, x0, 1, plan, s, key, 20), 1);
      std::vector<Matrix<float>> exact;
      for (std::uint64_t k = 0; k <= 20; ++k) {
        const double t = static_cast<double>(k) / 20;
        const double variance = (1 - t) * (1 - t) + t * t + t * (1 - t) * std::sqrt(5.0);
        exact.push_back(synthetic::normal(row.d, s.points, root.fork(10 + k)) *
                        static_cast<float>(std::sqrt(variance)));
        exact.back().array() += static_cast<float>(0.2 * t - 0.1);
      }
      measure(exact, 2);
    }
    std::printf("%-4ld", static_cast<long>(row.d));
    for (int k = 0; k < 3; ++k) {
      std::printf(" %.4f (%.4f) %.4f (%.4f)", end[k].mean(), end[k].deviation(), mean[k].mean(),
                  mean[k].deviation());
    }
    std::printf("  %s %s\n", row.end, row.mean);
    std::fflush(stdout);
  }
}

template <nn::Activation A>
void tables(const Settings& s) {
  if (s.only != "bridge") shapes_table<A>(s);
  if (s.only != "shapes") bridge_table<A>(s);
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app("Flow matching on synthetic tables of the field");
  app.add_option("--seeds", s.seeds, "Runs of every row");
  app.add_option("--points", s.points, "Points that are scored");
  app.add_option("--train", s.train, "Points of either side that are trained on");
  app.add_option("--steps", s.recipe.steps, "Training steps");
  app.add_option("--batch", s.recipe.batch, "Pairs a step");
  app.add_option("--rate", s.recipe.learning_rate, "Learning rate");
  app.add_option("--average", s.recipe.average, "Memory of the average of the parameters");
  app.add_option("--sigma", s.sigma, "Noise about the straight paths of the shapes");
  app.add_option("--width", s.width, "Of the three hidden layers");
  app.add_option("--only", s.only, "One of the tables")->check(CLI::IsMember({"shapes", "bridge"}));
  app.add_option("--methods", s.methods, "Columns of the shapes")
      ->delimiter(',')
      ->check(CLI::IsMember({"otcfm", "sf2m", "icfm"}));
  app.add_option("--shape", s.shape, "One row of the shapes")
      ->check(CLI::IsMember({"N-8gaussians", "moons-8gaussians", "N-moons", "N-scurve"}));
  app.add_option("--activation", s.activation, "Of the networks; published: selu")
      ->check(CLI::IsMember({"selu", "relu"}));
  CLI11_PARSE(app, argc, argv);
  s.activation == "relu" ? tables<nn::Relu>(s) : tables<nn::Selu>(s);
}
