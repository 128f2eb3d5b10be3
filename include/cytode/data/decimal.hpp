// SPDX-License-Identifier: MIT
/// The arithmetic of reading decimals: digits to an integer, an integer and a power of ten to the
/// nearest float or double.
#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace cytode::data {

namespace decimal {

/// 10⁰ … 10²², all exact in double.
inline constexpr std::array<double, 23> powers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
inline constexpr std::array<std::uint64_t, 9> small_powers = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

__extension__ using wide = unsigned __int128;

/// ⌊2^(63 + b) / 5^k⌋ with b the bits of 5^k: 64 significant bits of 5^-k, k = 1 … 27.
struct Reciprocal {
  std::uint64_t digits = 0;
  int bits = 0;
};
inline constexpr std::array<Reciprocal, 28> reciprocals = [] {
  std::array<Reciprocal, 28> all{};
  std::uint64_t five = 1;
  for (std::size_t k = 1; k < all.size(); ++k) {
    five *= 5;
    const auto bits = static_cast<int>(std::bit_width(five));
    all[k] = {static_cast<std::uint64_t>((wide{1} << (63 + bits)) / five), bits};
  }
  return all;
}();

/// m / 10^k correctly rounded, or false when 64 bits do not decide [Lemire 2021]; m > 0, k 1 … 27.
inline bool divide(std::uint64_t m, int k, double& value) noexcept {
  const Reciprocal r = reciprocals[static_cast<std::size_t>(k)];
  const int shift = std::countl_zero(m);
  const auto q = static_cast<std::uint64_t>((wide{m << shift} * r.digits) >> 64);
  // The true quotient lies in [q, q + 2): only then is the rounding not decided.
  const int top = std::countl_zero(q);  // 0 or 1
  const int dropped = 11 - top;
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
  const std::uint64_t rest = q & (2 * half - 1);
  if (rest + 2 >= half && rest <= half) return false;
  const std::uint64_t mantissa = (q >> dropped) + (rest > half ? 1 : 0);  // may carry to 2^53
  // q · 2^(64 - shift) / 2^(63 + bits) / 2^k, mantissa = q / 2^dropped.
  const int exponent = dropped + 1 - shift - r.bits - k;
  value = static_cast<double>(mantissa) *
          std::bit_cast<double>(static_cast<std::uint64_t>(1023 + exponent) << 52);
  return true;
}

/// Marks (0x80) the bytes that are no digits, given bytes ^ '0'; exact up to the first byte ≥ 0x8A.
inline std::uint64_t not_digits(std::uint64_t bytes) noexcept {
  return ((bytes + 0x7676767676767676u) | bytes) & 0x8080808080808080u;
}
/// The number of eight digits, the first one in the lowest byte, given bytes ^ '0'.
inline std::uint64_t eight_digits(std::uint64_t bytes) noexcept {
  bytes = bytes * 10 + (bytes >> 8);
  return (((bytes & 0x000000FF000000FFu) * 0x000F424000000064u) +
          (((bytes >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u)) >>
         32;
}

/// Reads "ddd.ddd" or "ddd" of at most 15 bytes, ended inside the 16 readable bytes at p, without a
/// branch on its length; returns its length, or 0 if it is anything else.
inline int short_decimal(const char* p, std::uint64_t& m, int& e) noexcept {
  constexpr std::uint64_t zeros = 0x3030303030303030u;
  std::uint64_t low, high;
  std::memcpy(&low, p, 8);
  std::memcpy(&high, p + 8, 8);
  low ^= zeros;
  high ^= zeros;
  wide text = wide{high} << 64 | low;
  std::uint64_t ends_low = not_digits(low), ends_high = not_digits(high);
  if (ends_low == 0) return 0;  // eight digits and more before the point: not short
  const int point = std::countr_zero(ends_low) >> 3;
  int length = point;
  e = 0;
  if (p[point] == '.') {
    ends_low &= ends_low - 1;
    length =
        ends_low != 0 ? std::countr_zero(ends_low) >> 3 : 8 + (std::countr_zero(ends_high) >> 3);
    if (length >= 16) return 0;
    const wide whole = (wide{1} << (8 * point)) - 1;
    text = (text & whole) | ((text >> 8) & ~whole);  // close the gap
    e = point + 1 - length;
  }
  const int count = point - e;
  if (count == 0) return 0;
  text <<= 8 * (16 - count);  // the last digit goes to the highest, least significant place
  m = eight_digits(static_cast<std::uint64_t>(text)) * 100000000 +
      eight_digits(static_cast<std::uint64_t>(text >> 64));
  return length;
}

/// Reads all digits at p and returns their end; m overflows after 19 significant ones.
inline const char* digits(const char* p, const char* last, std::uint64_t& m) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    while (last - p >= 8) {
      std::uint64_t bytes;
      std::memcpy(&bytes, p, 8);
      bytes ^= 0x3030303030303030u;
      const std::uint64_t ends = not_digits(bytes);
      const int n = ends != 0 ? std::countr_zero(ends) >> 3 : 8;
      if (n == 0) return p;
      m = m * small_powers[static_cast<std::size_t>(n)] + eight_digits(bytes << (64 - 8 * n));
      p += n;
      if (n < 8) return p;
    }
  }
  for (; p < last && *p >= '0' && *p <= '9'; ++p) m = m * 10 + static_cast<std::uint64_t>(*p - '0');
  return p;
}

/// Reads digits with or without a point; nullptr if there are none or more than m can hold.
inline const char* long_decimal(const char* p, const char* last, std::uint64_t& m,
                                int& e) noexcept {
  const char* const whole = p;
  m = 0;
  e = 0;
  p = digits(p, last, m);
  auto count = p - whole;
  if (p < last && *p == '.') {
    const char* const fraction = ++p;
    p = digits(p, last, m);
    e = static_cast<int>(fraction - p);
    count += p - fraction;
  }
  if (count > 19) {  // zeros in front do not count: nothing has overflowed by them
    for (const char* zero = whole; zero < p && (*zero == '0' || *zero == '.'); ++zero) {
      count -= *zero == '0';
    }
  }
  return count == 0 || count > 19 ? nullptr : p;
}

/// ±m · 10^e correctly rounded to S, or false when that takes more than machine words.
template <std::floating_point S>
bool assemble(std::uint64_t m, int e, S& value) noexcept {
  constexpr std::uint64_t exact = std::uint64_t{1} << 53;
  if (e < -22 || e > 22) return m == 0 ? (value = 0, true) : false;
  const double power = powers[static_cast<std::size_t>(e < 0 ? -e : e)];
  if constexpr (sizeof(S) == sizeof(double)) {
    if (m <= exact) {  // both numbers exact, one rounding [Clinger 1990]
      value = e < 0 ? static_cast<double>(m) / power : static_cast<double>(m) * power;
      return true;
    }
    if (e == 0) return value = static_cast<double>(m), true;
    return e < 0 && divide(m, -e, value);
  } else {
    // Round to double first, within 2 units; the second rounding is right unless the double lies
    // that near to the middle of two floats. No float here is subnormal: 10^-22 or more, or zero.
    const double d = e < 0 ? static_cast<double>(m) / power : static_cast<double>(m) * power;
    const auto low = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(d) & 0x1FFFFFFFu);
    const auto middle = low - 0x10000000;
    if (middle >= -4 && middle <= 4) return false;
    value = static_cast<S>(d);
    return true;
  }
}

/// The slow road: every case, by the standard library.
template <std::floating_point S>
const char* parse_any(const char* first, const char* last, S& value) noexcept {
  const char* start = first;
  if (start < last && *start == '+') {
    ++start;
    if (start < last && *start == '-') return nullptr;
  }
  S result{};
  const auto [end, error] = std::from_chars(start, last, result);
  if (error == std::errc{}) {
    if (std::isnan(result)) return nullptr;
    value = result;
    return end;
  }
  if (error != std::errc::result_out_of_range) return nullptr;
  // Too large is refused, too small is zero: decide by the decimal exponent.
  const bool negative = *start == '-';
  const char* p = start + (negative ? 1 : 0);
  long exponent = 0;
  bool point = false, found = false;
  for (; p < end && *p != 'e' && *p != 'E'; ++p) {
    if (*p == '.') {
      point = true;
    } else {
      if (found && !point) ++exponent;
      if (!found && point) --exponent;
      found = found || *p != '0';
    }
  }
  if (p < end) {
    long power = 0;
    const char* digit = p + 1 + (p[1] == '+' ? 1 : 0);
    if (std::from_chars(digit, end, power).ec != std::errc{}) {
      power = *digit == '-' ? -1000000000 : 1000000000;
    }
    exponent += power;
  }
  if (exponent > 0) return nullptr;
  value = negative ? -S{0} : S{0};
  return end;
}

}  // namespace decimal

}  // namespace cytode::data
