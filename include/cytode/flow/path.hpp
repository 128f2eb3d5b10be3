// SPDX-License-Identifier: MIT
/// What a probability path must offer: position and velocity from one function.
#pragma once

#include <cytode/core/types.hpp>

namespace cytode::flow {

/// A conditional probability path: given a pair (x0, x1), a fraction s ∈ [0, 1] and standard normal
/// noise ε, the position x_s and its derivative u_s = ∂x_s/∂s at fixed ε, written together so that
/// one cannot drift from the other.
///
/// `sample(s, x0, x1, ε, x, u)`: s is 1 × n, the batches are features × n; x and u are outputs.
template <class P>
concept Path = requires(const P& path, const ConstRowView<float>& s, const ConstBatch<float>& in,
                        Batch<float> out) {
  path.template sample<float>(s, in, in, in, out, out);
};

}  // namespace cytode::flow
