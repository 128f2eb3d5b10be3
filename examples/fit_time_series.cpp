// SPDX-License-Identifier: MIT
// Fits neural ODEs, and a kinetic model, to irregular noisy time series, once with every way to
// differentiate a solve, and says what each costs and how well they agree.
#include <cstdio>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <cytode/adjoint/continuous.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/forward.hpp>
#include <cytode/adjoint/interpolating.hpp>
#include <cytode/adjoint/reversible.hpp>
#include <cytode/adjoint/time_series.hpp>
#include <cytode/data/folder.hpp>
#include <cytode/fields/autonomous.hpp>
#include <cytode/train/adamw.hpp>
#include <cytode/train/trainer.hpp>

#include "fit_time_series/options.hpp"
#include "fit_time_series/output.hpp"
#include "fit_time_series/problem.hpp"
#include "shared/program.hpp"

namespace program {
namespace {

// 1. A solver for everything that is learned.
const ode::Tsit5 solver{.relative_tolerance = 1e-6, .absolute_tolerance = 1e-6};

struct Recipe {
  double learning_rate;
  long steps;
};

// 2. One fit: field, data, solver and gradient make a loss; a loss and an optimizer make a fit.
template <class Field, class Gradient>
Fit fit(Field& field, const Problem& p, const Gradient& gradient, const Recipe& recipe,
        Vector<double>& slope) {
  adjoint::TimeSeries loss(field, p.x0, p.times, p.observed, solver, gradient);

  Fit result;
  result.before = loss.value_and_gradient(Stream(0), slope);

  const train::AdamW optimizer{
      .learning_rate = recipe.learning_rate, .beta2 = 0.99, .weight_decay = 0};
  const auto training =
      train::fit(loss, optimizer, {.steps = recipe.steps, .schedule = train::Cosine{}}).or_throw();
  result.cost = loss.report();

  result.after = loss.value();
  result.milliseconds = 1000 * training.seconds / static_cast<double>(recipe.steps);
  if constexpr (std::is_same_v<Gradient, adjoint::Discrete>) {
    result.certificate = loss.certificate({.reference = adjoint::Reference::dual_numbers});
  }
  result.parameters = field.parameters();
  result.curve = ode::solve(field, p.x0, p.fine_times, solver).or_throw().states;
  return result;
}

// 3. The same fit with every gradient, all from the same start: one word changes.
template <class Field>
Model fit_every_way(const std::string& name, const Field& start, const Problem& p, Recipe recipe,
                    const Options& o) {
  if (o.steps > 0) recipe.steps = o.steps;
  Model model{name, {}};
  Vector<double> first;  // gradient at the start by the first way
  print_heading(p, name, start.parameters().size(), o);
  const auto with = [&](Way way, const char* label, const auto& gradient) {
    if (o.gradient != Way::all && o.gradient != way && way != Way::discrete) return;
    Field field = start;
    Vector<double> slope;
    Fit f = fit(field, p, gradient, recipe, slope);
    if (first.size() == 0) first = slope;
    f.disagreement = (slope - first).norm() / first.norm();
    f.gradient = label;
    print(f, p);
    model.fits.push_back(std::move(f));
  };
  with(Way::discrete, "discrete", adjoint::Discrete{});
  about("--memory",
        [&] { with(Way::budget, "  in a budget", adjoint::Discrete{.memory_bytes = o.memory}); });
  with(Way::continuous, "continuous", adjoint::Continuous{});
  with(Way::interpolating, "interpolating", adjoint::Interpolating{});
  with(Way::forward, "forward", adjoint::Forward{});
  with(Way::reversible, "reversible", adjoint::Reversible{});
  print_certificate(model.fits[0]);
  return model;
}

// 4. What is fitted: a network that knows nothing, and a kinetic model that lacks its numbers.
auto network(const Options& o) {
  return fields::autonomous<double>(2, {50}, Stream(o.seed).fork(3), nn::tanh);  // 2-50-2
}

std::vector<Model> fit_spiral(const Problem& p, const Options& o) {
  return {fit_every_way("network", network(o), p, {.learning_rate = 0.01, .steps = 800}, o)};
}

std::vector<Model> fit_toggle(const Problem& p, const Options& o) {
  const auto guess = toggle_field(Vector<double>{{1.5, 1.5, 2, 2, 0.5}});
  std::vector<Model> models = {
      fit_every_way("kinetics", guess, p, {.learning_rate = 0.1, .steps = 200}, o)};
  print_parameters(guess.parameters(), models[0].fits[0]);
  models.push_back(
      fit_every_way("network", network(o), p, {.learning_rate = 0.01, .steps = 600}, o));
  return models;
}

void run(const Options& o) {
  if (!o.out.empty()) data::make_folder(o.out);  // before any work
  const auto show = [&](const Problem& p, const std::vector<Model>& models, const char* file) {
    if (!o.out.empty()) write_figure(o.out + "/" + file, draw(p, models));
  };
  if (o.problem != System::toggle) {
    const Problem p = spiral(o);
    show(p, fit_spiral(p, o), "spiral.svg");
  }
  if (o.problem != System::spiral) {
    const Problem p = toggle(o);
    show(p, fit_toggle(p, o), "toggle.svg");
  }
}

}  // namespace
}  // namespace program

int main(int argc, char** argv) {
  return program::guarded("fit_time_series", [&] {
    program::Options options;
    CLI::App app("Fits fields to noisy time series, with every way to differentiate a solve.");
    program::declare(app, options);
    if (!program::parse(app, argc, argv)) return;
    program::run(options);
  });
}
