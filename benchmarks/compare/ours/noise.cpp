// SPDX-License-Identifier: MIT
/// Roll-outs of a stochastic field: Euler–Maruyama, constant noise, t from 0 to 1.
#include <memory>

#include <cytode/sde/constant.hpp>
#include <cytode/sde/solve.hpp>

#include "inputs.hpp"
#include "job.hpp"

namespace compare {
namespace {

Job rollout(const Parameters& p) {
  using Field = decltype(network(1, 1));
  using Rollout = sde::Rollout<Field, sde::Constant<float>, sde::EulerMaruyama>;
  struct Run {
    explicit Run(const Parameters& p)
        : dims(p.number("dims")),
          width(p.number("width")),
          steps(p.number("steps")),
          field(network(dims, width)),
          x0(normals(dims, p.number("cells"), 2)),
          workers(static_cast<int>(p.number("threads"))),
          rollout(field, noise, {.steps = steps}, {}, workers) {}
    Index dims, width, steps;
    Field field;
    Matrix<float> x0;
    sde::Constant<float> noise{0.3f};
    Workers workers;
    Rollout rollout;
    std::uint64_t done = 0;
  };
  auto run = std::make_shared<Run>(p);
  write(p.file("x0.f32"), run->x0);
  write(p.file("theta.f32"), run->field.parameters());
  return {.call =
              [run] {
                run->rollout.run(run->x0, {0, 1}, Stream(3).at(++run->done));
              },
          .figures =
              [run] {
                const auto n = static_cast<double>(run->steps);
                const auto cells = static_cast<double>(run->x0.cols());
                return Figures{{"evaluations", n},
                               {"flops", n * cells * network_flops(run->dims, run->width)}};
              }};
}

}  // namespace

void add_noise(Families& families) {
  families["rollout"] = rollout;
}

}  // namespace compare
