// SPDX-License-Identifier: MIT
// Gradients by every method.
#include "gradients.hpp"

#include <cmath>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <cytode/adjoint/continuous.hpp>
#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/adjoint/esdirk_pullback.hpp>
#include <cytode/adjoint/forward.hpp>
#include <cytode/adjoint/interpolating.hpp>
#include <cytode/adjoint/reversible.hpp>
#include <cytode/adjoint/rosenbrock_pullback.hpp>
#include <cytode/ode/dop853.hpp>
#include <cytode/ode/dopri5.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/rodas4.hpp>
#include <cytode/ode/rodas5p.hpp>
#include <cytode/ode/tsit5.hpp>

namespace work_precision {
namespace {

template <class M>
M method_at(double tolerance, const ode::Controller& controller = {}) {
  const ode::Control c = control_at(tolerance);
  return {.relative_tolerance = c.relative_tolerance,
          .absolute_tolerance = c.absolute_tolerance,
          .controller = controller,
          .max_steps = c.max_steps / 10};
}

template <class M, class G>
class GradientRun final : public Run {
 public:
  GradientRun(const GradientTask& task, std::string method, const NamedController& controller,
              std::string gradient, G how, double tolerance)
      : task_(task),
        method_(std::move(method)),
        controller_(controller),
        gradient_(std::move(gradient)),
        how_(how),
        tolerance_(tolerance) {}

  // A way back that fails is a result: it is said in the row.
  void repeat() override {
    const Problem& p = task_.problem;
    if (run_) {
      run_->forward(p.x0, p.times);
    } else {
      run_.emplace(p.field, p.x0, p.times, method_at<M>(tolerance_, controller_.controller), how_,
                   ode::Options<double>{}, nullptr);
    }
    came_back_ = false;
    if (run_->solution().status != Status::ok) return;
    try {
      run_->pullback(task_.cotangents, g_);
      came_back_ = true;
    } catch (const std::runtime_error&) {
    }
  }
  [[nodiscard]] Row row() const override {
    const ode::Solution<double>& s = run_->solution();
    const adjoint::Report& report = run_->report();
    const bool there = s.status == Status::ok;
    const double gradient_error = came_back_ ? task_.error(g_) : none;
    return {.problem = task_.problem.name,
            .method = method_,
            .controller = controller_.name,
            .clock = "shared",
            .gradient = gradient_,
            .tolerance = tolerance_,
            .error = there ? task_.problem.error(s.states) : none,
            .gradient_error = gradient_error,
            .evaluations = report.forward.evaluations,
            .cell_evaluations = report.forward.cell_evaluations,
            .backward_evaluations = report.backward.cell_evaluations,
            .jacobians = report.forward.jacobians,
            .status = there && !std::isfinite(gradient_error) ? "backward_failed"
                                                              : std::string(word(s.status)),
            .cells = task_.problem.cells()};
  }

 private:
  const GradientTask& task_;
  std::string method_;
  NamedController controller_;
  std::string gradient_;
  G how_;
  double tolerance_;
  std::optional<typename G::template Run<AnyField, M>> run_;
  adjoint::Gradient<double> g_;
  bool came_back_ = false;
};

// Runs of one method under one controller.
template <class M, class G>
std::unique_ptr<Run> make(const GradientTask& task, std::string method,
                          const NamedController& controller, std::string gradient, G how,
                          double tolerance) {
  return std::make_unique<GradientRun<M, G>>(task, std::move(method), controller,
                                             std::move(gradient), how, tolerance);
}

// The exact gradient of a solve at a tolerance near rounding.
template <class M>
adjoint::Gradient<double> exact(const GradientTask& task, double tolerance) {
  const Problem& p = task.problem;
  auto run =
      adjoint::differentiate(p.field, p.x0, p.times, method_at<M>(tolerance), adjoint::Discrete{});
  adjoint::Gradient<double> g;
  run.solution().or_throw();
  run.pullback(task.cotangents, g);
  return g;
}

}  // namespace

GradientTask::GradientTask(const Problem& p) : problem(p) {
  cotangents.emplace_back();  // the start has none
  for (std::size_t k = 1; k < p.times.size(); ++k) {
    Matrix<double> w(p.x0.rows(), p.x0.cols());
    Stream(7).fill_normal(k * static_cast<std::uint64_t>(w.size()), w.data(), w.size());
    cotangents.push_back(std::move(w));
  }
  reference = p.stiff ? exact<ode::Rodas5P>(*this, 1e-12)
                      : exact<ode::Dop853>(*this, p.cells() > 1 ? 1e-13 : 1e-14);
}

double GradientTask::error(const adjoint::Gradient<double>& g) const {
  const double x0 = (g.x0 - reference.x0).norm() / reference.x0.norm();
  if (reference.parameters.size() == 0) return x0;
  const auto& scale = problem.parameter_scale;
  const double theta = scale.cwiseProduct(g.parameters - reference.parameters).norm() /
                       scale.cwiseProduct(reference.parameters).norm();
  return std::max(x0, theta);
}

std::vector<std::unique_ptr<Run>> gradient_runs(const GradientTask& task,
                                                const NamedController& controller,
                                                double tolerance) {
  std::vector<std::unique_ptr<Run>> all;
  const Problem& p = task.problem;
  const auto add = [&]<class M>(std::type_identity<M>, const char* method, const char* name,
                                auto how) {
    all.push_back(make<M>(task, method, controller, name, how, tolerance));
  };
  if (p.stiff) {
    add(std::type_identity<ode::Rodas4>(), "rodas4", "discrete", adjoint::Discrete{});
    add(std::type_identity<ode::Rodas5P>(), "rodas5p", "discrete", adjoint::Discrete{});
    add(std::type_identity<ode::Esdirk4>(), "esdirk4", "discrete", adjoint::Discrete{});
    return all;
  }
  // Room for about ten rounds of steps.
  const std::size_t few = 10 * 12 * sizeof(double) * static_cast<std::size_t>(p.x0.size()) + 4096;
  const auto every_way = [&](auto by, const char* method) {
    add(by, method, "discrete", adjoint::Discrete{});
    add(by, method, "checkpointed", adjoint::Discrete{.memory_bytes = few});
    add(by, method, "interpolating", adjoint::Interpolating{});
    add(by, method, "continuous", adjoint::Continuous{});
    add(by, method, "reversible", adjoint::Reversible{});
    // Sensitivities of x0 and θ are carried for every cell: not for networks on batches.
    if (p.cells() * p.field.parameters().size() < 10000) {
      add(by, method, "forward", adjoint::Forward{});
    }
  };
  every_way(std::type_identity<ode::Dopri5>(), "dopri5");
  every_way(std::type_identity<ode::Tsit5>(), "tsit5");
  every_way(std::type_identity<ode::Dop853>(), "dop853");
  return all;
}

}  // namespace work_precision
