// SPDX-License-Identifier: MIT
/// Noise in proportion to the state.
#pragma once

#include <utility>

#include <cytode/sde/strengths.hpp>

namespace cytode::sde {

/// g_i = σ_i x_i for the first σ.size() features, none for the others: populations and
/// concentrations whose relative fluctuations are the same at every size; 0 stays 0. σ is θ.
///
/// Throws std::invalid_argument as Diagonal does.
template <std::floating_point S>
class Multiplicative : public Strengths<S> {
 public:
  using typename Strengths<S>::Cache;
  static constexpr Noise noise = Noise::diagonal;

  explicit Multiplicative(Vector<S> sigma)
      : Strengths<S>("sde::Multiplicative", std::move(sigma)) {}

  void forward(Times<S>, const ConstBatch<S>& x, Batch<S> g, Cache&) const {
    const Vector<S>& sigma = this->sigma();
    g.array() = x.topRows(sigma.size()).array().colwise() * sigma.array();
  }
  void slope(Times<S>, const ConstBatch<S>&, Batch<S> out, Cache&) const {
    out.colwise() = this->sigma();
  }
  void vjp(Times<S>, const ConstBatch<S>& x, const ConstBatch<S>& a, Batch<S> ax,
           VectorView<S> atheta, Cache&) const {
    const Vector<S>& sigma = this->sigma();
    const Index r = sigma.size();
    for (Index j = 0; j < a.cols(); ++j) {
      ax.col(j).head(r).array() += a.col(j).array() * sigma.array();
      atheta.array() += a.col(j).array() * x.col(j).head(r).array();
    }
  }
  void slope_vjp(Times<S>, const ConstBatch<S>&, const ConstBatch<S>& a, Batch<S>,
                 VectorView<S> atheta, Cache&) const {
    for (Index j = 0; j < a.cols(); ++j) atheta += a.col(j);
  }
};

}  // namespace cytode::sde
