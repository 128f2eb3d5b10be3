// SPDX-License-Identifier: MIT
// Solves by every method.
#include <utility>

#include <cytode/ode/bosh3.hpp>
#include <cytode/ode/dop853.hpp>
#include <cytode/ode/esdirk3.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/esdirk5.hpp>
#include <cytode/ode/heun.hpp>
#include <cytode/ode/midpoint.hpp>
#include <cytode/ode/ralston.hpp>
#include <cytode/ode/rodas3p.hpp>
#include <cytode/ode/rodas4.hpp>
#include <cytode/ode/rodas5p.hpp>
#include <cytode/ode/switch_when_stiff.hpp>

#include "method.hpp"

namespace work_precision {

const std::vector<Method>& methods() {
  namespace t = ode::tableaus;
  static const std::vector<Method> all = {
      {"heun", &t::heun, 2, false},       {"midpoint", &t::midpoint, 2, false},
      {"ralston", &t::ralston, 2, false}, {"bosh3", &t::bosh3, 3},
      {"dopri5", &t::dopri5, 5},          {"tsit5", &t::tsit5, 5},
      {"dop853", &t::dop853, 8},          {"rodas3p", &t::rodas3p, 3},
      {"rodas4", &t::rodas4, 4},          {"rodas5p", &t::rodas5p, 5},
      {"esdirk3", &t::esdirk3, 3},        {"esdirk4", &t::esdirk4, 4},
      {"esdirk5", &t::esdirk5, 5},        {"switch", Switching{}, 5}};
  return all;
}

std::vector<NamedController> controllers() {
  return {
      {"i", ode::Controller::i()}, {"pi", ode::Controller::pi()}, {"pid", ode::Controller::pid()}};
}

namespace {

struct Setting {
  const Problem& problem;
  std::string method, controller;
  ode::Control control;

  [[nodiscard]] Row row(const ode::Solution<double>& s) const {
    return {.problem = problem.name,
            .method = method,
            .controller = controller,
            .clock = control.clock == ode::Clock::shared ? "shared" : "per_cell",
            .gradient = "",
            .tolerance = control.relative_tolerance,
            .error = s.status == Status::ok ? problem.error(s.states) : none,
            .evaluations = s.counts.evaluations,
            .cell_evaluations = s.counts.cell_evaluations,
            .jacobians = s.counts.jacobians,
            .status = std::string(word(s.status)),
            .cells = problem.cells()};
  }
};

// What ode::solve does, with the memory of the run before.
template <class Step>
class Warm final : public Run {
 public:
  template <class Tableau>
  Warm(Setting setting, const Tableau& tableau)
      : setting_(std::move(setting)),
        system_(setting_.problem.field, alone_),
        run_(system_, Step(tableau), setting_.control) {}

  void repeat() override {
    run_.start(setting_.problem.x0, setting_.problem.times);
    while (run_.advance()) {
    }
    run_.close();
  }
  [[nodiscard]] Row row() const override { return setting_.row(run_.solution()); }

 private:
  Setting setting_;
  Workers alone_{1};
  ode::DifferentiableFieldSystem<AnyField> system_;
  ode::Integration<double, Step> run_;
};

class Switched final : public Run {
 public:
  explicit Switched(Setting setting) : setting_(std::move(setting)) {}

  void repeat() override {
    const ode::Control& c = setting_.control;
    const ode::SwitchWhenStiff<> method{{.relative_tolerance = c.relative_tolerance,
                                         .absolute_tolerance = c.absolute_tolerance,
                                         .controller = c.controller,
                                         .clock = c.clock,
                                         .max_steps = c.max_steps}};
    const Problem& p = setting_.problem;
    solution_ = ode::solve(p.field, p.x0, p.times, method, ode::Options<double>{}, alone_);
  }
  [[nodiscard]] Row row() const override { return setting_.row(solution_); }

 private:
  Setting setting_;
  Workers alone_{1};
  ode::Solution<double> solution_;
};

}  // namespace

std::unique_ptr<Run> solve_run(const Problem& problem, const Method& method,
                               const NamedController& controller, ode::Clock clock,
                               double tolerance) {
  Setting setting{problem, method.name, controller.name, control_at(tolerance)};
  setting.control.controller = controller.controller;
  setting.control.clock = clock;
  if (std::holds_alternative<Switching>(method.tableau)) {
    return std::make_unique<Switched>(std::move(setting));
  }
  if (const auto* const* t = std::get_if<const ode::ExplicitTableau*>(&method.tableau)) {
    return std::make_unique<Warm<ode::ExplicitStep<double>>>(std::move(setting), **t);
  }
  if (const auto* const* t = std::get_if<const ode::RosenbrockTableau*>(&method.tableau)) {
    return std::make_unique<Warm<ode::RosenbrockStep<double>>>(std::move(setting), **t);
  }
  const auto* t = std::get<const ode::EsdirkTableau*>(method.tableau);
  return std::make_unique<Warm<ode::EsdirkStep<double>>>(std::move(setting), *t);
}

}  // namespace work_precision
