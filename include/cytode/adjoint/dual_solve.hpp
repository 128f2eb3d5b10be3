// SPDX-License-Identifier: MIT
/// The derivative of a computed solution in dual numbers.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include <cytode/adjoint/dual_step.hpp>
#include <cytode/adjoint/forward_pass.hpp>

namespace cytode::adjoint {

/// A method whose steps DualStep can do.
template <class M>
concept DualMethod = ode::Method<M> &&
    (std::same_as<std::remove_cvref_t<decltype(M::tableau)>, ode::ExplicitTableau> ||
     std::same_as<std::remove_cvref_t<decltype(M::tableau)>, ode::RosenbrockTableau> ||
     std::same_as<std::remove_cvref_t<decltype(M::tableau)>, ode::EsdirkTableau>);

/// The accepted steps of a solve, kept as fractions of the intervals between stops and made again
/// cell by cell in dual numbers: derivatives of the computed solution along any direction of θ, x0
/// and the times, exact, by nothing but the chain rule of the field's own arithmetic. In double,
/// whatever the scalar of the solve. Memory: 32 bytes a step and cell.
template <DualField F, DualMethod M>
class DualSolve {
 public:
  using S = typename F::Scalar;

  /// Solves once to find the steps. Throws std::invalid_argument as ode::solve and for events and
  /// jumps, std::runtime_error if the solve fails.
  DualSolve(const F& field, const ConstBatch<S>& x0, const std::vector<double>& times,
            const M& method, ode::Options<S> options, Workers& workers)
      : field_(field),
        x0_(x0),
        pass_("adjoint::DualSolve", field_, method, std::move(options), workers) {
    check(pass_.options().jumps.empty(), "adjoint::DualSolve",
          "options.jumps is not empty: jumps are not written in dual numbers");
    steps_.resize(static_cast<std::size_t>(x0.cols()));
    pass_.listener = [this](const ode::RoundRecord<S>& record) { keep(record); };
    pass_.run(x0, times);
    pass_.solution().or_throw();
  }
  DualSolve(const DualSolve&) = delete;
  DualSolve& operator=(const DualSolve&) = delete;

  /// The solve that the steps are from.
  [[nodiscard]] const ode::Solution<S>& solution() const { return pass_.solution(); }

  /// d/dε of the states at the times for θ + ε θ̇, x0 + ε ẋ0, times + ε ṫ; features × cells each.
  [[nodiscard]] std::vector<Matrix<double>> tangents(const Vector<S>& theta_dot,
                                                     const ConstBatch<S>& x_dot,
                                                     const std::vector<double>& times_dot) const {
    const Vector<S>& theta = field_.parameters();
    typename DualStep<F>::State p;
    for (Index i = 0; i < theta.size(); ++i) p.push_back(number(theta[i], theta_dot[i]));
    const DualStep<F> dual(field_, std::move(p));
    std::vector<Matrix<double>> out(times_dot.size(), Matrix<double>::Zero(x0_.rows(), x0_.cols()));
    for (Index cell = 0; cell < x0_.cols(); ++cell) follow(dual, cell, x_dot, times_dot, out);
    return out;
  }

 private:
  using D = typename DualStep<F>::D;
  using State = typename DualStep<F>::State;
  struct Part {
    double place, size;  // (t − s)/(e − s) and h/(e − s)
    std::size_t from;    // landing at the start of the interval
    bool lands;
  };

  static D number(S value, S tangent) {
    D d(static_cast<double>(value));
    d.tangent[0] = static_cast<double>(tangent);
    return d;
  }
  void keep(const ode::RoundRecord<S>& record) {
    const auto& landings = pass_.landings();
    for (Index slot = 0; slot < record.round.cells; ++slot) {
      const auto s = static_cast<std::size_t>(slot);
      if (!record.accepted[s]) continue;
      std::vector<Part>& steps = steps_[static_cast<std::size_t>(record.cells[s])];
      const std::size_t from = steps.empty() ? 0 : steps.back().from + (steps.back().lands ? 1 : 0);
      const double start = landings[from].time, span = landings[from + 1].time - start;
      steps.push_back({(record.round.time(slot) - start) / span, record.round.size(slot) / span,
                       from, record.landed[s] >= 0});
    }
  }
  void follow(const DualStep<F>& dual, Index cell, const ConstBatch<S>& x_dot,
              const std::vector<double>& times_dot, std::vector<Matrix<double>>& out) const {
    const auto time = [&](std::size_t landing) {
      const auto& l = pass_.landings()[landing];
      D t(l.time);
      if (l.output >= 0) t.tangent[0] = times_dot[static_cast<std::size_t>(l.output)];
      return t;
    };
    State x;
    for (Index i = 0; i < x0_.rows(); ++i) x.push_back(number(x0_(i, cell), x_dot(i, cell)));
    const auto write = [&](Matrix<double>& to) {
      for (Index i = 0; i < x0_.rows(); ++i)
        to(i, cell) = x[static_cast<std::size_t>(i)].tangent[0];
    };
    for (Matrix<double>& to : out) write(to);  // those that no step leads to
    for (const Part& part : steps_[static_cast<std::size_t>(cell)]) {
      const D start = time(part.from), span = time(part.from + 1) - start;
      x = dual.step(M::tableau, start + part.place * span, part.size * span, x);
      const Index output = part.lands ? pass_.landings()[part.from + 1].output : -1;
      if (output >= 0) write(out[static_cast<std::size_t>(output)]);
    }
  }

  F field_;
  Matrix<S> x0_;
  ForwardPass<F, M> pass_;
  std::vector<std::vector<Part>> steps_;  // of every cell
};

}  // namespace cytode::adjoint
