// SPDX-License-Identifier: MIT
/// The parameters of diffusions that have one strength a feature.
#pragma once

#include <utility>

#include <cytode/sde/diffusion.hpp>

namespace cytode::sde {

/// σ_i for the first σ.size() features and none for the others: θ of Diagonal and Multiplicative,
/// which say in what way noise follows from it.
template <std::floating_point S>
class Strengths {
 public:
  using Scalar = S;
  struct Cache {};

  [[nodiscard]] const Vector<S>& sigma() const noexcept { return theta_; }
  /// Throws std::invalid_argument if σ has more numbers than there are features.
  [[nodiscard]] Index rows(Index features) const {
    check(theta_.size() <= features, name_, "sigma has ", theta_.size(),
          " numbers, wanted at most one a feature, ", features);
    return theta_.size();
  }
  [[nodiscard]] Vector<S>& parameters() noexcept { return theta_; }
  [[nodiscard]] const Vector<S>& parameters() const noexcept { return theta_; }
  [[nodiscard]] ParameterLayout layout() const {
    ParameterLayout all;
    all.add_vector("sigma", theta_.size());
    return all;
  }

 protected:
  /// `name` of the diffusion, in messages; a literal. Throws std::invalid_argument if σ is empty or
  /// a number of it is negative or not finite.
  Strengths(const char* name, Vector<S> sigma) : name_(name), theta_(std::move(sigma)) {
    check_not_empty(name_, "sigma", theta_);
    for (const S s : theta_) check_not_negative(name_, "sigma", s);
  }

 private:
  const char* name_;
  Vector<S> theta_;
};

}  // namespace cytode::sde
