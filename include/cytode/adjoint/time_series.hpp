// SPDX-License-Identifier: MIT
/// Fitting a field to states observed at times: the objective of neural ODEs on time series.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include <cytode/adjoint/certificate.hpp>
#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/gradient.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/random.hpp>

namespace cytode::adjoint {

/// Mean squared distance of a solve to what was observed on its way, a train::Objective:
///
///   L(θ) = 1/N Σ (x_ij(t_k; θ) − y_ijk)²  over the N numbers observed,
///
/// with dx/dt = f_θ(t, x), x(t_0) = x0, features × cells: a column is one series, and all share
/// the times.
///
///   adjoint::TimeSeries loss(field, x0, times, observed, ode::Tsit5{}, adjoint::Discrete{});
///   train::fit(loss, train::AdamW{.learning_rate = 0.01}, {.steps = 500}).or_throw();
///
///   times     any, rising or falling; times[0] is that of x0
///   observed  one matrix a time, the start too, of x0's shape. NaN: this number is missing;
///             an empty matrix: nothing was observed then
///   gradient  Discrete{…}, Continuous{…}, Interpolating{…}, Forward{}, Reversible{…}
///
/// A solve that fails makes loss and gradient NaN, on which train::fit ends with non_finite_loss;
/// solution().diagnosis says why. Steps with the same shapes allocate what the gradient method
/// allocates: nothing, once warm. Nothing is random, so the stream is not used. The sum is over
/// cells in their order, the same for any number of threads.
template <DifferentiableField F, ode::Method M, GradientMethod<F, M> G>
class TimeSeries {
 public:
  using Scalar = typename F::Scalar;

  /// The field must outlive this. Throws std::invalid_argument unless there is one matrix a time,
  /// of x0's shape or empty, for infinite numbers, and if nothing was observed; and as
  /// differentiate does.
  TimeSeries(F& field, Matrix<Scalar> x0, std::vector<double> times,
             const std::vector<Matrix<Scalar>>& observed, const M& method, const G& gradient,
             const ode::Options<Scalar>& options = {})
      : TimeSeries(field, std::move(x0), std::move(times), observed, method, gradient, options,
                   nullptr) {}
  /// The same with threads, which must outlive this too.
  TimeSeries(F& field, Matrix<Scalar> x0, std::vector<double> times,
             const std::vector<Matrix<Scalar>>& observed, const M& method, const G& gradient,
             const ode::Options<Scalar>& options, Workers& workers)
      : TimeSeries(field, std::move(x0), std::move(times), observed, method, gradient, options,
                   &workers) {}
  TimeSeries(const TimeSeries&) = delete;
  TimeSeries& operator=(const TimeSeries&) = delete;

  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return field_.parameters(); }

  /// L and ∂L/∂θ at the field's parameters of now.
  double value_and_gradient(const Stream&, Vector<Scalar>& gradient) {
    const double loss = value();
    parameter_gradient(run_, cotangents_, parameters().size(), gradient_, gradient);
    return loss;
  }
  /// L alone.
  double value() {
    run_.forward(x0_, times_);
    if (run_.solution().status != Status::ok) return std::numeric_limits<double>::quiet_NaN();
    return mean_squared(run_.solution().states, cotangents_);
  }
  /// Certifies the gradient at the field's parameters of now, in θ, x0 and the times: see
  /// adjoint::certificate. On the calling thread.
  [[nodiscard]] Certificate certificate(const CertificateOptions& how = {}) const {
    return adjoint::certificate(
        field_, x0_, times_, method_, way_,
        [this](const std::vector<Matrix<Scalar>>& states, std::vector<Matrix<Scalar>>& cotangents) {
          return mean_squared(states, cotangents);
        },
        how, options_);
  }

  /// Of the last evaluation: states at the times, status, diagnosis.
  [[nodiscard]] const ode::Solution<Scalar>& solution() const { return run_.solution(); }
  /// Of the last value_and_gradient: the gradient in x0 and in the times as well.
  [[nodiscard]] const Gradient<Scalar>& gradient() const { return gradient_; }
  /// Of the last evaluation: what it cost.
  [[nodiscard]] const Report& report() const { return run_.report(); }
  /// Numbers that were observed.
  [[nodiscard]] Index observations() const noexcept { return static_cast<Index>(count_); }

 private:
  TimeSeries(F& field, Matrix<Scalar> x0, std::vector<double> times,
             const std::vector<Matrix<Scalar>>& observed, const M& method, const G& gradient,
             const ode::Options<Scalar>& options, Workers* workers)
      : field_(field),
        x0_(std::move(x0)),
        times_(std::move(times)),
        method_(method),
        way_(gradient),
        options_(options),
        run_(field, x0_, times_, method, gradient, options, workers) {
    constexpr auto where = "adjoint::TimeSeries";
    check(observed.size() == times_.size(), where, "observed has ", observed.size(),
          " matrices, times has ", times_.size(), " times");
    for (std::size_t k = 0; k < observed.size(); ++k) take(where, k, observed[k]);
    check(count_ > 0, where, "nothing was observed");
  }

  // L, and its cotangents: empty ones where nothing was observed.
  double mean_squared(const std::vector<Matrix<Scalar>>& states,
                      std::vector<Matrix<Scalar>>& cotangents) const {
    double sum = 0;
    for (std::size_t k = 0; k < times_.size(); ++k) {
      if (observed_[k].size() == 0) continue;
      cotangents[k] = (states[k] - observed_[k]).cwiseProduct(present_[k]);  // the residual
      sum += cotangents[k].template cast<double>().squaredNorm();
      cotangents[k] *= static_cast<Scalar>(2 / count_);
    }
    return sum / count_;
  }

  // Missing numbers become 0 with weight 0.
  void take(const char* where, std::size_t k, const Matrix<Scalar>& y) {
    check(y.size() == 0 || (y.rows() == x0_.rows() && y.cols() == x0_.cols()), where, "observed[",
          k, "] is ", y.rows(), " x ", y.cols(), ", wanted ", x0_.rows(), " x ", x0_.cols(),
          " as x0, or empty");
    Matrix<Scalar> values = y, weights = Matrix<Scalar>::Ones(y.rows(), y.cols());
    for (Index i = 0; i < y.size(); ++i) {
      if (all_finite(y.data() + i, 1)) continue;
      check(std::isnan(y.data()[i]), where, "observed[", k, "] holds ", y.data()[i],
            ", wanted finite numbers, or NaN where one is missing");
      values.data()[i] = weights.data()[i] = 0;
    }
    const double present = weights.template cast<double>().sum();
    count_ += present;
    if (present == 0) values.resize(y.rows(), 0);  // nothing was observed
    cotangents_.emplace_back(values.rows(), values.cols());
    observed_.push_back(std::move(values));
    present_.push_back(std::move(weights));
  }

  F& field_;
  Matrix<Scalar> x0_;
  std::vector<double> times_;
  M method_;
  G way_;
  ode::Options<Scalar> options_;
  typename G::template Run<F, M> run_;
  std::vector<Matrix<Scalar>> observed_, present_, cotangents_;
  Gradient<Scalar> gradient_;
  double count_ = 0;
};

}  // namespace cytode::adjoint
