// SPDX-License-Identifier: MIT
/// Named arrays with a number type and a shape: what a safetensors file holds.
#pragma once

#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/types.hpp>

namespace cytode::train {

/// Throws std::runtime_error "<path>: <parts>": what is wrong with a file, and what was wanted.
template <class... Parts>
[[noreturn]] void fail_file(std::string_view path, const Parts&... parts) {
  std::ostringstream text;
  text << path << ": ";
  (text << ... << parts);
  throw std::runtime_error(text.str());
}

/// Number types read and written; files with others are refused.
enum class Dtype { f64, i64, f32, u8 };

/// Its name in files: "F64", "I64", "F32" or "U8".
[[nodiscard]] constexpr std::string_view to_string(Dtype dtype) noexcept {
  constexpr std::string_view names[] = {"F64", "I64", "F32", "U8"};
  return names[static_cast<int>(dtype)];
}

/// Bytes of one number.
[[nodiscard]] constexpr Index size_of(Dtype dtype) noexcept {
  return dtype == Dtype::u8 ? 1 : dtype == Dtype::f32 ? 4 : 8;
}

/// The number type of that name, if it is one of ours.
template <class = void>
[[nodiscard]] constexpr std::optional<Dtype> dtype_named(std::string_view name) noexcept {
  for (const Dtype d : {Dtype::f64, Dtype::i64, Dtype::f32, Dtype::u8}) {
    if (to_string(d) == name) return d;
  }
  return std::nullopt;
}

/// Bytes of a tensor, or −1 where they are not countable.
template <class = void>
[[nodiscard]] inline Index byte_count(Dtype dtype, const std::vector<Index>& shape) noexcept {
  Index n = size_of(dtype);
  for (const Index side : shape) {
    if (side < 0 || __builtin_mul_overflow(n, side, &n)) return -1;
  }
  return n;
}

/// "[64, 6]".
template <class = void>
[[nodiscard]] inline std::string to_string(const std::vector<Index>& shape) {
  std::string text = "[";
  for (const Index n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

/// One named array, row-major as in files.
struct Tensor {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<Index> shape;  ///< Empty for a single number.
  std::string data;          ///< Bytes, little-endian; size = product of shape · size_of(dtype).

  /// A one-dimensional tensor with the numbers of a vector.
  template <std::floating_point S>
  [[nodiscard]] static Tensor of(std::string name, const Vector<S>& values) {
    Tensor t{std::move(name), sizeof(S) == 4 ? Dtype::f32 : Dtype::f64, {values.size()}, {}};
    t.data.resize(static_cast<std::size_t>(values.size()) * sizeof(S));
    if (!t.data.empty()) std::memcpy(t.data.data(), values.data(), t.data.size());
    return t;
  }

  /// All numbers, rounded or widened to S; throws std::runtime_error unless they are F32 or F64, or
  /// if one does not fit S.
  template <std::floating_point S>
  [[nodiscard]] Vector<S> values(std::string_view path) const {
    if (dtype == Dtype::f32) return convert<float, S>(path);
    if (dtype == Dtype::f64) return convert<double, S>(path);
    fail_file(path, "tensor '", name, "' is ", to_string(dtype), ", wanted F32 or F64");
  }

 private:
  template <class From, class S>
  [[nodiscard]] Vector<S> convert(std::string_view path) const {
    Vector<From> raw(static_cast<Index>(data.size() / sizeof(From)));
    if (!data.empty()) std::memcpy(raw.data(), data.data(), data.size());
    Vector<S> out = raw.template cast<S>();
    for (Index i = 0; i < raw.size(); ++i) {
      if (std::isfinite(raw[i]) && !std::isfinite(out[i])) {
        fail_file(path, "tensor '", name, "' holds ", raw[i], ", beyond the range of F32");
      }
    }
    return out;
  }
};

/// The content of a safetensors file.
struct Safetensors {
  std::string path;                             ///< Where it came from, for messages.
  std::map<std::string, std::string> metadata;  ///< "__metadata__" of the header.
  std::vector<Tensor> tensors;                  ///< In the order of the file.

  /// The tensor of that name, or nullptr.
  [[nodiscard]] const Tensor* find(std::string_view name) const noexcept {
    for (const Tensor& t : tensors) {
      if (t.name == name) return &t;
    }
    return nullptr;
  }
};

}  // namespace cytode::train
