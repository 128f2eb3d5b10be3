// SPDX-License-Identifier: MIT
#include "network_dynamics.hpp"

#include <cytode/fields/guided.hpp>
#include <cytode/ode/solve.hpp>
#include <cytode/sde/diagonal.hpp>
#include <cytode/sde/solve.hpp>

#include "carried_state.hpp"

namespace program {
namespace {

using Field = fields::Carried<Map>;

/// What `use` makes of the field, or of the field guided by its condition.
template <class Use>
auto guided(const Field& field, Index conditions, double weight, Use&& use) {
  if (weight == 0) return use(field);
  return use(fields::Guided(field, conditions, weight));
}

}  // namespace

std::string NetworkDynamics::architecture() const {
  std::string text = "Linear, SELU, ..., Linear; inputs: coordinates";
  if (heads_.conditions > 0) text += ", condition";
  text += ", time; outputs: velocity";
  if (heads_.growth) text += ", growth rate";
  if (heads_.score) text += ", score";
  return text;
}

std::string NetworkDynamics::velocity_formula() const {
  return "scale * net([(x - mean) / scale, (t - time_origin) / time_unit]) / time_unit";
}

CarriedCells NetworkDynamics::carry(const Matrix<float>& x, const Matrix<float>& c,
                                    const std::vector<double>& times, Solver solver,
                                    Workers& workers, long& evaluations) const {
  const Matrix<float> state = state_of(x, c, heads_);
  // A diffusion has no way back that is a path of it: cells are followed backward by its
  // probability flow.
  if (solver == Solver::sde && times.back() > times.front()) {
    const double variance = noise_ * noise_;
    const Field drift(map_, heads_, {.carry_mass = heads_.growth, .score_factor = 0.5 * variance});
    Vector<float> sigma = Vector<float>::Zero(state.rows());
    sigma.head(heads_.dims).setConstant(static_cast<float>(noise_));
    const sde::Diagonal<float> diffusion(sigma);
    const auto out = guided(drift, heads_.conditions, guidance_, [&](const auto& f) {
      return sde::solve(f, diffusion, state, times, sde::EulerMaruyama{.steps = 100},
                        Stream(seed_).fork(4), {}, workers);
    });
    evaluations += 100 * static_cast<long>(times.size() - 1);
    out.or_throw();
    return cells_of(out.states, heads_);
  }
  const Field field(map_, heads_, {.carry_mass = heads_.growth});
  const auto out = guided(field, heads_.conditions, guidance_, [&](const auto& f) {
    return solver == Solver::euler ? ode::solve(f, state, times, ode::Euler{.steps = 100}, workers)
                                   : ode::solve(f, state, times, ode::Dopri5{}, workers);
  });
  evaluations += out.counts.evaluations;
  out.or_throw();
  return cells_of(out.states, heads_);
}

Matrix<float> NetworkDynamics::rates(const Matrix<float>& x, const Matrix<float>& c, double time,
                                     Workers& workers) const {
  const Field field(map_, heads_, {.carry_mass = heads_.growth});
  const Matrix<float> state = state_of(x, c, heads_);
  Matrix<float> slope(state.rows(), state.cols());
  guided(field, heads_.conditions, guidance_, [&](const auto& f) {
    ode::FieldSystem<std::decay_t<decltype(f)>> system(f, workers);
    system.evaluate(Times<float>(static_cast<float>(time)), state, slope);
  });
  return slope.topRows(heads_.dims + (heads_.growth ? 1 : 0));
}

}  // namespace program
