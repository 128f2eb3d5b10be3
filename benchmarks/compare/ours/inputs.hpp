// SPDX-License-Identifier: MIT
/// Inputs of jobs, written for the peers in the order of memory.
#pragma once

#include <string>
#include <vector>

#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/atomic_file.hpp>
#include <cytode/fields/neural.hpp>

namespace compare {

using namespace cytode;

/// Writes the coefficients as they lie: a features × cells matrix is cells rows for numpy.
template <class M>
void write(const std::string& path, const M& x) {
  data::AtomicFile file(path);
  file.write({reinterpret_cast<const char*>(x.data()),
              static_cast<std::size_t>(x.size()) * sizeof(typename M::Scalar)});
  file.commit();
}

/// Standard normal cells.
inline Matrix<float> normals(Index d, Index n, std::uint64_t seed) {
  Matrix<float> x(d, n);
  Stream(seed).fill_normal(0, x.data(), x.size());
  return x;
}

/// Cells of a mixture of four Gaussians whose centres depend on the seed.
template <class S>
Matrix<S> mixture(Index features, Index cells, std::uint64_t seed) {
  const Stream stream(seed);
  Matrix<S> centres(features, 4), x(features, cells);
  stream.fork(0).fill_normal(0, centres.data(), centres.size());
  stream.fork(1).fill_normal(0, x.data(), x.size());
  for (Index i = 0; i < cells; ++i) {
    x.col(i) += S(2) * centres.col(stream.fork(2).below(static_cast<std::uint64_t>(i), 4));
  }
  return x;
}

/// dims + 1 → width → width → width → dims, SELU: the field of every job with a network.
inline auto network(Index d, Index width, std::uint64_t seed = 1) {
  return fields::neural<float>(d, {width, width, width}, Stream(seed));
}

/// Multiply-adds of the weights for one cell, two operations each.
inline double network_flops(Index d, Index width) {
  return 2 * static_cast<double>((d + 1) * width + 2 * width * width + width * d);
}

}  // namespace compare
