// SPDX-License-Identifier: MIT
/// A small stochastic objective for the trainer's tests.
#pragma once

#include <cytode/core/parameters.hpp>
#include <cytode/core/random.hpp>
#include <cytode/train/objective.hpp>

namespace cytode::laws {

/// Mean squared error of y = Wx + b on 8 random cells a step, y = Ax + noise; θ = (W, b).
template <std::floating_point S>
class NoisyRegression {
 public:
  using Scalar = S;

  NoisyRegression() : truth_(3, 4), gap_(3, 4), x_(4, 8), y_(3, 8), error_(3, 8) {
    layout_.add_matrix("0.weight", 3, 4);
    layout_.add_vector("0.bias", 3);
    parameters_ = Vector<S>::LinSpaced(layout_.size(), -1, 1);
    Stream(99).fill_normal(0, truth_.data(), truth_.size());
  }

  Vector<S>& parameters() { return parameters_; }
  const ParameterLayout& layout() const { return layout_; }

  double value_and_gradient(const Stream& stream, Vector<S>& gradient) {
    stream.fork(1).fill_normal(0, x_.data(), x_.size());
    stream.fork(2).fill_normal(0, y_.data(), y_.size());
    const auto weight = view(parameters_, layout_.blocks()[0]);
    const auto bias = view(parameters_, layout_.blocks()[1]);
    gap_ = weight - truth_;
    error_.noalias() = gap_.lazyProduct(x_);
    error_ -= S(0.1) * y_;
    error_.colwise() += bias.col(0);
    view(gradient, layout_.blocks()[0]) = error_.lazyProduct(x_.transpose()) / S(8);
    view(gradient, layout_.blocks()[1]) = error_.rowwise().mean();
    return static_cast<double>(error_.squaredNorm()) / 16;
  }

 private:
  ParameterLayout layout_;
  Vector<S> parameters_;
  Matrix<S> truth_, gap_, x_, y_, error_;
};

}  // namespace cytode::laws
