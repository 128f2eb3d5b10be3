// SPDX-License-Identifier: MIT
/// Every explicit tableau once: a new one adds its name here, and the laws of solvers test it.
#pragma once

#include <array>

#include <cytode/ode/bosh3.hpp>
#include <cytode/ode/dop853.hpp>
#include <cytode/ode/dopri5.hpp>
#include <cytode/ode/euler.hpp>
#include <cytode/ode/heun.hpp>
#include <cytode/ode/midpoint.hpp>
#include <cytode/ode/ralston.hpp>
#include <cytode/ode/runge_kutta4.hpp>
#include <cytode/ode/three_eighths.hpp>
#include <cytode/ode/tsit5.hpp>

namespace catalogue {

namespace tableaus = cytode::ode::tableaus;
inline constexpr std::array<const cytode::ode::ExplicitTableau*, 10> explicit_tableaus = {
    &tableaus::euler,        &tableaus::midpoint,     &tableaus::heun,  &tableaus::ralston,
    &tableaus::bosh3,        &tableaus::dopri5,       &tableaus::tsit5, &tableaus::dop853,
    &tableaus::runge_kutta4, &tableaus::three_eighths};

}  // namespace catalogue
