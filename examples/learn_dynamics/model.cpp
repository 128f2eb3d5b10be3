// SPDX-License-Identifier: MIT
#include "model.hpp"

#include <cytode/ode/solve.hpp>

namespace program {

std::vector<Matrix<float>> Model::carry(const Matrix<float>& cells,
                                        const std::vector<double>& times, Solver solver,
                                        Workers& workers, long& evaluations) const {
  std::vector<double> inside;
  for (const double t : times) inside.push_back(clock(t));
  const Matrix<float> z = scaling.apply(cells);
  const auto out = solver == Solver::euler
                       ? ode::solve(field, z, inside, ode::Euler{.steps = 100}, workers)
                       : ode::solve(field, z, inside, ode::Dopri5{}, workers);
  evaluations += out.counts.evaluations;
  out.or_throw();
  std::vector<Matrix<float>> states;
  for (const Matrix<float>& s : out.states) states.push_back(scaling.invert(s));
  return states;
}

Matrix<float> Model::velocity(const Matrix<float>& cells, double time, Workers& workers) const {
  ode::FieldSystem<Field> system(field, workers);
  const Matrix<float> z = scaling.apply(cells);
  Matrix<float> v(z.rows(), z.cols());
  system.evaluate(Times<float>(static_cast<float>(clock(time))), z, v);
  return scaling.invert_velocity(v) / static_cast<float>(clock.unit);
}

}  // namespace program
