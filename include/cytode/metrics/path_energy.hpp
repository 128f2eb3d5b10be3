// SPDX-License-Identifier: MIT
/// Kinetic energy of paths, and how far it lies above that of optimal transport.
#pragma once

#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <cytode/core/concepts.hpp>
#include <cytode/metrics/wasserstein.hpp>

namespace cytode::metrics {

/// Weights c_k with ∫ f dt ≈ Σ c_k f(t_k) at ascending times: parabolas through three neighbouring
/// times (Simpson's rule, for any spacing), the trapezoid for two; exact for quadratic f.
///
/// With an odd number of intervals the last one uses the parabola of the last three times. Throws
/// std::invalid_argument unless there are two times or more, finite and strictly ascending.
template <class = void>
[[nodiscard]] inline Vector<double> quadrature_weights(std::span<const double> times) {
  constexpr std::string_view me = "metrics::quadrature_weights";
  const std::size_t n = times.size();
  check(n >= 2, me, "there are ", n, " times, wanted 2 or more");
  check(std::isfinite(times[0]), me, "time 0 is ", times[0]);
  for (std::size_t k = 1; k < n; ++k) {
    check(std::isfinite(times[k]) && times[k] > times[k - 1], me, "time ", k, " is ", times[k],
          " after ", times[k - 1], ", wanted ascending times");
  }
  Vector<double> c = Vector<double>::Zero(static_cast<Index>(n));
  if (n == 2) return Vector<double>::Constant(2, (times[1] - times[0]) / 2);
  Index k = 0;
  const auto gap = [&](Index i) {
    return times[static_cast<std::size_t>(i) + 1] - times[static_cast<std::size_t>(i)];
  };
  const auto last = static_cast<Index>(n) - 1;
  for (; k + 2 <= last; k += 2) {
    const double g = gap(k), h = gap(k + 1), sum = g + h;
    c[k] += sum / 6 * (2 - h / g);
    c[k + 1] += sum * sum * sum / (6 * g * h);
    c[k + 2] += sum / 6 * (2 - g / h);
  }
  if (k < last) {
    const double g = gap(last - 2), h = gap(last - 1), sum = g + h;
    c[last] += h * (2 * h + 3 * g) / (6 * sum);
    c[last - 1] += h * (h + 3 * g) / (6 * g);
    c[last - 2] -= h * h * h / (6 * g * sum);
  }
  return c;
}

/// E = mean over cells of ∫ |ẋ|² dt for states (features × n each) at ascending times, as if cells
/// moved straight and evenly between them: Σ_k |x_{k+1} − x_k|² / (t_{k+1} − t_k).
///
/// A lower bound of the energy of any path through these states, approached with the square of the
/// spacing; never below W2² / (t_end − t_0) of its ends. Units: coordinates squared over time.
/// Without weights cells count the same. Throws std::invalid_argument unless there is one state a
/// time, two or more, ascending, of one shape and finite, and on bad weights.
template <std::floating_point S>
[[nodiscard]] double path_energy(const std::vector<Matrix<S>>& states,
                                 std::span<const double> times,
                                 const std::optional<Vector<double>>& weights = std::nullopt) {
  constexpr std::string_view me = "metrics::path_energy";
  check(states.size() == times.size(), me, "there are ", states.size(), " states and ",
        times.size(), " times");
  (void)quadrature_weights(times);  // the times are in order
  auto before = population(me, "a state", states[0], weights);
  double energy = 0;
  for (std::size_t k = 1; k < states.size(); ++k) {
    check_shape(me, "a state", states[k], states[0].rows(), states[0].cols());
    auto now = population(me, "a state", states[k]);
    const double moved = (now.cells - before.cells).colwise().squaredNorm().dot(before.shares);
    energy += moved / (times[k] - times[k - 1]);
    before.cells.swap(now.cells);
  }
  return energy;
}

/// E = mean over cells of ∫ |v(t, x(t))|² dt for a field and the states that a solve of it reached
/// (features × n each) at ascending times: quadrature_weights on the speeds there.
///
/// Error of fourth order in an even spacing: 20 times usually give five digits. For a drift this is
/// the energy of the drift, not of the noise. Throws std::invalid_argument as above, and unless the
/// field has as many dimensions as the states.
template <VectorField Field>
[[nodiscard]] double path_energy(const Field& field,
                                 const std::vector<Matrix<typename Field::Scalar>>& states,
                                 std::span<const double> times,
                                 const std::optional<Vector<double>>& weights = std::nullopt) {
  using S = typename Field::Scalar;
  constexpr std::string_view me = "metrics::path_energy";
  check(states.size() == times.size(), me, "there are ", states.size(), " states and ",
        times.size(), " times");
  const Vector<double> c = quadrature_weights(times);
  check_features(me, "a state", states[0], field.dims());
  const Vector<double> shares = population(me, "a state", states[0], weights).shares;
  typename Field::Cache cache;
  Matrix<S> v(states[0].rows(), states[0].cols());
  double energy = 0;
  for (std::size_t k = 0; k < states.size(); ++k) {
    check_shape(me, "a state", states[k], v.rows(), v.cols());
    check(all_finite(states[k]), me, "a state has NaN or infinite coordinates");
    field.forward(Times<S>(static_cast<S>(times[k])), states[k], v, cache);
    energy +=
        c[static_cast<Index>(k)] * v.template cast<double>().colwise().squaredNorm().dot(shares);
  }
  return energy;
}

/// |E − W2²| / W2² for paths over one unit of time from the cells x0 to the cells x1: 0 for the
/// dynamic optimal transport, whose energy is W2² (the NPE of [Tong 2024]).
///
/// x0: features × n, x1: features × m, the data at both ends, exact W2. Over another span T hand in
/// T · E. Belongs to the 2-D table of [Tong 2024b]. Infinite or NaN if W2 is 0. Throws as
/// wasserstein2, and on an energy that is negative or not finite.
template <class X, class Y>
[[nodiscard]] double normalised_path_energy(double energy, const Eigen::MatrixBase<X>& x0,
                                            const Eigen::MatrixBase<Y>& x1,
                                            const std::optional<Weights>& weights = std::nullopt) {
  check_not_negative("metrics::normalised_path_energy", "energy", energy);
  const ot::Plan plan = optimal_plan(x0, x1, GroundCost::squared_euclidean, weights);
  throw_unless_ok(plan.status, "metrics::normalised_path_energy");
  return std::abs(energy - plan.cost) / plan.cost;
}

}  // namespace cytode::metrics
