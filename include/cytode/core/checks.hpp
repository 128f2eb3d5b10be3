// SPDX-License-Identifier: MIT
/// Checks at public doors: misuse throws std::invalid_argument naming function, argument, got,
/// wanted.
#pragma once

#include <cmath>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <type_traits>

#include <cytode/core/types.hpp>

namespace cytode {

/// One part of a message: a text, or a value and how it is streamed.
class MessagePart {
 public:
  template <class T>
  explicit MessagePart(const T& value) {
    if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      text_ = value;
    } else {
      value_ = &value;
      stream_ = [](std::ostream& out, const void* v) { out << *static_cast<const T*>(v); };
    }
  }
  void write(std::ostream& out) const {
    if (stream_ == nullptr) {
      out << text_;
    } else {
      stream_(out, value_);
    }
  }

 private:
  std::string_view text_;
  const void* value_ = nullptr;
  void (*stream_)(std::ostream&, const void*) = nullptr;
};

/// Throws std::invalid_argument built from "<function>: " and the given parts. No template on the
/// parts, so that it is compiled once, not once a message.
[[noreturn, gnu::noinline, gnu::cold]] inline void throw_invalid(
    std::string_view function, std::initializer_list<MessagePart> parts) {
  std::ostringstream text;
  text << function << ": ";
  for (const MessagePart& part : parts) part.write(text);
  throw std::invalid_argument(text.str());
}

/// Throws std::invalid_argument built from "<function>: " and the given parts, streamed together.
template <class... Parts>
[[noreturn]] void fail_check(std::string_view function, const Parts&... parts) {
  throw_invalid(function, {MessagePart(parts)...});
}

/// A text of any length as what it decays to: messages of one pattern are compiled once.
template <class T>
using MessageOf = std::conditional_t<std::is_array_v<T>, const char*, T>;

/// Throws std::invalid_argument with the streamed parts unless the condition holds.
template <class... Parts>
void check(bool condition, std::string_view function, const Parts&... parts) {
  if (!condition) fail_check<MessageOf<Parts>...>(function, parts...);
}

/// The argument must be rows × cols.
template <class M>
void check_shape(std::string_view function, std::string_view argument, const M& m, Index rows,
                 Index cols) {
  check(m.rows() == rows && m.cols() == cols, function, argument, " is ", m.rows(), " x ", m.cols(),
        ", wanted ", rows, " x ", cols);
}

/// The argument must have this many features (rows).
template <class M>
void check_features(std::string_view function, std::string_view argument, const M& m, Index rows) {
  check(m.rows() == rows, function, argument, " has ", m.rows(), " features, wanted ", rows);
}

/// Two batches must have the same number of cells (columns).
template <class A, class B>
void check_same_cells(std::string_view function, std::string_view a_name, const A& a,
                      std::string_view b_name, const B& b) {
  check(a.cols() == b.cols(), function, a_name, " has ", a.cols(), " cells, ", b_name, " has ",
        b.cols());
}

/// The batch must have at least one feature and one cell.
template <class M>
void check_not_empty(std::string_view function, std::string_view argument, const M& m) {
  check(m.rows() > 0 && m.cols() > 0, function, argument, " is empty (", m.rows(), " x ", m.cols(),
        ")");
}

/// The number must be finite and above zero.
template <class T>
void check_positive(std::string_view function, std::string_view argument, T value) {
  check(std::isfinite(static_cast<double>(value)) && value > T{0}, function, argument, " is ",
        value, ", wanted a positive number");
}

/// The number must be finite and at least zero.
template <class T>
void check_not_negative(std::string_view function, std::string_view argument, T value) {
  check(std::isfinite(static_cast<double>(value)) && value >= T{0}, function, argument, " is ",
        value, ", wanted zero or more");
}

}  // namespace cytode
