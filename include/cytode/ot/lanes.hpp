// SPDX-License-Identifier: MIT
/// Short vectors for the scans of the exact solvers: the compiler maps them to what there is.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace cytode::ot::lanes {

using Doubles = double __attribute__((vector_size(64)));
using Floats = float __attribute__((vector_size(64)));
using Ints = std::int32_t __attribute__((vector_size(64)));
using HalfFloats = float __attribute__((vector_size(32)));

inline constexpr int doubles = 8;  ///< Numbers in Doubles.
inline constexpr int floats = 16;  ///< Numbers in Floats; columns are padded to this.

/// Reads unaligned. Vectors go by reference: by value their calling convention depends on flags.
template <class V, class T>
void load(V& v, const T* from) noexcept {
  std::memcpy(&v, from, sizeof v);
}
template <class V, class T>
void store(T* to, const V& v) noexcept {
  std::memcpy(to, &v, sizeof v);
}

/// Reads eight floats or doubles as doubles.
template <class S>
void load_as_double(Doubles& v, const S* from) noexcept {
  std::conditional_t<sizeof(S) == 4, HalfFloats, Doubles> raw;
  load(raw, from);
  v = __builtin_convertvector(raw, Doubles);
}

/// Sixteen numbers as floats from their halves, and back.
inline void join(Floats& v, const Doubles& low, const Doubles& high) noexcept {
  const HalfFloats a = __builtin_convertvector(low, HalfFloats);
  const HalfFloats b = __builtin_convertvector(high, HalfFloats);
  v = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
inline void split(Doubles& low, Doubles& high, const Floats& v) noexcept {
  const HalfFloats a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
  const HalfFloats b = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  low = __builtin_convertvector(a, Doubles);
  high = __builtin_convertvector(b, Doubles);
}

/// 2ˣ to three digits, for x below 127: enough where it only steers a search.
inline void rough_exp2(Floats& x) noexcept {
  constexpr float magic = 12582912.0f + 127.0f;  // the sum's low bits are then 127 + ⌊x⌉
  x = x > -120.0f ? x : Floats{} - 120.0f;
  const Floats z = x + magic;
  const Floats f = x - (z - magic);
  Ints bits;
  load(bits, &z);
  bits <<= 23;
  Floats power;
  load(power, &bits);
  x = (1.0f + f * (0.69314718f + f * (0.24022651f + f * 0.0555f))) * power;
}

}  // namespace cytode::ot::lanes
