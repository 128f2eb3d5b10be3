// SPDX-License-Identifier: MIT
/// A solver that keeps its memory, for those who solve again and again.
#pragma once

#include <vector>

#include <cytode/ode/solve.hpp>

namespace cytode::ode {

/// solve(field, …) with its buffers kept from one run to the next: runs of the same shape allocate
/// nothing. The field and the workers must outlive this; parameters may change between runs.
template <class F, Method M, std::floating_point S = typename F::Scalar>
requires Solvable<F, S>
class Solver {
 public:
  using Step = StepOf<M, S>;

  Solver(const F& field, const M& method, Workers& workers, Options<S> options = {})
      : field_(field),
        system_(field, workers),
        run_(system_(), make_step<M, S>(method.control()), method.control(), std::move(options)) {}

  /// Solves from x0 at times[0]; the result lives here until the next run. Errors as solve.
  const Solution<S>& operator()(const ConstBatch<S>& x0, const std::vector<double>& times) {
    if constexpr (VectorField<F>) check_features("ode::Solver", "x0", x0, field_.dims());
    run_.start(x0, times);
    while (run_.advance()) {
    }
    return run_.close();
  }

 private:
  const F& field_;
  SystemOf<F, S, typename Step::System> system_;
  Integration<S, Step> run_;
};

}  // namespace cytode::ode
