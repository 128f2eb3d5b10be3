// SPDX-License-Identifier: MIT
#include "transition_dynamics.hpp"

#include <algorithm>
#include <limits>

#include <cytode/flow/transition.hpp>

namespace program {

std::string TransitionDynamics::architecture() const {
  return std::string(
             "Linear, SELU, ..., Linear; inputs: noise on its way, cell, time of the cell") +
         (heads_.conditions > 0 ? ", condition" : "") + ", s; output: velocity of the noise";
}

std::string TransitionDynamics::velocity_formula() const {
  return "none: y from N(0, I) at s = 0 along dy/ds = net([y, (x - mean) / scale, (t - "
         "time_origin) / time_unit, s]) to s = 1 is a draw of the cell at the next time, scaled";
}

std::size_t TransitionDynamics::interval(double time) const {
  const auto after = std::upper_bound(times_.begin(), times_.end(), time);
  if (after == times_.end()) return times_.size() - 1;
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - times_.begin() - 1, 0));
}

Matrix<float> TransitionDynamics::next(std::size_t k, const Matrix<float>& x,
                                       const Matrix<float>& c, Index samples, Solver solver,
                                       Workers& workers, long& evaluations) const {
  const flow::Population<float> from{.time = times_[k], .cells = &x, .conditions = &c};
  const flow::TransitionOptions options{.samples = samples, .guidance = guidance_};
  const Stream stream = Stream(seed_).fork(6).fork(k);
  auto drawn =
      solver == Solver::euler
          ? flow::transition(map_, from, options, stream, ode::Euler{.steps = 100}, workers)
          : flow::transition(map_, from, options, stream, ode::Dopri5{}, workers);
  evaluations += drawn.evaluations;
  return std::move(drawn.cells);
}

CarriedCells TransitionDynamics::carry(const Matrix<float>& x, const Matrix<float>& c,
                                       const std::vector<double>& times, Solver solver,
                                       Workers& workers, long& evaluations) const {
  const Matrix<float> unknown =
      Matrix<float>::Constant(x.rows(), x.cols(), std::numeric_limits<float>::quiet_NaN());
  CarriedCells out{{x}, std::vector<Row<float>>(times.size(), Row<float>::Zero(x.cols()))};
  Matrix<float> here = x, there;
  double now = times.front();
  std::size_t k = interval(now);
  for (std::size_t i = 1; i < times.size(); ++i) {
    while (k + 1 < times_.size() && times[i] > now) {
      if (there.size() == 0) there = next(k, here, c, 1, solver, workers, evaluations);
      if (times[i] < times_[k + 1]) break;
      here = std::move(there);  // arrived
      there.resize(0, 0);
      now = times_[++k];
    }
    if (times[i] == now) {
      out.states.push_back(here);
    } else if (times[i] > now && there.size() > 0) {
      const auto share = static_cast<float>((times[i] - now) / (times_[k + 1] - now));
      out.states.emplace_back(here + share * (there - here));
    } else {
      out.states.push_back(unknown);
    }
  }
  return out;
}

Matrix<float> TransitionDynamics::rates(const Matrix<float>& x, const Matrix<float>& c, double time,
                                        Workers& workers) const {
  constexpr Index samples = 16;
  const Future drawn = futures(x, c, time, samples, workers);
  if (drawn.places.cols() == 0) {
    return Matrix<float>::Constant(x.rows(), x.cols(), std::numeric_limits<float>::quiet_NaN());
  }
  Matrix<float> mean = Matrix<float>::Zero(x.rows(), x.cols());
  for (Index s = 0; s < samples; ++s) {
    mean += drawn.places.middleCols(s * x.cols(), x.cols()) / static_cast<float>(samples);
  }
  return (mean - x) / static_cast<float>(drawn.time - time);
}

Future TransitionDynamics::futures(const Matrix<float>& x, const Matrix<float>& c, double time,
                                   Index samples, Workers& workers) const {
  const std::size_t k = interval(time);
  if (k + 1 >= times_.size()) return {time, Matrix<float>(x.rows(), 0)};
  long unused = 0;
  return {times_[k + 1], next(k, x, c, samples, Solver::dopri5, workers, unused)};
}

}  // namespace program
