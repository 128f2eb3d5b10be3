// SPDX-License-Identifier: MIT
/// An explicit Runge–Kutta method as a value chosen at run time.
#pragma once

#include <concepts>
#include <type_traits>

#include <cytode/ode/method.hpp>
#include <cytode/ode/tableau.hpp>

namespace cytode::adjoint {

/// A method whose tableau is explicit: Dopri5, Tsit5, RungeKutta4, …
template <class M>
concept Explicit =
    ode::Method<M> && std::same_as<std::remove_cvref_t<decltype(M::tableau)>, ode::ExplicitTableau>;

/// The tableau and the control of any explicit method: .method = ode::Tsit5{…}; empty until given.
/// Explicit steps are compiled once for all tableaus, so choosing late costs nothing.
class ExplicitMethod {
 public:
  ExplicitMethod() = default;
  template <Explicit M>
  ExplicitMethod(const M& method) : tableau_(&M::tableau), control_(method.control()) {}

  [[nodiscard]] bool empty() const { return tableau_ == nullptr; }
  [[nodiscard]] const ode::ExplicitTableau& tableau() const { return *tableau_; }
  [[nodiscard]] const ode::Control& control() const { return control_; }

 private:
  const ode::ExplicitTableau* tableau_ = nullptr;
  ode::Control control_;
};

}  // namespace cytode::adjoint
