// SPDX-License-Identifier: MIT
/// A certificate of a gradient: what it says along random directions, against the derivative of
/// the computed solution taken without it.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/dual_solve.hpp>
#include <cytode/adjoint/extrapolated.hpp>
#include <cytode/adjoint/forward.hpp>
#include <cytode/adjoint/frozen_solve.hpp>
#include <cytode/core/random.hpp>

namespace cytode::adjoint {

/// Where the other derivative comes from.
enum class Reference {
  differences,    ///< Extrapolated differences of the solve with its steps frozen: knows no vjp.
  sensitivities,  ///< Forward: exact, by explicit methods, for few parameters and cells. Its rows
                  ///< are vjps of unit cotangents.
  dual_numbers    ///< The accepted steps again in dual numbers: exact, knows no vjp and no jvp; by
                  ///< DualMethod for a DualField, in double.
};

/// What to certify, and how.
struct CertificateOptions {
  int directions = 3;  ///< In each of θ, x0 and the times.
  std::uint64_t seed = 0;
  Reference reference = Reference::differences;
};

/// The derivative of a loss along one random direction.
struct CertificateLine {
  std::string_view of;     ///< "parameters", "x0" or "times".
  double gradient = 0;     ///< Of the gradient that is certified, times the direction.
  double reference = 0;    ///< Without it.
  double uncertainty = 0;  ///< Estimated error of the reference.
  double size = 0;         ///< Norm of that part of the gradient.

  /// Their distance in units of the gradient's norm (directions are standard normal).
  template <class = void>
  [[nodiscard]] double relative() const {
    const double apart = std::abs(gradient - reference);
    if (apart == 0) return 0;
    return size > 0 ? apart / size : std::numeric_limits<double>::infinity();
  }
};

/// Directional derivatives and cost of one gradient.
struct Certificate {
  std::vector<CertificateLine> lines;
  Report report;

  /// Largest relative distance of a line.
  template <class = void>
  [[nodiscard]] double worst() const {
    double most = 0;
    for (const CertificateLine& line : lines) {
      most = line.relative() <= most ? most : line.relative();  // NaN gets through
    }
    return most;
  }
  /// Lines of text for a person.
  template <class = void>
  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    for (const CertificateLine& line : lines) {
      out.precision(9);
      out << "gradient in " << line.of << ": " << line.gradient << ", reference " << line.reference;
      out.precision(2);
      out << " (+- " << line.uncertainty << "), apart by " << line.relative() << " of its norm\n";
    }
    out.precision(3);
    out << "evaluations: " << report.forward.evaluations << " forward, "
        << report.backward.evaluations << " backward, " << report.ratio()
        << " backward to forward cell by cell; kept " << report.bytes << " bytes\n";
    return out.str();
  }
};

/// DualSolve, or nothing where there is none.
template <class F, class M>
struct DualReference {
  using type = std::monostate;
};
template <DualField F, DualMethod M>
struct DualReference<F, M> {
  using type = DualSolve<F, M>;
};

/// Certifies the gradient of loss(states at times) by a method G, in θ, x0 and the times.
///
///   loss(states, cotangents)  returns the loss and sets cotangents[k] = ∂loss/∂states[k], as
///                             pullback takes them
///
/// The reference derives the solution of ode::solve with its accepted steps frozen, which Discrete
/// and Forward do exactly; Continuous and Interpolating are apart by about the tolerance, and
/// Reversible by the error of the solve. Differences cost 20 solves a direction and are good for
/// 1e-10 in double, 1e-3 in float: `uncertainty` says for how much. Sensitivities and dual numbers
/// are exact in either. Dual numbers cost some ten slow solves a direction, and take the loss's own
/// cotangents, which differences test as well.
///
/// Throws std::invalid_argument for events, for directions below 1, and for a reference that the
/// method, the field or (dual numbers) jumps do not have; std::runtime_error if the solve fails.
template <class F, class X, class M, class G, class Loss>
requires GradientMethod<G, F, M>
[[nodiscard]] Certificate certificate(
    const F& field, const X& x0, const std::vector<double>& times, const M& method,
    const G& gradient, Loss loss, const CertificateOptions& how = {},
    const ode::Options<std::type_identity_t<typename F::Scalar>>& options = {}) {
  using S = typename F::Scalar;
  check(how.directions >= 1, "adjoint::certificate", "directions is ", how.directions,
        ", wanted 1 or more");
  Certificate result;
  std::vector<Matrix<S>> cotangents;
  const auto pull = [&](const auto& by, Gradient<S>& to) {
    auto run = differentiate(field, x0, times, method, by, options);
    run.solution().or_throw();
    cotangents.assign(run.solution().states.size(), Matrix<S>());
    static_cast<void>(loss(run.solution().states, cotangents));
    run.pullback(cotangents, to);
    return run.report();
  };
  Gradient<S> g, exact;
  result.report = pull(gradient, g);
  if (how.reference == Reference::sensitivities) {
    if constexpr (Explicit<M>) {
      pull(Forward{}, exact);
    } else {
      fail_check("adjoint::certificate", "sensitivities need an explicit method");
    }
  }
  Workers alone(1);
  std::optional<FrozenSolve<F, M>> frozen;
  using Duals = typename DualReference<F, M>::type;
  std::optional<Duals> duals;
  if (how.reference == Reference::differences) {
    frozen.emplace(field, x0, times, method, options, alone);
  } else if (how.reference == Reference::dual_numbers) {
    if constexpr (DualField<F> && DualMethod<M>) {
      duals.emplace(field, x0, times, method, options, alone);
      static_cast<void>(loss(duals->solution().states, cotangents));
    } else {
      fail_check("adjoint::certificate",
                 "dual numbers need a field with evaluate(t, x, p, dx) and an explicit, Rosenbrock "
                 "or ESDIRK method");
    }
  }
  double interval = 1;
  for (std::size_t k = 1; k < times.size(); ++k) {
    const double gap = std::abs(times[k] - times[k - 1]);
    interval = k == 1 ? gap : std::min(interval, gap);
  }
  const Vector<S> theta = field.parameters();
  Vector<S> dtheta = Vector<S>::Zero(theta.size());
  Matrix<S> dx = Matrix<S>::Zero(x0.rows(), x0.cols());
  std::vector<double> dt(times.size(), 0.0), moved(times.size());
  const auto slope = [&] {
    return Extrapolated::at_zero(
        [&](double e) {
          for (std::size_t k = 0; k < times.size(); ++k) moved[k] = times[k] + e * dt[k];
          const S step = static_cast<S>(e);
          return static_cast<double>(
              loss(frozen->states(theta + step * dtheta, x0 + step * dx, moved), cotangents));
        },
        0.05);
  };
  const auto along = [&](const Gradient<S>& of) {
    double sum = 0;
    for (std::size_t k = 0; k < dt.size(); ++k) sum += of.times[k] * dt[k];
    sum += of.parameters.template cast<double>().dot(dtheta.template cast<double>());
    return sum + of.x0.template cast<double>().cwiseProduct(dx.template cast<double>()).sum();
  };
  const auto line = [&](std::string_view of, double size) {
    CertificateLine l{of, along(g), 0, 0, size};
    const double rounding = size * static_cast<double>(std::numeric_limits<S>::epsilon());
    if (how.reference == Reference::sensitivities) {
      l.reference = along(exact);
      l.uncertainty = rounding;
    } else if (duals) {
      if constexpr (DualField<F> && DualMethod<M>) {
        const auto tangents = duals->tangents(dtheta, dx, dt);
        for (std::size_t k = 0; k < tangents.size(); ++k) {
          if (cotangents[k].size() == 0) continue;
          l.reference += cotangents[k].template cast<double>().cwiseProduct(tangents[k]).sum();
        }
      }
      l.uncertainty = rounding;
    } else {
      const Extrapolated e = slope();
      l.reference = e.value;
      l.uncertainty = e.error;
    }
    result.lines.push_back(l);
  };
  const Stream stream(how.seed);
  Vector<double> normals(static_cast<Index>(times.size()));
  for (int i = 0; i < how.directions; ++i) {
    const Stream draw = stream.at(static_cast<std::uint64_t>(i));
    if (theta.size() > 0) {
      draw.fork(0).fill_normal(0, dtheta.data(), dtheta.size());
      line("parameters", g.parameters.template cast<double>().norm());
      dtheta.setZero();
    }
    draw.fork(1).fill_normal(0, dx.data(), dx.size());
    line("x0", g.x0.template cast<double>().norm());
    dx.setZero();
    if (interval == 0 || times.size() < 2) continue;
    draw.fork(2).fill_normal(0, normals.data(), normals.size());
    double norm = 0;
    for (std::size_t k = 0; k < dt.size(); ++k) {
      dt[k] = interval * normals[static_cast<Index>(k)];
      norm = std::hypot(norm, interval * g.times[k]);
    }
    line("times", norm);
    std::fill(dt.begin(), dt.end(), 0.0);
  }
  return result;
}

}  // namespace cytode::adjoint
