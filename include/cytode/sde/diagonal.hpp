// SPDX-License-Identifier: MIT
/// One noise strength a feature.
#pragma once

#include <utility>

#include <cytode/sde/strengths.hpp>

namespace cytode::sde {

/// g_i = σ_i: additive noise of the first σ.size() features, none of the others; 0 is allowed, so
/// rows that must stay exact (log-weights, conditions) get 0 or come last. σ is the parameter θ.
///
/// Throws std::invalid_argument if σ is empty or a number of it is negative or not finite, and in
/// use if there are more numbers than features.
template <std::floating_point S>
class Diagonal : public Strengths<S> {
 public:
  using typename Strengths<S>::Cache;
  static constexpr Noise noise = Noise::additive;

  explicit Diagonal(Vector<S> sigma) : Strengths<S>("sde::Diagonal", std::move(sigma)) {}

  void forward(Times<S>, const ConstBatch<S>&, Batch<S> g, Cache&) const {
    g.colwise() = this->sigma();
  }
  void slope(Times<S>, const ConstBatch<S>&, Batch<S> out, Cache&) const { out.setZero(); }
  void vjp(Times<S>, const ConstBatch<S>&, const ConstBatch<S>& a, Batch<S>, VectorView<S> atheta,
           Cache&) const {
    for (Index j = 0; j < a.cols(); ++j) atheta += a.col(j);
  }
  void slope_vjp(Times<S>, const ConstBatch<S>&, const ConstBatch<S>&, Batch<S>, VectorView<S>,
                 Cache&) const {}
};

}  // namespace cytode::sde
