// SPDX-License-Identifier: MIT
/// Everything cytode has.
#pragma once

#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/parameters.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/status.hpp>
#include <cytode/core/times.hpp>
#include <cytode/core/types.hpp>
#include <cytode/core/workers.hpp>
