// SPDX-License-Identifier: MIT
/// The exact solution of fields that are linear in the state.
#pragma once

#include <utility>
#include <vector>

#include <cytode/core/expm.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/product.hpp>
#include <cytode/ode/schedule.hpp>
#include <cytode/ode/solution.hpp>

namespace cytode::ode {

/// A field v(x) = A x + b that shows A (dims × dims) and b (dims, or empty for 0), such as
/// fields::Linear.
template <class F>
concept LinearField = requires(const F& field) {
  typename F::Scalar;
  { field.matrix() } -> std::convertible_to<Matrix<typename F::Scalar>>;
  { field.offset() } -> std::convertible_to<Vector<typename F::Scalar>>;
};

/// The method for linear fields that makes no error: ode::solve(field, x0, times, Exponential{}).
struct Exponential {};

/// x(t + h) = e^{hA} x(t) + h φ₁(hA) b between the requested times, exact to rounding of hA (see
/// expm), however stiff the field: one exponential of (dims + 1) × (dims + 1) an interval of new
/// length and one matrix product for all cells.
///
/// Times as for every other solve, in either direction; t is not in the field, so only their
/// differences matter. Overflow gives Status::non_finite_state and the states before it. Throws
/// std::invalid_argument as every solve does.
template <LinearField F, class X>
[[nodiscard]] Solution<typename F::Scalar> solve(const F& field, const X& x0,
                                                 const std::vector<double>& times,
                                                 const Exponential&) {
  using S = typename F::Scalar;
  check_not_empty("ode::solve", "x0", x0);
  check_features("ode::solve", "x0", x0, field.dims());
  const Schedule schedule(times, Options<S>{});
  using Double = deferred_t<double, S>;
  const Matrix<Double> a = field.matrix().template cast<double>();
  Vector<Double> b = Vector<Double>::Zero(a.rows());
  if (field.offset().size() > 0) b = field.offset().template cast<double>();

  Solution<S> out;
  out.times = times;
  out.states = {Matrix<S>(x0)};
  check(all_finite(out.states[0].data(), out.states[0].size()), "ode::solve",
        "x0 has a coefficient that is NaN or infinite");
  out.cells.assign(static_cast<std::size_t>(x0.cols()), CellReport{.time = times[0]});
  out.time = times[0];
  deferred_t<AffineFlow, S> flow;
  Matrix<S> linear;
  double size = 0;
  for (std::size_t k = 1; k < times.size(); ++k) {
    const double h = times[k] - times[k - 1];
    if (k == 1 || h != size) {
      flow = affine_flow(a, b, h);
      linear = flow.linear.template cast<S>();
      size = h;
    }
    Matrix<S> next = flow.offset.template cast<S>().replicate(1, x0.cols());
    add_product(next, linear, out.states.back());
    for (Index j = 0; j < next.cols(); ++j) {
      CellReport& cell = out.cells[static_cast<std::size_t>(j)];
      if (all_finite(next.col(j).data(), next.rows())) continue;
      cell.status = out.status = Status::non_finite_state;
      if (out.diagnosis.cell >= 0) continue;
      out.diagnosis.status = cell.status;
      out.diagnosis.cell = j;
      out.diagnosis.time = times[k - 1];
      out.diagnosis.steps = out.counts.accepted;
    }
    if (out.status != Status::ok) {
      out.state = out.states.back();
      return out;
    }
    ++out.counts.accepted;
    out.time = times[k];
    for (CellReport& cell : out.cells) cell.time = times[k];
    out.states.push_back(std::move(next));
  }
  return out;
}

}  // namespace cytode::ode
