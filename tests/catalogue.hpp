// SPDX-License-Identifier: MIT
/// Every method once: a new one adds its name here, and the laws of its concept test it.
#pragma once

#include <tuple>

#include <cytode/nn/activations.hpp>

namespace catalogue {

using Activations =
    std::tuple<cytode::nn::Identity, cytode::nn::Relu, cytode::nn::Elu, cytode::nn::Selu,
               cytode::nn::Silu, cytode::nn::Tanh, cytode::nn::Softplus, cytode::nn::Gelu>;

}  // namespace catalogue
