// SPDX-License-Identifier: MIT
/// Solves and gradients of the network field: Dormand–Prince 5(4), tolerance 1e-5, t from 0 to 1.
#include <memory>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/discrete.hpp>
#include <cytode/ode/solver.hpp>

#include "inputs.hpp"
#include "job.hpp"

namespace compare {
namespace {

struct Problem {
  explicit Problem(const Parameters& p)
      : dims(p.number("dims")),
        width(p.number("width")),
        field(network(dims, width)),
        x0(normals(dims, p.number("cells"), 2)),
        workers(static_cast<int>(p.number("threads"))) {
    write(p.file("x0.f32"), x0);
    write(p.file("theta.f32"), field.parameters());
  }
  /// Operations of so many evaluations and pullbacks of the whole batch.
  [[nodiscard]] double flops(double evaluations, double pullbacks) const {
    return network_flops(dims, width) * static_cast<double>(x0.cols()) *
           (evaluations + 2 * pullbacks);
  }

  Index dims, width;
  decltype(network(1, 1)) field;
  Matrix<float> x0;
  Workers workers;
  std::vector<double> times{0, 1};
};

Job solve(const Parameters& p) {
  struct Run {
    explicit Run(const Parameters& p) : problem(p), solver(problem.field, {}, problem.workers) {}
    Problem problem;
    ode::Solver<decltype(network(1, 1)), ode::Dopri5> solver;
    double evaluations = 0;
  };
  auto run = std::make_shared<Run>(p);
  return {.call =
              [run] {
                const auto& out = run->solver(run->problem.x0, run->problem.times);
                run->evaluations = static_cast<double>(out.counts.evaluations);
              },
          .figures =
              [run] {
                return Figures{{"evaluations", run->evaluations},
                               {"flops", run->problem.flops(run->evaluations, 0)}};
              }};
}

/// Value, and the exact gradient of the sum of the end state in parameters and start.
Job gradient(const Parameters& p) {
  using Run = decltype(adjoint::differentiate(
      std::declval<Problem&>().field, std::declval<Problem&>().x0, std::declval<Problem&>().times,
      ode::Dopri5{}, adjoint::Discrete{}));
  struct Whole {
    explicit Whole(const Parameters& p)
        : problem(p),
          run(adjoint::differentiate(problem.field, problem.x0, problem.times, ode::Dopri5{},
                                     adjoint::Discrete{})),
          cotangents{Matrix<float>(), Matrix<float>::Ones(problem.x0.rows(), problem.x0.cols())} {}
    Problem problem;
    Run run;
    std::vector<Matrix<float>> cotangents;
    adjoint::Gradient<float> gradient;
  };
  auto whole = std::make_shared<Whole>(p);
  return {.call =
              [whole] {
                whole->run.forward(whole->problem.x0, whole->problem.times);
                whole->run.pullback(whole->cotangents, whole->gradient);
              },
          .figures =
              [whole] {
                const auto report = whole->run.report();
                const auto forward = static_cast<double>(report.forward.evaluations);
                const auto backward = static_cast<double>(report.backward.pullbacks);
                return Figures{{"evaluations", forward + backward},
                               {"flops", whole->problem.flops(forward, backward)}};
              }};
}

}  // namespace

void add_solves(Families& families) {
  families["solve"] = solve;
  families["gradient"] = gradient;
}

}  // namespace compare
