// SPDX-License-Identifier: MIT
/// A field as an Odeint system: counted, cut into chunks of cells, never copied.
#pragma once

#include <algorithm>
#include <concepts>
#include <vector>

#include <cytode/core/concepts.hpp>
#include <cytode/core/workers.hpp>
#include <cytode/ode/solution.hpp>
#include <cytode/ode/state.hpp>

namespace cytode::ode {

/// A plain right-hand side f(t, x, dx) on features × cells: a lambda of a user.
template <class F, class S>
concept RightHandSide = requires(const F& f, S t, const ConstBatch<S>& x, Batch<S> dx) {
  f(t, x, dx);
};

/// What solve accepts: a field of the library or a plain right-hand side.
template <class F, class S>
concept Solvable = RightHandSide<F, S> ||(VectorField<F>&& std::same_as<typename F::Scalar, S>);

/// Gives a field the call Odeint makes, system(x, dxdt, τ).
///
/// Odeint's clock τ is relative to `origin`, kept in double, so a float solve does not lose small
/// steps at late times. A field is evaluated in chunks of cells, one cache a worker, which keeps
/// activations in L2 and spreads over threads; a plain right-hand side sees the whole batch.
/// Handed to Odeint by reference: it copies systems at every level.
template <class F, std::floating_point S>
requires Solvable<F, S>
class System {
 public:
  System(const F& field, Workers& workers) : field_(field), workers_(workers) {
    if constexpr (is_field) caches_.resize(static_cast<std::size_t>(workers.size()));
  }
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  void operator()(const State<S>& x, State<S>& dxdt, S tau) {
    evaluate(x.value, dxdt.value, origin + static_cast<double>(tau));
  }
  /// dx = f(t, x).
  void evaluate(const Matrix<S>& x, Matrix<S>& dx, double time) {
    ++counts.evaluations;
    const S t = static_cast<S>(time);
    if constexpr (is_field) {
      workers_.run(chunk_count(x.cols()), [&](Index chunk, int worker) {
        const Index first = chunk * chunk_cells;
        const Index n = std::min(chunk_cells, x.cols() - first);
        field_.forward(Times<S>(t), x.middleCols(first, n), dx.middleCols(first, n),
                       caches_[static_cast<std::size_t>(worker)]);
      });
    } else {
      const ConstBatch<S> in(x);
      Batch<S> out(dx);
      field_(t, in, out);
    }
  }

  double origin = 0;
  Counts counts;

 private:
  static constexpr bool is_field = VectorField<F>;
  struct None {};
  template <class G>
  struct CacheOf {
    using type = None;
  };
  template <VectorField G>
  struct CacheOf<G> {
    using type = typename G::Cache;
  };

  const F& field_;
  Workers& workers_;
  std::vector<typename CacheOf<F>::type> caches_;
};

}  // namespace cytode::ode
